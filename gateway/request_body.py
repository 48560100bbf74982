"""Reading a GraphQL request from HTTP, strictly: whatever is wrong with it has a sentence and a status."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

import orjson
from starlette.requests import Request

from gateway.body import read_body
from gateway.documents.ids import NamedDocument, named_document
from gateway.refusals import BadRequest

T = TypeVar("T")

_PREFLIGHTED = ("graphql-require-preflight", "apollo-require-preflight", "x-apollo-operation-name")
"""Headers that a page of another origin can't send without the browser asking us first."""


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """One operation that is asked for, by its text, by a document's id, or by both."""

    query: str | None = field(repr=False)
    variables: dict[str, Any] | None = field(default=None, repr=False)
    operation_name: str | None = None
    document: NamedDocument | None = None


async def read_requests(
    request: Request, *, max_bytes: int, batch_size: int, get_needs_header: bool
) -> GraphQLRequest | list[GraphQLRequest]:
    """The operation that a request asks for, or several where it holds an array of them.

    A query by GET, anything as JSON by POST. Raises: BadRequest.
    """
    path_id = request.path_params.get("document_id")
    if request.method == "GET":
        if get_needs_header:
            _check_preflighted(request)
        return read_one(_query_parameters(request.query_params), path_id)
    if request.method != "POST":
        raise BadRequest("Send GraphQL by POST, or a query by GET.", status=405, headers={"Allow": "GET, POST"})
    _check_content_type(request.headers.get("content-type", ""))
    body = parse_json(await read_body(request, max_bytes), "The body")
    if not isinstance(body, list):
        return read_one(body, path_id)
    operations = cast("list[object]", body)
    if batch_size == 1:
        raise BadRequest("Several operations in one request are not supported: send one JSON object.")
    if not 1 <= len(operations) <= batch_size:
        raise BadRequest(f"One request may hold 1 to {batch_size} operations; there are {len(operations)}.")
    return [read_one(each, path_id) for each in operations]


def parse_json(text: str | bytes, label: str) -> object:
    """JSON as values. Raises: BadRequest, which names it by the label."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        # The parser's own message quotes no position that helps and speaks of its language.
        message = f"{label} is not valid JSON. It must be UTF-8 without unpaired surrogates, and not nested too deeply."
        raise BadRequest(message) from None


def read_one(body: object, path_id: str | None = None) -> GraphQLRequest:
    """The operation that a JSON value asks for. Raises: BadRequest."""
    if not isinstance(body, dict):
        raise BadRequest('The request must be a JSON object, such as {"query": "{ viewer { id } }"}.')
    given = cast("dict[str, object]", body)
    query = _typed(given, "query", str, "a text")
    document = named_document(given, _object(given, "extensions"), path_id)
    if document is None and (query is None or not query.strip()):
        raise BadRequest("The request has no `query`: the text of a GraphQL document.")
    return GraphQLRequest(
        query=query,
        variables=_object(given, "variables"),
        operation_name=_typed(given, "operationName", str, "a text") or None,
        document=document,
    )


def _check_preflighted(request: Request) -> None:
    """A GET that a link, an image or a form of another site could have caused is not answered."""
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type == "application/json" or any(name in request.headers for name in _PREFLIGHTED):
        return
    raise BadRequest("A query by GET needs the header `GraphQL-Require-Preflight: 1`, or send it by POST.", status=403)


def _check_content_type(content_type: str) -> None:
    media_type, _, parameters = content_type.partition(";")
    if media_type.strip().lower() != "application/json":
        raise BadRequest("Send the body as `Content-Type: application/json`.", status=415)
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset" and value.strip().strip('"').lower() not in {"utf-8", "utf8"}:
            raise BadRequest("The body's charset must be UTF-8.", status=415)


def _query_parameters(parameters: Mapping[str, str]) -> dict[str, object]:
    given: dict[str, object] = dict(parameters)
    for name in ("variables", "extensions"):
        if name in parameters:
            given[name] = parse_json(parameters[name], f"`{name}`") if parameters[name] else None
    return given


def _object(given: Mapping[str, object], name: str) -> dict[str, Any] | None:
    return cast("dict[str, Any] | None", _typed(given, name, dict, "an object"))


def _typed(given: Mapping[str, object], name: str, kind: type[T], label: str) -> T | None:
    value = given.get(name)
    if value is not None and not isinstance(value, kind):
        raise BadRequest(f"`{name}` must be {label} or null.")
    return value

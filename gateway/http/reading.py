"""Reading GraphQL requests from HTTP: whatever is wrong with one has a sentence and a status."""

from collections.abc import Mapping
from typing import cast

from starlette.datastructures import QueryParams

from gateway.http.body import read_body
from gateway.http.request import HttpRequest
from gateway.refusals import BadRequest
from gateway.requests import GraphQLRequest, parse_json, read_one

_PREFLIGHTED = ("graphql-require-preflight", "apollo-require-preflight", "x-apollo-operation-name")
"""Headers that a page of another origin can't send without the browser asking us first."""


async def read_requests(
    request: HttpRequest, *, max_bytes: int, batch_size: int, get_needs_header: bool
) -> GraphQLRequest | list[GraphQLRequest]:
    """The operation that a request asks for, or several where it holds an array of them.

    A query by GET, anything as JSON by POST. Raises: BadRequest.
    """
    if request.method == "GET":
        if get_needs_header:
            _check_preflighted(request)
        return read_one(_query_parameters(QueryParams(request.scope["query_string"])), request.path_id)
    if request.method != "POST":
        raise BadRequest("Send GraphQL by POST, or a query by GET.", status=405, headers={"Allow": "GET, POST"})
    _check_content_type(request.headers.get("content-type", ""))
    body = parse_json(await read_body(request, max_bytes), "The body")
    if not isinstance(body, list):
        return read_one(body, request.path_id)
    operations = cast("list[object]", body)
    if batch_size == 1:
        raise BadRequest("Several operations in one request are not supported: send one JSON object.")
    if not 1 <= len(operations) <= batch_size:
        raise BadRequest(f"One request may hold 1 to {batch_size} operations; there are {len(operations)}.")
    return [read_one(each, request.path_id) for each in operations]


def _check_preflighted(request: HttpRequest) -> None:
    """A GET that a link, an image or a form of another site could have caused is not answered."""
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type == "application/json" or any(name in request.headers for name in _PREFLIGHTED):
        return
    raise BadRequest("A query by GET needs the header `GraphQL-Require-Preflight: 1`, or send it by POST.", status=403)


def _check_content_type(content_type: str) -> None:
    if content_type == "application/json":
        return
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

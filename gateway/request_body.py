"""From bytes to one GraphQL request. Everything that isn't one is refused here, before Strawberry sees it."""

from collections.abc import Mapping
from typing import Any, TypeVar, cast

import orjson
from starlette.requests import Request
from strawberry.http import GraphQLRequestData

from gateway.refusals import BadRequest

T = TypeVar("T")


async def read_request(request: Request) -> GraphQLRequestData:
    """The GraphQL request of an HTTP request: a query by GET, or anything as JSON by POST. Raises: BadRequest."""
    if request.method == "GET":
        return _request_data(_query_parameters(request.query_params))
    if request.method != "POST":
        raise BadRequest("Send GraphQL by POST, or a query by GET.", status=405, headers={"Allow": "GET, POST"})
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise BadRequest("Send the body as `Content-Type: application/json`.", status=415)
    return _request_data(_parse(await request.body(), "The body"))


def _query_parameters(parameters: Mapping[str, str]) -> dict[str, object]:
    given: dict[str, object] = dict(parameters)
    for name in ("variables", "extensions"):
        if name in parameters:
            given[name] = _parse(parameters[name], f"`{name}`") if parameters[name] else None
    return given


def _parse(text: str | bytes, label: str) -> object:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        # The parser's own message quotes no position that helps and speaks of its language.
        message = f"{label} is not valid JSON. It must be UTF-8 without unpaired surrogates, and not nested too deeply."
        raise BadRequest(message) from None


def _request_data(body: object) -> GraphQLRequestData:
    if isinstance(body, list):
        raise BadRequest("Several operations in one request are not supported: send one JSON object.")
    if not isinstance(body, dict):
        raise BadRequest('The request must be a JSON object, such as {"query": "{ viewer { id } }"}.')
    given = cast("dict[str, object]", body)
    query = _typed(given, "query", str, "a text")
    if query is None or not query.strip():
        raise BadRequest("The request has no `query`: the text of a GraphQL document.")
    return GraphQLRequestData(
        query=query,
        variables=_object(given, "variables"),
        operation_name=_typed(given, "operationName", str, "a text") or None,
        extensions=_object(given, "extensions"),
    )


def _object(given: Mapping[str, object], name: str) -> dict[str, Any] | None:
    return cast("dict[str, Any] | None", _typed(given, name, dict, "an object"))


def _typed(given: Mapping[str, object], name: str, kind: type[T], label: str) -> T | None:
    value = given.get(name)
    if value is not None and not isinstance(value, kind):
        raise BadRequest(f"`{name}` must be {label} or null.")
    return value

"""One operation as a client asks for it, whatever transport it comes by; strictly read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

import orjson

from gateway.documents.ids import NamedDocument, named_document
from gateway.refusals import BadRequest

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """One operation that is asked for, by its text, by a document's id, or by both."""

    query: str | None = field(repr=False)
    variables: dict[str, Any] | None = field(default=None, repr=False)
    operation_name: str | None = None
    document: NamedDocument | None = None


def read_one(body: object, path_id: str | None = None) -> GraphQLRequest:
    """The operation that a JSON value asks for. Raises: BadRequest."""
    if not isinstance(body, dict):
        raise BadRequest('The request must be a JSON object, such as {"query": "{ viewer { id } }"}.')
    given = cast("dict[str, object]", body)
    query = _typed(given, "query", str, "a text")
    document = named_document(given, _object(given, "extensions"), path_id)
    if document is None and (not query or query.isspace()):
        raise BadRequest("The request has no `query`: the text of a GraphQL document.")
    return GraphQLRequest(
        query=query,
        variables=_object(given, "variables"),
        operation_name=_typed(given, "operationName", str, "a text") or None,
        document=document,
    )


def parse_json(text: str | bytes, label: str) -> object:
    """JSON as values. Raises: BadRequest, which names it by the label."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        # The parser's own message quotes no position that helps and speaks of its language.
        message = f"{label} is not valid JSON. It must be UTF-8 without unpaired surrogates, and not nested too deeply."
        raise BadRequest(message) from None


def _object(given: Mapping[str, object], name: str) -> dict[str, Any] | None:
    return cast("dict[str, Any] | None", _typed(given, name, dict, "an object"))


def _typed(given: Mapping[str, object], name: str, kind: type[T], label: str) -> T | None:
    value = given.get(name)
    if value is not None and not isinstance(value, kind):
        raise BadRequest(f"`{name}` must be {label} or null.")
    return value

"""What all mutations have in common: once under an idempotency key, and refusals as entries of the payload."""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import fields
from datetime import datetime
from enum import Enum
from typing import Any, TypeVar, cast

import orjson
from strawberry import UNSET

from resolvers.context import Context
from resolvers.errors import Problems, Refused, UserErrorCode, refuse
from resolvers.replays import once
from resolvers.validation import IDEMPOTENCY_KEY_LENGTH, check_text
from schema.errors import UserError
from schema.info import Info
from schema.inputs import Idempotent
from schema.node import Node
from schema.nodes import load_own
from schema.payloads import Payload
from schema.scalars import write_instant
from storage.idempotency import IdempotencyRequest

P = TypeVar("P", bound=Payload)

Parts = dict[str, Any]
"""A payload's fields besides `userErrors`, by name; the object first."""


async def carry_out(
    info: Info,
    payload: type[P],
    given: Idempotent,
    write: Callable[[Context], Awaitable[Parts]],
    *,
    replay: Callable[[Context, str], Awaitable[Node | None]] = load_own,
) -> P:
    """Carries a mutation out, once under the input's key, and answers its payload or its refusal.

    `replay` loads the object of then, as it is now, for a request that was carried out before.
    """
    context = info.context

    async def answer_again(object_id: str) -> Parts:
        found = await replay(context, object_id)
        if found is None:
            message = "This request was carried out before, and what it made has been deleted since."
            raise refuse(UserErrorCode.NOT_FOUND, message)
        return {_object_field(payload): found}

    try:
        request = _idempotency_request(info.field_name, given)
        return payload(**await once(context, request, lambda: write(context), answer_again))
    except Refused as refused:
        return payload(user_errors=[UserError.of(error) for error in refused.errors])


def _object_field(payload: type[Payload]) -> str:
    """The field that holds the payload's object: the one that no other kind of payload has."""
    return next(field.name for field in fields(payload) if field.name not in {"user_errors", "change"})


def _idempotency_request(mutation: str, given: Idempotent) -> IdempotencyRequest | None:
    key = given.idempotency_key
    if key is UNSET or key is None:
        return None
    problems = Problems()
    check_text(problems, "The idempotency key", key, IDEMPOTENCY_KEY_LENGTH, "idempotency_key")
    problems.raise_any()
    coerced = {name: value for name, value in _plain(given).items() if name != "idempotency_key"}
    text = orjson.dumps(coerced, option=orjson.OPT_SORT_KEYS)
    return IdempotencyRequest(key, mutation, hashlib.sha256(text).hexdigest())


def _plain(value: Any) -> Any:  # noqa: ANN401 - any value of an input
    """A coerced input as JSON: absent fields left out, instants in UTC, so that equal requests are equal texts."""
    if hasattr(value, "__strawberry_definition__") and not isinstance(value, Enum):
        given = {field.name: getattr(value, field.name) for field in fields(value)}
        return {name: _plain(each) for name, each in given.items() if each is not UNSET}
    if isinstance(value, dict):
        return {_text(key): _plain(each) for key, each in cast("dict[str, object]", value).items()}
    if isinstance(value, list):
        return [_plain(each) for each in cast("list[object]", value)]
    if isinstance(value, datetime):
        return write_instant(value)
    if isinstance(value, Enum):
        return value.name
    return _text(value) if isinstance(value, str) else value


def _text(text: str) -> str:
    """A text without unpaired surrogates, which JSON libraries refuse; two that differ stay different."""
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "backslashreplace")

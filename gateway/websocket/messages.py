"""The messages of `graphql-transport-ws`, read strictly and written as text.

Source: https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import orjson

from gateway.websocket.closing import CloseCode, Closing

LONGEST_ID = 128
"""Characters of an operation's id. Clients number them, or make a UUID."""

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Init:
    """A client's greeting, with its credential unless that came with the handshake."""

    authorization: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Ping:
    """A question whether we are there; the answer brings the payload back."""

    payload: Json | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Pong:
    """An answer, to which there is nothing to say."""


@dataclass(frozen=True, slots=True)
class Subscribe:
    """An operation that is asked for, of whatever kind. The payload is what a body is over HTTP."""

    id: str
    payload: Json = field(repr=False)


@dataclass(frozen=True, slots=True)
class Complete:
    """An operation whose answers aren't wanted any more."""

    id: str


Message = Init | Ping | Pong | Subscribe | Complete

_PAYLOAD_FIELDS: dict[str, tuple[type, str]] = {
    "query": (str, "a text"),
    "operationName": (str, "a text"),
    "variables": (dict, "an object"),
    "extensions": (dict, "an object"),
}


def read_message(text: str) -> Message:
    """What a client says. Raises: Closing (4400), if that isn't a message of the protocol."""
    try:
        given: object = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise _malformed("The message is not valid JSON.") from None
    if not isinstance(given, dict):
        raise _malformed("A message must be a JSON object.")
    message = cast("Json", given)
    match message.get("type"):
        case "connection_init":
            return Init(_authorization(_object(message, "payload") or {}))
        case "ping":
            return Ping(_object(message, "payload"))
        case "pong":
            _object(message, "payload")
            return Pong()
        case "subscribe":
            return Subscribe(_id(message), _operation(message))
        case "complete":
            return Complete(_id(message))
        case str():
            raise _malformed("There is no such `type` of message from a client.")
        case _:
            raise _malformed("A message must have a `type`, which is a text.")


def connection_ack() -> str:
    """The answer to a greeting whose credential holds."""
    return _write({"type": "connection_ack"})


def pong(payload: Json | None) -> str:
    """The answer to a ping."""
    return _write({"type": "pong"} if payload is None else {"type": "pong", "payload": payload})


def next_answer(id_: str, body: Mapping[str, Any]) -> str:
    """One answer of an operation: `body` is what it would be over HTTP."""
    return _write({"id": id_, "type": "next", "payload": body})


def error(id_: str, errors: Sequence[Mapping[str, Any]]) -> str:
    """The end of an operation that was refused."""
    return _write({"id": id_, "type": "error", "payload": errors})


def complete(id_: str) -> str:
    """The end of an operation whose answers were all sent."""
    return _write({"id": id_, "type": "complete"})


def _write(message: Json) -> str:
    # As text: browsers hand binary frames to their pages as blobs, and clients fail on them.
    return orjson.dumps(message).decode()


def _authorization(payload: Json) -> str | None:
    for name in ("authorization", "Authorization"):
        value = payload.get(name)
        if value is None:
            continue
        if not isinstance(value, str):
            raise _malformed(f"`payload.{name}` must be a text.")
        return value
    return None


def _operation(message: Json) -> Json:
    """The payload of an operation, whose fields have the types they must have; what they say is judged later."""
    payload = _object(message, "payload")
    if payload is None:
        raise _malformed("The message must have a `payload`, which is an object.")
    for name, (kind, label) in _PAYLOAD_FIELDS.items():
        value = payload.get(name)
        if value is not None and not isinstance(value, kind):
            raise _malformed(f"`payload.{name}` must be {label} or null.")
    return payload


def _id(message: Json) -> str:
    id_ = message.get("id")
    if isinstance(id_, str) and 0 < len(id_) <= LONGEST_ID:
        return id_
    raise _malformed(f"The message must have an `id`, which is a text of 1 to {LONGEST_ID} characters.")


def _object(message: Json, name: str) -> Json | None:
    value = message.get(name)
    if value is not None and not isinstance(value, dict):
        raise _malformed(f"`{name}` must be an object.")
    return cast("Json | None", value)


def _malformed(reason: str) -> Closing:
    return Closing(CloseCode.BAD_MESSAGE, reason)

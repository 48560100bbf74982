"""Which media type an answer has: content negotiation by the GraphQL-over-HTTP specification and RFC 9110, 12.5.1."""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from gateway.refusals import BadRequest


class MediaType(StrEnum):
    """What an answer can be written as, the preferred one of those that a client likes equally well first."""

    JSON = "application/json"
    GRAPHQL_RESPONSE = "application/graphql-response+json"
    EVENT_STREAM = "text/event-stream"


_RANGES = {
    "*/*": (0, (MediaType.JSON, MediaType.GRAPHQL_RESPONSE)),
    "application/*": (1, (MediaType.JSON, MediaType.GRAPHQL_RESPONSE)),
    "text/*": (1, (MediaType.EVENT_STREAM,)),
    MediaType.JSON: (2, (MediaType.JSON,)),
    MediaType.GRAPHQL_RESPONSE: (2, (MediaType.GRAPHQL_RESPONSE,)),
    MediaType.EVENT_STREAM: (2, (MediaType.EVENT_STREAM,)),
}
"""The ranges that fit: how specific each is, and what it covers.

`*/*` covers no events: whoever sends it takes anything that ends, and waits for that.
"""


@dataclass(frozen=True, slots=True)
class Accepted:
    """What a client takes: `best` for an operation with one answer; `events`, for one with many, if it takes them."""

    best: MediaType
    events: bool = False


def negotiate(accept: str | None) -> Accepted:
    """What to answer a client with this Accept header; JSON for one without. Raises: BadRequest (406)."""
    if accept is None or not accept.strip():
        return _JSON
    # The clients of an installation send few different ones; what nobody would send by itself isn't worth its memory.
    return _negotiate_again(accept) if len(accept) <= _LONGEST_KEPT else _negotiate(accept)


def _negotiate(accept: str) -> Accepted:
    liked: dict[MediaType, tuple[int, float, int]] = {}
    for place, item in enumerate(accept.split(",")):
        name, quality = _read(item)
        specific, covered = _RANGES.get(name, (0, ()))
        for media_type in covered:
            # The most specific range decides, whatever a wider one says of the type.
            if media_type not in liked or specific > liked[media_type][0]:
                liked[media_type] = (specific, quality, -place)
    acceptable = [media_type for media_type in MediaType if liked.get(media_type, (0, 0.0))[1] > 0]
    if not acceptable:
        message = f"Answers come as {' or '.join(MediaType)}; the Accept header allows none of them."
        raise BadRequest(message, status=406)

    def rank(media_type: MediaType) -> tuple[float, bool, int]:
        # Clients list events behind and before JSON, and read them where they are the only thing they could get.
        _, quality, place = liked[media_type]
        return quality, media_type is not MediaType.EVENT_STREAM, place

    return Accepted(max(acceptable, key=rank), MediaType.EVENT_STREAM in acceptable)


_JSON = Accepted(MediaType.JSON)
_LONGEST_KEPT = 200
_negotiate_again = lru_cache(maxsize=256)(_negotiate)


def _read(item: str) -> tuple[str, float]:
    """A media range and its quality; 0 for one that can't be read, or that asks for another encoding than UTF-8."""
    name, *parameters = (part.strip().lower() for part in item.split(";"))
    quality = 1.0
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        value = value.strip().strip('"')
        if key.strip() == "charset" and value not in {"utf-8", "utf8"}:
            return name, 0.0
        if key.strip() == "q":
            try:
                quality = float(value)
            except ValueError:
                return name, 0.0
    return name, quality if 0 <= quality <= 1 else 0.0

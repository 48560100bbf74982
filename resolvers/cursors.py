"""Cursors: an opaque name of a place in one list.

A cursor holds the place itself (an instant and an id), not a count, so it stays good while rows come and go, even if
its own row has gone. It is bound to its list by a digest, so that one of another list, parent or environment, or an
altered one, is refused and not misread. The digest is no secret: a place that is made up gives nothing away.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from datetime import UTC, datetime, timedelta
from hashlib import blake2s
from hmac import compare_digest

from resolvers.errors import InvalidArgument
from resolvers.validation import is_storable
from storage.paging import Position

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_DIGEST_SIZE = 6


def write_cursor(scope: str, position: Position) -> str:
    """The cursor of a place. `scope` names the list: environment, connection and parent."""
    instant, key = position
    place = f"{(instant - _EPOCH) // _MILLISECOND}:{key}".encode()
    return urlsafe_b64encode(_digest(scope, place) + place).decode().rstrip("=")


def read_cursor(scope: str, argument: str, cursor: str) -> Position:
    """The place a cursor names. Raises: InvalidArgument for anything that isn't a cursor of this very list."""
    try:
        raw = urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4))
        digest, place = raw[:_DIGEST_SIZE], raw[_DIGEST_SIZE:]
        if compare_digest(digest, _digest(scope, place)):
            position = _place(place)
            # Base64 has several spellings of one text, and a digest can be made up with a key no row could have.
            if is_storable(position[1]) and write_cursor(scope, position) == cursor:
                return position
    except (NotBase64, ValueError, OverflowError):
        pass
    raise InvalidArgument(
        argument, f"`{argument}` is not a cursor of this list. Pass one that this very connection returned, unchanged."
    )


def _place(place: bytes) -> Position:
    milliseconds, _, key = place.decode().partition(":")
    return _EPOCH + int(milliseconds) * _MILLISECOND, key


def _digest(scope: str, place: bytes) -> bytes:
    return blake2s(place, key=blake2s(scope.encode()).digest(), digest_size=_DIGEST_SIZE).digest()

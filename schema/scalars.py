"""The schema's own scalars: instants to the millisecond, and metadata."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NewType, cast

import strawberry
from graphql import GraphQLError, Undefined
from strawberry.types.scalar import ScalarDefinition

from schema.error_codes import ErrorCode

Metadata = NewType("Metadata", dict[str, str | None])

_OFFSET = len("+00:00")
_KEPT_TEXTS = 4_096
"""Most instants of a customer are the same few: to look one up costs a tenth of writing it."""

_RFC_3339 = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt]((?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d)(?:\.(\d+))?([Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)",
    re.ASCII,
)


def write_instant(instant: datetime) -> str:
    """An instant as clients read it: UTC, always with three digits of milliseconds, as JavaScript's toISOString."""
    # What the database answers is in UTC already: to find that out is cheaper than to convert it.
    return _write_utc(instant if instant.tzinfo is UTC else instant.astimezone(UTC))


@lru_cache(_KEPT_TEXTS)
def _write_utc(instant: datetime) -> str:
    return instant.isoformat(timespec="milliseconds")[:-_OFFSET] + "Z"


def read_instant(value: object) -> datetime:
    """An RFC 3339 text with an offset as an instant in UTC, what is finer than a millisecond cut off.

    Raises: GraphQLError for anything else, and for what leaves the years 1 to 9999 in UTC.
    """
    match = _RFC_3339.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise _bad("DateTime takes an RFC 3339 text with an offset, such as 2026-01-31T09:30:00Z.")
    date, time, fraction, offset = match.groups()
    milliseconds = (fraction or "").ljust(3, "0")[:3]
    try:
        return datetime.fromisoformat(f"{date}T{time}.{milliseconds}{offset.upper()}").astimezone(UTC)
    except (ValueError, OverflowError):
        raise _bad("DateTime takes an instant that exists, within the years 1 to 9999 in UTC.") from None


def read_metadata(value: object) -> Metadata:
    """A flat map of texts, or nulls; its lengths are for the use case to judge."""
    if not isinstance(value, Mapping):
        raise _bad('Metadata takes a flat map of texts, such as {"team": "growth"}.')
    given = cast("Mapping[Any, Any]", value)
    # A literal may hold variables, `{team: $team}`: one without a value leaves its entry out, as in any input object;
    # while a document is validated none has one yet.
    entries = {key: each for key, each in given.items() if each is not Undefined}
    if not all(isinstance(key, str) and isinstance(each, str | None) for key, each in entries.items()):
        raise _bad("Metadata takes texts as keys, and texts or null as values.")
    return Metadata(entries)


def _bad(message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": ErrorCode.BAD_USER_INPUT})


DATE_TIME: ScalarDefinition = strawberry.scalar(
    name="DateTime",
    description=(
        "An instant: RFC 3339, an offset required on input, always UTC (`Z`) on output. To the millisecond, as "
        "JavaScript's Date; what is finer is cut off. Years 1 to 9999."
    ),
    specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
    serialize=write_instant,
    parse_value=read_instant,
)

METADATA: ScalarDefinition = strawberry.scalar(
    name="Metadata",
    description=(
        "A flat map of texts: at most 50 keys, keys of up to 40 and values of up to 500 characters. In updates it is "
        "merged into what is there, and a null value unsets its key; on output no value is null."
    ),
    serialize=dict,
    parse_value=read_metadata,
)

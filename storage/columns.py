"""Column types that hold the same values on SQLite and PostgreSQL, and refuse the same ones."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, Integer, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.types import TypeDecorator, TypeEngine

from storage.errors import UnstorableInstant, UnstorableText

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


class Instant(TypeDecorator[datetime]):
    """An instant in whole milliseconds: `timestamptz` on PostgreSQL, on SQLite milliseconds since 1970 as an INTEGER.

    SQLite's own datetime texts don't sort across offsets, and drop the offset without a word.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The type on this database."""
        return dialect.type_descriptor(Integer() if dialect.name == "sqlite" else DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | datetime | None:
        """What the driver takes. Raises: UnstorableInstant."""
        if value is None:
            return None
        if value.tzinfo is None or value.microsecond % 1000:
            raise UnstorableInstant(value)
        return (value - _EPOCH) // _MILLISECOND if dialect.name == "sqlite" else value

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[..., datetime | None]:  # noqa: ARG002 (overridden)
        """What makes of the driver's value the instant, aware, in UTC."""
        return _from_milliseconds if dialect.name == "sqlite" else _in_utc


class Word(TypeDecorator[str]):
    """Text that compares and sorts by code point: PostgreSQL would sort by the server's language, SQLite never does."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The type on this database."""
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else Text(collation="C"))

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 (overridden)
        """The text itself. Raises: UnstorableText."""
        if value is not None and not is_storable(value):
            raise UnstorableText
        return value


class StringMap(TypeDecorator[Mapping[str, str]]):
    """A flat map of strings, in the order of its keys: JSONB doesn't keep another one."""

    impl = JSON
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The type on this database."""
        return dialect.type_descriptor(JSON() if dialect.name == "sqlite" else JSONB())

    def process_bind_param(self, value: Mapping[str, str] | None, dialect: Dialect) -> Mapping[str, str] | None:  # noqa: ARG002 (overridden)
        """The map as JSON. Raises: UnstorableText."""
        if value is None:
            return None
        if not all(is_storable(text) for pair in value.items() for text in pair):
            raise UnstorableText
        return dict(value)

    def process_result_value(self, value: dict[str, str] | None, dialect: Dialect) -> Mapping[str, str] | None:  # noqa: ARG002 (overridden)
        """The map, sorted by key."""
        # Most have a key or none, and there is one for each row.
        return value if value is None or len(value) < 2 else dict(sorted(value.items()))


class Words(TypeDecorator[tuple[str, ...]]):
    """A few words without spaces in them, as one text with a space round each: so a LIKE finds one of them."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Sequence[str] | None, dialect: Dialect) -> str | None:  # noqa: ARG002 (overridden)
        """The words in their order."""
        return None if value is None else f" {' '.join(value)} "

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[str, ...] | None:  # noqa: ARG002 (overridden)
        """The words in their order."""
        return None if value is None else tuple(value.split())


class WordList(TypeDecorator[Sequence[str]]):
    """Many words as one parameter, so that a statement's text doesn't depend on how many there are."""

    impl = JSON
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The type on this database."""
        return dialect.type_descriptor(JSON() if dialect.name == "sqlite" else ARRAY(Text()))

    def process_bind_param(self, value: Sequence[str] | None, dialect: Dialect) -> list[str]:  # noqa: ARG002 (overridden)
        """Those of the words that a database can hold: the others are nowhere to be found."""
        return [word for word in value or () if is_storable(word)]


# They are called for every instant of every row that is read, hence by SQLAlchemy directly.


def _from_milliseconds(value: int | None) -> datetime | None:
    return None if value is None else _EPOCH + value * _MILLISECOND


def _in_utc(value: datetime | None) -> datetime | None:
    # asyncpg takes the first instant of year 1 for minus infinity, and hands that back without an offset.
    return value if value is None or value.tzinfo is UTC else value.replace(tzinfo=UTC)


def is_storable(text: str) -> bool:
    """Whether both databases can hold a text: no NUL (PostgreSQL can't), no lone surrogate (neither can)."""
    return _UNSTORABLE.search(text) is None

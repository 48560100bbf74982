"""Keyset paging: pages that stay right while rows come and go, because a place is a row's own key and not a count.

Lists run newest first: by an instant and, within it, by id, both descending.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, func, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.columns import Instant, Word
from storage.dialect import AnyRow, AnySelect, one_of

T = TypeVar("T")

Position = tuple[datetime, str]
"""A place in a list: the instant and the id of the row there, whether or not that row still is in the list."""


class Key(NamedTuple):
    """The columns a list is ordered by."""

    instant: ColumnElement[Any]
    id: ColumnElement[Any]


@dataclass(frozen=True, slots=True)
class Cut:
    """Which part of a list: the rows strictly between two places, and of these the first ones, or the last."""

    limit: int
    backwards: bool = False
    after: Position | None = None
    before: Position | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Part of a list, in the list's order also when cut from its end.

    `has_next` and `has_previous` say whether the list goes on: in the direction of reading as counted, in the other
    one if a place was given there, since a row was seen at it.
    """

    items: tuple[T, ...]
    has_next: bool
    has_previous: bool


async def page(
    connection: AsyncConnection, query: AnySelect, key: Key, cut: Cut, read: Callable[[AnyRow], T]
) -> Page[T]:
    """One page of what a query selects; one statement."""
    statement = query.where(*_bounds(key, cut)).order_by(*_order(key, cut)).limit(cut.limit + 1)
    return _page((await connection.execute(statement)).all(), cut, read)


async def pages_by_parent(
    connection: AsyncConnection,
    query: AnySelect,
    key: Key,
    cut: Cut,
    read: Callable[[AnyRow], T],
    *,
    parent: ColumnElement[Any],
    parents: Sequence[str],
) -> dict[str, Page[T]]:
    """The same page of every parent's own list, an empty one where it has none; one statement for all of them.

    `parent` is the column, selected by the query, that names the parent.
    """
    rank = func.row_number().over(partition_by=parent, order_by=_order(key, cut)).label("page_rank")
    ranked = query.add_columns(rank).where(one_of(parent, parents), *_bounds(key, cut)).subquery()
    statement = select(ranked).where(ranked.c.page_rank <= cut.limit + 1).order_by(ranked.c.page_rank)
    rows: dict[str, list[AnyRow]] = {name: [] for name in parents}
    for row in await connection.execute(statement):
        rows[getattr(row, str(parent.key))].append(row)
    return {name: _page(found, cut, read) for name, found in rows.items()}


async def count(connection: AsyncConnection, query: AnySelect) -> int:
    """How many rows a query selects, however they would be paged."""
    return (await connection.execute(select(func.count()).select_from(query.subquery()))).scalar_one()


async def counts_by_parent(
    connection: AsyncConnection, query: AnySelect, *, parent: ColumnElement[Any], parents: Sequence[str]
) -> dict[str, int]:
    """How many rows each parent's list has; one statement for all of them."""
    counted = query.with_only_columns(parent.label("parent"), func.count().label("number"))
    statement = counted.where(one_of(parent, parents)).group_by(parent)
    found = {row.parent: row.number for row in await connection.execute(statement)}
    return {name: found.get(name, 0) for name in parents}


def _bounds(key: Key, cut: Cut) -> list[ColumnElement[bool]]:
    row = tuple_(key.instant, key.id)
    bounds: list[ColumnElement[bool]] = []
    if cut.after is not None:
        bounds.append(row < _place(cut.after))
    if cut.before is not None:
        bounds.append(row > _place(cut.before))
    return bounds


def _place(position: Position) -> ColumnElement[Any]:
    instant, id_ = position
    return tuple_(literal(instant, Instant()), literal(id_, Word()))


def _order(key: Key, cut: Cut) -> list[ColumnElement[Any]]:
    return [column.asc() if cut.backwards else column.desc() for column in key]


def _page(rows: Sequence[AnyRow], cut: Cut, read: Callable[[AnyRow], T]) -> Page[T]:
    """The page from its rows as read, one more than asked for if the list goes on."""
    items, goes_on = tuple(read(row) for row in rows[: cut.limit]), len(rows) > cut.limit
    if cut.backwards:
        return Page(items[::-1], has_next=cut.before is not None, has_previous=goes_on or cut.after is not None)
    return Page(items, has_next=goes_on or cut.before is not None, has_previous=cut.after is not None)

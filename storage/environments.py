"""Environments: isolated spaces of data, each with its versions and perhaps a test clock of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from entitlements.facts import EnvironmentId
from storage.database import Database
from storage.dialect import AnySelect, insert_into, one_of
from storage.errors import ClockRefused, EnvironmentMissing, LiveClockRefused, NameTaken, UniqueViolation
from storage.ids import new_id
from storage.instants import latest_write
from storage.locks import lock_catalogue
from storage.notifier import note_news
from storage.records import Environment
from storage.rows import environments
from storage.sandbox_clocks import note_clock

_FIRST_ONES = (("test", False), ("live", True))
_BY_ID = select(environments).where(environments.c.id == bindparam("environment"))


async def create_environment(db: Database, name: str, *, livemode: bool) -> Environment:
    """A new, empty environment. Raises: NameTaken."""
    try:
        async with db.begin_write() as connection:
            return await insert_environment(connection, name, livemode=livemode, now=db.clock.now())
    except UniqueViolation as error:
        raise NameTaken(name) from error


async def insert_environment(connection: AsyncConnection, name: str, *, livemode: bool, now: datetime) -> Environment:
    """Adds an empty environment. Raises (as it leaves the transaction): UniqueViolation("name")."""
    environment = _fresh(name, now, livemode=livemode)
    await connection.execute(insert(environments).values(asdict(environment)))
    return environment


async def ensure_environments(db: Database) -> list[Environment]:
    """Makes the environments `test` and `live` where they are missing. Returns all there are, by name."""
    async with db.begin_write() as connection:
        for name, livemode in _FIRST_ONES:
            environment = _fresh(name, db.clock.now(), livemode=livemode)
            statement = insert_into(connection, environments).values(asdict(environment))
            await connection.execute(statement.on_conflict_do_nothing(index_elements=["name"]))
    return await list_environments(db)


async def list_environments(db: Database) -> list[Environment]:
    """All of them, by name."""
    async with db.read() as connection:
        rows = await connection.execute(select(environments).order_by(environments.c.name))
    return [read_environment(row) for row in rows.mappings()]


async def find_environment(db: Database, name: str) -> Environment | None:
    """The environment of this name."""
    async with db.read() as connection:
        return await _find(connection, select(environments).where(environments.c.name == name))


async def load_environments_by_name(connection: AsyncConnection, names: Sequence[str]) -> dict[str, Environment]:
    """The environments with these names."""
    rows = await connection.execute(select(environments).where(one_of(environments.c.name, names)))
    return {row["name"]: read_environment(row) for row in rows.mappings()}


async def load_environment(connection: AsyncConnection, environment: EnvironmentId) -> Environment:
    """The environment with this id. Raises: EnvironmentMissing."""
    row = (await connection.execute(_BY_ID, {"environment": environment})).mappings().one_or_none()
    if row is None:
        raise EnvironmentMissing(environment)
    return read_environment(row)


async def set_clock(db: Database, environment: EnvironmentId, at: datetime | None) -> Environment:
    """Moves the environment's clock as `move_clock` does, in a transaction of its own."""
    async with db.begin_write() as connection:
        return await move_clock(connection, environment, at, db.clock.now())


async def move_clock(
    connection: AsyncConnection,
    environment: EnvironmentId,
    at: datetime | None,
    now: datetime,
    *,
    name: str | None = None,
    advances: bool = False,
) -> Environment:
    """Freezes the environment's time at an instant, moves the frozen clock on, or (None) takes it away.

    Taking away a clock that is ahead of real time closes the environment for writes, for good: its facts lie in the
    future. Freezing a closed one at or after them opens it again.

    `now`: real time. `name`: what a new clock is called. `advances`: whether what lies on the way is to be announced in
    order of instant across all customers (see storage.advancing); else it is announced as real time would have it.
    Raises: ClockRefused, if it would go back or stand before the latest write; LiveClockRefused; EnvironmentMissing.
    """
    await lock_catalogue(connection, environment, exclusive=True)
    before = await load_environment(connection, environment)
    if before.livemode:
        raise LiveClockRefused(environment)
    earliest = max(filter(None, (before.clock_at, await latest_write(connection, before))), default=None)
    after = _with_clock(before, at, earliest, now)
    after = replace(after, advancing=after.clock_at is not None and (advances or before.advancing))
    await connection.execute(
        update(environments)
        .where(environments.c.id == environment)
        .values(clock_at=after.clock_at, closed_at=after.closed_at, advancing=after.advancing)
    )
    await note_clock(connection, before, after, now, name)
    # A worker is to look at once at what that made due.
    note_news(connection, environment)
    return after


def read_environment(row: Mapping[str, Any] | RowMapping, prefix: str = "") -> Environment:
    """An environment from a row that has its columns, each under its name with a prefix."""
    return Environment(**{column.name: row[f"{prefix}{column.name}"] for column in environments.columns})


def environment_columns(prefix: str) -> list[ColumnElement[Any]]:
    """The columns `read_environment` wants, named with a prefix, to stand beside another table's."""
    return [column.label(f"{prefix}{column.name}") for column in environments.columns]


async def _find(connection: AsyncConnection, query: AnySelect) -> Environment | None:
    row = (await connection.execute(query)).mappings().one_or_none()
    return None if row is None else read_environment(row)


def _fresh(name: str, now: datetime, *, livemode: bool) -> Environment:
    return Environment(EnvironmentId(new_id("env")), name, livemode, created_at=now)


def _with_clock(before: Environment, at: datetime | None, earliest: datetime | None, now: datetime) -> Environment:
    if at is not None:
        if earliest is not None and at < earliest:
            raise ClockRefused(at, earliest)
        return replace(before, clock_at=at, closed_at=None)
    if before.clock_at is None:
        return before
    return replace(before, clock_at=None, closed_at=now if earliest is not None and earliest > now else None)

"""Test clocks at rest: what there is to say of one besides the instant, which its environment has too.

A row for each clock there ever was, and none is removed; at most one of an environment stands.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from entitlements.facts import EnvironmentId
from storage.dialect import AnyRow, AnySelect, one_of_given
from storage.ids import new_id
from storage.records import Advance, ClockStatus, Environment, SandboxClock
from storage.rows import environments, test_clocks

_CLOCKS: AnySelect = (
    select(test_clocks, environments.c.advancing)
    .join(environments)
    .where(test_clocks.c.environment_id == bindparam("environment"))
)
_BY_ID = _CLOCKS.where(one_of_given(test_clocks.c.id, "ids"))
_STANDING = _CLOCKS.where(test_clocks.c.deleted_at.is_(None), one_of_given(test_clocks.c.environment_id, "asked"))


async def load_clocks(
    connection: AsyncConnection, environment: EnvironmentId, ids: Sequence[str]
) -> dict[str, SandboxClock]:
    """The test clocks with these ids, those that were deleted too; unknown and foreign ids are absent."""
    rows = await connection.execute(_BY_ID, {"environment": environment, "ids": ids})
    return {clock.id: clock for clock in map(_read, rows)}


async def load_standing_clocks(
    connection: AsyncConnection, environment: EnvironmentId, asked: Sequence[EnvironmentId]
) -> dict[EnvironmentId, SandboxClock]:
    """The clocks that freeze environments, by the environments' ids; of others than `environment` nothing is told."""
    rows = await connection.execute(_STANDING, {"environment": environment, "asked": asked})
    return {row.environment_id: _read(row) for row in rows}


async def note_clock(
    connection: AsyncConnection, before: Environment, after: Environment, now: datetime, name: str | None = None
) -> None:
    """Writes down what a move of the environment's clock made of it: a new one, one further on, or a deleted one.

    `now`: real time. `name`: of a new clock. An advance that begins while another goes on is one with it.
    """
    if after.clock_at is None:
        await _change(connection, before.id, deleted_at=now)
        return
    if not await _change(connection, before.id, frozen_time=after.clock_at):
        await _insert(connection, before.id, after.clock_at, now, name)
    if after.advancing and not before.advancing:
        begins = min(before.clock_at or now, after.clock_at)
        nothing_yet = {"advanced_from": begins, "announced_until": begins, "announced_events": 0, "passed_over": 0}
        await _change(connection, before.id, **nothing_yet)


async def note_progress(
    connection: AsyncConnection, environment: EnvironmentId, *, until: datetime, events: int, passed_over: int
) -> None:
    """Writes down how far an advance has come: before what instant all is announced, and how much there was since."""
    await _change(
        connection,
        environment,
        announced_until=until,
        announced_events=test_clocks.c.announced_events + events,
        passed_over=test_clocks.c.passed_over + passed_over,
    )


async def _insert(
    connection: AsyncConnection, environment: EnvironmentId, at: datetime, now: datetime, name: str | None
) -> None:
    await connection.execute(
        insert(test_clocks).values(
            environment_id=environment,
            id=new_id("clock"),
            name=name,
            frozen_time=at,
            created_at=now,
            announced_events=0,
            passed_over=0,
        )
    )


async def _change(connection: AsyncConnection, environment: EnvironmentId, **changes: Any) -> bool:  # noqa: ANN401 - by column
    """Changes the clock that stands; False if there is none."""
    standing = test_clocks.c.environment_id == environment, test_clocks.c.deleted_at.is_(None)
    return (await connection.execute(update(test_clocks).where(*standing).values(**changes))).rowcount > 0


def _read(row: AnyRow) -> SandboxClock:
    advance = None
    if row.advanced_from is not None:
        advance = Advance(row.advanced_from, row.announced_until, row.announced_events)
    status = ClockStatus.INTERNAL_FAILURE if row.passed_over else ClockStatus.READY
    if row.advancing and row.deleted_at is None:
        status = ClockStatus.ADVANCING
    return SandboxClock(row.id, row.name, row.frozen_time, row.created_at, row.deleted_at, status, advance)

"""Test clocks: an environment's time, frozen and moved on at will. What lies on the way is announced in order."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime

from entitlements.facts import EnvironmentId
from resolvers.context import Context
from resolvers.errors import Problems, UserErrorCode, refuse
from resolvers.validation import CLOCK_NAME_LENGTH, check_optional_text
from storage import clock_moves
from storage.advancing import announce_advance
from storage.errors import ClockMissing, ClockPresent, ClockRefused, Contended, LiveClockRefused
from storage.records import SandboxClock
from storage.unit_of_work import RealTimeWork, write_in_real_time

STEPS_AT_ONCE = 40
"""Transactions in which a mutation announces what lies on the way; what is then left is the worker's."""

FIRST_YEAR, LAST_YEAR = 1970, 9998
"""Years a clock can stand in: a frozen one ticks on with each write, and time ends with the year 9999."""


async def find_clock(context: Context, clock: str) -> SandboxClock | None:
    """The environment's test clock by its id; None for one that was deleted."""
    found = await context.loaders.clocks.load(clock)
    return found if found and found.deleted_at is None else None


async def find_former_clock(context: Context, clock: str) -> SandboxClock | None:
    """A test clock by its id, one that was deleted too, as it last was."""
    return await context.loaders.clocks.load(clock)


async def find_clock_of(context: Context, environment: EnvironmentId) -> SandboxClock | None:
    """The test clock that freezes an environment; None for another one than the operation's."""
    return await context.loaders.standing_clocks.load(environment)


async def create_clock(context: Context, *, frozen_time: datetime, name: str | None) -> SandboxClock:
    """Freezes the environment's time, and announces what time has changed until there."""
    problems = Problems()
    check_optional_text(problems, "The name", name, CLOCK_NAME_LENGTH, "name")
    _check_year(problems, frozen_time)
    problems.raise_any()
    return await _move(context, lambda work: clock_moves.start_clock(work, frozen_time, name))


async def advance_clock(context: Context, clock: str, frozen_time: datetime) -> SandboxClock:
    """Moves the environment's time on, and announces what it changes, or goes on with it; what is left is a worker's.

    Reads are of the new instant as soon as the clock is moved, however much is still to be announced.
    """
    problems = Problems()
    _check_year(problems, frozen_time)
    problems.raise_any()
    return await _move(context, lambda work: clock_moves.advance_clock(work, clock, frozen_time))


async def delete_clock(context: Context, clock: str) -> SandboxClock:
    """Gives the environment back to real time; it takes no writes any more if it is ahead of that."""
    return await _write(context, lambda work: clock_moves.remove_clock(work, clock))


async def _move(context: Context, command: Callable[[RealTimeWork], Awaitable[SandboxClock]]) -> SandboxClock:
    moved = await _write(context, command)
    # If others who write are in the way: the clock stands where it should, and what is left isn't lost.
    with suppress(Contended):
        for _ in range(STEPS_AT_ONCE):
            if not await announce_advance(context.database, context.environment_id):
                break
    return await context.loaders.clocks.load(moved.id) or moved


async def _write(context: Context, command: Callable[[RealTimeWork], Awaitable[SandboxClock]]) -> SandboxClock:
    async def carry_out(work: RealTimeWork) -> SandboxClock:
        written = await command(work)
        work.result_id = written.id
        return written

    try:
        written = await write_in_real_time(
            context.database, context.environment_id, carry_out, idempotency=context.idempotency
        )
    except LiveClockRefused:
        raise refuse(UserErrorCode.INVALID, "A live environment goes by real time; it can't have a clock.") from None
    except ClockMissing:
        raise refuse(UserErrorCode.NOT_FOUND, "There is no such test clock.", "id") from None
    except ClockPresent as present:
        message = "The environment has a test clock already. Advance that one, or delete it first."
        raise refuse(UserErrorCode.TAKEN, message, existing=present.clock) from None
    except ClockRefused as refused:
        raise refuse(UserErrorCode.IN_PAST, str(refused), "frozen_time") from None
    context.wrote(written.frozen_time)
    return written


def _check_year(problems: Problems, frozen_time: datetime) -> None:
    if not FIRST_YEAR <= frozen_time.year <= LAST_YEAR:
        message = f"A test clock can stand in the years {FIRST_YEAR} to {LAST_YEAR}."
        problems.add(UserErrorCode.INVALID, message, "frozen_time")

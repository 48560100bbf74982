"""What the holder of a key may do to the test clock of its environment: set one, move it on, and take it away."""

from datetime import datetime

from storage.environments import move_clock
from storage.errors import ClockMissing, ClockPresent
from storage.locks import lock_catalogue
from storage.records import SandboxClock
from storage.sandbox_clocks import load_clocks, load_standing_clocks
from storage.work import RealTimeWork


async def start_clock(work: RealTimeWork, at: datetime, name: str | None) -> SandboxClock:
    """Freezes the time of the work's environment.

    Raises: ClockPresent, if it is frozen already; ClockRefused, before the latest write; LiveClockRefused.
    """
    standing = await _find_standing(work)
    if standing is not None:
        raise ClockPresent(standing.id)
    await move_clock(work.connection, work.environment.id, at, work.instant, name=name, advances=True)
    started = await _find_standing(work)
    assert started is not None, "it stands now"  # noqa: S101
    return started


async def advance_clock(work: RealTimeWork, clock: str, at: datetime) -> SandboxClock:
    """Moves a clock on; `announce_advance` then announces what lies on the way. One that stands there stays as it is.

    Raises: ClockMissing, for one that was deleted too; ClockRefused, if it would go back.
    """
    standing = await _load_standing(work, clock)
    if standing.frozen_time == at:
        return standing
    await move_clock(work.connection, work.environment.id, at, work.instant, advances=True)
    return await _load_standing(work, clock)


async def remove_clock(work: RealTimeWork, clock: str) -> SandboxClock:
    """Deletes a clock, and returns it as it last was: from now on real time rules, or nothing can be written any more.

    What an advance hasn't announced yet is announced as real time has it; see `storage.environments.move_clock`.
    Raises: ClockMissing, for one that was deleted too.
    """
    await _load_standing(work, clock)
    await move_clock(work.connection, work.environment.id, None, work.instant)
    return (await load_clocks(work.connection, work.environment.id, [clock]))[clock]


async def _find_standing(work: RealTimeWork) -> SandboxClock | None:
    """The clock that freezes the work's environment; nobody else moves it until the work is done."""
    environment = work.environment.id
    await lock_catalogue(work.connection, environment, exclusive=True)
    return (await load_standing_clocks(work.connection, environment, [environment])).get(environment)


async def _load_standing(work: RealTimeWork, clock: str) -> SandboxClock:
    standing = await _find_standing(work)
    if standing is None or standing.id != clock:
        raise ClockMissing(clock)
    return standing

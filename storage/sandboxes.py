"""What the holder of a key may do to environments: make sandboxes, and move the test clock of their own."""

from collections.abc import Sequence
from datetime import datetime

from storage.credentials import count_keys_made, insert_key
from storage.environments import insert_environment, move_clock
from storage.errors import ClockMissing, ClockPresent, SandboxesFull
from storage.locks import lock_catalogue
from storage.records import Credential, SandboxClock
from storage.sandbox_clocks import load_clocks, load_standing_clocks
from storage.work import RealTimeWork

KEY_NAME = "sandbox"
"""What the key is called that a sandbox comes with."""

SANDBOXES_AT_MOST = 20
"""How many that are made with keys of one environment can be open at once: until their own keys end."""


async def create_sandbox(
    work: RealTimeWork, name: str, scopes: Sequence[str], *, expires_at: datetime | None, made_by: str | None
) -> tuple[Credential, str]:
    """An empty environment that isn't live, as the owner of its first key, and the key's secret.

    `made_by`: the key that this one ends with, one of the work's environment. Raises: SandboxesFull; (as it leaves the
    unit of work) UniqueViolation("name"), if there is an environment of this name.
    """
    # One after the other, so that they count right.
    await lock_catalogue(work.connection, work.environment.id, exclusive=True)
    if await count_keys_made(work.connection, work.environment.id, work.instant) >= SANDBOXES_AT_MOST:
        raise SandboxesFull(SANDBOXES_AT_MOST)
    now = work.instant
    environment = await insert_environment(work.connection, name, livemode=False, now=now)
    return await insert_key(
        work.connection, environment, KEY_NAME, scopes, expires_at=expires_at, made_by=made_by, now=now
    )


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

"""Environments and their test clocks."""

import asyncio

import pytest

from entitlements.facts import EnvironmentId
from storage.database import Database
from storage.environments import (
    create_environment,
    ensure_environments,
    find_environment,
    list_environments,
    set_clock,
)
from storage.errors import ClockRefused, EnvironmentClosed, EnvironmentMissing, LiveClockRefused, NameTaken
from tests.statements.stage import DAY, NOON, TICK, Stage


async def test_test_and_live_are_made_once_however_many_processes_start(database: Database) -> None:
    await asyncio.gather(*(ensure_environments(database) for _ in range(4)))

    made = await list_environments(database)

    assert [(environment.name, environment.livemode) for environment in made] == [("live", True), ("test", False)]


async def test_a_name_is_given_once(database: Database) -> None:
    made = await create_environment(database, "sandbox", livemode=False)

    with pytest.raises(NameTaken):
        await create_environment(database, "sandbox", livemode=True)

    assert await find_environment(database, "sandbox") == made
    assert await find_environment(database, "Sandbox") is None


async def test_a_clock_is_frozen_moved_on_and_taken_away(database: Database) -> None:
    stage = await Stage.set(database, at=NOON)

    later = await set_clock(database, stage.env, NOON + DAY)
    gone = await set_clock(database, stage.env, None)

    assert (later.clock_at, gone.clock_at, gone.closed_at) == (NOON + DAY, None, None)
    assert await stage.environment() == gone


async def test_a_clock_never_goes_back(stage: Stage) -> None:
    with pytest.raises(ClockRefused) as refusal:
        await set_clock(stage.db, stage.env, NOON - TICK)

    assert refusal.value.earliest == NOON
    assert (await stage.environment()).clock_at == NOON


async def test_a_clock_starts_at_the_latest_write_or_later(database: Database) -> None:
    stage = await Stage.set(database, at=None)
    written = (await stage.customer()).written_at

    with pytest.raises(ClockRefused):
        await set_clock(database, stage.env, written - TICK)

    assert (await set_clock(database, stage.env, written)).clock_at == written


async def test_taking_away_a_clock_that_is_ahead_closes_the_environment_for_writes(database: Database) -> None:
    ahead = database.clock.now() + 400 * DAY
    stage = await Stage.set(database, at=ahead)

    closed = await set_clock(database, stage.env, None)
    with pytest.raises(EnvironmentClosed):
        await stage.feature("sso")
    reopened = await set_clock(database, stage.env, ahead + DAY)

    assert closed.closed_at is not None
    assert reopened.closed_at is None
    assert (await stage.feature("sso")).created_at == ahead + DAY


async def test_a_live_environment_goes_by_real_time(database: Database) -> None:
    live = await create_environment(database, "live", livemode=True)

    with pytest.raises(LiveClockRefused):
        await set_clock(database, live.id, NOON)


async def test_other_environments_keep_their_time(stage: Stage) -> None:
    other = await Stage.set(stage.db, "other", at=NOON + DAY)

    assert (await stage.feature("sso")).created_at == NOON
    assert (await other.feature("sso")).created_at == NOON + DAY


async def test_an_unknown_environment_is_missing(database: Database) -> None:
    with pytest.raises(EnvironmentMissing):
        await set_clock(database, EnvironmentId("env_none"), NOON)

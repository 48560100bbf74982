"""The record of keys' last use: close to the truth, and never worth a write of its own."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event

from gateway.identity.key_usage import KeyUsage
from storage.credentials import create_key, list_keys
from storage.database import Database
from storage.environments import create_environment
from tests.operations.statements import statements

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TICK = timedelta(milliseconds=1)


class SetClock:
    """A process's clock that stands where it is set."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


@pytest.fixture
def clock(database: Database) -> SetClock:
    clock = SetClock(NOON)
    database.clock = clock
    return clock


@pytest.fixture
async def keys(database: Database) -> list[str]:
    """The ids of three keys."""
    environment = await create_environment(database, "sandbox", livemode=False)
    return [(await create_key(database, environment.id, "tests", []))[0].id for _ in range(3)]


async def test_a_thousand_uses_are_one_statement(database: Database, keys: list[str], clock: SetClock) -> None:
    usage = KeyUsage(database)

    with statements(database) as sent:
        for _ in range(1000):
            usage.noted(keys[0])
            usage.noted(keys[1])
        before = list(sent)
        clock.at += TICK
        usage.noted(keys[1])
        await usage.flush()
        await usage.flush()

    assert before == []
    assert len([each for each in sent if "UPDATE" in each]) == 1
    assert await _last_uses(database) == {keys[0]: NOON, keys[1]: NOON + TICK, keys[2]: None}


async def test_uses_are_written_down_while_it_runs(database: Database, keys: list[str], clock: SetClock) -> None:
    written = asyncio.Event()
    event.listen(database.engine.sync_engine, "checkin", lambda *_: written.set())

    async with KeyUsage(database, flush_seconds=0.01) as usage:
        usage.noted(keys[0])
        await written.wait()
        recorded = await _last_uses(database)

    assert recorded == {keys[0]: NOON, keys[1]: None, keys[2]: None}


async def test_the_last_uses_are_written_down_at_the_end(database: Database, keys: list[str], clock: SetClock) -> None:
    async with KeyUsage(database) as usage:
        usage.noted(keys[0])

    assert await _last_uses(database) == {keys[0]: NOON, keys[1]: None, keys[2]: None}


async def test_what_a_database_that_is_away_did_not_take_is_tried_again(
    tmp_path: Path, database: Database, keys: list[str], clock: SetClock, caplog: pytest.LogCaptureFixture
) -> None:
    away = Database.open(f"sqlite:///{tmp_path}/no/such/folder.db", clock=clock)
    usage = KeyUsage(away)
    usage.noted(keys[0])
    usage.noted(keys[1])
    await usage.flush()
    clock.at += TICK
    usage.noted(keys[1])

    usage._database = database  # pyright: ignore[reportPrivateUsage] - the same one, come back
    await usage.flush()

    assert await _last_uses(database) == {keys[0]: NOON, keys[1]: NOON + TICK, keys[2]: None}
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    await away.close()


async def test_it_ends_though_the_database_is_away(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    away = Database.open(f"sqlite:///{tmp_path}/no/such/folder.db")

    async with KeyUsage(away) as usage:
        usage.noted("key_1")

    assert "the last use of 1 keys isn't recorded yet" in caplog.text
    await away.close()


async def test_it_remembers_only_so_many_keys_at_once(database: Database, keys: list[str], clock: SetClock) -> None:
    usage = KeyUsage(database, at_most=2)

    for key in keys:
        usage.noted(key)
    clock.at += TICK
    for key in keys:
        usage.noted(key)
    await usage.flush()
    usage.noted(keys[2])
    await usage.flush()

    assert await _last_uses(database) == dict.fromkeys(keys, NOON + TICK)


async def _last_uses(database: Database) -> dict[str, datetime | None]:
    return {key.id: key.last_used_at for key in await list_keys(database)}

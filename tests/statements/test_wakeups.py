"""Wake-ups: a write in one process is heard in another, by name, and a connection that breaks hides nothing."""

import asyncio
import os
import shutil
import signal
from collections.abc import AsyncGenerator, Collection
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import delete, event, text

from entitlements.effects import Effects
from entitlements.facts import CatalogRollout, EnvironmentId
from storage import wakeups
from storage.database import Database
from storage.events import insert_events
from storage.notifier import note_news
from storage.records import Event
from storage.rows import events
from storage.wakeups import Wakeups, Whose
from tests.either import only_postgresql, only_sqlite
from tests.statements.stage import NOON, Stage

News = Collection[Whose] | None


class Listener:
    """Another process, as far as it listens."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.wakeups = Wakeups(database)
        self.heard: asyncio.Queue[News] = asyncio.Queue()

    async def until(self, expected: News) -> list[News]:
        """All that is heard up to what is expected."""
        heard: list[News] = []
        while not heard or heard[-1] != expected:
            heard.append(await asyncio.wait_for(self.heard.get(), 10))
        return heard


@pytest.fixture
async def listener(database_url: str) -> AsyncGenerator[Listener]:
    database = Database.open(database_url)
    yield Listener(database)
    await database.close()


@asynccontextmanager
async def _listening(listener: Listener) -> AsyncGenerator[None]:
    async with listener.wakeups.heard_by(listener.heard.put_nowait):
        await listener.until(None)
        yield


async def test_a_write_names_its_customer_to_who_listens_elsewhere(stage: Stage, listener: Listener) -> None:
    customer, sso = await stage.customer(), await stage.feature("sso")

    async with _listening(listener):
        await stage.grant(customer, sso)
        heard = await listener.until([Whose(stage.env, customer.id)])

    assert None not in heard


async def test_what_is_rolled_back_is_not_heard(stage: Stage, listener: Listener) -> None:
    customer, other, sso = await stage.customer(), await stage.customer(), await stage.feature("sso")
    made = Event("evt_1", customer.id, 1, NOON, Effects(NOON, (), (), (), (), ()))

    async def fail() -> None:
        async with stage.db.begin_write() as connection:
            await insert_events(connection, stage.env, [made])
            raise ZeroDivisionError

    async with _listening(listener):
        with pytest.raises(ZeroDivisionError):
            await fail()
        await stage.grant(other, sso)
        heard = await listener.until([Whose(stage.env, other.id)])

    assert [Whose(stage.env, customer.id)] not in heard


async def test_a_change_of_attachments_is_heard_and_names_nobody(stage: Stage, listener: Listener) -> None:
    plan, sso = await stage.product("pro"), await stage.feature("sso")

    async with _listening(listener):
        await stage.attach(plan, sso, CatalogRollout.IMMEDIATE)
        heard = await listener.until([])

    assert all(each == [] for each in heard)


async def test_several_listen_by_one_connection_that_ends_with_the_last(stage: Stage, listener: Listener) -> None:
    opened: list[object] = []
    closed: list[object] = []

    def connected(connection: object, _: object) -> None:
        opened.append(connection)

    def closed_one(connection: object, _: object) -> None:
        closed.append(connection)

    event.listen(listener.database.engine.sync_engine, "connect", connected)
    event.listen(listener.database.engine.sync_engine, "close", closed_one)
    customer, sso = await stage.customer(), await stage.feature("sso")
    others: asyncio.Queue[News] = asyncio.Queue()

    async with _listening(listener):
        async with listener.wakeups.heard_by(others.put_nowait):
            assert await others.get() is None
        await stage.grant(customer, sso)
        await listener.until([Whose(stage.env, customer.id)])
        ended_early = len(closed)

    assert (len(opened), ended_early, len(closed)) == (1, 0, 1)
    assert listener.database.pool.in_use == 0


@only_postgresql
async def test_a_connection_that_is_cut_is_made_anew_and_everybody_is_told_to_look(
    stage: Stage, listener: Listener, caplog: pytest.LogCaptureFixture
) -> None:
    customer, sso = await stage.customer(), await stage.feature("sso")

    async with _listening(listener):
        async with stage.db.read() as connection:
            await connection.execute(text(_CUT))
        await stage.grant(customer, sso)
        heard = await listener.until(None)
        await stage.grant(customer, await stage.feature("api"))
        heard += await listener.until([Whose(stage.env, customer.id)])

    assert heard.count(None) == 1
    assert [record.levelname for record in caplog.records if record.name == "admittance.wakeups"] == ["WARNING"]


@only_postgresql
async def test_a_server_that_no_longer_answers_is_noticed(
    stage: Stage, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when a wire is cut: the connection stands, and nothing comes any more."""
    monkeypatch.setattr(wakeups, "PROBE_SECONDS", 0.2)
    await stage.customer()

    async with _listening(listener):
        async with stage.db.read() as connection:
            pid = await connection.scalar(text(_LISTENERS))
        os.kill(pid, signal.SIGSTOP)
        try:
            heard = await listener.until(None)
        finally:
            os.kill(pid, signal.SIGCONT)

    assert heard == [None]


async def test_listening_that_fails_with_a_surprise_says_so_and_begins_anew(
    stage: Stage, listener: Listener, caplog: pytest.LogCaptureFixture
) -> None:
    customer, sso = await stage.customer(), await stage.feature("sso")
    failures = [ZeroDivisionError()]

    def hear(whose: News) -> None:
        if failures:
            raise failures.pop()
        listener.heard.put_nowait(whose)

    async with listener.wakeups.heard_by(hear):
        await listener.until(None)
        await stage.grant(customer, sso)
        await listener.until([Whose(stage.env, customer.id)])

    assert "listening for events: ZeroDivisionError" in caplog.text


@only_postgresql
async def test_a_notification_that_cannot_be_sent_is_heard_of_in_the_log(
    stage: Stage, listener: Listener, caplog: pytest.LogCaptureFixture
) -> None:
    customer, sso = await stage.customer(), await stage.feature("sso")

    async with _listening(listener):
        async with stage.db.begin_write() as connection:
            # PostgreSQL takes up to 8,000 bytes.
            note_news(connection, EnvironmentId("x" * 9_000))
        await stage.grant(customer, sso)
        await listener.until([Whose(stage.env, customer.id)])
        await stage.db.close()

    assert "notifying of events: DBAPIError" in caplog.text


@only_sqlite
async def test_rows_that_are_numbered_anew_are_anybodys(stage: Stage, listener: Listener) -> None:
    customer, sso = await stage.customer(), await stage.feature("sso")
    await stage.grant(customer, sso)
    await stage.grant(customer, await stage.feature("api"))

    async with _listening(listener):
        async with stage.db.begin_write() as connection:
            await connection.execute(delete(events))
        heard = await listener.until(None)
        await stage.grant(customer, await stage.feature("audit"))
        heard += await listener.until([Whose(stage.env, customer.id)])

    assert heard.count(None) == 1


async def test_who_listens_to_a_database_that_is_away_hears_of_it_when_it_is_there(
    tmp_path: Path, sqlite_path: Path
) -> None:
    database = Database.open(f"sqlite:///{tmp_path}/later/own.db")
    listener = Listener(database)

    async with listener.wakeups.heard_by(listener.heard.put_nowait):
        await asyncio.sleep(0.05)
        assert listener.heard.empty()
        (tmp_path / "later").mkdir()
        shutil.copy(sqlite_path, tmp_path / "later" / "own.db")
        await listener.until(None)

    await database.close()


_LISTENERS = "SELECT pid FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND pid <> pg_backend_pid()"
_CUT = _LISTENERS.replace("SELECT pid", "SELECT pg_terminate_backend(pid)")

"""The worker: what is due is announced by itself, once each, whatever happens to the worker or the database."""

import asyncio
import shutil
from collections.abc import AsyncGenerator, Collection
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, Counter
from sqlalchemy import URL, Delete, Row, Update, delete, make_url, select, update

from entitlements.effects import Effects
from entitlements.facts import CatalogRollout, EnvironmentId, Grant, GrantId
from gateway import worker
from gateway.telemetry.worker import WorkerFigures
from gateway.worker import Worker
from resolvers.shared import SharedReads
from storage.agenda import Agenda
from storage.database import Database
from storage.environments import set_clock
from storage.events import insert_events
from storage.grants import insert_grant
from storage.ids import new_id
from storage.locks import lock_customers
from storage.records import ClockStatus, CustomerChange, CustomerRecord, Event
from storage.rows import attachment_changes, customers, events, subscription_statuses
from storage.unit_of_work import CustomerWork, write_customer
from storage.wakeups import Whose
from tests.databases import postgresql_away
from tests.either import only_postgresql
from tests.operations.statements import statements
from tests.service.serving import serving
from tests.statements.advances import begin_advance, clock_of, events_of, populate
from tests.statements.stage import DAY, NOON, Stage

SOON = timedelta(seconds=0.4)


@asynccontextmanager
async def _working(
    database: Database, *, figures: WorkerFigures | None = None, event_days: int = 30
) -> AsyncGenerator[SharedReads]:
    shared = SharedReads(database)
    async with Worker(database, shared.wakeups, event_days=event_days, figures=figures):
        yield shared
    await shared.close()


@pytest.fixture
async def stage(database: Database) -> Stage:
    """An environment that goes by real time."""
    return await Stage.set(database, at=None)


async def _grant_until(stage: Stage, customer: CustomerRecord, lasts: timedelta, key: str = "sso") -> CustomerChange:
    feature = await stage.feature(key)

    async def command(work: CustomerWork) -> None:
        id_ = GrantId(new_id("grt"))
        until = work.instant + lasts
        await insert_grant(work, Grant(id_, customer.id, feature.id, work.instant, work.instant, until))

    _, change = await write_customer(stage.db, stage.env, customer.id, command)
    assert change is not None
    return change


async def _event(shared: SharedReads, stage: Stage, customer: CustomerRecord, revision: int) -> Event:
    """An event, once it is there."""
    [event] = await asyncio.wait_for(shared.following.after(stage.env, customer.id, revision - 1), 10)
    assert event.revision == revision
    return event


async def test_a_server_announces_by_itself_what_time_changes_when_it_does(database_url: str, stage: Stage) -> None:
    customer = await stage.customer()
    shared = SharedReads(stage.db)
    with serving(database_url, worker=True):
        change = await _grant_until(stage, customer, SOON)
        event = await _event(shared, stage, customer, 2)
    await shared.close()

    assert event.at == change.instant + SOON
    assert event.recorded_at - event.at < timedelta(seconds=1)


async def test_a_server_goes_on_by_itself_with_a_clock_that_is_advancing_in_order(
    database_url: str, database: Database
) -> None:
    stage = await Stage.set(database)
    customers_ = await populate(stage, 5, customers=60)
    before = {event.id for event in await events_of(stage)}
    await begin_advance(stage, NOON + 365 * DAY)

    with serving(database_url, worker=True):
        await _announced(stage)

    made = [event for event in await events_of(stage) if event.id not in before]
    assert [(event.at, event.customer) for event in made] == sorted((event.at, event.customer) for event in made)
    assert len(made) > len(customers_)


async def test_a_server_announces_a_change_of_the_catalogue_to_all_it_concerns(database_url: str, stage: Stage) -> None:
    plan = await stage.plan("pro", await stage.feature("sso"))
    subscribers = [await stage.customer() for _ in range(20)]
    for customer in subscribers:
        await stage.subscribe(customer, plan)
    shared = SharedReads(stage.db)
    with serving(database_url, worker=True):
        attached = await stage.attach(plan, await stage.feature("api"), CatalogRollout.IMMEDIATE)
        heard = await asyncio.gather(*(_event(shared, stage, customer, 2) for customer in subscribers))
    await shared.close()

    assert {event.at for event in heard} == {attached.attached_at}


async def test_a_server_whose_worker_is_off_announces_nothing(database_url: str, stage: Stage) -> None:
    customer = await stage.customer()
    with serving(database_url, worker=False):
        await _grant_until(stage, customer, SOON / 2)
        await asyncio.sleep(SOON.total_seconds() + worker.LONGEST_REST_SECONDS)

    assert [event.revision for event in await stage.events(customer)] == [1]


async def test_four_workers_make_each_event_once_and_in_order(database: Database, database_url: str) -> None:
    stage = await Stage.set(database)
    features = [await stage.feature(f"f{number}") for number in range(4)]
    everybody = [await stage.customer() for _ in range(25)]
    for customer in everybody:
        for days, feature in enumerate(features, 1):
            await stage.grant(customer, feature, days=days)
    others = [Database.open(database_url) for _ in range(4)]
    await set_clock(database, stage.env, NOON + 30 * DAY)

    figures = WorkerFigures()
    async with AsyncExitStack() as stack:
        for other in others:
            stack.push_async_callback(other.close)
        [shared, *_] = [await stack.enter_async_context(_working(other, figures=figures)) for other in others]
        for customer in everybody:
            while (await shared.following.after(stage.env, customer.id, 4))[-1].revision < 8:
                pass

    assert _value(figures.announced) == 100
    for customer in everybody:
        made = await stage.events(customer)
        assert [event.revision for event in made] == list(range(1, 9))
        assert sorted(event.at for event in made) == [event.at for event in made]


async def test_a_customer_who_cannot_be_read_is_logged_once_and_holds_up_nobody(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A newer release wrote it."""
    monkeypatch.setattr(worker, "PUT_OFF_SECONDS", 0.1)
    monkeypatch.setattr(worker, "_CUSTOMERS_AT_ONCE", 1)
    broken, sound = await stage.customer(), await stage.customer()
    await stage.subscribe(broken, await stage.plan("pro"))
    await _grant_until(stage, broken, SOON / 4)
    change = await _grant_until(stage, sound, SOON / 2, "api")
    await _set(stage, update(subscription_statuses).values(status="NEWER"))
    figures = WorkerFigures()

    async with _working(stage.db, figures=figures) as shared:
        event = await _event(shared, stage, sound, 2)
        await _counted(figures.errors, 3)
        await _set(stage, update(subscription_statuses).values(status="ACTIVE"))
        mended = await _event(shared, stage, broken, 2)

    assert event.at == change.instant + SOON / 2
    assert mended.customer == broken.id
    [said] = [record.getMessage() for record in caplog.records if broken.id in record.getMessage()]
    assert said.startswith(f"nothing is announced for customer {broken.id} of {stage.env} for now: Part of ")


async def test_a_sandbox_that_cannot_be_announced_is_logged_once_and_holds_up_nobody(
    database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Its next revision is there already, which no release has written."""
    monkeypatch.setattr(worker, "PUT_OFF_SECONDS", 0.1)
    broken, stage = await Stage.set(database, "broken"), await Stage.set(database, "sound", at=None)
    customer, sound = await broken.customer(), await stage.customer()
    await broken.grant(customer, await broken.feature("sso"), days=1)
    taken = Event("evt_taken", customer.id, 2, database.clock.now(), Effects(NOON, (), (), (), (), ()))
    async with database.begin_write() as connection:
        await insert_events(connection, broken.env, [taken])
    await begin_advance(broken, NOON + 30 * DAY)
    change = await _grant_until(stage, sound, SOON)
    figures = WorkerFigures()

    async with _working(database, figures=figures) as shared:
        event = await _event(shared, stage, sound, 2)
        await _counted(figures.errors, 3)
        await _set(broken, delete(events).where(events.c.id == taken.id))
        await _announced(broken)

    assert event.at == change.instant + SOON
    assert [event.revision for event in await broken.events(customer)] == [1, 2]
    [said] = [record.getMessage() for record in caplog.records if broken.env in record.getMessage()]
    assert f"announcing for the clock of {broken.env}, which is advancing" in said


@only_postgresql
async def test_a_sandbox_in_which_somebody_keeps_a_lock_holds_up_nobody(
    database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(worker, "PUT_OFF_SECONDS", 0.1)
    monkeypatch.setattr(worker, "STEP_SECONDS", 0.2)
    locked, stage = await Stage.set(database, "locked"), await Stage.set(database, "free", at=None)
    customer, sound = await locked.customer(), await stage.customer()
    await locked.grant(customer, await locked.feature("sso"), days=1)
    await begin_advance(locked, NOON + 30 * DAY)
    change = await _grant_until(stage, sound, SOON)

    async with _working(database) as shared:
        async with database.begin_write() as connection:
            await lock_customers(connection, locked.env, [customer.id])
            event = await _event(shared, stage, sound, 2)
        await _announced(locked)

    assert event.at == change.instant + SOON
    assert f"nothing is announced for the clock of {locked.env}" in caplog.text


async def test_a_write_that_names_its_customer_is_no_reason_to_look(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its events are written; what it lets time change soon is found at the next look."""
    monkeypatch.setattr(worker, "LONGEST_REST_SECONDS", 60.0)
    stage, other = await Stage.set(database), Database.open(database_url)
    plan, sso, api = await stage.product("pro"), await stage.feature("sso"), await stage.feature("api")
    customer = await stage.customer()
    await stage.subscribe(customer, plan)
    heard: asyncio.Queue[Collection[Whose] | None] = asyncio.Queue()

    with statements(other) as sent:
        async with _working(other) as shared, shared.wakeups.heard_by(heard.put_nowait):
            await _quiet(sent)
            looks = len(sent)
            await stage.grant(customer, sso)
            while await heard.get() != [Whose(stage.env, customer.id)]:
                pass
            await _quiet(sent)
            looks_after_write = len(sent)
            await stage.attach(plan, api, CatalogRollout.IMMEDIATE)
            await _event(shared, stage, customer, 2)
    await other.close()

    # What SQLite is asked by who listens is no look.
    assert [each for each in sent[looks:looks_after_write] if "environments" in each] == []


async def test_a_closed_environment_is_left_alone(database: Database) -> None:
    stage = await Stage.set(database, at=datetime.now(UTC).replace(microsecond=0) + 30 * DAY)
    plan = await stage.plan("pro", await stage.feature("sso"))
    customer = await stage.customer()
    await stage.subscribe(customer, plan)
    await stage.attach(plan, await stage.feature("api"), CatalogRollout.IMMEDIATE)
    await set_clock(database, stage.env, None)
    open_ = await Stage.set(database, "open", at=None)
    attached, expiring = await open_.customer(), await open_.customer()
    await open_.subscribe(attached, plan_there := await open_.plan("pro", await open_.feature("sso")))
    before = await _rows(stage)

    async with _working(database) as shared:
        await _grant_until(open_, expiring, SOON, "audit")
        await open_.attach(plan_there, await open_.feature("api"), CatalogRollout.IMMEDIATE)
        await _event(shared, open_, attached, 2)
        await _event(shared, open_, expiring, 2)

    assert await _rows(stage) == before


async def test_events_past_their_time_are_removed_and_no_others(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "_EVENTS_AT_ONCE", 3)
    customer = await stage.customer()
    for number in range(10):
        await stage.grant(customer, await stage.feature(f"f{number}"))
    recorded = (await stage.events(customer))[0].recorded_at
    await _set(stage, update(events).where(events.c.revision <= 8).values(recorded_at=recorded - 5 * DAY))
    await _set(stage, update(events).where(events.c.revision == 9).values(recorded_at=recorded - 3 * DAY))

    async with _working(stage.db, event_days=4):
        async with asyncio.timeout(10):
            while len(await stage.events(customer)) > 2:
                pass
        await asyncio.sleep(0.2)

    assert [event.revision for event in await stage.events(customer)] == [9, 10]


@only_postgresql
async def test_a_worker_goes_on_when_the_database_is_back(
    stage: Stage, postgresql_url: URL, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    customer = await stage.customer()
    figures = WorkerFigures()

    async with _working(stage.db, figures=figures) as shared:
        change = await _grant_until(stage, customer, SOON)
        async with postgresql_away(postgresql_url, make_url(database_url)):
            await _counted(figures.errors, 2)
        event = await _event(shared, stage, customer, 2)

    assert event.at == change.instant + SOON
    assert "nothing is announced for" in caplog.text


async def test_a_worker_without_a_database_waits_for_it_and_ends_when_it_is_told(
    tmp_path: Path, sqlite_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    away = Database.open(f"sqlite:///{tmp_path}/later/own.db")
    figures = WorkerFigures()

    async with _working(away, figures=figures) as shared:
        await _counted(figures.errors, 1)
        (tmp_path / "later").mkdir()
        shutil.copy(sqlite_path, tmp_path / "later" / "own.db")
        stage = await Stage.set(away, at=None)
        customer = await stage.customer()
        await _grant_until(stage, customer, SOON)
        await _event(shared, stage, customer, 2)

    await away.close()
    assert {record.levelname for record in caplog.records} == {"WARNING"}


def test_the_lag_is_how_long_the_oldest_change_waits_and_no_clock_that_was_moved_counts() -> None:
    registry = CollectorRegistry()
    figures = WorkerFigures(registry)
    name, environment = "admittance_announcing_lag_seconds", EnvironmentId("env_1")

    figures.note_lag(
        [
            Agenda(environment, NOON, NOON - timedelta(seconds=3), is_frozen=False),
            Agenda(environment, NOON, NOON - timedelta(seconds=90), is_frozen=True),
            Agenda(environment, NOON, NOON + DAY, is_frozen=False),
        ]
    )
    late = registry.get_sample_value(name)
    figures.note_lag([])

    assert (late, registry.get_sample_value(name)) == (3.0, 0.0)


async def _announced(stage: Stage) -> None:
    """Waits until all is announced that lies on the way of an environment's clock."""
    async with asyncio.timeout(30):
        while (await clock_of(stage)).status is ClockStatus.ADVANCING:  # noqa: ASYNC110 - its row alone tells of it
            await asyncio.sleep(0.05)


async def _quiet(sent: list[str]) -> None:
    """Waits until nothing has been sent for longer than a worker rests at the least, but who listens."""
    before = -1
    while before < (before := len([each for each in sent if "environments" in each])):  # noqa: ASYNC110
        await asyncio.sleep(6 * worker.BREATH_SECONDS)


async def _set(stage: Stage, statement: Update | Delete) -> None:
    async with stage.db.begin_write() as connection:
        await connection.execute(statement)


async def _rows(stage: Stage) -> list[list[Row[Any]]]:
    async with stage.db.read() as connection:
        return [
            list(await connection.execute(select(table).where(table.c.environment_id == stage.env)))
            for table in (customers, events, attachment_changes)
        ]


async def _counted(counter: Counter, count: int) -> None:
    async with asyncio.timeout(10):
        while _value(counter) < count:  # noqa: ASYNC110
            # The library's counters tell nobody when they grow.
            await asyncio.sleep(0.02)


def _value(counter: Counter) -> float:
    [sample, *_] = next(iter(counter.collect())).samples
    return sample.value

"""What time and the catalogue change is announced once each, in order, however late and however often it is tried."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from entitlements.changes import features_at
from entitlements.facts import CatalogRollout, CustomerId, EnvironmentId, FeatureId
from entitlements.timeline import timeline
from storage.announcing import DueCustomer, announce_due, find_due, tell_of_attachment_change
from storage.customer_sessions import create_session
from storage.customers import delete_customer, update_customer
from storage.environments import set_clock
from storage.locks import lock_customers, lock_customers_at_once
from storage.records import CustomerRecord, CustomerSession, Event
from storage.unit_of_work import CustomerWork, RealTimeWork, write_customer, write_in_real_time
from tests.either import only_postgresql
from tests.statements.stage import DAY, NOON, TICK, Stage, announce_all

Lock = Callable[[AsyncConnection, EnvironmentId, Sequence[CustomerId]], Awaitable[object]]

_WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"


async def _rename(work: CustomerWork) -> None:
    await update_customer(work, name="Renamed")


async def _open_session(customer: CustomerRecord, work: RealTimeWork) -> tuple[CustomerSession, str]:
    return await create_session(work, customer.id, length=DAY)


def _folded(events: list[Event]) -> set[FeatureId]:
    held: set[FeatureId] = set()
    for event in events:
        held |= {feature for feature, _ in event.effects.added}
        held -= {feature for feature, _ in event.effects.removed}
    return held


async def test_a_write_makes_an_event_with_the_states_of_its_instant(stage: Stage) -> None:
    sso = await stage.feature("sso")
    customer = await stage.customer()
    change = await stage.grant(customer, sso, days=3)

    [event] = await stage.events(customer)

    assert (event.revision, event.at, event.customer) == (1, change.instant, customer.id)
    assert event.effects == change.effects
    [(feature, state)] = event.effects.added
    assert (feature, state.at, state.run.active_to) == (sso.id, change.instant, change.instant + 3 * DAY)
    assert (event.effects.before, event.effects.after) == ((), (sso.id,))


async def test_a_write_that_changes_no_entitlement_makes_no_event(stage: Stage) -> None:
    customer = await stage.customer()

    await write_customer(stage.db, stage.env, customer.id, _rename)

    assert await stage.events(customer) == []


async def test_what_time_changes_is_announced_at_its_own_instant_however_late(stage: Stage) -> None:
    sso, api = await stage.feature("sso"), await stage.feature("api")
    customer = await stage.customer()
    first = await stage.grant(customer, sso, days=1)
    second = await stage.grant(customer, api, days=2)
    await set_clock(stage.db, stage.env, NOON + 30 * DAY)

    await announce_all(stage.db)

    _, _, third, fourth = await stage.events(customer)
    assert [third.at, fourth.at] == [first.instant + DAY, second.instant + 2 * DAY]
    assert [feature for feature, _ in third.effects.removed] == [sso.id]
    assert (third.effects.before, third.effects.after) == ((api.id, sso.id), (api.id,))
    assert (fourth.effects.before, fourth.effects.after) == ((api.id,), ())
    assert await find_due(stage.db, 100) == []


async def test_nothing_is_due_before_its_time(stage: Stage) -> None:
    customer = await stage.customer()
    change = await stage.grant(customer, await stage.feature("sso"), days=1)
    await set_clock(stage.db, stage.env, change.instant + DAY - TICK)
    assert await find_due(stage.db, 100) == []

    await set_clock(stage.db, stage.env, change.instant + DAY)

    assert await find_due(stage.db, 100) == [DueCustomer(stage.env, customer.id)]


async def test_announcing_twice_and_by_several_at_once_makes_each_event_once(stage: Stage) -> None:
    customer = await stage.customer()
    for days in range(1, 6):
        await stage.grant(customer, await stage.feature(f"f{days}"), days=days)
    await set_clock(stage.db, stage.env, NOON + 30 * DAY)

    due = DueCustomer(stage.env, customer.id)
    made = await asyncio.gather(*(announce_due(stage.db, due.environment, [due.customer]) for _ in range(8)))

    assert sorted(len(each.events) for each in made) == [0] * 7 + [5]
    assert [event.revision for event in await stage.events(customer)] == list(range(1, 11))


async def test_a_write_announces_what_is_overdue_before_itself(stage: Stage) -> None:
    sso, api = await stage.feature("sso"), await stage.feature("api")
    customer = await stage.customer()
    granted = await stage.grant(customer, sso, days=1)
    await set_clock(stage.db, stage.env, NOON + 30 * DAY)

    written = await stage.grant(customer, api)

    _, expired, given = await stage.events(customer)
    assert (expired.at, given.at) == (granted.instant + DAY, written.instant)
    assert [feature for feature, _ in given.effects.added] == [api.id]
    assert written.revision == given.revision == 3


async def test_a_write_at_the_instant_of_what_is_due_comes_after_it(stage: Stage) -> None:
    sso, api = await stage.feature("sso"), await stage.feature("api")
    customer = await stage.customer()
    granted = await stage.grant(customer, sso, days=1)
    ends = granted.instant + DAY
    await set_clock(stage.db, stage.env, ends)

    await stage.grant(customer, api)

    assert [event.at for event in await stage.events(customer)] == [granted.instant, ends, ends + TICK]


async def test_a_write_comes_after_what_an_attachment_makes_due_at_its_instant_though_nobody_has_told_of_it(
    stage: Stage,
) -> None:
    sso, api, audit = [await stage.feature(key) for key in ("sso", "api", "audit")]
    plan = await stage.plan("pro", sso)
    customer = await stage.customer()
    subscription = await stage.subscribe(customer, plan)
    await stage.attach(plan, api)
    boundary = subscription.started_at + 31 * DAY
    await set_clock(stage.db, stage.env, boundary)

    await stage.grant(customer, audit)

    assert [event.at for event in await stage.events(customer, after=1)] == [boundary, boundary + TICK]


@pytest.mark.parametrize("rollout", [CatalogRollout.IMMEDIATE, CatalogRollout.NEXT_PERIOD])
async def test_a_change_of_attachments_reaches_all_subscribers_when_it_acts(
    stage: Stage, rollout: CatalogRollout
) -> None:
    sso, api = await stage.feature("sso"), await stage.feature("api")
    plan = await stage.plan("pro", sso)
    customers = [await stage.customer() for _ in range(3)]
    for customer in customers:
        await stage.subscribe(customer, plan)
    attached = await stage.attach(plan, api, rollout)
    await set_clock(stage.db, stage.env, NOON + 40 * DAY)

    await announce_all(stage.db)

    for customer in customers:
        events = await stage.events(customer)
        assert [event.revision for event in events] == [1, 2]
        assert [feature for feature, _ in events[-1].effects.added] == [api.id]
        assert (events[-1].at == attached.attached_at) == (rollout is CatalogRollout.IMMEDIATE)


async def test_an_attachment_that_acts_at_once_is_announced_while_the_clock_stands(stage: Stage) -> None:
    plan = await stage.plan("pro", await stage.feature("sso"))
    customer = await stage.customer()
    await stage.subscribe(customer, plan)
    api = await stage.feature("api")
    attached = await stage.attach(plan, api, CatalogRollout.IMMEDIATE)

    await announce_all(stage.db)

    assert [event.at for event in await stage.events(customer, after=1)] == [attached.attached_at]


@only_postgresql
async def test_those_whom_changes_concern_are_made_due_in_one_order(stage: Stage) -> None:
    """Who tells of a change waits for others who have some of its customers, and must have none that those wait for."""
    plan = await stage.plan("pro", await stage.feature("sso"))
    first, *others = [await stage.customer() for _ in range(3)]
    for customer in (first, *others):
        await stage.subscribe(customer, plan)
    # Now the last of its table.
    await write_customer(stage.db, stage.env, first.id, _rename)
    await stage.attach(plan, await stage.feature("api"), CatalogRollout.IMMEDIATE)

    async with stage.db.begin_write() as connection:
        await lock_customers(connection, stage.env, [first.id])
        telling = asyncio.create_task(tell_of_attachment_change(stage.db))
        while not await connection.scalar(text(_WAITING)):
            pass
        async with stage.db.begin_write() as another:
            free = await lock_customers_at_once(another, stage.env, [customer.id for customer in others])

    assert set(free) == {customer.id for customer in others}
    assert await telling


@only_postgresql
@pytest.mark.parametrize("lock", [lock_customers, lock_customers_at_once])
async def test_a_session_of_a_customer_begins_while_others_keep_its_row(stage: Stage, lock: Lock) -> None:
    customer = await stage.customer()

    async with stage.db.begin_write() as connection, asyncio.timeout(5):
        await lock(connection, stage.env, [customer.id])
        session, _ = await write_in_real_time(stage.db, stage.env, partial(_open_session, customer))

    assert session.customer == customer.id


async def test_a_catalogue_write_comes_after_everything_announced(stage: Stage) -> None:
    sso, api = await stage.feature("sso"), await stage.feature("api")
    plan = await stage.plan("pro", sso)
    customer = await stage.customer()
    granted = await stage.grant(customer, sso, days=1)
    await set_clock(stage.db, stage.env, granted.instant + DAY)
    await announce_all(stage.db)

    attached = await stage.attach(plan, api)

    assert attached.attached_at == granted.instant + DAY + TICK


async def test_folding_the_events_gives_the_set_at_each_of_their_instants(stage: Stage) -> None:
    keys = [await stage.feature(key) for key in "abcd"]
    plan = await stage.plan("pro", *keys[:2])
    customer = await stage.customer()
    await stage.subscribe(customer, plan)
    await stage.grant(customer, keys[2], days=1)
    await stage.attach(plan, keys[3], CatalogRollout.IMMEDIATE)
    await set_clock(stage.db, stage.env, NOON + 40 * DAY)
    await announce_all(stage.db)

    events = await stage.events(customer)

    loaded = await stage.facts(customer)
    known = timeline(loaded.facts, loaded.attachments)
    assert len(events) == 4
    for count, event in enumerate(events, 1):
        assert _folded(events[:count]) == features_at(known, event.at)


async def test_deleting_a_customer_takes_all_that_it_had(stage: Stage) -> None:
    sso = await stage.feature("sso")
    customer = await stage.customer()
    await stage.grant(customer, sso, days=1)

    async def delete(work: CustomerWork) -> None:
        await delete_customer(work)

    await write_customer(stage.db, stage.env, customer.id, delete)
    await set_clock(stage.db, stage.env, NOON + 40 * DAY)
    await announce_all(stage.db)

    _, deleted = await stage.events(customer)
    assert [feature for feature, _ in deleted.effects.removed] == [sso.id]


async def test_a_summary_of_many_features_is_cut_and_says_so(stage: Stage) -> None:
    features = [await stage.feature(f"f{number:02}") for number in range(12)]
    customer = await stage.customer()
    await stage.subscribe(customer, await stage.plan("pro", *features))

    [event] = await stage.events(customer)

    assert event.effects.after == tuple(sorted(feature.id for feature in features))[:11]
    assert len(event.effects.added) == 12

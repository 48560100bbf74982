"""Deliveries are written with their event or not at all, and go when it goes."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, func, select, update

from entitlements.facts import Grant, GrantId
from storage import webhook_queue
from storage.announcing import announce_due
from storage.database import Database
from storage.environments import set_clock
from storage.errors import RowUnreadable
from storage.grants import insert_grant
from storage.ids import new_id
from storage.old_events import remove_events
from storage.rows import events, webhook_attempts, webhook_deliveries, webhook_endpoints
from storage.unit_of_work import CustomerWork, RealTimeWork, write_customer, write_in_real_time
from storage.webhook_attempts import record_attempt
from storage.webhook_endpoints import disable_endpoint, update_endpoint
from storage.webhook_outbox import queue_again
from storage.webhook_queue import DueEndpoint, find_due_endpoints, lease_deliveries
from storage.webhook_records import LeasedDelivery, WebhookAttempt, WebhookEndpoint
from tests.either import only_postgresql
from tests.statements.aging import let_pass
from tests.statements.stage import DAY, NOON, Stage

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


async def number_of_deliveries(stage: Stage) -> int:
    async with stage.db.read() as connection:
        return (await connection.execute(select(func.count()).select_from(webhook_deliveries))).scalar_one()


async def test_a_write_and_what_time_announces_are_queued_alike(stage: Stage) -> None:
    await stage.webhook_endpoint()
    customer = await stage.customer()
    await stage.grant(customer, await stage.feature("sso"), days=1)
    await set_clock(stage.db, stage.env, NOON + 30 * DAY)

    await announce_due(stage.db, stage.env, [customer.id])

    async with stage.db.read() as connection:
        rows = (await connection.execute(select(webhook_deliveries).order_by(webhook_deliveries.c.revision))).all()
    assert [(row.revision, row.customer_id, row.state) for row in rows] == [
        (1, customer.id, "PENDING"),
        (2, customer.id, "PENDING"),
    ]


async def test_a_write_that_comes_to_nothing_queues_nothing(stage: Stage) -> None:
    await stage.webhook_endpoint()
    customer, feature = await stage.customer(), await stage.feature("sso")

    class ChangedMyMind(Exception):
        pass

    async def command(work: CustomerWork) -> None:
        id_ = GrantId(new_id("grt"))
        await insert_grant(work, Grant(id_, customer.id, feature.id, work.instant, work.instant))
        raise ChangedMyMind

    with pytest.raises(ChangedMyMind):
        await write_customer(stage.db, stage.env, customer.id, command)

    assert await number_of_deliveries(stage) == 0


async def test_another_environments_events_are_not_queued(stage: Stage) -> None:
    other = await Stage.set(stage.db, "other")
    await stage.webhook_endpoint()

    await other.grant(await other.customer(), await other.feature("sso"))

    assert await number_of_deliveries(stage) == 0


async def lease(stage: Stage, endpoint: WebhookEndpoint, *, at_most: int = 10) -> list[LeasedDelivery]:
    """What is due, taken for a minute."""
    due = DueEndpoint(stage.env, endpoint.id)
    found = await lease_deliveries(stage.db, due, at_most=at_most, lasting=MINUTE)
    return [each for each in found if isinstance(each, LeasedDelivery)]


async def record(stage: Stage, leased: LeasedDelivery, status: int, *, pause: timedelta | None = None) -> bool:
    """Writes down what a delivery was answered with."""
    attempt = WebhookAttempt(new_id("wha"), leased.delivery.id, stage.db.clock.now(), 1, status, None, "")
    return await record_attempt(stage.db, leased, attempt, pause=pause, is_delivered=status == 200)


async def number_of_attempts(stage: Stage) -> int:
    async with stage.db.read() as connection:
        return (await connection.execute(select(func.count()).select_from(webhook_attempts))).scalar_one()


async def test_what_is_leased_nobody_else_has_until_the_lease_ends(stage: Stage) -> None:
    endpoint = await stage.webhook_endpoint()
    await stage.grant(await stage.customer(), await stage.feature("sso"))
    await let_pass(stage.db, MINUTE)
    assert await find_due_endpoints(stage.db) == [DueEndpoint(stage.env, endpoint.id)]

    [leased] = await lease(stage, endpoint)

    assert await find_due_endpoints(stage.db) == []
    assert await lease(stage, endpoint) == []
    await let_pass(stage.db, MINUTE)
    [again] = await lease(stage, endpoint)
    assert (again.delivery.id, again.event.id) == (leased.delivery.id, leased.event.id)


@only_postgresql
@pytest.mark.parametrize("ahead", [-HOUR, HOUR])
async def test_a_process_whose_clock_is_wrong_takes_no_lease_for_ended(
    stage: Stage, database_url: str, ahead: timedelta
) -> None:
    class Wrong:
        def now(self) -> datetime:
            return datetime.now(UTC).replace(microsecond=0) + ahead

    endpoint = await stage.webhook_endpoint()
    customer = await stage.customer()
    for key in ("sso", "audit"):
        await stage.grant(customer, await stage.feature(key))
    wrong = Database.open(database_url, clock=Wrong())
    elsewhere = replace(stage, db=wrong)

    [one] = await lease(stage, endpoint, at_most=1)
    [other] = await lease(elsewhere, endpoint)
    assert await lease(elsewhere, endpoint) == await lease(stage, endpoint) == []
    await record(elsewhere, other, 500, pause=MINUTE)
    await let_pass(stage.db, MINUTE)
    again = await lease(stage, endpoint)
    await wrong.close()

    assert {each.delivery.id for each in again} == {one.delivery.id, other.delivery.id}


async def test_whoever_has_lost_its_lease_tells_of_its_attempt_and_changes_nothing(stage: Stage) -> None:
    endpoint = await stage.webhook_endpoint()
    await stage.grant(await stage.customer(), await stage.feature("sso"))
    [slow] = await lease(stage, endpoint)
    await let_pass(stage.db, MINUTE)
    [quick] = await lease(stage, endpoint)

    assert not await record(stage, slow, 500)
    assert await lease(stage, endpoint) == []
    assert await record(stage, quick, 200)

    assert await number_of_attempts(stage) == 2
    async with stage.db.read() as connection:
        delivery = (await connection.execute(select(webhook_deliveries))).one()
        assert (delivery.state, delivery.failures) == ("DELIVERED", 0)
        assert (await connection.execute(select(webhook_endpoints.c.failing_since))).scalar_one() is None


async def test_deliveries_and_attempts_go_with_their_event(stage: Stage) -> None:
    endpoint = await stage.webhook_endpoint()
    await stage.grant(await stage.customer(), await stage.feature("sso"))
    [leased] = await lease(stage, endpoint)
    await record(stage, leased, 500, pause=timedelta())
    [under_way] = await lease(stage, endpoint)

    async with stage.db.begin_write() as connection:
        await connection.execute(delete(events))

    assert await number_of_deliveries(stage) == await number_of_attempts(stage) == 0
    assert not await record(stage, under_way, 200)


async def test_an_event_that_can_not_be_read_holds_up_no_other(stage: Stage) -> None:
    endpoint = await stage.webhook_endpoint()
    customer = await stage.customer()
    for key in ("sso", "audit", "api"):
        await stage.grant(customer, await stage.feature(key))
    async with stage.db.begin_write() as connection:
        await connection.execute(update(events).where(events.c.revision == 2).values(effects="{}"))

    due = DueEndpoint(stage.env, endpoint.id)
    first, unreadable, third = await lease_deliveries(stage.db, due, at_most=10, lasting=MINUTE)

    assert isinstance(first, LeasedDelivery)
    assert isinstance(third, LeasedDelivery)
    assert isinstance(unreadable, RowUnreadable)
    assert [first.event.event.revision, third.event.event.revision] == [1, 3]
    assert await find_due_endpoints(stage.db) == []


async def test_in_order_what_waits_is_not_due_until_what_it_waits_for_is_tried_again(stage: Stage) -> None:
    endpoint = await stage.webhook_endpoint(is_ordered=True)
    customer, other = await stage.customer("one"), await stage.customer("other")
    for key in ("sso", "audit", "api"):
        feature = await stage.feature(key)
        await stage.grant(customer, feature)
        await stage.grant(other, feature)

    heads = await lease(stage, endpoint)
    assert await find_due_endpoints(stage.db) == []
    for head in heads:
        await record(stage, head, 500, pause=HOUR)
    assert await find_due_endpoints(stage.db) == []
    await let_pass(stage.db, HOUR - MINUTE / 2)
    # What was put off to the ends of the leases is put off once more, to the next attempts.
    assert await lease(stage, endpoint) == []
    assert await find_due_endpoints(stage.db) == []
    await let_pass(stage.db, MINUTE / 2)

    again = await lease(stage, endpoint)
    assert {each.event.event.revision for each in (*heads, *again)} == {1}
    assert len(heads) == len(again) == 2
    assert await record(stage, again[0], 200)
    [freed] = await lease(stage, endpoint)
    assert (freed.event.event.customer, freed.event.event.revision) == (again[0].event.event.customer, 2)


async def test_in_order_many_that_wait_hide_none_that_need_not(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook_queue, "_LOOK", 3)
    endpoint = await stage.webhook_endpoint(is_ordered=True)
    customer = await stage.customer("one")
    for number in range(8):
        await stage.grant(customer, await stage.feature(f"f{number}"))
    [head] = await lease(stage, endpoint)
    await stage.grant(await stage.customer("other"), await stage.feature("sso"))

    [other] = await lease(stage, endpoint)

    assert (head.event.event.customer, other.event.event.revision) == (customer.id, 1)
    assert other.event.event.customer != customer.id
    assert await find_due_endpoints(stage.db) == []


async def test_in_order_nothing_is_lost_when_who_had_the_first_one_died(stage: Stage) -> None:
    endpoint = await stage.webhook_endpoint(is_ordered=True)
    customer = await stage.customer()
    for number in range(5):
        await stage.grant(customer, await stage.feature(f"f{number}"))

    revisions: list[int] = []
    for _ in range(5):
        [_abandoned] = await lease(stage, endpoint)
        await let_pass(stage.db, 2 * MINUTE)
        [leased] = await lease(stage, endpoint)
        revisions.append(leased.event.event.revision)
        await record(stage, leased, 200)

    assert revisions == [1, 2, 3, 4, 5]
    assert await lease(stage, endpoint) == []


async def test_in_order_two_who_take_and_end_at_once_lose_nothing(stage: Stage) -> None:
    endpoint = await stage.webhook_endpoint(is_ordered=True)
    customers = [await stage.customer(f"{number}") for number in range(3)]
    for number in range(10):
        feature = await stage.feature(f"f{number}")
        for customer in customers:
            await stage.grant(customer, feature)
    done: list[tuple[str, int]] = []

    async def work() -> None:
        while len(done) < 30:
            for leased in await lease(stage, endpoint, at_most=2):
                done.append((leased.event.event.customer, leased.event.event.revision))
                await record(stage, leased, 200)

    async with asyncio.timeout(50):
        await asyncio.gather(work(), work(), work())

    for customer in customers:
        assert [revision for each, revision in done if each == customer.id] == list(range(1, 11))


async def test_what_failed_before_an_endpoint_went_by_order_holds_back_what_comes_after_it(stage: Stage) -> None:
    endpoint = await stage.webhook_endpoint()
    customer = await stage.customer()
    for key in ("sso", "audit"):
        await stage.grant(customer, await stage.feature(key))
    [first, second] = await lease(stage, endpoint)
    await record(stage, first, 500, pause=2 * MINUTE)
    await record(stage, second, 500, pause=timedelta())

    async def set_in_order(work: RealTimeWork) -> None:
        await update_endpoint(work, endpoint.id, is_ordered=True)

    await write_in_real_time(stage.db, stage.env, set_in_order)

    assert await lease(stage, endpoint) == []
    await let_pass(stage.db, 2 * MINUTE)
    [again] = await lease(stage, endpoint)
    await record(stage, again, 200)
    [then] = await lease(stage, endpoint)
    assert (again.delivery.id, then.delivery.id) == (first.delivery.id, second.delivery.id)


async def test_an_event_that_is_told_again_waits_in_its_place(stage: Stage) -> None:
    endpoint = await stage.webhook_endpoint(is_ordered=True)
    customer = await stage.customer()
    for number in range(3):
        await stage.grant(customer, await stage.feature(f"f{number}"))
    [first] = await lease(stage, endpoint)
    await record(stage, first, 200)

    async def again(work: RealTimeWork) -> None:
        await queue_again(work, first.event, endpoint.id)

    await write_in_real_time(stage.db, stage.env, again)

    revisions: list[int] = []
    while found := await lease(stage, endpoint):
        [leased] = found
        revisions.append(leased.event.event.revision)
        await record(stage, leased, 200)
    assert revisions == [1, 2, 3]


async def test_an_event_on_its_way_outlives_its_time_while_its_endpoint_is_enabled(stage: Stage) -> None:
    endpoint = await stage.webhook_endpoint(is_ordered=True)
    customer = await stage.customer()
    for number in range(2):
        await stage.grant(customer, await stage.feature(f"f{number}"))
    await let_pass(stage.db, 5 * DAY)
    [first] = await lease(stage, endpoint)
    await record(stage, first, 500)

    gone = await remove_events(stage.db, older_than=4 * DAY, at_most=10)
    still = await number_of_deliveries(stage)
    [second] = await lease(stage, endpoint)

    async def disable(work: RealTimeWork) -> None:
        await disable_endpoint(work, endpoint.id)

    await write_in_real_time(stage.db, stage.env, disable)
    assert (gone, still, second.event.event.revision) == (1, 1, 2)
    assert await remove_events(stage.db, older_than=4 * DAY, at_most=10) == 1


async def test_events_that_stay_hide_none_of_another_environment(stage: Stage) -> None:
    other = await Stage.set(stage.db, "other")
    await stage.webhook_endpoint()
    await other.webhook_endpoint()
    for each in (stage, other):
        await each.grant(await each.customer(), await each.feature("sso"))
    async with stage.db.begin_write() as connection:
        ended = webhook_deliveries.c.environment_id == other.env
        await connection.execute(update(webhook_deliveries).where(ended).values(next_attempt_at=None))
    await let_pass(stage.db, 5 * DAY)

    assert await remove_events(stage.db, older_than=4 * DAY, at_most=10) == 1
    assert await remove_events(stage.db, older_than=4 * DAY, at_most=10) == 0

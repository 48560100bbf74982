"""Deliveries are written with their event or not at all, and go when it goes."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, func, select

from entitlements.facts import Grant, GrantId
from storage.announcing import announce_due
from storage.environments import set_clock
from storage.grants import insert_grant
from storage.ids import new_id
from storage.rows import events, webhook_attempts, webhook_deliveries
from storage.unit_of_work import CustomerWork, RealTimeWork, write_customer, write_in_real_time
from storage.webhook_endpoints import insert_endpoint
from storage.webhook_queue import DueEndpoint, find_due_endpoints, lease_deliveries, record_attempt
from storage.webhook_records import WebhookAttempt, WebhookEndpoint
from tests.statements.stage import DAY, NOON, Stage

MINUTE = timedelta(minutes=1)


async def endpoint_of(stage: Stage) -> WebhookEndpoint:
    async def command(work: RealTimeWork) -> WebhookEndpoint:
        return await insert_endpoint(
            work,
            url="https://hooks.example.com",
            enabled_events=("entitlements.changed",),
            is_ordered=False,
            description=None,
            metadata={},
        )

    return await write_in_real_time(stage.db, stage.env, command)


async def number_of_deliveries(stage: Stage) -> int:
    async with stage.db.read() as connection:
        return (await connection.execute(select(func.count()).select_from(webhook_deliveries))).scalar_one()


async def test_a_write_and_what_time_announces_are_queued_alike(stage: Stage) -> None:
    await endpoint_of(stage)
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
    await endpoint_of(stage)
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
    await endpoint_of(stage)

    await other.grant(await other.customer(), await other.feature("sso"))

    assert await number_of_deliveries(stage) == 0


async def test_what_is_leased_nobody_else_has_until_the_lease_ends(stage: Stage) -> None:
    endpoint = await endpoint_of(stage)
    await stage.grant(await stage.customer(), await stage.feature("sso"))
    now = stage.db.clock.now() + MINUTE
    due = DueEndpoint(stage.env, endpoint.id)
    assert await find_due_endpoints(stage.db, now) == [due]

    [leased] = await lease_deliveries(stage.db, due, now, at_most=10, lasting=MINUTE)

    assert await find_due_endpoints(stage.db, now) == []
    assert await lease_deliveries(stage.db, due, now, at_most=10, lasting=MINUTE) == []
    [again] = await lease_deliveries(stage.db, due, now + MINUTE, at_most=10, lasting=MINUTE)
    assert (again.delivery.id, again.event) == (leased.delivery.id, leased.event)


async def test_whoever_has_lost_its_lease_writes_nothing_down(stage: Stage) -> None:
    endpoint = await endpoint_of(stage)
    await stage.grant(await stage.customer(), await stage.feature("sso"))
    now = stage.db.clock.now() + MINUTE
    due = DueEndpoint(stage.env, endpoint.id)
    [slow] = await lease_deliveries(stage.db, due, now, at_most=10, lasting=MINUTE)
    [quick] = await lease_deliveries(stage.db, due, now + MINUTE, at_most=10, lasting=MINUTE)

    async def record(leased_at_first: bool) -> bool:
        leased = slow if leased_at_first else quick
        attempt = WebhookAttempt(new_id("wha"), leased.delivery.id, now, 1, 200, None, "")
        return await record_attempt(stage.db, leased, attempt, next_attempt_at=None, is_delivered=True)

    assert not await record(leased_at_first=True)
    assert await record(leased_at_first=False)
    async with stage.db.read() as connection:
        assert (await connection.execute(select(func.count()).select_from(webhook_attempts))).scalar_one() == 1


async def test_deliveries_and_attempts_go_with_their_event(stage: Stage) -> None:
    endpoint = await endpoint_of(stage)
    await stage.grant(await stage.customer(), await stage.feature("sso"))
    now = stage.db.clock.now() + MINUTE
    [leased] = await lease_deliveries(stage.db, DueEndpoint(stage.env, endpoint.id), now, at_most=1, lasting=MINUTE)
    attempt = WebhookAttempt(new_id("wha"), leased.delivery.id, now, 1, 500, None, "")
    await record_attempt(stage.db, leased, attempt, next_attempt_at=now, is_delivered=False)

    async with stage.db.begin_write() as connection:
        await connection.execute(delete(events))

    assert await number_of_deliveries(stage) == 0
    async with stage.db.read() as connection:
        assert (await connection.execute(select(webhook_attempts))).all() == []

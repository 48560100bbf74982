"""When a delivery is tried again, for how long, in which order, and what becomes of an endpoint that only fails."""

import asyncio
import logging
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from gateway.setting_groups import WebhookSettings
from gateway.webhooks.schedule import RetrySchedule
from resolvers.context import new_context
from resolvers.webhook_endpoints import WebhookEndpointStatus, update_webhook_endpoint
from resolvers.webhook_targets import WebhookTargets
from storage.unit_of_work import RealTimeWork, write_in_real_time
from storage.webhook_endpoints import delete_endpoint, disable_endpoint, enable_endpoint
from storage.webhook_records import WebhookEndpoint
from tests.service.webhooks.post import Post, dispatching
from tests.service.webhooks.receiver import Arrival, Connection, confirm, fail, receiving

HOUR = timedelta(hours=1)


def revisions(arrivals: list[Arrival]) -> list[tuple[str, int]]:
    events = [arrival.event["data"]["object"] for arrival in arrivals]
    return [(event["customer"]["externalId"], event["revision"]) for event in events]


async def set_enabled(post: Post, endpoint: WebhookEndpoint, *, enabled: bool) -> None:
    async def command(work: RealTimeWork) -> None:
        await (enable_endpoint if enabled else disable_endpoint)(work, endpoint.id)

    await write_in_real_time(post.database, post.stage.env, command)


def test_pauses_grow_and_add_up_to_80_hours() -> None:
    schedule = RetrySchedule()
    for _ in range(100):
        pauses = [schedule.pause_after(failures) for failures in range(1, 14)]

        assert None not in pauses
        known = [pause for pause in pauses if pause is not None]
        assert all(before < after for before, after in pairwise(known))
        assert 80 * HOUR <= sum(known, timedelta()) <= 100 * HOUR
    assert schedule.pause_after(14) is None


def test_pauses_differ_from_each_other() -> None:
    assert len({RetrySchedule().pause_after(5) for _ in range(20)}) == 20


@pytest.mark.parametrize(
    ("failures", "asked", "least", "most"),
    [
        (1, timedelta(seconds=90), timedelta(seconds=90), timedelta(seconds=90)),
        (1, timedelta(days=365), HOUR, HOUR),
        (1, timedelta(), timedelta(seconds=5), timedelta(seconds=6)),
        (9, timedelta(seconds=1), 7 * HOUR, 8.4 * HOUR),
    ],
)
def test_a_receiver_may_ask_for_a_longer_pause_of_up_to_an_hour(
    failures: int, asked: timedelta, least: timedelta, most: timedelta
) -> None:
    pause = RetrySchedule().pause_after(failures, asked)

    assert pause is not None
    assert least <= pause <= most


@pytest.mark.parametrize("retry_after", ["120", "Fri, 31 Dec 2100 23:59:59 GMT", "soon", "-1", ""])
@pytest.mark.parametrize("status", [429, 503])
async def test_retry_after_is_heeded(post: Post, status: int, retry_after: str) -> None:
    async def ask_to_wait(connection: Connection) -> None:
        await connection.answer(status, Retry_After=retry_after)

    async with receiving(ask_to_wait) as receiver, dispatching(post.database) as dispatcher:
        endpoint = await post.endpoint(receiver.url, "entitlements.changed")
        await post.happen(1)
        await dispatcher.deliver_due()

    [delivery] = await post.deliveries(endpoint)
    [attempt] = await post.attempts(delivery)
    assert delivery.next_attempt_at is not None
    paused = delivery.next_attempt_at - attempt.at
    expected = {"120": timedelta(minutes=2), "Fri, 31 Dec 2100 23:59:59 GMT": HOUR}.get(retry_after)
    if expected is None:
        assert timedelta(seconds=5) <= paused < timedelta(seconds=10)
    else:
        assert expected <= paused < expected + timedelta(seconds=5)


async def test_a_delivery_that_only_fails_is_tried_for_80_hours_and_then_given_up(post: Post) -> None:
    async with receiving(fail) as receiver, dispatching(post.database) as dispatcher:
        endpoint = await post.endpoint(receiver.url, "entitlements.changed")
        await post.happen(1)
        await dispatcher.deliver_due()
        [delivery] = await post.deliveries(endpoint)
        while delivery.next_attempt_at is not None:
            await post.wait_until(delivery.next_attempt_at)
            await dispatcher.deliver_due()
            [delivery] = await post.deliveries(endpoint)

    attempts = await post.attempts(delivery)
    assert (delivery.state, len(attempts)) == ("FAILED", 14)
    assert attempts[-1].at - attempts[0].at >= 80 * HOUR
    assert [arrival.body for arrival in receiver.arrivals] == [receiver.arrivals[0].body] * 14


async def test_nothing_is_tried_before_its_time(post: Post) -> None:
    async with receiving(fail) as receiver, dispatching(post.database) as dispatcher:
        await post.endpoint(receiver.url, "entitlements.changed")
        await post.happen(1)
        await dispatcher.deliver_due()
        await dispatcher.deliver_due()

    assert len(receiver.arrivals) == 1


async def test_in_order_a_failing_event_holds_back_the_later_ones_of_its_customer_alone(post: Post) -> None:
    broken = True

    async def fail_for_the_first_of_one(connection: Connection) -> None:
        change = connection.arrival.event["data"]["object"]
        is_it = (change["customer"]["externalId"], change["revision"]) == ("customer 0", 1)
        await (fail if broken and is_it else confirm)(connection)

    async with receiving(fail_for_the_first_of_one) as receiver, dispatching(post.database) as dispatcher:
        endpoint = await post.endpoint(receiver.url, "entitlements.changed", ordered=True)
        await post.happen(3, changes=3)
        await dispatcher.deliver_due()
        held_back = revisions(receiver.arrivals)
        [first, *_] = await post.deliveries(endpoint)
        assert first.next_attempt_at is not None
        broken = False
        receiver.arrivals.clear()
        await post.wait_until(first.next_attempt_at)
        await dispatcher.deliver_due()

    assert sorted(held_back) == [
        ("customer 0", 1),
        *((f"customer {number}", revision) for number in (1, 2) for revision in (1, 2, 3)),
    ]
    assert [each for each in held_back if each[0] == "customer 1"] == [("customer 1", n) for n in (1, 2, 3)]
    assert revisions(receiver.arrivals) == [("customer 0", revision) for revision in (1, 2, 3)]


async def test_in_order_an_event_that_was_given_up_holds_back_nothing(post: Post) -> None:
    async def fail_the_first(connection: Connection) -> None:
        await (fail if connection.arrival.event["data"]["object"]["revision"] == 1 else confirm)(connection)

    no_retries = RetrySchedule(pauses=())
    async with receiving(fail_the_first) as receiver, dispatching(post.database, schedule=no_retries) as dispatcher:
        await post.endpoint(receiver.url, "entitlements.changed", ordered=True)
        await post.happen(1, changes=3)
        await dispatcher.deliver_due()

    assert [revision for _, revision in revisions(receiver.arrivals)] == [1, 2, 3]


async def test_without_order_a_failing_event_holds_back_nothing(post: Post) -> None:
    async with receiving(fail) as receiver, dispatching(post.database) as dispatcher:
        await post.endpoint(receiver.url, "entitlements.changed")
        await post.happen(1, changes=3)
        await dispatcher.deliver_due()

    assert sorted(revisions(receiver.arrivals)) == [("customer 0", revision) for revision in (1, 2, 3)]


async def test_an_endpoint_that_only_fails_for_days_is_disabled_with_a_notice(
    post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    settings = WebhookSettings(webhook_private_targets=True, webhook_disable_days=2)
    async with receiving(fail) as receiver, dispatching(post.database, settings=settings) as dispatcher:
        endpoint = await post.endpoint(receiver.url, "entitlements.changed")
        await post.happen(1)
        disabled = endpoint
        with caplog.at_level(logging.WARNING, "admittance.webhooks"):
            while disabled.disabled_at is None:
                await dispatcher.deliver_due()
                [delivery] = await post.deliveries(endpoint)
                assert delivery.next_attempt_at is not None
                await post.wait_until(delivery.next_attempt_at)
                disabled = await post.reload(endpoint)
        tried = len(receiver.arrivals)
        await post.happen(1)
        await dispatcher.deliver_due()
        assert len(receiver.arrivals) == tried

        receiver.behave = confirm
        await set_enabled(post, endpoint, enabled=True)
        await dispatcher.deliver_due()

    assert disabled.disabled_reason == "FAILING"
    assert disabled.disabled_at is not None
    assert disabled.failing_since is not None
    assert disabled.disabled_at - disabled.failing_since >= timedelta(days=2)
    [line] = [record.getMessage() for record in caplog.records]
    assert line.startswith(f"The webhook endpoint {endpoint.id} of environment {post.stage.env} is disabled: ")
    assert {each.state for each in await post.deliveries(endpoint)} == {"DELIVERED"}
    enabled = await post.reload(endpoint)
    assert (enabled.disabled_at, enabled.disabled_reason, enabled.failing_since) == (None, None, None)


async def test_a_first_failure_after_a_long_silence_disables_nothing(post: Post) -> None:
    """Given up at last, mended, and nothing to deliver for weeks: then one answer of 503."""
    patient = RetrySchedule(pauses=(HOUR,) * 6)
    async with receiving(fail) as receiver, dispatching(post.database, schedule=patient) as dispatcher:
        endpoint = await post.endpoint(receiver.url, "entitlements.changed")
        await post.happen(1)
        for _ in range(7):
            await dispatcher.deliver_due()
            await post.wait(2 * HOUR)
        [given_up] = await post.deliveries(endpoint)
        await post.wait(timedelta(days=20))

        await post.happen(1)
        await dispatcher.deliver_due()
        quiet = await post.reload(endpoint)
        for _ in range(4):
            await post.wait(2 * HOUR)
            await dispatcher.deliver_due()
        failing = await post.reload(endpoint)

    assert given_up.state == "FAILED"
    assert quiet.disabled_at is None
    assert failing.disabled_reason == "FAILING"


@pytest.mark.parametrize("mended", ["enabled", "moved", "no longer in order"])
async def test_at_an_endpoint_that_is_mended_all_that_waits_is_tried_at_once(post: Post, mended: str) -> None:
    async with receiving(fail) as receiver, dispatching(post.database) as dispatcher:
        endpoint = await post.endpoint(receiver.url, "entitlements.changed", ordered=True)
        await post.happen(1, changes=2)
        for _ in range(6):
            await dispatcher.deliver_due()
            await post.wait(HOUR / 2)
        await dispatcher.deliver_due()
        receiver.behave = confirm
        receiver.arrivals.clear()
        anywhere = WebhookTargets(private=True)
        context = new_context(post.database, await post.stage.environment(), webhook_targets=anywhere)
        changes: dict[str, Any] = {
            "enabled": {"status": WebhookEndpointStatus.ENABLED},
            "moved": {"url": f"{receiver.url}/new"},
            "no longer in order": {"ordered": False},
        }[mended]
        if mended == "enabled":
            await set_enabled(post, endpoint, enabled=False)

        await update_webhook_endpoint(context, endpoint.id, **changes)
        await dispatcher.deliver_due()

    assert sorted(revisions(receiver.arrivals)) == [("customer 0", 1), ("customer 0", 2)]
    attempts = [len(await post.attempts(each)) for each in await post.deliveries(endpoint)]
    assert attempts == [7, 1]


async def test_one_confirmation_ends_what_was_failing(post: Post) -> None:
    async with receiving(fail) as receiver, dispatching(post.database) as dispatcher:
        endpoint = await post.endpoint(receiver.url, "entitlements.changed")
        await post.happen(1)
        await dispatcher.deliver_due()
        failing = await post.reload(endpoint)
        receiver.behave = confirm
        await post.happen(1)
        await dispatcher.deliver_due()

    assert failing.failing_since is not None
    assert (await post.reload(endpoint)).failing_since is None


async def test_while_an_endpoint_is_disabled_events_wait_and_then_arrive(post: Post) -> None:
    async with receiving() as receiver, dispatching(post.database) as dispatcher:
        endpoint = await post.endpoint(receiver.url, "entitlements.changed")
        await post.happen(1)
        await set_enabled(post, endpoint, enabled=False)
        await post.happen(2)
        await dispatcher.deliver_due()
        assert receiver.connections == 0

        await set_enabled(post, endpoint, enabled=True)
        await dispatcher.deliver_due()

    assert sorted(revisions(receiver.arrivals)) == [(f"customer {number}", 1) for number in range(3)]


async def test_a_deleted_endpoint_is_told_nothing_more(post: Post) -> None:
    async with receiving() as receiver, dispatching(post.database) as dispatcher:
        endpoint = await post.endpoint(receiver.url)
        await post.happen(1)

        async def delete(work: RealTimeWork) -> None:
            await delete_endpoint(work, endpoint.id)

        await write_in_real_time(post.database, post.stage.env, delete)
        await post.happen(1)
        await dispatcher.deliver_due()

    assert receiver.connections == 0


async def test_an_endpoint_is_told_of_what_it_wants_alone(post: Post) -> None:
    async with receiving() as some, receiving() as all_of_it, dispatching(post.database) as dispatcher:
        await post.endpoint(some.url, "entitlements.active_entitlement_summary.updated")
        await post.endpoint(all_of_it.url)
        await post.happen(1)
        await dispatcher.deliver_due()

    types = ["entitlements.active_entitlement_summary.updated", "entitlements.changed"]
    assert [arrival.event["type"] for arrival in some.arrivals] == types[:1]
    assert sorted(arrival.event["type"] for arrival in all_of_it.arrivals) == types


async def test_several_dispatchers_deliver_each_event_once(post: Post) -> None:
    async with (
        receiving() as receiver,
        dispatching(post.database) as one,
        dispatching(post.database) as other,
    ):
        await post.endpoint(receiver.url)
        await post.happen(10)
        await asyncio.gather(one.deliver_due(), other.deliver_due())

    assert len({arrival.event["id"] for arrival in receiver.arrivals}) == len(receiver.arrivals) == 20

"""A receiver that does everything wrong, at random: every event arrives at least once, and nothing else suffers."""

import asyncio
import os
import random
import sys
import time
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from typing import NamedTuple

import pytest
from sqlalchemy import update

from gateway.setting_groups import WebhookSettings
from gateway.webhooks.dispatcher import LEASE
from resolvers.webhook_targets import Address
from storage.rows import events
from tests.operations.api import Api
from tests.service.webhooks.post import AT_ONCE, Post, dispatching, running
from tests.service.webhooks.receiver import (
    Behaviour,
    Connection,
    close_early,
    close_within,
    confirm,
    crumble,
    fail,
    flood,
    hang,
    hold_out,
    name_a_day_past_all_days,
    name_a_zone_past_all_zones,
    receiving,
    redirect,
    refuse_for_now,
    reset,
    talk_nonsense,
    trickle,
)
from tests.service.webhooks.verifying import verified

EVENTS = int(os.environ.get("WEBHOOK_EVENTS", "300"))
"""Effective changes in the long test, each told in two ways."""

FAILED = """query Failed($endpoint: ID!, $after: String) {
    webhookEndpoint(id: $endpoint) { deliveries(state: [FAILED], first: 100, after: $after) {
        nodes { event { id } } pageInfo { hasNextPage endCursor }
    } }
}"""

CHANGES_OF_A_CUSTOMER = 10

DISPATCHERS = 4
"""At once in the long test: an endpoint that fails has one attempt at a time of each."""

ATTEMPT_SECONDS = 0.25

WRONG: dict[str, Behaviour] = {
    "fails": fail,
    "refuses for now": refuse_for_now,
    "redirects": redirect,
    "closes early": close_early,
    "closes within its answer": close_within,
    "resets": reset,
    "talks nonsense": talk_nonsense,
    "floods": flood,
    "crumbles": crumble,
    "holds out": hold_out,
    "names a day past all days": name_a_day_past_all_days,
    "names a zone past all zones": name_a_zone_past_all_zones,
    "hangs": hang,
    "trickles": trickle,
}


class Case(NamedTuple):
    """What an attempt comes to that meets a behaviour."""

    behaviour: Behaviour
    status_code: int | None
    failure: str | None


CASES = {
    "fails": Case(fail, 500, None),
    "refuses for now": Case(refuse_for_now, 429, None),
    "redirects": Case(redirect, 307, None),
    "floods": Case(flood, 500, None),
    "crumbles": Case(crumble, 500, None),
    "names a day past all days": Case(name_a_day_past_all_days, 503, None),
    "names a zone past all zones": Case(name_a_zone_past_all_zones, 503, None),
    "holds out": Case(hold_out, None, "BROKEN_ANSWER"),
    "closes early": Case(close_early, None, "BROKEN_ANSWER"),
    "closes within its answer": Case(close_within, None, "BROKEN_ANSWER"),
    "resets": Case(reset, None, "BROKEN_ANSWER"),
    "talks nonsense": Case(talk_nonsense, None, "BROKEN_ANSWER"),
    "hangs": Case(hang, None, "TIMEOUT"),
    "trickles": Case(trickle, None, "TIMEOUT"),
}


@pytest.mark.parametrize("case", CASES)
async def test_an_attempt_that_goes_wrong_is_told_and_tried_again(post: Post, case: str) -> None:
    behaviour, status_code, failure = CASES[case]
    async with receiving(behaviour) as receiver, dispatching(post.database, seconds=ATTEMPT_SECONDS) as dispatcher:
        endpoint = await post.endpoint(receiver.url, "entitlements.changed")
        await post.happen(1)
        began = time.monotonic()
        await dispatcher.deliver_due()
        took = time.monotonic() - began

    [delivery] = await post.deliveries(endpoint)
    [attempt] = await post.attempts(delivery)
    assert (attempt.status_code, attempt.failure) == (status_code, failure)
    assert (delivery.state, delivery.failures) == ("PENDING", 1)
    assert delivery.next_attempt_at is not None
    assert took < ATTEMPT_SECONDS + 2
    assert receiver.connections == 1


@pytest.mark.timeout(300 + EVENTS)
async def test_every_event_arrives_at_least_once_and_verifies_with_both_libraries(post: Post) -> None:
    chance = random.Random(5)  # noqa: S311 (no secret)
    met: Counter[str] = Counter()
    confirmed: set[str] = set()
    ids: Counter[str] = Counter()
    refusals: list[str] = []

    async def misbehave(connection: Connection) -> None:
        # Verified as it arrives: a signature is good for five minutes.
        try:
            ids[verified(connection.arrival, endpoint.secret)] += 1
        except ValueError as refusal:
            refusals.append(str(refusal))
        # What takes the whole of an attempt's time is rarer, or the test would be about nothing else.
        names = [name for name in WRONG for _ in range(1 if WRONG[name] in {hang, trickle} else 6)]
        name = chance.choice(names) if chance.random() < 0.6 else "confirms"
        met[name] += 1
        if name == "confirms":
            confirmed.add(connection.arrival.event["id"])
        await WRONG.get(name, confirm)(connection)

    async with receiving(misbehave) as receiver:
        endpoint = await post.endpoint(receiver.url)
        began = time.monotonic()
        async with AsyncExitStack() as stack:
            for _ in range(DISPATCHERS):
                made = dispatching(post.database, schedule=AT_ONCE, seconds=ATTEMPT_SECONDS)
                await stack.enter_async_context(running(await stack.enter_async_context(made)))
            await post.happen(EVENTS // CHANGES_OF_A_CUSTOMER, CHANGES_OF_A_CUSTOMER)
            await receiver.until(lambda _: len(confirmed) == 2 * EVENTS)
        took = time.monotonic() - began

    bodies = {arrival.event["id"]: arrival.body for arrival in receiver.arrivals}
    revisions = Counter(
        (arrival["data"]["object"]["customer"]["id"], arrival["data"]["object"]["revision"])
        for arrival in (each.event for each in receiver.arrivals)
        if arrival["type"] == "entitlements.changed"
    )
    assert set(met) == {*WRONG, "confirms"}
    assert not refusals
    assert len(ids) == 2 * EVENTS
    assert set(revisions) == {
        (customer.id, revision) for customer in post.customers for revision in range(1, CHANGES_OF_A_CUSTOMER + 1)
    }
    assert all(arrival.body == bodies[arrival.event["id"]] for arrival in receiver.arrivals)
    attempts = len(receiver.arrivals)
    sys.stderr.write(f"\n{EVENTS} events, {2 * EVENTS} deliveries, {attempts} attempts in {took:.1f} s: {dict(met)}\n")


async def test_a_receiver_that_is_down_for_some_time_misses_nothing(post: Post) -> None:
    async with receiving() as receiver:
        port = receiver.port
    endpoint = await post.endpoint(receiver.url)
    async with dispatching(post.database) as dispatcher:
        await post.happen(20)
        for _ in range(5):
            await dispatcher.deliver_due()
            due = [each.next_attempt_at for each in await post.deliveries(endpoint) if each.next_attempt_at]
            await post.wait_until(max(due))

        async with receiving(port=port) as receiver:
            await dispatcher.deliver_due()

    assert len({arrival.event["id"] for arrival in receiver.arrivals}) == 40
    assert {each.state for each in await post.deliveries(endpoint)} == {"DELIVERED"}
    [first, *_] = await post.deliveries(endpoint)
    assert [attempt.failure for attempt in await post.attempts(first)] == ["NO_CONNECTION"] * 5 + [None]


@pytest.mark.timeout(300 + EVENTS)
async def test_a_receiver_that_is_down_for_the_whole_time_loses_nothing(post: Post) -> None:
    """All attempts fail, over more than 80 hours. Then each event is there to be found, and delivered when asked."""
    number = EVENTS // 10
    api = await Api.open(post.database, "down")
    post.stage = replace(post.stage, name="down", env=api.environment.id)
    async with receiving() as receiver:
        port = receiver.port
    endpoint = await post.endpoint(receiver.url)
    # So that it isn't disabled before all is given up.
    settings = WebhookSettings(webhook_private_targets=True, webhook_disable_days=365)
    async with dispatching(post.database, settings=settings) as dispatcher:
        await post.happen(number)
        for _ in range(14):
            await dispatcher.deliver_due()
            await post.wait(timedelta(hours=29))
        told = (await api.run(FAILED, endpoint=endpoint.id))["webhookEndpoint"]["deliveries"]
        found = [node["event"]["id"] for node in told["nodes"]]
        while told["pageInfo"]["hasNextPage"]:
            after = told["pageInfo"]["endCursor"]
            told = (await api.run(FAILED, endpoint=endpoint.id, after=after))["webhookEndpoint"]["deliveries"]
            found += [node["event"]["id"] for node in told["nodes"]]
        for event in found:
            await api.mutate("redeliver", eventId=event, endpointId=endpoint.id)

        async with receiving(port=port) as receiver:
            await dispatcher.deliver_due()

    assert len(set(found)) == 2 * number
    assert sorted(verified(arrival, endpoint.secret) for arrival in receiver.arrivals) == sorted(found)
    [first, *_] = await post.deliveries(endpoint)
    attempts = await post.attempts(first)
    assert [attempt.failure for attempt in attempts] == ["NO_CONNECTION"] * 14 + [None]
    assert {each.state for each in await post.deliveries(endpoint)} == {"DELIVERED"}


async def test_an_endpoint_that_hangs_holds_up_no_other(post: Post) -> None:
    async with AsyncExitStack() as hanging, receiving() as quick, dispatching(post.database, seconds=30) as dispatcher:
        slow = await hanging.enter_async_context(receiving(hang))
        await post.endpoint(slow.url)
        await post.endpoint(quick.url)
        await post.happen(30)
        began = time.monotonic()
        async with running(dispatcher):
            await quick.until(lambda arrivals: len(arrivals) == 60)
            took = time.monotonic() - began
            # Or the dispatcher would wait for its answers when it stops.
            await hanging.aclose()

    assert took < 20
    assert slow.connections == 8


async def test_an_event_that_can_not_be_read_holds_up_no_other_endpoint(
    post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    async with receiving() as one, receiving() as other, dispatching(post.database) as dispatcher:
        await post.endpoint(one.url, "entitlements.changed")
        await post.happen(1, changes=2)
        async with post.database.begin_write() as connection:
            await connection.execute(update(events).where(events.c.revision == 1).values(effects="{}"))
        await post.endpoint(other.url, "entitlements.changed")
        await post.happen(1)
        await dispatcher.deliver_due()

    assert (len(one.arrivals), len(other.arrivals)) == (2, 1)
    [line] = [record.getMessage() for record in caplog.records if record.name == "admittance.webhooks"]
    assert "waits: Part of events" in line


async def test_whatever_goes_wrong_with_an_attempt_counts_as_a_failure(
    post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail_as_nobody_foresaw(_: str) -> list[Address]:
        message = "a surprise"
        raise RuntimeError(message)

    async with dispatching(post.database, look_up=fail_as_nobody_foresaw) as dispatcher:
        endpoint = await post.endpoint("https://hooks.example.com", "entitlements.changed")
        await post.happen(1)
        await dispatcher.deliver_due()

    [delivery] = await post.deliveries(endpoint)
    [attempt] = await post.attempts(delivery)
    assert (delivery.state, delivery.failures, attempt.failure) == ("PENDING", 1, "BROKEN_ANSWER")
    assert f"RuntimeError at an attempt at {delivery.id}" in caplog.text


async def test_endpoints_that_hang_hold_up_no_other_however_many(post: Post) -> None:
    """Before they are known to fail: from the very first attempts, with more to come for each of them."""
    async with (
        receiving() as quick,
        dispatching(post.database, seconds=30) as dispatcher,
        running(dispatcher),
        receiving(hang) as slow,
    ):
        for number in range(6):
            await post.endpoint(f"{slow.url}/{number}")
        await post.happen(10)
        await slow.until_connected(26)
        await post.endpoint(quick.url)
        began = time.monotonic()
        await post.happen(10)
        await quick.until(lambda arrivals: len(arrivals) == 20)
        took = time.monotonic() - began

    assert took < 20


async def test_an_endpoint_that_fails_has_one_attempt_at_a_time_until_it_confirms(post: Post) -> None:
    async with receiving(fail) as receiver, dispatching(post.database) as dispatcher:
        endpoint = await post.endpoint(receiver.url, "entitlements.changed")
        await post.happen(1)
        await dispatcher.deliver_due()
        receiver.behave = hang
        await post.happen(20)
        async with running(dispatcher):
            await receiver.until_connected(2)
            await asyncio.sleep(1)
            while_failing = receiver.connections
        receiver.behave = confirm
        await post.wait(LEASE)
        await dispatcher.deliver_due()

    assert while_failing == 2
    assert {each.state for each in await post.deliveries(endpoint)} == {"DELIVERED"}


@pytest.mark.parametrize("framing", ["Content-Length: 10000000000", "Transfer-Encoding: chunked"])
async def test_an_answer_is_read_to_64_kb_and_no_further(post: Post, framing: str) -> None:
    """Head, framing and body together. After the last byte that is read nothing is waited for any more."""
    head = f"HTTP/1.1 200 X\r\n{framing}\r\n\r\n".encode()
    size = 65_536

    async def answer_and_hang(connection: Connection) -> None:
        rest = size - len(head)
        body = b"x" * rest if "Length" in framing else (b"1\r\nx\r\n" * (rest // 6 + 1))[:rest]
        connection.writer.write(head + body)
        await hang(connection)

    async with receiving(answer_and_hang) as receiver, dispatching(post.database, seconds=1) as dispatcher:
        endpoint = await post.endpoint(receiver.url, "entitlements.changed")
        await post.happen(1)
        await dispatcher.deliver_due()
        size -= 1
        await post.happen(1)
        await dispatcher.deliver_due()

    deliveries = await post.deliveries(endpoint)
    [read_up], [waiting] = [await post.attempts(each) for each in deliveries]
    assert {each.state for each in deliveries} == {"DELIVERED"}
    assert read_up.duration_ms < 1_000 <= waiting.duration_ms
    assert read_up.answer == waiting.answer == "x" * 1_000


async def test_a_redirect_is_followed_nowhere(post: Post) -> None:
    async with receiving() as elsewhere:

        async def point_there(connection: Connection) -> None:
            await connection.answer(302, Location=elsewhere.url)

        async with receiving(point_there) as receiver, dispatching(post.database) as dispatcher:
            endpoint = await post.endpoint(receiver.url, "entitlements.changed")
            await post.happen(1)
            await dispatcher.deliver_due()

    [delivery] = await post.deliveries(endpoint)
    assert (delivery.state, delivery.failures) == ("PENDING", 1)
    assert elsewhere.connections == 0


async def test_no_cookie_and_no_connection_is_kept_from_one_delivery_to_the_next(post: Post) -> None:
    async def give_cookie(connection: Connection) -> None:
        await connection.answer(200, Set_Cookie="who=you; Path=/")

    async with receiving(give_cookie) as receiver, dispatching(post.database) as dispatcher:
        await post.endpoint(receiver.url)
        await post.happen(2)
        await dispatcher.deliver_due()

    assert len(receiver.arrivals) == receiver.connections == 4
    assert not any("cookie" in arrival.headers for arrival in receiver.arrivals)

"""docs/webhooks.md: its operations are answered, its shapes are those that are sent, its receivers receive."""

import json
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import pytest

from gateway.webhooks.bounded import ANSWER_BYTES
from gateway.webhooks.schedule import RetrySchedule
from gateway.webhooks.sending import ATTEMPT_SECONDS
from resolvers.webhook_endpoints import ENDPOINTS_AT_MOST
from storage.webhook_records import WebhookEventType
from tests.operations.api import Api
from tests.operations.deliveries import fail_deliveries
from tests.service.webhooks.post import Post, dispatching
from tests.service.webhooks.receiver import Arrival, receiving

PAGE = (Path(__file__).parents[3] / "docs" / "webhooks.md").read_text(encoding="utf-8")
SHOWN = ("Stripe-Signature", "webhook-id", "webhook-timestamp", "webhook-signature")

Json = Any


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def defined(code: str) -> Callable[..., Json]:
    """The function that a block of the page defines."""
    names: dict[str, Json] = {}
    exec(code, names)  # noqa: S102 - it is our own page
    return names["receive" if "receive" in names else "apply"]


def shape(value: Json) -> Json:
    """What a JSON value is made of: names, and kinds of values."""
    if isinstance(value, dict):
        return {name: shape(each) for name, each in cast("dict[str, Json]", value).items()}
    if isinstance(value, list):
        return [shape(each) for each in cast("list[Json]", value)]
    return type(value).__name__


async def arrivals(post: Post, changes: int = 1) -> tuple[list[Arrival], str]:
    """Deliveries of a customer's changes, and the secret they are signed with."""
    async with receiving() as receiver, dispatching(post.database) as dispatcher:
        endpoint = await post.endpoint(receiver.url)
        await post.happen(1, changes=changes)
        await dispatcher.deliver_due()
    return receiver.arrivals, endpoint.secret


async def test_what_is_sent_has_the_shape_that_is_shown(post: Post) -> None:
    sent = {arrival.event["type"]: arrival.event for arrival in (await arrivals(post))[0]}
    shown = [json.loads(block) for block in blocks("json")]

    events = {each["type"]: each for each in shown if "type" in each}
    assert {type_: shape(event) for type_, event in events.items()} == {
        type_: shape(event) for type_, event in sent.items()
    }


async def test_the_receivers_receive(post: Post) -> None:
    for library in ("stripe", "standardwebhooks"):
        pytest.importorskip(library)
    came, secret = await arrivals(post)
    receivers = [defined(code) for code in blocks("python") if "def receive" in code]

    assert len(receivers) == 2
    for arrival in came:
        headers = {name: arrival.headers[name.lower()] for name in SHOWN}
        for receive in receivers:
            assert receive(arrival.body, headers, secret) == arrival.event


@pytest.mark.parametrize("type_", list(WebhookEventType))
async def test_what_comes_twice_or_late_is_no_news(post: Post, type_: str) -> None:
    """Of both types, which don't stand in each other's way."""
    came, _ = await arrivals(post, changes=3)
    changes = [arrival.event for arrival in came if arrival.event["type"] == type_]
    others = [arrival.event for arrival in came if arrival.event["type"] != type_]
    first, second, third = sorted(changes, key=lambda event: event["data"]["object"]["revision"])
    [apply] = [defined(code) for code in blocks("python") if "def apply" in code]
    revisions: dict[tuple[str, str], int] = {}
    for event in others:
        apply(event, revisions)

    assert [apply(event, revisions) for event in (first, first, third, second, third)] == [
        True,
        False,
        True,
        False,
        False,
    ]


async def test_the_operations_are_answered(post: Post) -> None:
    api = await Api.open(post.database, "documented")
    create, redeliver, failed = blocks("graphql")
    given = next(json.loads(block) for block in blocks("json") if "input" in json.loads(block))
    made = (await api.run(create, **given))["createWebhookEndpoint"]
    endpoint = made["webhookEndpoint"]["id"]
    await api.feature("sso")
    customer = await api.customer("acme")
    who, what = {"externalId": "acme"}, {"lookupKey": "sso"}
    await api.mutate("grantEntitlement", customer=who, feature=what)
    await fail_deliveries(api, endpoint, times=14)

    listed = (await api.run(failed, endpointId=endpoint))["webhookEndpoint"]
    [delivery] = listed["deliveries"]["nodes"]
    again = await api.run(redeliver, eventId=delivery["event"]["id"], endpointId=endpoint)
    no_more = (await api.run(failed, endpointId=endpoint))["webhookEndpoint"]

    assert made["userErrors"] == []
    assert made["secret"].startswith("whsec_")
    assert listed["status"] == "ENABLED"
    assert listed["failingSince"] is not None
    assert delivery["event"] == {
        "id": delivery["event"]["id"],
        "type": "entitlements.changed",
        "customerId": customer,
        "revision": 1,
    }
    [attempt] = delivery["attempts"]["nodes"]
    assert (attempt["statusCode"], attempt["failure"], attempt["answer"]) == (None, "NO_CONNECTION", None)
    pending = again["redeliver"]["webhookDelivery"]
    assert (pending["state"], again["redeliver"]["userErrors"]) == ("PENDING", [])
    assert pending["nextAttemptAt"] is not None
    assert no_more["deliveries"]["nodes"] == []


def test_the_pauses_and_bounds_are_those_of_the_code() -> None:
    units = {"seconds": 1, "minutes": 60, "hours": 3_600}
    [sentence] = re.findall(r"What failed is tried again after (.*?), each pause", PAGE, re.DOTALL)
    said: list[int] = []
    for part in re.findall(r"([\d, and\n]+?) (seconds|minutes|hours)", sentence):
        said += [int(number) * units[part[1]] for number in re.findall(r"\d+", part[0])]

    schedule = RetrySchedule()
    assert said == [pause.total_seconds() for pause in schedule.pauses]
    assert all(earlier < later for earlier, later in pairwise(said))
    assert schedule.jitter == pytest.approx(1 / 5)
    assert f"has at most {ENDPOINTS_AT_MOST}\nendpoints" in PAGE
    assert f"An attempt has {ATTEMPT_SECONDS:.0f} seconds for everything, and {ANSWER_BYTES // 1024} kB" in PAGE

"""What arrives at the receiver and isn't as it should be changes nothing, or nothing that isn't so."""

import time
from random import Random

import httpx2

from entitlements.facts import FOREVER
from tests.stripe_source.books import DAY
from tests.stripe_source.feeding import Fed
from tests.stripe_source.rows import Rows, rows_of
from tests.stripe_source.shapes import Json, summary
from tests.stripe_source.shop import Shop
from tests.stripe_source.stand_in import SECRET, body_of, send, signature

SUMMARY = "entitlements.active_entitlement_summary.updated"


async def _rows(fed: Fed) -> Rows:
    return await rows_of(fed.database, fed.environment.id, FOREVER)


async def _post(fed: Fed, body: bytes, signed: str | None) -> httpx2.Response:
    headers = {"Content-Type": "application/json", **({"Stripe-Signature": signed} if signed is not None else {})}
    return await fed.client.post("/stripe/webhook", content=body, headers=headers)


async def test_what_stripe_did_not_sign_is_refused_and_changes_nothing(fed: Fed, shop: Shop) -> None:
    assert await fed.run("import") == 0
    before = await _rows(fed)
    shop.billing.cancel(shop.subscription)
    body = body_of(shop.books.events[-1])
    forged: list[tuple[bytes, str | None]] = [
        (body, None),
        (body, ""),
        (body, "t=,v1="),
        (body, "nonsense"),
        (body, signature(body, "whsec_other")),
        (body, signature(body, at=time.time() - 600)),
        (body, signature(body).replace("v1=", "v0=")),
        (body.replace(b"canceled", b"past_due"), signature(body)),
        (body + b" ", signature(body)),
        (b"", signature(body)),
    ]

    answers = [(await _post(fed, *each)).status_code for each in forged]

    assert answers == [400] * len(forged)
    assert await _rows(fed) == before


async def test_what_is_not_needed_is_taken_and_changes_nothing(fed: Fed, shop: Shop) -> None:
    assert await fed.run("import") == 0
    before = await _rows(fed)
    paid = {"id": "in_1", "object": "invoice", "livemode": False, "customer": shop.acme}
    source = {"id": "card_1", "object": "card", "livemode": False, "customer": shop.acme}
    shop.books.tell("invoice.paid", paid)
    shop.books.tell("customer.source.created", source)
    shop.books.tell("customer.subscription.something_new", shop.books.subscriptions[shop.subscription])
    shop.books.tell(SUMMARY, summary(shop.acme, [], livemode=False), {"entitlements": {"data": []}})

    answers = [(await send(fed.client, event)).status_code for event in shop.books.events[-4:]]

    assert answers == [200] * 4
    assert await _rows(fed) == before


async def test_an_event_of_the_other_mode_changes_nothing(fed: Fed, shop: Shop) -> None:
    assert await fed.run("import") == 0
    before = await _rows(fed)
    shop.billing.cancel(shop.subscription)
    event = shop.books.events[-1]
    live = {**event, "livemode": True, "data": {"object": {**event["data"]["object"], "livemode": True}}}

    answer = await send(fed.client, live)

    assert answer.status_code < 500
    assert await _rows(fed) == before


async def test_what_is_signed_and_is_no_event_is_refused(fed: Fed) -> None:
    bodies = [
        b"null",
        b"[]",
        b"{}",
        b'"a"',
        b"\xff",
        b"{",
        b'{"id": 1}',
        b'{"id": "evt_1", "type": "customer.updated"}',
    ]

    answers = [(await _post(fed, body, signature(body))).status_code for body in bodies]

    assert answers == [400] * len(bodies)


async def test_an_object_without_what_it_must_have_changes_nothing(fed: Fed, shop: Shop) -> None:
    assert await fed.run("import") == 0
    before = await _rows(fed)
    shop.billing.cancel(shop.subscription)
    event = shop.books.events[-1]
    shown = event["data"]["object"]
    lacking = [
        {**event, "data": {"object": {name: value for name, value in shown.items() if name != missing}}}
        for missing in ("id", "status", "customer", "items", "created")
    ]

    answers = [(await send(fed.client, each)).status_code for each in lacking]

    assert answers == [400] * len(lacking)
    assert await _rows(fed) == before


async def test_while_a_secret_is_rolled_a_delivery_carries_both_signatures(fed: Fed, shop: Shop) -> None:
    assert await fed.run("import") == 0
    shop.billing.cancel(shop.subscription)
    body = body_of(shop.books.events[-1])
    at = time.time()
    other = signature(body, "whsec_other", at).partition(",")[2]

    answer = await _post(fed, body, f"{signature(body, at=at).partition(',')[0]},{other},{_v1(body, at)}")

    assert answer.status_code == 200
    assert await shop.held(fed, shop.wait()) == [False]


def _v1(body: bytes, at: float) -> str:
    return signature(body, SECRET, at).partition(",")[2]


async def test_an_older_event_after_newer_ones_fills_in_history_and_changes_nothing_since(fed: Fed, shop: Shop) -> None:
    assert await fed.run("import") == 0
    happened = len(shop.books.events)
    unpaid_from = shop.wait()
    shop.billing.set_status(shop.subscription, "unpaid")
    paid_from = shop.wait()
    shop.billing.set_status(shop.subscription, "active")
    unpaid, paid = shop.books.events_since(happened)

    await fed.deliver([paid])
    await fed.deliver([unpaid])

    now = shop.wait()
    held = await shop.held(fed, unpaid_from - 1, unpaid_from, paid_from - 1, paid_from, now)
    assert held == [True, False, False, True, True]


async def test_what_comes_again_changes_nothing(fed: Fed, shop: Shop) -> None:
    assert await fed.run("import") == 0
    shop.billing.set_status(shop.subscription, "unpaid")
    event = shop.books.events[-1]
    await fed.deliver([event])
    before = await _rows(fed)

    await fed.deliver([event] * 5)

    assert await _rows(fed) == before


async def test_events_of_one_second_end_as_they_ended(fed: Fed, shop: Shop) -> None:
    assert await fed.run("import") == 0
    happened = len(shop.books.events)
    now = shop.wait()
    for status in ("past_due", "unpaid", "active", "past_due", "unpaid"):
        shop.billing.set_status(shop.subscription, status)
    events: list[Json] = shop.books.events_since(happened)

    Random(1).shuffle(events)  # noqa: S311 (no secret)
    await fed.deliver(events)

    assert {event["created"] for event in events} == {now}
    assert await shop.held(fed, now - 1, now, now + DAY) == [True, False, False]


async def test_events_that_come_before_the_import_has_run_are_not_lost(fed: Fed, shop: Shop) -> None:
    unpaid_from = shop.wait()
    shop.billing.set_status(shop.subscription, "unpaid")
    events = [*reversed(shop.books.events)]

    await fed.deliver(events)
    assert await fed.run("import") == 0

    instants = shop.subscribed_at - 1, shop.subscribed_at, unpaid_from - 1, unpaid_from, shop.wait()
    assert await shop.held(fed, *instants) == [False, True, True, False, False]


async def test_customers_who_come_and_go_in_any_order_are_gone(fed: Fed) -> None:
    books, billing = fed.source.books, fed.source.billing
    price = books.new_price(books.new_product("Pro"))
    customers = [books.new_customer(f"{number}@acme.test") for number in range(20)]
    for customer in customers:
        billing.subscribe(customer, [(price, 1)])
        billing.delete_customer(customer)
    events = [*books.events] * 2
    Random(1).shuffle(events)  # noqa: S311 (no secret)

    await fed.deliver(events)

    assert await fed.timelines(customers) == {}


async def test_an_event_names_what_nobody_knows(fed: Fed, shop: Shop) -> None:
    assert await fed.run("import") == 0
    now = shop.wait()
    customer = shop.books.new_customer("new@acme.test")
    product = shop.books.new_product("Team")
    shop.billing.subscribe(customer, [(shop.books.new_price(product), 1)])

    # Nothing was told of its customer or its product.
    await fed.deliver(shop.books.events[-1:])

    assert {*await fed.timelines([customer, shop.acme])} >= {shop.acme}
    assert await shop.held(fed, now) == [True]

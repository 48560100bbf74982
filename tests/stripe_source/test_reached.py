"""What a product was given between two looks reaches its subscribers when it does by Stripe: their events tell."""

import asyncio
import threading
from collections.abc import AsyncGenerator
from random import Random
from time import time

import httpx2
import pytest
from pydantic import SecretStr

from entitlements.changes import features_at
from entitlements.facts import FOREVER
from storage.database import Database
from tests.service.serving import NO_TLS, serving
from tests.stripe_source.books import DAY
from tests.stripe_source.feeding import Fed
from tests.stripe_source.interface import wait_for_nothing
from tests.stripe_source.reading import instant, intervals
from tests.stripe_source.rights import SUMMARY_UPDATED, rights, tell_rights
from tests.stripe_source.rows import rows_of
from tests.stripe_source.shapes import Json, summary
from tests.stripe_source.shop import Shop
from tests.stripe_source.stand_in import KEY, SECRET, StandIn

NEW_YEAR = 1_704_067_200
LATE_SECONDS = 7
"""How long after a period began Stripe tells what it brought."""

LONGEST_ANSWER_SECONDS = 0.15
"""How long Stripe takes to answer where that is left to chance: events that arrive together overtake one another."""


@pytest.fixture
async def fed(database: Database, database_url: str) -> AsyncGenerator[Fed]:
    """An environment whose receiver has a key."""
    with StandIn(NEW_YEAR).open() as source:
        given = {"stripe_api_key": SecretStr(KEY), "stripe_api_base": source.url}
        async with Fed.opened(source, database, database_url, **given) as opened:
            yield opened


@pytest.fixture
async def shop(fed: Fed) -> Shop:
    """Where acme pays every month, read an hour after it subscribed."""
    shop = Shop(fed.source, "month")
    assert await fed.run("import") == 0
    return shop


def _next_month(shop: Shop) -> int:
    """Until shortly after acme's next period has begun; answers when that was."""
    held = shop.books.subscriptions[shop.subscription]
    boundary: int = held["items"]["data"][0]["current_period_end"]
    shop.billing.advance_to(boundary + LATE_SECONDS)
    return boundary


async def test_what_was_attached_between_two_looks_counts_from_the_period_it_reached(fed: Fed, shop: Shop) -> None:
    shop.wait(10 * DAY)
    audit = shop.books.new_feature("audit")
    shop.books.attach(shop.product, audit)
    boundary = _next_month(shop)

    await fed.deliver([tell_rights(shop.books, shop.acme)])

    known = (await fed.timelines([shop.acme]))[shop.acme]
    held = [features_at(known, instant(at)) for at in (boundary - 1, boundary)]
    assert held == [{shop.sso}, {shop.sso, audit}]
    assert await fed.ask(shop.acme, instant(boundary)) == {shop.sso, audit}


async def test_what_was_detached_between_two_looks_counts_until_the_period_it_left(fed: Fed, shop: Shop) -> None:
    shop.wait(10 * DAY)
    [attached] = shop.books.product_features[shop.product]
    shop.books.detach(shop.product, attached)
    boundary = _next_month(shop)

    await fed.deliver([tell_rights(shop.books, shop.acme)])

    assert await shop.held(fed, boundary - 1, boundary) == [True, False]


@pytest.mark.parametrize("seed", range(4))
async def test_however_such_events_arrive_everybody_has_what_they_have_by_stripe(
    fed: Fed, shop: Shop, seed: int
) -> None:
    books = shop.books
    shop.wait(9 * DAY)
    other = books.new_customer("ops@other.test")
    shop.billing.subscribe(other, [(shop.price, 1)])
    subscribed = books.events[-2:]
    assert await fed.run("reconcile") == 0
    shop.wait(DAY)
    books.attach(shop.product, books.new_feature("audit"))
    _next_month(shop)
    told = [tell_rights(books, shop.acme)]
    shop.wait(3 * DAY)
    [sso, _] = books.product_features[shop.product]
    books.attach(shop.product, books.new_feature("export"))
    books.detach(shop.product, sso)
    shop.wait(10 * DAY)
    told.append(tell_rights(books, other))
    _next_month(shop)
    told.append(tell_rights(books, shop.acme))
    now = shop.wait(5 * DAY)
    arriving = [*told, *told, *subscribed]
    lot = Random(seed)  # noqa: S311 (no secret)
    lot.shuffle(arriving)

    async def hold_for_a_while(path: str) -> None:
        await asyncio.sleep(lot.random() * LONGEST_ANSWER_SECONDS)

    fed.source.interface.hold = hold_for_a_while
    await fed.deliver(arriving)
    fed.source.interface.hold = wait_for_nothing
    assert await fed.run("reconcile") == 0

    known = await fed.timelines([shop.acme, other])
    for customer in (shop.acme, other):
        truth = intervals(rights(books, customer), instant(NEW_YEAR), instant(now + 60 * DAY))
        assert intervals(known[customer], instant(NEW_YEAR), instant(now + 60 * DAY)) == truth


async def test_of_two_events_at_once_each_dates_what_it_tells(fed: Fed, shop: Shop) -> None:
    shop.wait(10 * DAY)
    audit = shop.books.new_feature("audit")
    shop.books.attach(shop.product, audit)
    boundary = _next_month(shop)
    earlier = tell_rights(shop.books, shop.acme)
    _next_month(shop)
    later = tell_rights(shop.books, shop.acme)
    asks, is_over = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    async def hold_the_first(path: str) -> None:
        fed.source.interface.hold = wait_for_nothing
        loop.call_soon_threadsafe(asks.set)
        await asyncio.to_thread(is_over.wait, 30)

    fed.source.interface.hold = hold_the_first
    first = asyncio.create_task(fed.deliver([earlier]))
    await asyncio.wait_for(asks.wait(), 30)
    await fed.deliver([later])
    is_over.set()
    await first

    known = (await fed.timelines([shop.acme]))[shop.acme]
    held = [features_at(known, instant(at)) for at in (boundary - 1, boundary)]
    assert held == [{shop.sso}, {shop.sso, audit}]


async def test_an_event_that_comes_after_reconciling_dates_what_that_found(fed: Fed, shop: Shop) -> None:
    shop.wait(10 * DAY)
    audit = shop.books.new_feature("audit")
    shop.books.attach(shop.product, audit)
    boundary = _next_month(shop)
    told = tell_rights(shop.books, shop.acme)
    shop.wait(3 * DAY)
    assert await fed.run("reconcile") == 0
    shop.wait(3 * DAY)
    assert await fed.ask(shop.acme, instant(boundary)) == {shop.sso}

    await fed.deliver([told])

    assert await fed.ask(shop.acme, instant(boundary - 1)) == {shop.sso}
    assert await fed.ask(shop.acme, instant(boundary)) == {shop.sso, audit}


async def test_what_the_last_reading_did_not_find_was_not_there_before(fed: Fed, shop: Shop) -> None:
    boundary = _next_month(shop)
    shop.wait(5 * DAY)
    assert await fed.run("reconcile") == 0
    shop.wait()
    audit = shop.books.new_feature("audit")
    shop.books.attach(shop.product, audit)
    entitled = [{"feature": feature} for feature in (shop.sso, audit)]
    now = shop.wait()
    shop.books.tell(SUMMARY_UPDATED, summary(shop.acme, entitled, livemode=False))

    await fed.deliver(shop.books.events[-1:])

    known = (await fed.timelines([shop.acme]))[shop.acme]
    assert features_at(known, instant(boundary)) == features_at(known, instant(now)) == {shop.sso}
    assert features_at(known, instant(_next_month(shop))) == {shop.sso, audit}


async def test_of_more_than_ten_features_all_are_asked_for(fed: Fed, shop: Shop) -> None:
    shop.wait(10 * DAY)
    added = {shop.books.new_feature(f"feature-{number}") for number in range(12)}
    for feature in added:
        shop.books.attach(shop.product, feature)
    boundary = _next_month(shop)
    told = tell_rights(shop.books, shop.acme)
    assert told["data"]["object"]["entitlements"]["has_more"]

    await fed.deliver([told])

    assert await fed.ask(shop.acme, instant(boundary - 1)) == {shop.sso}
    assert await fed.ask(shop.acme, instant(boundary)) == {shop.sso, *added}


async def test_an_event_that_tells_what_is_known_asks_nothing(fed: Fed, shop: Shop) -> None:
    shop.wait(10 * DAY)
    shop.books.attach(shop.product, shop.books.new_feature("audit"))
    _next_month(shop)
    told = tell_rights(shop.books, shop.acme)
    await fed.deliver([told])
    before = len(fed.source.interface.paths), await rows_of(fed.database, fed.environment.id, FOREVER)

    await fed.deliver([told] * 3)

    assert before == (len(fed.source.interface.paths), await rows_of(fed.database, fed.environment.id, FOREVER))


async def test_a_right_given_by_hand_is_none_that_stripe_took_away(fed: Fed, shop: Shop) -> None:
    extra = shop.books.new_feature("extra")
    assert await fed.run("reconcile") == 0
    given = {"customer": {"id": shop.acme}, "feature": {"id": extra}}
    await (await fed.caller()).do("grantEntitlement", "grant { id }", **given)
    # The books are of 2024, and what is given by hand counts from today.
    shop.billing.advance_to(int(time()) + DAY)
    before = len(fed.source.interface.paths)

    await fed.deliver([tell_rights(shop.books, shop.acme)])

    assert await fed.ask(shop.acme, instant(shop.books.now)) == {shop.sso, extra}
    assert len(fed.source.interface.paths) == before


async def test_what_cannot_be_looked_at_is_taken_and_left_to_reconciling(fed: Fed, shop: Shop) -> None:
    shop.wait(10 * DAY)
    audit = shop.books.new_feature("audit")
    shop.books.attach(shop.product, audit)
    boundary = _next_month(shop)
    told = tell_rights(shop.books, shop.acme)
    before = await rows_of(fed.database, fed.environment.id, FOREVER)
    odd: list[Json] = [{**told, "data": {"object": shown}} for shown in ({}, {**told["data"]["object"], "customer": 1})]
    stranger = {**told, "data": {"object": {**told["data"]["object"], "customer": "cus_stranger"}}}
    fed.source.interface.key = "another"

    await fed.deliver([told, *odd, stranger])

    assert await rows_of(fed.database, fed.environment.id, FOREVER) == before
    fed.source.interface.key = KEY
    assert await fed.run("reconcile") == 0
    known = (await fed.timelines([shop.acme]))[shop.acme]
    assert [features_at(known, instant(at)) for at in (boundary, _next_month(shop))] == [{shop.sso}, {shop.sso, audit}]


async def test_a_receiver_without_a_key_leaves_it_to_reconciling(fed: Fed, shop: Shop, database_url: str) -> None:
    shop.wait(10 * DAY)
    shop.books.attach(shop.product, shop.books.new_feature("audit"))
    _next_month(shop)
    told = tell_rights(shop.books, shop.acme)
    before = await rows_of(fed.database, fed.environment.id, FOREVER)
    given = {"stripe_webhook_secret": SecretStr(SECRET), "stripe_environment": fed.environment.name}
    with serving(database_url, **given) as url:
        async with httpx2.AsyncClient(base_url=url, timeout=60, verify=NO_TLS) as fed.client:
            await fed.deliver([told])

    assert await rows_of(fed.database, fed.environment.id, FOREVER) == before

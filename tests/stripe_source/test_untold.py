"""What Stripe doesn't tell any more, or never told: what is known of it all the same, and since when."""

from pydantic import SecretStr

from entitlements.changes import features_at
from storage.database import Database
from tests.stripe_source.books import DAY
from tests.stripe_source.feeding import Fed
from tests.stripe_source.reading import instant
from tests.stripe_source.shop import Shop
from tests.stripe_source.stand_in import KEY, StandIn

NEW_YEAR = 1_704_067_200


async def test_what_was_unpaid_before_all_that_is_listed_was_so_when_that_began(fed: Fed, shop: Shop) -> None:
    shop.billing.set_status(shop.subscription, "unpaid")
    now = shop.wait(90 * DAY)

    assert await fed.run("import") == 0

    assert await shop.held(fed, shop.subscribed_at, now - 29 * DAY, now) == [True, False, False]


async def test_a_change_that_was_lost_and_is_not_listed_any_more_was_before_all_that_is(fed: Fed, shop: Shop) -> None:
    assert await fed.run("import") == 0
    imported_at = shop.books.now
    shop.wait()
    shop.billing.set_status(shop.subscription, "unpaid")
    now = shop.wait(90 * DAY)

    assert await fed.run("reconcile") == 0

    assert await shop.held(fed, imported_at, now - 29 * DAY, now) == [True, False, False]


async def test_the_first_event_that_is_listed_tells_what_was_before_it(fed: Fed, shop: Shop) -> None:
    shop.billing.set_status(shop.subscription, "unpaid")
    paid_at = shop.wait(90 * DAY)
    shop.billing.set_status(shop.subscription, "active")
    now = shop.wait()

    assert await fed.run("import") == 0

    assert await shop.held(fed, now - 29 * DAY, paid_at - 1, paid_at, now) == [False, False, True, True]


async def test_of_two_events_of_one_second_the_next_one_tells_which_was_last(fed: Fed, shop: Shop) -> None:
    shop.billing.set_status(shop.subscription, "unpaid")
    both_at = shop.wait(90 * DAY)
    shop.billing.set_status(shop.subscription, "active")
    shop.billing.set_status(shop.subscription, "unpaid")
    shop.wait()
    shop.billing.pause_collection(shop.subscription, wanted=True)
    now = shop.wait()

    assert await fed.run("import") == 0

    assert await shop.held(fed, both_at - 1, both_at, now) == [False, False, False]


async def test_what_was_lost_for_less_than_a_month_is_found_with_its_instant(fed: Fed, shop: Shop) -> None:
    assert await fed.run("import") == 0
    unpaid_at = shop.wait()
    shop.billing.set_status(shop.subscription, "unpaid")
    paid_at = shop.wait(10 * DAY)
    shop.billing.set_status(shop.subscription, "active")
    now = shop.wait(18 * DAY)

    assert await fed.run("reconcile") == 0

    assert await shop.held(fed, unpaid_at - 1, unpaid_at, paid_at - 1, paid_at, now) == [True, False, False, True, True]


async def test_a_receiver_that_may_ask_knows_what_is_subscribed_to_at_once(
    database: Database, database_url: str
) -> None:
    with StandIn(NEW_YEAR).open() as source:
        shop = Shop(source)
        key = {"stripe_api_key": SecretStr(KEY), "stripe_api_base": source.url}
        async with Fed.opened(source, database, database_url, **key) as fed:
            assert await fed.run("import") == 0
            audit = shop.books.new_feature("audit")
            shop.books.attach(shop.product, audit)
            newcomer = shop.books.new_customer("new@acme.test")
            happened = len(shop.books.events)
            subscribed_at = shop.wait()
            shop.billing.subscribe(newcomer, [(shop.price, 1)])
            shop.wait()

            await fed.deliver(shop.books.events_since(happened))

            known = await fed.timelines([newcomer, shop.acme])
            held = [features_at(known[newcomer], instant(at)) for at in (subscribed_at - 1, subscribed_at)]
            assert held == [set(), {shop.sso, audit}]
            assert features_at(known[shop.acme], instant(shop.books.now)) == {shop.sso}, "it waits for its next period"

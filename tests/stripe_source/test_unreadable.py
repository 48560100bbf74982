"""What can't be read of an account is named, keeps nothing else out, and takes nothing away."""

import pytest

from entitlements.changes import features_at
from tests.stripe_source.books import DAY
from tests.stripe_source.feeding import Fed
from tests.stripe_source.reading import instant
from tests.stripe_source.rights import SHOWN
from tests.stripe_source.shop import Shop


async def _may_use(fed: Fed, shop: Shop, feature: str, *, seconds_ahead: int = 0) -> bool:
    known = (await fed.timelines([shop.acme]))[shop.acme]
    return feature in features_at(known, instant(shop.books.now + seconds_ahead))


async def test_a_feature_of_a_product_takes_none_away(fed: Fed, shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    assert await fed.run("import") == 0
    [(odd, attached)] = shop.books.product_features[shop.product].items()
    attached["entitlement_feature"] = shop.sso
    shop.books.update_product(shop.product, name="Renamed")
    shop.books.events.clear()
    shop.wait()

    assert await fed.run("reconcile") == 1

    said = " ".join(capsys.readouterr().err.split())
    assert f"StripeProductFeature {odd} can't be read: entitlement_feature" in said
    assert await _may_use(fed, shop, shop.sso, seconds_ahead=400 * DAY), "what it gave reaches the next period"
    [product] = await _products(fed)
    assert product == "Renamed", "it is taken all the same"


async def test_an_item_beyond_those_that_are_shown_takes_none_away(
    fed: Fed, shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    books, audit = shop.books, shop.books.new_feature("audit")
    products = [books.new_product(f"Part {number}") for number in range(SHOWN + 1)]
    books.attach(products[-1], audit)
    long = shop.billing.subscribe(shop.acme, [(books.new_price(product, "year"), 1) for product in products])
    shop.wait()
    assert await fed.run("import") == 0
    assert await _may_use(fed, shop, audit)
    item = books.subscriptions[long]["items"]["data"][-1]
    item["created"] = "some day"
    shop.wait()

    assert await fed.run("reconcile") == 1

    assert f"StripeItem {item['id']} can't be read: created" in " ".join(capsys.readouterr().err.split())
    assert await _may_use(fed, shop, audit)


async def test_a_product_that_is_asked_for_by_itself_stops_nothing(
    fed: Fed, shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    leaver = shop.books.new_customer("bye@acme.test")
    assert await fed.run("import") == 0
    shop.books.products[shop.product]["name"] = 5
    shop.books.take_away(shop.books.customers, leaver)
    shop.books.events.clear()
    shop.wait()

    assert await fed.run("reconcile") == 1

    said = " ".join(capsys.readouterr().err.split())
    assert said.count(f"StripeProduct {shop.product} can't be read: name") == 1
    assert await fed.timelines([leaver]) == {}, "what is asked for after it is known"


async def test_a_customer_that_is_asked_for_by_itself_stops_nothing(
    fed: Fed, shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.books.customers[shop.acme]["email"] = 5
    shop.books.events.clear()

    assert await fed.run("import") == 1
    assert await fed.run("reconcile") == 1

    said = " ".join(capsys.readouterr().err.split())
    assert said.count(f"StripeCustomer {shop.acme} can't be read: email") == 2
    assert await _may_use(fed, shop, shop.sso), "its subscription is known"


async def _products(fed: Fed) -> list[str]:
    answer = await (await fed.caller()).ask("{ products(first: 100) { nodes { name } } }")
    return [node["name"] for node in answer["products"]["nodes"]]

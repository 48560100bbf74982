"""Items of a subscription: added, changed and removed, and what that does to access and periods."""

import pytest

from tests.operations.api import Api, Json

ITEMS = "items { id product { lookupKey } quantity interval intervalCount addedAt currentPeriodStart currentPeriodEnd }"
FIRST, LATER = "2026-02-01T00:00:00.000Z", "2026-02-10T00:00:00.000Z"


async def test_items_are_added_changed_and_removed_in_one_request(shop: Api) -> None:
    """An item removed and one added in one request: one change, and what both give never lapses."""
    subscription = await shop.subscribe("acme", "basic", "pro", "basic")
    first, second, third = (each["id"] for each in subscription["items"])
    await shop.move_to(LATER)

    changes: Json = [{"add": item("pro", "YEAR")}, {"update": {"id": first, "quantity": 5}}]
    payload = await edit(shop, subscription["id"], *changes, {"remove": second}, {"remove": third})

    added = payload["subscription"]["items"][1]["id"]
    assert payload["subscription"]["items"] == [
        line(first, "basic", FIRST, period=(FIRST, "2026-03-01T00:00:00.000Z"), quantity=5),
        line(added, "pro", LATER, period=(FIRST, "2027-02-01T00:00:00.000Z"), interval="YEAR"),
    ]
    assert payload["change"] is None
    assert added not in {first, second, third}


async def test_an_item_removed_keeps_its_id_and_shows_when_it_left(shop: Api) -> None:
    subscription = await shop.subscribe("acme", "basic", "pro")
    removed = subscription["items"][1]["id"]
    await shop.move_to(LATER)

    payload = await edit(shop, subscription["id"], {"remove": removed})

    assert payload["change"] == {"added": [], "removed": [{"lookupKey": "sso"}], "changed": []}
    selection = "product { lookupKey } removedAt currentPeriodStart currentPeriodEnd"
    assert await shop.of_node("SubscriptionItem", removed, selection) == {
        "product": {"lookupKey": "pro"},
        "removedAt": LATER,
        "currentPeriodStart": None,
        "currentPeriodEnd": None,
    }
    found = await shop.of_customer("acme", 'entitlement(lookupKey: "sso") { status endReason }')
    assert found["entitlement"] == {"status": "CANCELED", "endReason": "ITEM_REMOVED"}


async def test_an_upgrade_whose_plans_share_features_changes_only_the_others(shop: Api) -> None:
    subscription = await shop.subscribe("acme", "basic")
    before = await shop.of_customer("acme", 'entitlement(lookupKey: "audit") { id activeFrom }')
    await shop.move_to(LATER)

    payload = await edit(shop, subscription["id"], move(subscription, "pro"))

    assert payload["change"] == {"added": [{"lookupKey": "sso"}], "removed": [], "changed": []}
    [moved] = payload["subscription"]["items"]
    # The period goes on: only another interval would begin one.
    assert moved == line(
        subscription["items"][0]["id"], "pro", FIRST, period=(FIRST, "2026-03-01T00:00:00.000Z"), quantity=1
    )
    assert await shop.of_customer("acme", 'entitlement(lookupKey: "audit") { id activeFrom }') == before


async def test_a_move_to_a_product_with_no_features_takes_them_all(shop: Api) -> None:
    await shop.product("bare")
    subscription = await shop.subscribe("acme", "pro")

    payload = await edit(shop, subscription["id"], move(subscription, "bare"))

    assert sorted(each["lookupKey"] for each in payload["change"]["removed"]) == ["audit", "sso"]
    assert await shop.keys("acme") == set()


async def test_one_feature_by_two_products_of_one_subscription_outlives_one_of_them(shop: Api) -> None:
    subscription = await shop.subscribe("acme", "basic", "pro")

    await edit(shop, subscription["id"], {"remove": subscription["items"][0]["id"]})
    one_left = await shop.keys("acme")
    await edit(shop, subscription["id"], {"remove": subscription["items"][1]["id"]})

    assert one_left == {"audit", "sso"}
    assert await shop.keys("acme") == set()


async def test_two_items_with_one_product_are_two_sources_of_one_entitlement(shop: Api) -> None:
    subscription = await shop.subscribe("acme", "basic", "basic")

    found = await shop.of_customer("acme", "entitlements { nodes { sources { item { id } } } }")

    sources = [{"item": {"id": each["id"]}} for each in subscription["items"]]
    assert found["entitlements"]["nodes"] == [{"sources": sources}]


async def test_a_quantity_of_0_gives_nothing_and_one_from_0_takes_a_snapshot(shop: Api) -> None:
    """Quantity 0 and back; between 2 and 5 (no snapshot) and 0 to 1 (a snapshot)."""
    await shop.feature("reports")
    subscription = await shop.subscribe("acme", items=[{"product": {"lookupKey": "basic"}, "quantity": 2}])
    by = {"product": {"lookupKey": "basic"}, "feature": {"lookupKey": "reports"}}
    await shop.mutate("attachFeature", **by)
    seen: list[set[str]] = []

    for quantity in (5, 0, 1):
        change = {"update": {"id": subscription["items"][0]["id"], "quantity": quantity}}
        await edit(shop, subscription["id"], change)
        seen.append(await shop.keys("acme"))

    assert seen == [{"audit"}, set(), {"audit", "reports"}]


async def test_another_interval_begins_a_period_of_its_own(shop: Api) -> None:
    """Interval monthly to yearly and back."""
    subscription = await shop.subscribe("acme", "basic")
    item_id = subscription["items"][0]["id"]
    seen: list[tuple[str, str]] = []

    for at, interval in ((LATER, "YEAR"), ("2026-02-20T00:00:00.000Z", "MONTH")):
        await shop.move_to(at)
        payload = await edit(shop, subscription["id"], {"update": {"id": item_id, "interval": interval}})
        [found] = payload["subscription"]["items"]
        seen.append((found["currentPeriodStart"], found["currentPeriodEnd"]))

    assert seen == [
        (LATER, "2027-02-10T00:00:00.000Z"),
        ("2026-02-20T00:00:00.000Z", "2026-03-20T00:00:00.000Z"),
    ]


async def test_an_item_added_during_a_trial_ends_its_first_period_with_it(shop: Api) -> None:
    subscription = await shop.subscribe("acme", "basic", trialEnd="2026-02-15T00:00:00Z")
    await shop.move_to(LATER)

    payload = await edit(shop, subscription["id"], {"add": item("pro", "YEAR")})

    added = payload["subscription"]["items"][1]
    assert added == line(
        added["id"], "pro", LATER, period=(FIRST, "2026-02-15T00:00:00.000Z"), quantity=1, interval="YEAR"
    )
    assert await shop.keys("acme") == {"audit", "sso"}


async def test_an_item_added_to_a_paused_subscription_gives_access_once_it_is_resumed(shop: Api) -> None:
    subscription = (await shop.subscribe("acme", "basic"))["id"]
    await shop.mutate("setSubscriptionStatus", id=subscription, status="PAUSED")
    await edit(shop, subscription, {"add": item("pro", "MONTH")})
    paused = await shop.of_customer("acme", 'access(lookupKeys: ["sso"]) { reason }')

    await shop.mutate("setSubscriptionStatus", id=subscription, status="ACTIVE")

    assert paused == {"access": [{"reason": "SUBSCRIPTION_NOT_IN_GOOD_STANDING"}]}
    assert await shop.keys("acme") == {"audit", "sso"}


async def test_an_update_that_changes_nothing_writes_nothing(shop: Api) -> None:
    subscription = await shop.subscribe("acme", "basic")
    same = {"id": subscription["items"][0]["id"], "product": {"lookupKey": "basic"}, "quantity": 1, "interval": "MONTH"}

    payload = await edit(shop, subscription["id"], {"update": same})

    assert payload["change"] is None
    # A frozen clock ticks with every write, and so shows how many there were: this is the second.
    cancelled = await shop.mutate("cancelSubscription", "subscription { endedAt }", id=subscription["id"])
    assert cancelled["subscription"] == {"endedAt": "2026-02-01T00:00:00.001Z"}


async def test_an_inactive_product_goes_on_for_those_it_has_and_takes_nobody_new(shop: Api) -> None:
    """A product's inactive flag and a move to it; a product made inactive with live subscriptions."""
    holder = await shop.subscribe("acme", "pro", "basic")
    pro, basic = (each["id"] for each in holder["items"])
    await shop.mutate("updateProduct", product={"lookupKey": "pro"}, active=False)

    changes: Json = [{"add": item("pro", "MONTH")}, {"update": {"id": basic, "product": {"lookupKey": "pro"}}}]
    refused = await shop.try_mutation("updateSubscription", id=holder["id"], items=changes)
    new = {"customer": {"externalId": "acme"}, "items": [item("basic", "MONTH"), item("pro", "MONTH")]}
    refused_anew = await shop.try_mutation("createSubscription", **new)
    stay = {"id": pro, "product": {"lookupKey": "pro"}, "quantity": 3}
    allowed = await edit(shop, holder["id"], {"update": stay})

    assert problems(refused) == [
        (["input", "items", "0", "add", "product"], "INACTIVE"),
        (["input", "items", "1", "update", "product"], "INACTIVE"),
    ]
    assert problems(refused_anew) == [(["input", "items", "1", "product"], "INACTIVE")]
    assert [each["quantity"] for each in allowed["subscription"]["items"]] == [3, 1]
    assert await shop.keys("acme") == {"audit", "sso"}


@pytest.mark.parametrize("field", ["product", "quantity", "interval", "intervalCount"])
async def test_null_in_an_update_of_an_item_is_blank(shop: Api, field: str) -> None:
    subscription = await shop.subscribe("acme", "basic")
    change = {"update": {"id": subscription["items"][0]["id"], field: None}}

    payload = await shop.try_mutation("updateSubscription", id=subscription["id"], items=[change])

    assert problems(payload) == [(["input", "items", "0", "update", field], "BLANK")]


async def test_an_item_is_named_once_by_an_id_of_the_subscription(shop: Api) -> None:
    subscription = await shop.subscribe("acme", "basic", "pro", "pro")
    foreign = (await shop.subscribe("acme", "basic"))["items"][0]["id"]
    basic, pro, removed = (each["id"] for each in subscription["items"])
    await edit(shop, subscription["id"], {"remove": removed})

    changes: Json = [
        {"update": {"id": foreign, "quantity": 2}},
        {"remove": "si_unknown"},
        {"remove": removed},
        {"update": {"id": basic, "quantity": 2}},
        {"remove": basic},
        {"update": {"id": pro, "product": {"lookupKey": "unknown"}}},
    ]
    payload = await shop.try_mutation("updateSubscription", id=subscription["id"], items=changes)

    assert problems(payload) == [
        (["input", "items", "0", "update", "id"], "NOT_FOUND"),
        (["input", "items", "1", "remove"], "NOT_FOUND"),
        (["input", "items", "2", "remove"], "NOT_FOUND"),
        (["input", "items", "4", "remove"], "INVALID"),
        (["input", "items", "5", "update", "product"], "NOT_FOUND"),
    ]


def item(product: str, interval: str) -> Json:
    """An item to subscribe to."""
    return {"product": {"lookupKey": product}, "interval": interval}


def move(subscription: Json, product: str) -> Json:
    """A change of the first item's product."""
    return {"update": {"id": subscription["items"][0]["id"], "product": {"lookupKey": product}}}


def line(
    item_id: str,
    product: str,
    added_at: str,
    *,
    period: tuple[str, str],
    quantity: int = 1,
    interval: str = "MONTH",
) -> Json:
    """An item as it is shown."""
    return {
        "id": item_id,
        "product": {"lookupKey": product},
        "quantity": quantity,
        "interval": interval,
        "intervalCount": 1,
        "addedAt": added_at,
        "currentPeriodStart": period[0],
        "currentPeriodEnd": period[1],
    }


async def edit(shop: Api, subscription: str, *changes: Json) -> Json:
    """The payload of changes of items that must not be refused."""
    lists = "added { lookupKey } removed { lookupKey } changed { lookupKey }"
    selection = f"subscription {{ {ITEMS} }} change {{ {lists} }}"
    return await shop.mutate("updateSubscription", selection, id=subscription, items=list(changes))


def problems(payload: Json) -> list[tuple[list[str], str]]:
    """Where and what is wrong."""
    return [(error["field"], error["code"]) for error in payload["userErrors"]]

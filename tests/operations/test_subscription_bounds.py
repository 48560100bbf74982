"""What a subscription may hold: bounds of its items, and everything that is wrong with a request at once."""

import pytest

from tests.operations.api import Api, Json

QUANTITIES = {-1: False, 0: True, 1: True, 1_000_000: True, 1_000_001: False}
COUNTS = {"DAY": 365, "WEEK": 156, "MONTH": 36, "YEAR": 3}


@pytest.mark.parametrize(("quantity", "is_allowed"), QUANTITIES.items())
async def test_a_quantity_lies_from_0_to_1_000_000(shop: Api, quantity: int, is_allowed: bool) -> None:
    there = await shop.subscribe("acme", "basic")
    new = {"product": {"lookupKey": "basic"}, "quantity": quantity}
    change = {"update": {"id": there["items"][0]["id"], "quantity": quantity}}

    created = await shop.try_mutation("createSubscription", customer={"externalId": "acme"}, items=[new])
    updated = await shop.try_mutation("updateSubscription", id=there["id"], items=[change, {"add": new}])

    assert problems(created) == refused(is_allowed, ["items", "0", "quantity"])
    assert problems(updated) == refused(
        is_allowed, ["items", "0", "update", "quantity"], ["items", "1", "add", "quantity"]
    )


@pytest.mark.parametrize(
    ("interval", "count", "is_allowed"),
    [
        (interval, count, 1 <= count <= most)
        for interval, most in COUNTS.items()
        for count in (-1, 0, 1, most, most + 1)
    ],
)
async def test_a_period_is_at_most_365_units_and_three_years(
    shop: Api, interval: str, count: int, is_allowed: bool
) -> None:
    there = await shop.subscribe("acme", "basic")
    new = {"product": {"lookupKey": "basic"}, "interval": interval, "intervalCount": count}
    change = {"update": {"id": there["items"][0]["id"], "interval": interval, "intervalCount": count}}

    created = await shop.try_mutation("createSubscription", customer={"externalId": "acme"}, items=[new])
    updated = await shop.try_mutation("updateSubscription", id=there["id"], items=[change])

    assert problems(created) == refused(is_allowed, ["items", "0", "intervalCount"])
    assert problems(updated) == refused(is_allowed, ["items", "0", "update", "intervalCount"])


async def test_a_count_that_was_good_is_judged_by_its_new_unit(shop: Api) -> None:
    items = [{"product": {"lookupKey": "basic"}, "interval": "DAY", "intervalCount": 365}]
    there = await shop.subscribe("acme", items=items)
    change = {"update": {"id": there["items"][0]["id"], "interval": "MONTH"}}

    payload = await shop.try_mutation("updateSubscription", id=there["id"], items=[change])

    assert problems(payload) == [(["input", "items", "0", "update", "intervalCount"], "INVALID")]


async def test_a_subscription_begins_with_20_items_and_not_with_21(shop: Api) -> None:
    items = [{"product": {"lookupKey": "basic"}}] * 21

    held = await shop.subscribe("acme", items=items[:20])
    too_many = await shop.try_mutation("createSubscription", customer={"externalId": "acme"}, items=items)

    assert len(held["items"]) == 20
    assert problems(too_many) == [(["input", "items"], "TOO_MANY")]


async def test_a_subscription_of_20_items_takes_another_only_for_one_that_leaves(shop: Api) -> None:
    there = await shop.subscribe("acme", items=[{"product": {"lookupKey": "basic"}}] * 20)
    add = {"add": {"product": {"lookupKey": "pro"}}}
    remove = {"remove": there["items"][0]["id"]}

    refused_one = await shop.try_mutation("updateSubscription", id=there["id"], items=[add])
    swapped = await shop.mutate(
        "updateSubscription", "subscription { items { id } }", id=there["id"], items=[add, remove]
    )

    assert problems(refused_one) == [(["input", "items"], "TOO_MANY")]
    assert len(swapped["subscription"]["items"]) == 20


async def test_101_changes_at_once_are_refused(shop: Api) -> None:
    there = await shop.subscribe("acme", "basic")

    payload = await shop.try_mutation("updateSubscription", id=there["id"], items=[{"remove": "si_unknown"}] * 101)

    assert problems(payload) == [(["input", "items"], "TOO_MANY")]


async def test_everything_wrong_with_a_new_subscription_is_said_at_once(shop: Api) -> None:
    await shop.product("retired")
    await shop.mutate("updateProduct", product={"lookupKey": "retired"}, active=False)
    given: Json = {
        "items": [
            {"product": {"lookupKey": "unknown"}, "quantity": -1},
            {"product": {"lookupKey": "retired"}, "interval": "YEAR", "intervalCount": 4},
            {"product": {"id": "prod_unknown"}},
        ],
        "startedAt": "2026-02-02T00:00:00Z",
        "trialEnd": "2026-01-01T00:00:00Z",
        "cancelAt": "2026-01-01T00:00:00Z",
        "metadata": {"x" * 41: "too long"},
    }

    payload = await shop.try_mutation(
        "createSubscription", "subscription { id }", customer={"externalId": "acme"}, **given
    )

    assert payload["subscription"] is None
    assert sorted(problems(payload)) == [
        (["input", "cancelAt"], "IN_PAST"),
        (["input", "items", "0", "product"], "NOT_FOUND"),
        (["input", "items", "0", "quantity"], "INVALID"),
        (["input", "items", "1", "intervalCount"], "INVALID"),
        (["input", "items", "1", "product"], "INACTIVE"),
        (["input", "items", "2", "product"], "NOT_FOUND"),
        (["input", "metadata"], "TOO_LONG"),
        (["input", "startedAt"], "INVALID"),
        (["input", "trialEnd"], "IN_PAST"),
    ]
    assert await shop.of_customer("acme", "subscriptions { totalCount }") == {"subscriptions": {"totalCount": 0}}


async def test_an_unknown_customer_is_said_beside_what_is_wrong_with_the_items(shop: Api) -> None:
    payload = await shop.try_mutation("createSubscription", customer={"externalId": "nobody"}, items=[])

    assert problems(payload) == [(["input", "items"], "BLANK"), (["input", "customer"], "NOT_FOUND")]


async def test_everything_wrong_with_an_edit_is_said_at_once_and_none_of_it_happens(shop: Api) -> None:
    there = await shop.subscribe("acme", "basic")
    given: Json = {
        "items": [{"remove": there["items"][0]["id"]}, {"remove": "si_unknown"}],
        "trialEnd": "2026-03-01T00:00:00Z",
        "cancelAt": "2026-01-01T00:00:00Z",
        "metadata": {"note": "x" * 501},
    }

    payload = await shop.try_mutation("updateSubscription", "subscription { id }", id=there["id"], **given)

    assert payload["subscription"] is None
    assert sorted(problems(payload)) == [
        (["input", "cancelAt"], "IN_PAST"),
        (["input", "items", "1", "remove"], "NOT_FOUND"),
        (["input", "metadata", "note"], "TOO_LONG"),
        (["input", "trialEnd"], "INVALID_TRANSITION"),
    ]
    found = await shop.of_node("CustomerSubscription", there["id"], "items { id } metadata cancelAt")
    assert found == {"items": there["items"], "metadata": {}, "cancelAt": None}
    assert await shop.of_customer("acme", "revision") == {"revision": 1}


def refused(is_allowed: bool, *fields: list[str]) -> list[tuple[list[str], str]]:
    """INVALID at each of the fields, or nothing."""
    return [] if is_allowed else [(["input", *field], "INVALID") for field in fields]


def problems(payload: Json) -> list[tuple[list[str], str]]:
    """Where and what is wrong."""
    return [(error["field"], error["code"]) for error in payload["userErrors"]]

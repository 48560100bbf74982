"""Changes of the catalogue, and the subscribers they reach: when, and whom not."""

import pytest

from tests.operations.api import Api, Json
from tests.operations.keeping import BOTH_WAYS

pytestmark = BOTH_WAYS

BEGIN = "2026-01-15T12:00:00Z"
BOUNDARY = "2026-02-15T12:00:00Z"
JUST_BEFORE = "2026-02-15T11:59:59.999Z"


@pytest.fixture(autouse=True)
async def plans(api: Api) -> None:
    """A product `basic` with nothing, and `pro` with `reports`."""
    await api.feature("reports")
    await api.feature("sso")
    await api.product("basic")
    await api.product("pro", "reports")


async def test_attached_exactly_at_a_boundary_counts_there(api: Api) -> None:
    """attached exactly at a boundary counts there"""
    await subscriber(api, "acme", "pro")
    await api.move_to(BOUNDARY)

    row = await attach(api, "pro", "sso")

    assert row["attachedAt"] == "2026-02-15T12:00:00.000Z"
    assert await api.keys("acme") == {"reports", "sso"}
    assert await api.keys("acme", at=JUST_BEFORE) == {"reports"}


async def test_attached_at_an_instant_at_which_something_else_changes_it_is_a_change_of_its_own(api: Api) -> None:
    """who was shown the one must be told of the other: each has a revision"""
    await subscriber(api, "acme", "pro")
    grant = {"customer": {"externalId": "acme"}, "feature": {"lookupKey": "sso"}, "activeTo": BOUNDARY}
    await api.mutate("grantEntitlement", **grant)
    await api.move_to(BOUNDARY)
    before = await api.of_customer("acme", "revision")

    row = await attach(api, "pro", "sso", "IMMEDIATE")

    assert row["attachedAt"] == "2026-02-15T12:00:00.001Z"
    assert await api.of_customer("acme", "revision") == {"revision": before["revision"] + 1}
    assert await api.keys("acme", at=BOUNDARY) == {"reports"}
    assert await api.keys("acme") == {"reports", "sso"}


async def test_detached_at_the_boundary_at_which_it_came_it_was_there_for_a_millisecond(api: Api) -> None:
    """who was shown it must be told that it is gone, whether or not a worker has looked"""
    await subscriber(api, "acme", "pro")
    attached = await attach(api, "pro", "sso")
    await api.move_to(BOUNDARY)
    before = await api.of_customer("acme", "revision")

    await api.mutate("detachFeature", productFeatureId=attached["id"], rollout="IMMEDIATE")

    assert await api.of_customer("acme", "revision") == {"revision": before["revision"] + 1}
    assert await api.keys("acme", at=BOUNDARY) == {"reports", "sso"}
    assert await api.keys("acme") == {"reports"}


async def test_attached_a_millisecond_after_a_boundary_waits_for_the_next(api: Api) -> None:
    await subscriber(api, "acme", "pro")
    await api.move_to("2026-02-15T12:00:00.001Z")

    await attach(api, "pro", "sso")

    assert await api.keys("acme", at="2026-03-15T11:59:59.999Z") == {"reports"}
    assert await api.keys("acme", at="2026-03-15T12:00:00Z") == {"reports", "sso"}


async def test_a_yearly_item_waits_its_year_while_a_monthly_one_of_the_same_product_does_not(api: Api) -> None:
    """a yearly item waits its year while a monthly one of the same product doesn't"""
    await subscriber(api, "monthly", "pro")
    await subscriber(api, "yearly", "pro", interval="YEAR")

    await attach(api, "pro", "sso")

    assert await api.keys("monthly", at=BOUNDARY) == {"reports", "sso"}
    assert await api.keys("yearly", at="2027-01-15T11:59:59.999Z") == {"reports"}
    assert await api.keys("yearly", at="2027-01-15T12:00:00Z") == {"reports", "sso"}


async def test_detached_during_a_trial_it_is_kept_until_the_trials_end_which_starts_a_period(api: Api) -> None:
    """detach during a trial (the trial's end starts a period)"""
    await api.customer("acme")
    await api.subscribe("acme", "pro", trialEnd="2026-01-25T00:00:00Z")
    [row] = await rows(api, "pro")
    await api.move_to("2026-01-20T00:00:00Z")

    await detach(api, row)

    assert await api.keys("acme", at="2026-01-24T23:59:59.999Z") == {"reports"}
    assert await api.keys("acme", at="2026-01-25T00:00:00Z") == set()
    state = await api.of_customer("acme", 'entitlement(lookupKey: "reports") { activeTo endReason }')
    assert state["entitlement"] == {"activeTo": "2026-01-25T00:00:00.000Z", "endReason": "FEATURE_DETACHED"}


@pytest.mark.parametrize("rollout", ["NEXT_PERIOD", "NEW_SUBSCRIPTIONS_ONLY"])
async def test_attached_and_detached_inside_one_period_it_never_enters(api: Api, rollout: str) -> None:
    """attach NEXT_PERIOD then detach NEW_SUBSCRIPTIONS_ONLY before the boundary never enters"""
    await subscriber(api, "acme", "pro")
    row = await attach(api, "pro", "sso")
    await api.move_to("2026-02-01T00:00:00Z")

    await detach(api, row["id"], rollout)

    assert await api.keys("acme", at=BOUNDARY) == {"reports"}
    assert await api.of_customer("acme", 'entitlement(lookupKey: "sso") { id }') == {"entitlement": None}


async def test_attached_in_the_frozen_instant_in_which_the_subscription_was_made_it_does_not_enter(api: Api) -> None:
    """a NEXT_PERIOD attach in the frozen instant in which the subscription was made doesn't enter"""
    await subscriber(api, "acme", "pro")

    await attach(api, "pro", "sso")

    assert await api.keys("acme") == {"reports"}
    assert await api.keys("acme", at=JUST_BEFORE) == {"reports"}
    assert await api.keys("acme", at=BOUNDARY) == {"reports", "sso"}


async def test_attached_for_new_subscriptions_it_passes_by_a_pause_and_comes_with_a_new_item(api: Api) -> None:
    """NEW_SUBSCRIPTIONS_ONLY attach, seen by an old subscription that pauses and resumes (no change), gets an item"""
    subscription = await subscriber(api, "acme", "pro")
    await attach(api, "pro", "sso", "NEW_SUBSCRIPTIONS_ONLY")

    await pause_and_resume(api, subscription)
    await api.move_to("2026-06-01T00:00:00Z")
    after_the_pause = await api.keys("acme")
    await change_items(api, subscription, {"add": {"product": {"lookupKey": "pro"}}})

    assert after_the_pause == {"reports"}
    assert await api.keys("acme") == {"reports", "sso"}


async def test_attached_for_new_subscriptions_it_comes_with_an_upgrade(api: Api) -> None:
    """NEW_SUBSCRIPTIONS_ONLY attach, seen by an old subscription that upgrades"""
    subscription = await subscriber(api, "acme", "basic")
    await attach(api, "pro", "sso", "NEW_SUBSCRIPTIONS_ONLY")

    await change_items(api, subscription, {"update": {"id": subscription["items"][0]["id"], "product": PRO}})

    assert await api.keys("acme") == {"reports", "sso"}


async def test_detached_for_new_subscriptions_those_who_have_it_keep_it_past_a_pause(api: Api) -> None:
    """NEW_SUBSCRIPTIONS_ONLY detach, seen by an old subscription that pauses and resumes (no change), gets an item"""
    old, late = await subscriber(api, "old", "pro"), await subscriber(api, "late", "basic")
    [row] = await rows(api, "pro")
    await detach(api, row, "NEW_SUBSCRIPTIONS_ONLY")

    await pause_and_resume(api, old)
    await change_items(api, late, {"add": {"product": PRO}})
    await api.move_to("2026-06-01T00:00:00Z")

    assert await api.keys("old") == {"reports"}
    assert await api.keys("late") == set()


async def test_detached_for_new_subscriptions_it_is_lost_with_the_item_that_had_it(api: Api) -> None:
    """NEW_SUBSCRIPTIONS_ONLY detach, seen by an old subscription that upgrades"""
    subscription = await subscriber(api, "acme", "pro")
    item = subscription["items"][0]["id"]
    [row] = await rows(api, "pro")
    await detach(api, row, "NEW_SUBSCRIPTIONS_ONLY")

    await change_items(api, subscription, {"update": {"id": item, "product": {"lookupKey": "basic"}}})
    await change_items(api, subscription, {"update": {"id": item, "product": PRO}})

    assert await api.keys("acme") == set()


async def test_a_move_to_an_inactive_product_is_refused_and_one_away_from_it_is_not(api: Api) -> None:
    """a product's inactive flag and a move to it"""
    on_basic, on_pro = await subscriber(api, "basic", "basic"), await subscriber(api, "pro", "pro")
    await api.mutate("updateProduct", product=PRO, active=False)

    to_it = await api.try_mutation(
        "updateSubscription",
        id=on_basic["id"],
        items=[{"update": {"id": on_basic["items"][0]["id"], "product": PRO}}, {"add": {"product": PRO}}],
    )
    await change_items(api, on_pro, {"update": {"id": on_pro["items"][0]["id"], "quantity": 5}})
    kept = await api.keys("pro")
    await change_items(api, on_pro, {"update": {"id": on_pro["items"][0]["id"], "product": {"lookupKey": "basic"}}})

    assert [(error["code"], ".".join(error["field"])) for error in to_it["userErrors"]] == [
        ("INACTIVE", "input.items.0.update.product"),
        ("INACTIVE", "input.items.1.add.product"),
    ]
    assert await api.keys("basic") == set()
    assert kept == {"reports"}
    assert await api.keys("pro") == set()


async def test_one_feature_by_two_products_of_one_subscription_stays_when_one_is_removed(api: Api) -> None:
    """one feature by two products of one subscription, one removed"""
    await attach(api, "basic", "reports")
    await api.customer("acme")
    subscription = await api.subscribe("acme", "basic", "pro")
    before = await entitlement(api, "reports")

    await change_items(api, subscription, {"remove": subscription["items"][0]["id"]})

    assert await entitlement(api, "reports") == before
    assert before["hasAccess"] is True
    await change_items(api, subscription, {"add": {"product": {"lookupKey": "basic"}}})
    await change_items(api, subscription, {"remove": subscription["items"][1]["id"]})
    assert await api.keys("acme") == {"reports"}


PRO: Json = {"lookupKey": "pro"}


async def subscriber(api: Api, customer: str, product: str, **item: Json) -> Json:
    """A new customer's subscription from noon of 15 January on."""
    await api.customer(customer)
    items = [{"product": {"lookupKey": product}, **item}]
    return await api.subscribe(customer, items=items, startedAt=BEGIN)


async def attach(api: Api, product: str, feature: str, rollout: str = "NEXT_PERIOD") -> Json:
    payload = await api.mutate(
        "attachFeature",
        "productFeature { id attachedAt }",
        product={"lookupKey": product},
        feature={"lookupKey": feature},
        rollout=rollout,
    )
    return payload["productFeature"]


async def detach(api: Api, row: str, rollout: str = "NEXT_PERIOD") -> None:
    await api.mutate("detachFeature", productFeatureId=row, rollout=rollout)


async def rows(api: Api, product: str) -> list[str]:
    document = "query Q($key: String!) { product(by: {lookupKey: $key}) { features { nodes { id } } } }"
    return [row["id"] for row in (await api.run(document, key=product))["product"]["features"]["nodes"]]


async def pause_and_resume(api: Api, subscription: Json) -> None:
    for status in ("PAUSED", "ACTIVE"):
        await api.mutate("setSubscriptionStatus", id=subscription["id"], status=status)


async def change_items(api: Api, subscription: Json, *changes: Json) -> None:
    await api.mutate("updateSubscription", id=subscription["id"], items=list(changes))


async def entitlement(api: Api, key: str) -> Json:
    selection = f'entitlement(lookupKey: "{key}") {{ id hasAccess activeFrom activeTo }}'
    return (await api.of_customer("acme", selection))["entitlement"]

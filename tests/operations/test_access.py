"""Checks of access: every reason there is, and what else a decision says."""

from collections.abc import Awaitable, Callable

import pytest

from tests.operations.api import Api, Json

MIDNIGHT, LATER = "2026-02-01T00:00:00.000Z", "2026-02-10T00:00:00.000Z"
DECISION = "lookupKey hasAccess reason activeTo nextChangeAt"


async def nothing(shop: Api) -> None: ...


async def subscribed(shop: Api) -> None:
    await shop.subscribe("acme", "pro")


async def granted_for_later(shop: Api) -> None:
    await give(shop, activeFrom="2026-03-01T00:00:00Z")


async def cancelled(shop: Api) -> None:
    await shop.mutate("cancelSubscription", id=(await shop.subscribe("acme", "pro"))["id"])


async def incomplete(shop: Api) -> None:
    await shop.subscribe("acme", "pro", incomplete=True)
    await shop.move_to("2026-02-01T22:59:59.999Z")


async def unpaid(shop: Api) -> None:
    await report(shop, (await shop.subscribe("acme", "pro"))["id"], "UNPAID")


async def paused(shop: Api) -> None:
    await report(shop, (await shop.subscribe("acme", "pro"))["id"], "PAUSED")


async def paused_by_its_trial(shop: Api) -> None:
    await shop.subscribe("acme", "pro", trialEnd=LATER, trialEndBehavior="PAUSE")
    await shop.move_to(LATER)


async def unpaid_with_a_grant_for_later(shop: Api) -> None:
    await unpaid(shop)
    await granted_for_later(shop)


async def never_paid(shop: Api) -> None:
    await shop.subscribe("acme", "pro", incomplete=True)
    await shop.move_to("2026-02-01T23:00:00Z")


async def unpaid_then_cancelled(shop: Api) -> None:
    subscription = (await shop.subscribe("acme", "pro"))["id"]
    for status in ("UNPAID", "CANCELED"):
        await report(shop, subscription, status)


async def trial_over(shop: Api) -> None:
    await shop.subscribe("acme", "pro", trialEnd=LATER, trialEndBehavior="CANCEL")
    await shop.move_to(LATER)


async def item_removed(shop: Api) -> None:
    subscription = await shop.subscribe("acme", "pro", "basic")
    remove = {"remove": subscription["items"][0]["id"]}
    await shop.mutate("updateSubscription", id=subscription["id"], items=[remove])


async def moved_to_basic(shop: Api) -> None:
    subscription = await shop.subscribe("acme", "pro")
    update = {"id": subscription["items"][0]["id"], "product": {"lookupKey": "basic"}}
    await shop.mutate("updateSubscription", id=subscription["id"], items=[{"update": update}])


async def quantity_0(shop: Api) -> None:
    subscription = await shop.subscribe("acme", "pro")
    update = {"id": subscription["items"][0]["id"], "quantity": 0}
    await shop.mutate("updateSubscription", id=subscription["id"], items=[{"update": update}])


async def detached(shop: Api) -> None:
    await shop.subscribe("acme", "pro")
    found = await shop.run('{ feature(by: {lookupKey: "sso"}) { products { nodes { id } } } }')
    [attachment] = found["feature"]["products"]["nodes"]
    await shop.mutate("detachFeature", productFeatureId=attachment["id"], rollout="IMMEDIATE")


async def grant_over(shop: Api) -> None:
    await give(shop, activeTo=LATER)
    await shop.move_to(LATER)


async def grant_revoked(shop: Api) -> None:
    await shop.mutate("revokeGrant", grantId=await give(shop))


async def grant_over_after_a_cancellation(shop: Api) -> None:
    await cancelled(shop)
    await grant_over(shop)


async def cancelled_after_a_grant_was_over(shop: Api) -> None:
    await grant_over(shop)
    await cancelled(shop)


@pytest.mark.parametrize(
    ("story", "reason"),
    [
        (subscribed, "ENTITLED"),
        (nothing, "NOT_ENTITLED"),
        (granted_for_later, "NOT_YET_ACTIVE"),
        (cancelled, "SUBSCRIPTION_ENDED"),
        (incomplete, "SUBSCRIPTION_NOT_IN_GOOD_STANDING"),
        (unpaid, "SUBSCRIPTION_NOT_IN_GOOD_STANDING"),
        (paused, "SUBSCRIPTION_NOT_IN_GOOD_STANDING"),
        (paused_by_its_trial, "SUBSCRIPTION_NOT_IN_GOOD_STANDING"),
        (unpaid_with_a_grant_for_later, "SUBSCRIPTION_NOT_IN_GOOD_STANDING"),
        (never_paid, "NOT_ENTITLED"),
        (unpaid_then_cancelled, "SUBSCRIPTION_ENDED"),
        (trial_over, "TRIAL_ENDED"),
        (item_removed, "ITEM_REMOVED"),
        (moved_to_basic, "ITEM_REMOVED"),
        (quantity_0, "ITEM_REMOVED"),
        (detached, "FEATURE_DETACHED"),
        (grant_over, "GRANT_ENDED"),
        (grant_revoked, "GRANT_REVOKED"),
        (grant_over_after_a_cancellation, "GRANT_ENDED"),
        (cancelled_after_a_grant_was_over, "SUBSCRIPTION_ENDED"),
    ],
)
async def test_a_decision_says_why(shop: Api, story: Callable[[Api], Awaitable[None]], reason: str) -> None:
    await story(shop)

    [found] = await access(shop, ["sso"], "hasAccess reason")

    assert found == {"hasAccess": reason == "ENTITLED", "reason": reason}


async def test_keys_are_answered_in_the_order_asked_again_if_asked_again(shop: Api) -> None:
    await shop.subscribe("acme", "basic", cancelAt=LATER)
    await give(shop, activeFrom="2026-03-01T00:00:00Z")

    found = await access(shop, ["sso", "unknown", "audit", "SSO", "audit"], DECISION)

    entitled = decision("audit", "ENTITLED", active_to=LATER, next_change_at=LATER)
    assert found == [
        decision("sso", "NOT_YET_ACTIVE", next_change_at="2026-03-01T00:00:00.000Z"),
        decision("unknown", "UNKNOWN_FEATURE"),
        entitled,
        decision("SSO", "UNKNOWN_FEATURE"),
        entitled,
    ]


async def test_a_decision_names_the_feature_the_right_now_and_what_would_unlock_it(shop: Api) -> None:
    """A paywall can name what it locks, and needs no second request to offer products."""
    await shop.product("scale", "sso")
    await shop.product("retired", "sso")
    await shop.mutate("updateProduct", product={"lookupKey": "retired"}, active=False)
    await give(shop, activeFrom=LATER)

    selection = "feature { name lookupKey } entitlement { status } unlockedBy { lookupKey }"
    one = f"{selection} one: unlockedBy(first: 1) {{ lookupKey }}"
    locked, unknown = await access(shop, ["sso", "unknown"], one, at="2026-02-05T00:00:00Z")

    assert locked == {
        "feature": {"name": "sso", "lookupKey": "sso"},
        "entitlement": {"status": "SCHEDULED"},
        "unlockedBy": [{"lookupKey": "scale"}, {"lookupKey": "pro"}],
        "one": [{"lookupKey": "scale"}],
    }
    assert unknown == {"feature": None, "entitlement": None, "unlockedBy": [], "one": []}


async def test_the_entitlement_of_a_decision_is_of_now_whatever_at_is(shop: Api) -> None:
    await give(shop, activeTo=LATER)
    await shop.move_to(LATER)

    [found] = await access(shop, ["sso"], "at hasAccess entitlement { status }", at=MIDNIGHT)

    assert found == {"at": MIDNIGHT, "hasAccess": True, "entitlement": {"status": "EXPIRED"}}


async def test_the_id_of_a_decision_is_a_function_of_customer_key_and_at(shop: Api) -> None:
    await shop.customer("other")

    async def ids(customer: str, at: str | None = None) -> list[str]:
        return [each["id"] for each in await access(shop, ["sso", "audit", "unknown"], "id", at, customer)]

    now, other = await ids("acme"), await ids("other")
    then, later = await ids("acme", MIDNIGHT), await ids("acme", LATER)
    await shop.subscribe("acme", "pro")
    await shop.move_to(LATER)

    assert len({*now, *other, *then, *later}) == 12
    assert await ids("acme") == now
    assert await ids("acme", "2026-02-01T05:30:00+05:30") == then


@pytest.mark.parametrize(("count", "is_allowed"), [(0, False), (1, True), (100, True), (101, False)])
async def test_1_to_100_keys_are_checked_at_once(shop: Api, count: int, is_allowed: bool) -> None:
    document = """query Q($keys: [String!]!) {
        customer(by: {externalId: "acme"}) { externalId access(lookupKeys: $keys) { reason } }
    }"""

    result = await shop.try_(document, keys=[f"key-{number}" for number in range(count)])

    refusal = f"`lookupKeys` takes 1 to 100 keys; there are {count}."
    assert [error.message for error in result.errors or ()] == ([] if is_allowed else [refusal])
    answers = [{"reason": "UNKNOWN_FEATURE"}] * count if is_allowed else None
    assert result.data == {"customer": {"externalId": "acme", "access": answers}}


@pytest.mark.parametrize("first", [0, 101])
async def test_1_to_100_products_to_unlock_with_are_shown(shop: Api, first: int) -> None:
    document = f"""{{ customer(by: {{externalId: "acme"}}) {{
        access(lookupKeys: ["sso"]) {{ unlockedBy(first: {first}) {{ id }} }}
    }} }}"""

    result = await shop.try_(document)

    refusal = f"`first` must be from 1 to 100; it is {first}."
    assert [error.message for error in result.errors or ()] == [refusal]


async def give(shop: Api, **given: Json) -> str:
    """The id of a new grant of sso to acme."""
    by = {"customer": {"externalId": "acme"}, "feature": {"lookupKey": "sso"}}
    return (await shop.mutate("grantEntitlement", "grant { id }", **by, **given))["grant"]["id"]


async def report(shop: Api, subscription: str, status: str) -> None:
    """What billing says."""
    await shop.mutate("setSubscriptionStatus", id=subscription, status=status)


async def access(
    shop: Api, keys: list[str], selection: str, at: str | None = None, customer: str = "acme"
) -> list[Json]:
    """Decisions on keys, now or at an instant."""
    document = f"""query Q($by: CustomerBy!, $keys: [String!]!, $at: DateTime) {{
        customer(by: $by) {{ access(lookupKeys: $keys, at: $at) {{ {selection} }} }}
    }}"""
    found = await shop.run(document, by={"externalId": customer}, keys=keys, at=at)
    return found["customer"]["access"]


def decision(key: str, reason: str, *, active_to: str | None = None, next_change_at: str | None = None) -> Json:
    """A decision as it is shown."""
    has_access = reason == "ENTITLED"
    dates = {"activeTo": active_to, "nextChangeAt": next_change_at}
    return {"lookupKey": key, "hasAccess": has_access, "reason": reason, **dates}

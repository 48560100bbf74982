"""Cancelling: now, at an instant, at the end of what was paid for; and taking it back."""

import pytest

from tests.operations.api import Api, Json

SCHEDULE = "status cancelAt cancelAtPeriodEnd canceledAt endedAt"
NOTHING_PENDING = {"cancelAt": None, "cancelAtPeriodEnd": False, "canceledAt": None, "endedAt": None}


async def test_cancelling_ends_access_in_the_instant_of_the_write(shop: Api) -> None:
    subscription = (await shop.subscribe("acme", "basic"))["id"]
    await shop.move_to("2026-02-05T00:00:00Z")

    payload = await cancel(shop, subscription)

    now = "2026-02-05T00:00:00.000Z"
    assert payload["subscription"] == {
        "status": "CANCELED",
        "cancelAt": None,
        "cancelAtPeriodEnd": False,
        "canceledAt": now,
        "endedAt": now,
    }
    assert payload["change"] == {"revision": 2, "removed": [{"lookupKey": "audit"}]}
    assert await shop.keys("acme", "2026-02-04T23:59:59.999Z") == {"audit"}
    assert await shop.keys("acme", now) == set()


async def test_cancelling_what_is_cancelled_already_succeeds_and_changes_nothing(shop: Api) -> None:
    subscription = (await shop.subscribe("acme", "basic"))["id"]
    before = await cancel(shop, subscription)
    await shop.move_to("2026-02-05T00:00:00Z")

    payloads = [await cancel(shop, subscription), await cancel(shop, subscription, atPeriodEnd=True)]

    unchanged: Json = {"subscription": before["subscription"], "change": None, "userErrors": []}
    assert payloads == [unchanged, unchanged]


async def test_cancelling_at_the_period_end_leaves_access_until_then(shop: Api) -> None:
    subscription = (await shop.subscribe("acme", "basic"))["id"]
    await shop.move_to("2026-02-05T00:00:00Z")

    payload = await cancel(shop, subscription, atPeriodEnd=True)

    end = "2026-03-01T00:00:00.000Z"
    pending = {"cancelAt": end, "cancelAtPeriodEnd": True, "canceledAt": "2026-02-05T00:00:00.000Z"}
    assert payload["subscription"] == {"status": "ACTIVE", "endedAt": None, **pending}
    await shop.move_to("2026-02-28T23:59:59.999Z")
    assert await shop.keys("acme") == {"audit"}
    await shop.move_to(end)
    assert await shop.keys("acme") == set()
    ended = await shop.of_node("CustomerSubscription", subscription, SCHEDULE)
    assert ended == {"status": "CANCELED", "endedAt": end, **pending}


@pytest.mark.parametrize("taken_back", [{"cancelAtPeriodEnd": False}, {"cancelAt": None}])
@pytest.mark.parametrize("asked", [{"cancelAtPeriodEnd": True}, {"cancelAt": "2026-02-20T00:00:00Z"}])
async def test_a_cancellation_undone_before_its_time_never_was(shop: Api, asked: Json, taken_back: Json) -> None:
    """Cancelling at period end, undone before it."""
    subscription = (await shop.subscribe("acme", "basic"))["id"]
    await edit(shop, subscription, **asked)

    payload = await edit(shop, subscription, **taken_back)

    assert payload["subscription"] == {"status": "ACTIVE", **NOTHING_PENDING}
    assert await shop.keys("acme", "2027-02-01T00:00:00Z") == {"audit"}


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        ({"cancelAt": "2026-02-01T00:00:00.001Z"}, "cancelAt", "IN_PAST"),
        ({"cancelAt": "2025-02-01T00:00:00Z"}, "cancelAt", "IN_PAST"),
        ({"cancelAtPeriodEnd": None}, "cancelAtPeriodEnd", "BLANK"),
        ({"cancelAt": "2026-03-01T00:00:00Z", "cancelAtPeriodEnd": True}, "cancelAtPeriodEnd", "INVALID"),
        ({"cancelAt": None, "cancelAtPeriodEnd": False}, "cancelAtPeriodEnd", "INVALID"),
    ],
)
async def test_a_cancellation_names_one_instant_that_lies_ahead(shop: Api, given: Json, field: str, code: str) -> None:
    """cancelAt in the past refused. The write's own instant, a millisecond after the one before, isn't ahead."""
    subscription = (await shop.subscribe("acme", "basic"))["id"]

    payload = await shop.try_mutation("updateSubscription", id=subscription, **given)

    assert [(error["field"], error["code"]) for error in payload["userErrors"]] == [(["input", field], code)]
    found = await shop.of_node("CustomerSubscription", subscription, SCHEDULE)
    assert found == {"status": "ACTIVE", **NOTHING_PENDING}


async def test_with_several_intervals_the_period_ends_first_and_the_cancellation_last(shop: Api) -> None:
    """currentPeriodEnd is the earliest; cancelAtPeriodEnd means the latest: it was paid for."""
    items = [item("basic", "MONTH"), item("pro", "YEAR"), item("basic", "WEEK")]
    subscription = (await shop.subscribe("acme", items=items))["id"]

    await edit(shop, subscription, cancelAtPeriodEnd=True)

    found = await shop.of_node("CustomerSubscription", subscription, "currentPeriodEnd cancelAt")
    assert found == {"currentPeriodEnd": "2026-02-08T00:00:00.000Z", "cancelAt": "2027-02-01T00:00:00.000Z"}


async def test_a_cancellation_at_the_period_end_follows_items_and_trial(shop: Api) -> None:
    """cancelAtPeriodEnd, then a yearly item added, then the trial extended."""
    subscription = (await shop.subscribe("acme", "basic", trialEnd="2026-02-15T00:00:00Z"))["id"]
    seen = [(await edit(shop, subscription, cancelAtPeriodEnd=True))["subscription"]["cancelAt"]]

    added = await edit(shop, subscription, items=[{"add": item("pro", "YEAR")}])
    extended = await edit(shop, subscription, trialEnd="2026-02-25T00:00:00Z")
    ended = await edit(shop, subscription, endTrialNow=True)
    seen += [payload["subscription"]["cancelAt"] for payload in (added, extended, ended)]

    # On trial both items' first period ends with it; afterwards the yearly one was paid for a year.
    assert seen == [
        "2026-02-15T00:00:00.000Z",
        "2026-02-15T00:00:00.000Z",
        "2026-02-25T00:00:00.000Z",
        "2027-02-01T00:00:00.004Z",
    ]


async def test_a_cancellation_at_the_period_end_follows_a_trial_left_early(shop: Api) -> None:
    subscription = (await shop.subscribe("acme", "basic", trialEnd="2026-02-15T00:00:00Z"))["id"]
    await edit(shop, subscription, cancelAtPeriodEnd=True)
    await shop.move_to("2026-02-05T00:00:00Z")

    await shop.mutate("setSubscriptionStatus", id=subscription, status="ACTIVE")

    found = await shop.of_node("CustomerSubscription", subscription, SCHEDULE)
    assert (found["cancelAt"], found["cancelAtPeriodEnd"]) == ("2026-03-05T00:00:00.000Z", True)


async def test_a_cancellation_at_the_period_end_is_not_put_off_by_asking_again(shop: Api) -> None:
    subscription = (await shop.subscribe("acme", "basic"))["id"]
    first = await cancel(shop, subscription, atPeriodEnd=True)
    await shop.move_to("2026-02-20T00:00:00Z")

    again = await cancel(shop, subscription, atPeriodEnd=True)

    assert again == {"subscription": first["subscription"], "change": None, "userErrors": []}


@pytest.mark.parametrize("moved", [{"cancelAtPeriodEnd": True}, {"cancelAt": "2026-02-25T00:00:00Z"}])
async def test_a_cancellation_moved_to_another_time_was_asked_for_when_it_first_was(shop: Api, moved: Json) -> None:
    given = {"cancelAt": "2026-02-20T00:00:00Z"}
    subscription = (await shop.subscribe("acme", "basic", **given))["id"]
    await shop.move_to("2026-02-05T00:00:00Z")

    payload = await edit(shop, subscription, **moved)

    assert payload["subscription"]["cancelAt"] > "2026-02-20T00:00:00.000Z"
    assert payload["subscription"]["canceledAt"] == "2026-02-01T00:00:00.000Z"


async def test_a_cancellation_at_an_instant_follows_nothing(shop: Api) -> None:
    subscription = (await shop.subscribe("acme", "basic", cancelAt="2026-02-20T00:00:00Z"))["id"]

    payload = await edit(shop, subscription, items=[{"add": item("pro", "YEAR")}])

    assert payload["subscription"]["cancelAt"] == "2026-02-20T00:00:00.000Z"


async def test_cancelling_now_takes_effect_although_a_later_instant_was_set(shop: Api) -> None:
    subscription = (await shop.subscribe("acme", "basic"))["id"]
    asked = (await cancel(shop, subscription, atPeriodEnd=True))["subscription"]["canceledAt"]
    await shop.move_to("2026-02-05T00:00:00Z")

    payload = await cancel(shop, subscription)

    found = payload["subscription"]
    assert (found["status"], found["endedAt"], found["canceledAt"]) == ("CANCELED", "2026-02-05T00:00:00.000Z", asked)


async def test_a_cancellation_at_the_end_of_the_trial_is_a_cancellation(shop: Api) -> None:
    """cancelAt = trialEnd is CANCELED."""
    end = "2026-02-15T00:00:00.000Z"
    await shop.subscribe("acme", "basic", trialEnd=end, trialEndBehavior="CANCEL", cancelAt=end)
    await shop.move_to(end)

    found = await shop.of_customer("acme", 'entitlement(lookupKey: "audit") { status endReason activeTo }')

    assert found["entitlement"] == {"status": "CANCELED", "endReason": "SUBSCRIPTION_ENDED", "activeTo": end}


async def test_a_cancellation_at_a_period_end_wins_over_what_that_boundary_would_bring(shop: Api) -> None:
    """Cancellation and period end in one instant."""
    await shop.feature("reports")
    await shop.move_to("2026-02-02T00:00:00Z")
    subscription = (await shop.subscribe("acme", "basic"))["id"]
    by = {"product": {"lookupKey": "basic"}, "feature": {"lookupKey": "reports"}}
    await shop.mutate("attachFeature", **by)

    await cancel(shop, subscription, atPeriodEnd=True)

    assert await shop.keys("acme", "2026-03-01T23:59:59.999Z") == {"audit"}
    assert await shop.keys("acme", "2026-03-02T00:00:00Z") == set()
    assert await shop.of_customer("acme", 'entitlement(lookupKey: "reports") { id }') == {"entitlement": None}


async def test_a_subscription_without_items_has_no_period_end_to_cancel_at(shop: Api) -> None:
    subscription = await shop.subscribe("acme", "basic")
    await edit(shop, subscription["id"], items=[{"remove": subscription["items"][0]["id"]}])

    payload = await shop.try_mutation("cancelSubscription", id=subscription["id"], atPeriodEnd=True)

    assert [error["code"] for error in payload["userErrors"]] == ["INVALID"]


@pytest.mark.parametrize(
    "given",
    [
        {"cancelAt": None},
        {"cancelAtPeriodEnd": False},
        {"trialEnd": "2026-03-01T00:00:00Z"},
        {"endTrialNow": True},
        {"items": [{"add": {"product": {"lookupKey": "pro"}}}]},
    ],
)
async def test_a_final_subscription_takes_no_edit(shop: Api, given: Json) -> None:
    subscription = (await shop.subscribe("acme", "basic"))["id"]
    await cancel(shop, subscription)

    edit = {"metadata": {"note": "too late"}, **given}
    payload = await shop.try_mutation("updateSubscription", id=subscription, **edit)

    assert [(error["field"], error["code"]) for error in payload["userErrors"]] == [
        (["input", "id"], "INVALID_TRANSITION")
    ]
    assert await shop.of_node("CustomerSubscription", subscription, "metadata") == {"metadata": {}}


async def test_a_final_subscription_still_takes_metadata(shop: Api) -> None:
    subscription = (await shop.subscribe("acme", "basic"))["id"]
    await cancel(shop, subscription)

    given: Json = {"items": [], "metadata": {"note": "churned"}}
    payload = await shop.mutate("updateSubscription", "subscription { status metadata }", id=subscription, **given)

    assert payload["subscription"] == {"status": "CANCELED", "metadata": {"note": "churned"}}


def item(product: str, interval: str) -> Json:
    """An item to subscribe to."""
    return {"product": {"lookupKey": product}, "interval": interval}


async def cancel(shop: Api, subscription: str, **given: Json) -> Json:
    """The payload of a cancellation that must not be refused."""
    selection = f"subscription {{ {SCHEDULE} }} change {{ revision removed {{ lookupKey }} }}"
    return await shop.mutate("cancelSubscription", selection, id=subscription, **given)


async def edit(shop: Api, subscription: str, **given: Json) -> Json:
    """The payload of an edit that must not be refused."""
    return await shop.mutate("updateSubscription", f"subscription {{ {SCHEDULE} }}", id=subscription, **given)

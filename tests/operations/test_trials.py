"""Trials: how they end by themselves, with no worker running, and how their end is moved."""

import pytest

from tests.operations.api import Api, Json

AFTER = "status trialEnd currentPeriodStart currentPeriodEnd endedAt canceledAt"


@pytest.mark.parametrize(
    ("behavior", "status", "ended_at", "period_end", "entitlement"),
    [
        ("ACTIVATE", "ACTIVE", None, "2026-03-15T00:00:00.000Z", ("ACTIVE", None)),
        ("PAUSE", "PAUSED", None, "2026-03-15T00:00:00.000Z", ("EXPIRED", "TRIAL_ENDED")),
        ("CANCEL", "CANCELED", "2026-02-15T00:00:00.000Z", None, ("EXPIRED", "TRIAL_ENDED")),
    ],
)
async def test_a_trial_ends_as_its_behavior_says_with_no_worker_running(
    shop: Api,
    behavior: str,
    status: str,
    ended_at: str | None,
    period_end: str | None,
    entitlement: tuple[str, str | None],
) -> None:
    given = {"trialEnd": "2026-02-15T00:00:00Z", "trialEndBehavior": behavior}
    subscription = (await shop.subscribe("acme", "basic", **given))["id"]
    await shop.move_to("2026-02-14T23:59:59.999Z")
    on_trial = await shop.of_node("CustomerSubscription", subscription, AFTER)

    await shop.move_to("2026-02-15T00:00:00Z")

    trial_end = "2026-02-15T00:00:00.000Z"
    assert on_trial == {
        "status": "TRIALING",
        "trialEnd": trial_end,
        "currentPeriodStart": "2026-02-01T00:00:00.000Z",
        "currentPeriodEnd": trial_end,
        "endedAt": None,
        "canceledAt": None,
    }
    assert await shop.of_node("CustomerSubscription", subscription, AFTER) == {
        "status": status,
        "trialEnd": trial_end,
        "currentPeriodStart": period_end and trial_end,
        "currentPeriodEnd": period_end,
        "endedAt": ended_at,
        "canceledAt": None,
    }
    found = await shop.of_customer("acme", 'entitlement(lookupKey: "audit") { status endReason }')
    assert (found["entitlement"]["status"], found["entitlement"]["endReason"]) == entitlement


async def test_a_subscription_paused_by_its_trial_keeps_its_anchor_when_it_is_resumed(shop: Api) -> None:
    given = {"trialEnd": "2026-02-15T00:00:00Z", "trialEndBehavior": "PAUSE"}
    subscription = (await shop.subscribe("acme", "basic", **given))["id"]
    await shop.move_to("2026-02-20T00:00:00Z")

    await shop.mutate("setSubscriptionStatus", id=subscription, status="ACTIVE")

    found = await shop.of_node("CustomerSubscription", subscription, "status currentPeriodEnd")
    assert found == {"status": "ACTIVE", "currentPeriodEnd": "2026-03-15T00:00:00.000Z"}
    assert await shop.keys("acme") == {"audit"}


@pytest.mark.parametrize("end", ["2026-02-27T00:00:00.000Z", "2026-02-05T00:00:00.000Z"])
async def test_a_trial_is_extended_or_shortened_and_access_with_it(shop: Api, end: str) -> None:
    subscription = await trial(shop, "CANCEL")

    payload = await edit(shop, subscription, trialEnd=end)

    assert payload["subscription"] == {"status": "TRIALING", "trialEnd": end, "currentPeriodEnd": end}
    assert payload["change"] == {"revision": 2, "changed": [{"lookupKey": "audit", "activeTo": end}]}


async def test_a_trial_ended_now_ends_in_the_instant_of_the_write(shop: Api) -> None:
    subscription = await trial(shop, "ACTIVATE")
    await shop.move_to("2026-02-03T00:00:00Z")

    payload = await edit(shop, subscription, endTrialNow=True)

    now, period_end = "2026-02-03T00:00:00.000Z", "2026-03-03T00:00:00.000Z"
    assert payload["subscription"] == {"status": "ACTIVE", "trialEnd": now, "currentPeriodEnd": period_end}
    assert payload["change"] is None


async def test_a_trial_ended_now_ends_as_its_behavior_says(shop: Api) -> None:
    subscription = await trial(shop, "CANCEL")
    await shop.move_to("2026-02-03T00:00:00Z")

    payload = await edit(shop, subscription, endTrialNow=True)

    assert payload["subscription"]["status"] == "CANCELED"
    assert payload["change"] == {"revision": 2, "changed": []}
    assert await shop.keys("acme") == set()


async def test_the_end_of_a_trial_starts_a_period_and_brings_what_was_attached_during_it(shop: Api) -> None:
    await shop.feature("reports")
    await trial(shop, "ACTIVATE")
    await shop.move_to("2026-02-02T00:00:00Z")
    by = {"product": {"lookupKey": "basic"}, "feature": {"lookupKey": "reports"}}
    await shop.mutate("attachFeature", **by)

    assert await shop.keys("acme") == {"audit"}
    assert await shop.keys("acme", "2026-02-14T23:59:59.999Z") == {"audit"}
    assert await shop.keys("acme", "2026-02-15T00:00:00Z") == {"audit", "reports"}


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        ({"trialEnd": "2026-02-01T00:00:00Z"}, "trialEnd", "IN_PAST"),
        ({"trialEnd": "2025-02-01T00:00:00Z"}, "trialEnd", "IN_PAST"),
        ({"trialEnd": None}, "trialEnd", "BLANK"),
        ({"trialEnd": "2026-03-01T00:00:00Z", "endTrialNow": True}, "endTrialNow", "INVALID"),
        ({"trialEnd": None, "endTrialNow": True}, "endTrialNow", "INVALID"),
    ],
)
async def test_a_trial_takes_one_end_that_lies_ahead(shop: Api, given: Json, field: str, code: str) -> None:
    subscription = await trial(shop, "ACTIVATE")

    payload = await shop.try_mutation("updateSubscription", "subscription { id }", id=subscription, **given)

    assert [(error["field"], error["code"]) for error in payload["userErrors"]] == [(["input", field], code)]
    found = await shop.of_node("CustomerSubscription", subscription, "status trialEnd")
    assert found == {"status": "TRIALING", "trialEnd": "2026-02-15T00:00:00.000Z"}


@pytest.mark.parametrize("given", [{"trialEnd": "2026-04-01T00:00:00Z"}, {"trialEnd": None}, {"endTrialNow": True}])
async def test_a_trial_that_is_over_takes_no_other_end(shop: Api, given: Json) -> None:
    """trialEnd set after the trial ended (refused)."""
    subscription = await trial(shop, "ACTIVATE")
    await shop.move_to("2026-02-15T00:00:00Z")

    payload = await shop.try_mutation("updateSubscription", "subscription { id }", id=subscription, **given)

    [field] = given
    assert [(each["field"], each["code"]) for each in payload["userErrors"]] == [
        (["input", field], "INVALID_TRANSITION")
    ]


async def test_an_incomplete_subscription_may_get_move_and_lose_a_trial(shop: Api) -> None:
    subscription = (await shop.subscribe("acme", "basic", incomplete=True))["id"]
    ends: list[Json] = ["2026-02-10T00:00:00.000Z", "2026-02-20T00:00:00.000Z", None]

    found = [(await edit(shop, subscription, trialEnd=end))["subscription"]["trialEnd"] for end in ends]

    assert found == ends


async def test_a_trial_that_is_not_there_cannot_be_ended_now(shop: Api) -> None:
    subscription = (await shop.subscribe("acme", "basic", incomplete=True))["id"]

    payload = await shop.try_mutation("updateSubscription", id=subscription, endTrialNow=True)

    assert [(each["field"], each["code"]) for each in payload["userErrors"]] == [
        (["input", "endTrialNow"], "INVALID_TRANSITION")
    ]


async def test_a_trial_that_passes_before_the_first_payment_is_the_anchor_all_the_same(shop: Api) -> None:
    """Incomplete with a trialEnd that passes first."""
    given = {"incomplete": True, "trialEnd": "2026-02-01T06:00:00Z"}
    subscription = (await shop.subscribe("acme", "basic", **given))["id"]
    await shop.move_to("2026-02-01T12:00:00Z")

    await shop.mutate("setSubscriptionStatus", id=subscription, status="ACTIVE")

    found = await shop.of_node("CustomerSubscription", subscription, "status currentPeriodStart currentPeriodEnd")
    assert found == {
        "status": "ACTIVE",
        "currentPeriodStart": "2026-02-01T06:00:00.000Z",
        "currentPeriodEnd": "2026-03-01T06:00:00.000Z",
    }


async def test_an_incomplete_subscription_that_is_paid_goes_on_trial(shop: Api) -> None:
    given = {"incomplete": True, "trialEnd": "2026-02-15T00:00:00Z"}
    subscription = (await shop.subscribe("acme", "basic", **given))["id"]

    await shop.mutate("setSubscriptionStatus", id=subscription, status="TRIALING")

    found = await shop.of_node("CustomerSubscription", subscription, "status trialEnd")
    assert found == {"status": "TRIALING", "trialEnd": "2026-02-15T00:00:00.000Z"}
    assert await shop.keys("acme") == {"audit"}


async def trial(shop: Api, behavior: str) -> str:
    """The id of a new subscription of acme to basic, on trial for two weeks."""
    given = {"trialEnd": "2026-02-15T00:00:00Z", "trialEndBehavior": behavior}
    return (await shop.subscribe("acme", "basic", **given))["id"]


async def edit(shop: Api, subscription: str, **given: Json) -> Json:
    """The payload of an edit that must not be refused."""
    selection = "subscription { status trialEnd currentPeriodEnd } change { revision changed { lookupKey activeTo } }"
    return await shop.mutate("updateSubscription", selection, id=subscription, **given)

"""What billing may report of a subscription, and what the report does to access."""

import pytest

from tests.operations.api import Api, Json

MOVES = {
    "INCOMPLETE": {"ACTIVE", "TRIALING", "INCOMPLETE_EXPIRED", "CANCELED"},
    "TRIALING": {"ACTIVE", "PAST_DUE", "PAUSED", "CANCELED"},
    "ACTIVE": {"PAST_DUE", "UNPAID", "PAUSED", "CANCELED"},
    "PAST_DUE": {"ACTIVE", "UNPAID", "CANCELED"},
    "UNPAID": {"ACTIVE", "CANCELED"},
    "PAUSED": {"ACTIVE", "CANCELED"},
    "CANCELED": set[str](),
    "INCOMPLETE_EXPIRED": set[str](),
}
ENTITLING = {"TRIALING", "ACTIVE", "PAST_DUE"}


@pytest.mark.parametrize("to", MOVES)
@pytest.mark.parametrize("status", MOVES)
async def test_a_status_moves_where_the_table_allows_and_nowhere_else(shop: Api, status: str, to: str) -> None:
    """kept while trialing, active, past_due; revoked on cancellation; unpaid and paused do not entitle"""
    subscription = await stand(shop, status)

    payload = await report(shop, subscription, to)

    is_allowed = to == status or to in MOVES[status]
    refusal = {"field": ["input", "status"], "code": "INVALID_TRANSITION", "existing": None}
    refusal["message"] = f"A subscription that is {status} can't become {to}."
    assert payload["userErrors"] == ([] if is_allowed else [refusal])
    now = to if is_allowed else status
    assert await shop.of_node("CustomerSubscription", subscription, "status") == {"status": now}
    assert await shop.keys("acme") == ({"audit", "sso"} if now in ENTITLING else set())


async def test_a_status_reported_twice_records_nothing(shop: Api) -> None:
    subscription = (await shop.subscribe("acme", "pro"))["id"]
    await shop.move_to("2026-02-02T00:00:00Z")
    await report(shop, subscription, "PAST_DUE")

    again = await report(shop, subscription, "PAST_DUE")

    assert again == {"subscription": {"status": "PAST_DUE", "endedAt": None}, "change": None, "userErrors": []}
    # A frozen clock ticks with every write, and so shows how many there were.
    assert (await report(shop, subscription, "CANCELED"))["subscription"]["endedAt"] == "2026-02-02T00:00:00.001Z"


async def test_a_status_reported_after_cancel_at_passed_is_refused(shop: Api) -> None:
    subscription = (await shop.subscribe("acme", "pro", cancelAt="2026-02-10T00:00:00Z"))["id"]
    await shop.move_to("2026-02-10T00:00:00Z")

    refused = await report(shop, subscription, "PAST_DUE")
    agreed = await report(shop, subscription, "CANCELED")

    assert [error["code"] for error in refused["userErrors"]] == ["INVALID_TRANSITION"]
    assert refused["subscription"] is None
    assert agreed["subscription"] == {"status": "CANCELED", "endedAt": "2026-02-10T00:00:00.000Z"}


async def test_a_trial_that_converted_by_itself_is_judged_as_active(shop: Api) -> None:
    """Recorded TRIALING, effective ACTIVE, now UNPAID."""
    subscription = (await shop.subscribe("acme", "pro", trialEnd="2026-02-08T00:00:00Z"))["id"]
    await shop.move_to("2026-02-09T00:00:00Z")

    payload = await report(shop, subscription, "UNPAID")

    assert payload["subscription"]["status"] == "UNPAID"
    found = await shop.of_node("CustomerSubscription", subscription, "trialEnd currentPeriodStart currentPeriodEnd")
    assert found == {
        "trialEnd": "2026-02-08T00:00:00.000Z",
        "currentPeriodStart": "2026-02-08T00:00:00.000Z",
        "currentPeriodEnd": "2026-03-08T00:00:00.000Z",
    }


@pytest.mark.parametrize(
    ("to", "trial_end", "period"),
    [
        ("ACTIVE", "2026-02-05T00:00:00.000Z", ("2026-02-05T00:00:00.000Z", "2026-03-05T00:00:00.000Z")),
        ("PAST_DUE", "2026-02-05T00:00:00.000Z", ("2026-02-05T00:00:00.000Z", "2026-03-05T00:00:00.000Z")),
        ("PAUSED", "2026-02-05T00:00:00.000Z", ("2026-02-05T00:00:00.000Z", "2026-03-05T00:00:00.000Z")),
        ("CANCELED", "2026-02-05T00:00:00.000Z", (None, None)),
    ],
)
async def test_a_trial_left_early_ends_there_and_the_next_period_starts(
    shop: Api, to: str, trial_end: str, period: tuple[str | None, str | None]
) -> None:
    """a trial left early by ACTIVE, PAUSED, CANCELED: where the next period starts"""
    subscription = (await shop.subscribe("acme", "pro", trialEnd="2026-02-20T00:00:00Z"))["id"]
    await shop.move_to("2026-02-05T00:00:00Z")

    await report(shop, subscription, to)

    found = await shop.of_node("CustomerSubscription", subscription, "trialEnd currentPeriodStart currentPeriodEnd")
    assert (found["trialEnd"], found["currentPeriodStart"], found["currentPeriodEnd"]) == (trial_end, *period)


async def test_past_due_and_back_loses_nothing(shop: Api) -> None:
    subscription = (await shop.subscribe("acme", "pro"))["id"]

    changes = [(await report(shop, subscription, status))["change"] for status in ("PAST_DUE", "ACTIVE")]

    assert changes == [None, None]
    assert await shop.of_customer("acme", "revision") == {"revision": 1}


async def test_unpaid_and_back_takes_a_fresh_snapshot(shop: Api) -> None:
    await shop.feature("reports")
    subscription = (await shop.subscribe("acme", "pro"))["id"]
    await shop.move_to("2026-02-05T00:00:00Z")
    await attach(shop, "pro", "reports")
    await report(shop, subscription, "PAST_DUE")
    await report(shop, subscription, "ACTIVE")
    entitled_throughout = await shop.keys("acme")

    await report(shop, subscription, "UNPAID")
    unpaid = await shop.keys("acme")
    await report(shop, subscription, "ACTIVE")

    assert (entitled_throughout, unpaid) == ({"audit", "sso"}, set())
    assert await shop.keys("acme") == {"audit", "sso", "reports"}


async def test_paused_and_resumed_twice_in_a_day_gives_and_takes_access_each_time(shop: Api) -> None:
    subscription = (await shop.subscribe("acme", "basic"))["id"]
    seen: list[tuple[bool, int]] = []

    for hour, status in enumerate(("PAUSED", "ACTIVE", "PAUSED", "ACTIVE"), start=1):
        await shop.move_to(f"2026-02-01T{hour:02}:00:00Z")
        await report(shop, subscription, status)
        found = await shop.of_customer("acme", 'hasAccess(lookupKey: "audit") revision')
        seen.append((found["hasAccess"], found["revision"]))

    assert seen == [(False, 2), (True, 3), (False, 4), (True, 5)]
    period = await shop.of_node("CustomerSubscription", subscription, "currentPeriodStart")
    assert period == {"currentPeriodStart": "2026-02-01T00:00:00.000Z"}


async def test_an_incomplete_subscription_gives_access_once_it_is_paid(shop: Api) -> None:
    subscription = (await shop.subscribe("acme", "basic", incomplete=True))["id"]
    await shop.move_to("2026-02-01T22:59:59.999Z")

    payload = await report(shop, subscription, "ACTIVE")

    assert payload["subscription"]["status"] == "ACTIVE"
    found = await shop.of_customer("acme", "entitlements { nodes { activeFrom activeTo } }")
    assert found["entitlements"]["nodes"] == [{"activeFrom": "2026-02-01T22:59:59.999Z", "activeTo": None}]


async def test_a_first_payment_is_given_up_after_23_hours_counted_from_the_write(shop: Api) -> None:
    """Incomplete with startedAt three days ago."""
    given = {"incomplete": True, "startedAt": "2026-01-29T00:00:00Z"}
    subscription = (await shop.subscribe("acme", "basic", **given))["id"]
    await shop.move_to("2026-02-01T22:59:59.999Z")
    before = await shop.of_node("CustomerSubscription", subscription, "status endedAt")

    await shop.move_to("2026-02-01T23:00:00Z")

    assert before == {"status": "INCOMPLETE", "endedAt": None}
    after = await shop.of_node("CustomerSubscription", subscription, "status endedAt currentPeriodEnd")
    ended_at = "2026-02-01T23:00:00.000Z"
    assert after == {"status": "INCOMPLETE_EXPIRED", "endedAt": ended_at, "currentPeriodEnd": None}
    [error] = (await report(shop, subscription, "ACTIVE"))["userErrors"]
    assert error["code"] == "INVALID_TRANSITION"


@pytest.mark.parametrize("trial_end", [None, "2026-02-01T06:00:00Z"])
async def test_an_incomplete_subscription_without_a_trial_ahead_cannot_become_trialing(
    shop: Api, trial_end: str | None
) -> None:
    """Incomplete with a trialEnd that passes first."""
    subscription = (await shop.subscribe("acme", "basic", incomplete=True, trialEnd=trial_end))["id"]
    await shop.move_to("2026-02-01T06:00:00Z")

    [error] = (await report(shop, subscription, "TRIALING"))["userErrors"]

    assert (error["field"], error["code"]) == (["input", "status"], "INVALID_TRANSITION")
    assert (await report(shop, subscription, "ACTIVE"))["subscription"]["status"] == "ACTIVE"


async def test_a_report_on_an_unknown_subscription_is_not_found(shop: Api) -> None:
    [error] = (await report(shop, "sub_unknown", "ACTIVE"))["userErrors"]

    assert (error["field"], error["code"]) == (["input", "id"], "NOT_FOUND")


async def stand(shop: Api, status: str) -> str:
    """The id of a new subscription of acme to pro that is in a status."""
    given: dict[str, Json] = {}
    if status in {"INCOMPLETE", "INCOMPLETE_EXPIRED"}:
        given = {"incomplete": True, "trialEnd": "2026-03-01T00:00:00Z"}
    elif status == "TRIALING":
        given = {"trialEnd": "2026-03-01T00:00:00Z"}
    subscription = await shop.subscribe("acme", "pro", **given)
    if subscription["status"] != status:
        assert (await report(shop, subscription["id"], status))["userErrors"] == []
    return subscription["id"]


async def report(shop: Api, subscription: str, status: str) -> Json:
    """What billing says, and the payload it is answered with."""
    selection = "subscription { status endedAt } change { revision }"
    return await shop.try_mutation("setSubscriptionStatus", selection, id=subscription, status=status)


async def attach(shop: Api, product: str, feature: str) -> None:
    """Attaches a feature so that it arrives with the next snapshot."""
    by = {"product": {"lookupKey": product}, "feature": {"lookupKey": feature}}
    await shop.mutate("attachFeature", "productFeature { id }", **by)

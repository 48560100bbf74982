"""New subscriptions: what they show, when access begins, and where their periods lie."""

import pytest

from tests.operations.api import Api, Json

EVERYTHING = """
    id customer { externalId } status items { id } startedAt trialEnd trialEndBehavior currentPeriodStart
    currentPeriodEnd cancelAt cancelAtPeriodEnd canceledAt endedAt metadata livemode createdAt
"""
MIDNIGHT = "2026-02-01T00:00:00.000Z"


async def test_a_subscription_shows_what_was_asked_for(shop: Api) -> None:
    given: Json = {
        "customer": {"externalId": "acme"},
        "items": [{"product": {"lookupKey": "pro"}, "quantity": 3, "interval": "MONTH", "intervalCount": 2}],
        "startedAt": "2026-01-31T12:00:00+02:00",
        "trialEnd": "2026-02-14T00:00:00Z",
        "trialEndBehavior": "PAUSE",
        "cancelAt": "2026-06-01T00:00:00Z",
        "metadata": {"seats": "3"},
    }

    payload = await shop.mutate("createSubscription", f"subscription {{ {EVERYTHING} }}", **given)

    found = payload["subscription"]
    [item] = found["items"]
    assert found == {
        "id": found["id"],
        "customer": {"externalId": "acme"},
        "status": "TRIALING",
        "items": [item],
        "startedAt": "2026-01-31T10:00:00.000Z",
        "trialEnd": "2026-02-14T00:00:00.000Z",
        "trialEndBehavior": "PAUSE",
        "currentPeriodStart": "2026-01-31T10:00:00.000Z",
        "currentPeriodEnd": "2026-02-14T00:00:00.000Z",
        "cancelAt": "2026-06-01T00:00:00.000Z",
        "cancelAtPeriodEnd": False,
        "canceledAt": MIDNIGHT,
        "endedAt": None,
        "metadata": {"seats": "3"},
        "livemode": False,
        "createdAt": MIDNIGHT,
    }
    assert await shop.of_node("CustomerSubscription", found["id"], EVERYTHING) == found
    selection = "subscription { id } product { lookupKey } quantity interval intervalCount addedAt removedAt livemode"
    assert await shop.of_node("SubscriptionItem", item["id"], selection) == {
        "subscription": {"id": found["id"]},
        "product": {"lookupKey": "pro"},
        "quantity": 3,
        "interval": "MONTH",
        "intervalCount": 2,
        "addedAt": MIDNIGHT,
        "removedAt": None,
        "livemode": False,
    }


async def test_a_subscription_shows_the_defaults_of_what_was_not_asked_for(shop: Api) -> None:
    subscription = (await shop.subscribe("acme", "basic"))["id"]

    found = await shop.of_node("CustomerSubscription", subscription, EVERYTHING)

    del found["id"], found["items"], found["customer"]
    assert found == {
        "status": "ACTIVE",
        "startedAt": MIDNIGHT,
        "trialEnd": None,
        "trialEndBehavior": None,
        "currentPeriodStart": MIDNIGHT,
        "currentPeriodEnd": "2026-03-01T00:00:00.000Z",
        "cancelAt": None,
        "cancelAtPeriodEnd": False,
        "canceledAt": None,
        "endedAt": None,
        "metadata": {},
        "livemode": False,
        "createdAt": MIDNIGHT,
    }


async def test_a_backdated_start_places_periods_and_gives_no_past_access(shop: Api) -> None:
    """A backdated start with a feature attached since: has it at once, and `at` before the write: no."""
    await shop.move_to("2026-02-10T00:00:00Z")

    subscription = await shop.subscribe("acme", "basic", startedAt="2026-01-05T00:00:00Z")

    # The feature was attached on 15 January, within the first period.
    assert await shop.keys("acme") == {"audit"}
    assert await shop.keys("acme", "2026-02-09T23:59:59.999Z") == set()
    assert subscription["currentPeriodEnd"] == "2026-03-05T00:00:00.000Z"


async def test_a_start_in_the_future_is_refused(shop: Api) -> None:
    by = {"customer": {"externalId": "acme"}, "items": [{"product": {"lookupKey": "basic"}}]}

    ahead = await shop.try_mutation("createSubscription", startedAt="2026-02-01T00:00:00.001Z", **by)
    now = await shop.try_mutation("createSubscription", startedAt=MIDNIGHT, **by)

    assert [(error["field"], error["code"]) for error in ahead["userErrors"]] == [(["input", "startedAt"], "INVALID")]
    assert now["userErrors"] == []


@pytest.mark.parametrize(
    ("started_at", "interval", "ends"),
    [
        ("2026-01-31T09:00:00Z", "MONTH", ["2026-02-28T09", "2026-03-31T09", "2026-04-30T09", "2026-05-31T09"]),
        ("2026-01-30T00:00:00Z", "MONTH", ["2026-02-28T00", "2026-03-30T00", "2026-04-30T00", "2026-05-30T00"]),
        ("2026-01-29T00:00:00Z", "MONTH", ["2026-02-28T00", "2026-03-29T00", "2026-04-29T00", "2026-05-29T00"]),
        ("2024-02-29T00:00:00Z", "YEAR", ["2026-02-28T00", "2027-02-28T00", "2028-02-29T00", "2029-02-28T00"]),
        ("2025-12-31T00:00:00Z", "MONTH", ["2026-02-28T00", "2026-03-31T00", "2026-04-30T00", "2026-05-31T00"]),
        # Month-end anchors given at 23:30-05:00: UTC decides, and there it is the 1st.
        ("2025-12-31T23:30:00-05:00", "YEAR", ["2027-01-01T04", "2028-01-01T04", "2029-01-01T04"]),
        # A summer-time offset stays an offset: no hour is lost when clocks change.
        ("2025-09-30T02:00:00+02:00", "MONTH", ["2026-02-28T00", "2026-03-30T00", "2026-04-30T00"]),
    ],
)
async def test_periods_are_counted_from_the_anchor_and_clamped_to_the_month(
    shop: Api, started_at: str, interval: str, ends: list[str]
) -> None:
    """Anchors on the 29th, 30th, 31st; leap day; year's end; input with a summer-time offset."""
    items = [{"product": {"lookupKey": "basic"}, "interval": interval}]
    subscription = (await shop.subscribe("acme", items=items, startedAt=started_at))["id"]
    seen: list[str] = []

    for _ in ends:
        found = await shop.of_node("CustomerSubscription", subscription, "currentPeriodEnd")
        seen.append(found["currentPeriodEnd"])
        await shop.move_to(found["currentPeriodEnd"])

    assert [end[:13] for end in seen] == ends


async def test_there_is_no_boundary_past_year_9999(shop: Api) -> None:
    """A boundary past year 9999: the last period is open."""
    subscription = (await shop.subscribe("acme", "basic"))["id"]
    await shop.move_to("9999-12-31T00:00:00Z")

    found = await shop.of_node("CustomerSubscription", subscription, "currentPeriodStart currentPeriodEnd")

    assert found == {"currentPeriodStart": "9999-12-01T00:00:00.000Z", "currentPeriodEnd": None}
    assert await shop.keys("acme") == {"audit"}


@pytest.mark.parametrize(
    ("incomplete", "trial_end", "status", "keys"),
    [
        (False, None, "ACTIVE", {"audit"}),
        (False, "2026-02-15T00:00:00Z", "TRIALING", {"audit"}),
        (True, None, "INCOMPLETE", set[str]()),
        (True, "2026-02-15T00:00:00Z", "INCOMPLETE", set[str]()),
    ],
)
async def test_a_subscription_begins_in_the_status_its_input_says(
    shop: Api, incomplete: bool, trial_end: str | None, status: str, keys: set[str]
) -> None:
    subscription = await shop.subscribe("acme", "basic", incomplete=incomplete, trialEnd=trial_end)

    assert subscription["status"] == status
    assert await shop.keys("acme") == keys


async def test_subscriptions_are_listed_newest_first_and_by_their_status_now(shop: Api) -> None:
    trial = (await shop.subscribe("acme", "basic", trialEnd="2026-02-15T00:00:00Z"))["id"]
    active = (await shop.subscribe("acme", "basic"))["id"]
    ending = (await shop.subscribe("acme", "basic", cancelAt="2026-02-20T00:00:00Z"))["id"]
    await shop.move_to("2026-03-01T00:00:00Z")

    async def listed(only: str) -> list[str]:
        found = await shop.of_customer("acme", f"subscriptions{only} {{ nodes {{ id }} }}")
        return [each["id"] for each in found["subscriptions"]["nodes"]]

    assert await listed("") == [ending, active, trial]
    assert await listed("(status: [ACTIVE, TRIALING])") == [active, trial]
    assert await listed("(status: [CANCELED])") == [ending]
    assert await listed("(status: [])") == []


async def test_a_subscription_of_a_deleted_customer_is_unknown(shop: Api) -> None:
    subscription = await shop.subscribe("acme", "basic")
    await shop.mutate("deleteCustomer", customer={"externalId": "acme"})

    edits = [
        await shop.try_mutation("updateSubscription", id=subscription["id"], metadata={"a": "b"}),
        await shop.try_mutation("setSubscriptionStatus", id=subscription["id"], status="PAST_DUE"),
        await shop.try_mutation("cancelSubscription", id=subscription["id"]),
    ]

    assert [(error["field"], error["code"]) for edit in edits for error in edit["userErrors"]] == [
        (["input", "id"], "NOT_FOUND")
    ] * 3
    item = subscription["items"][0]["id"]
    document = "query Q($id: ID!, $item: ID!) { subscription(id: $id) { id } item: node(id: $item) { id } }"
    assert await shop.run(document, id=subscription["id"], item=item) == {"subscription": None, "item": None}

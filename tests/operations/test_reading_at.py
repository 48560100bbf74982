"""Reading at an instant: the past doesn't change, the future is a projection, and now is one of them."""

import pytest

from tests.operations.api import Api, Json

MIDNIGHT, YESTERDAY = "2026-02-01T00:00:00.000Z", "2026-02-04T00:00:00.000Z"
STATE = "status hasAccess activeFrom activeTo endReason nextChangeAt"


async def test_yesterday_reads_the_same_access_before_and_after_a_cancellation(shop: Api) -> None:
    """`at` of yesterday asked before and after a cancellation: hasAccess equal, activeTo not."""
    subscription = (await shop.subscribe("acme", "basic"))["id"]
    await shop.move_to("2026-02-05T00:00:00Z")
    before = await snapshot(shop, YESTERDAY)

    await shop.mutate("cancelSubscription", id=subscription)

    open_end: Json = {"activeTo": None, "endReason": None, "nextChangeAt": None}
    assert before == {"status": "ACTIVE", "hasAccess": True, "activeFrom": MIDNIGHT, **open_end}
    now = "2026-02-05T00:00:00.000Z"
    ended = {"activeTo": now, "endReason": "SUBSCRIPTION_ENDED", "nextChangeAt": now}
    assert await snapshot(shop, YESTERDAY) == {**before, **ended}


async def test_access_holds_from_active_from_until_before_active_to(shop: Api) -> None:
    """at = activeFrom: yes; at = activeTo: no; before the customer existed: no access, no error."""
    start, end = "2026-02-10T00:00:00.000Z", "2026-02-20T00:00:00.000Z"
    await give(shop, activeFrom=start, activeTo=end)
    instants = ["0001-01-01T00:00:00Z", "2026-02-09T23:59:59.999Z", start, "2026-02-19T23:59:59.999Z", end]

    seen = [await has_access(shop, at) for at in [*instants, "9999-12-31T23:59:59.999Z"]]

    assert seen == [False, False, True, True, False, False]


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-02-10T00:00:00Z", True),
        ("2026-02-10T05:30:00+05:30", True),
        ("2026-02-10T05:29:59.999+05:30", False),
        ("2026-02-09t19:00:00-05:00", True),
        # Microseconds are cut: these are still the millisecond before.
        ("2026-02-09T23:59:59.999999Z", False),
    ],
)
async def test_an_instant_is_the_same_in_every_offset(shop: Api, at: str, expected: bool) -> None:
    """`at` with Z, with +05:30; microseconds in `at` are cut to milliseconds."""
    await give(shop, activeFrom="2026-02-10T00:00:00Z")

    assert await has_access(shop, at) is expected


async def test_an_active_from_sent_back_as_at_is_inside(shop: Api) -> None:
    subscription = (await shop.subscribe("acme", "basic"))["id"]
    await shop.mutate("setSubscriptionStatus", id=subscription, status="PAUSED")
    await shop.mutate("setSubscriptionStatus", id=subscription, status="ACTIVE")
    found = (await shop.of_customer("acme", 'entitlement(lookupKey: "audit") { activeFrom }'))["entitlement"]

    assert found == {"activeFrom": "2026-02-01T00:00:00.002Z"}
    assert await has_access(shop, found["activeFrom"])


async def test_the_far_future_is_a_projection_of_the_facts_of_today(shop: Api) -> None:
    await shop.feature("reports")
    await shop.move_to("2026-02-02T00:00:00Z")
    subscription = (await shop.subscribe("acme", "basic"))["id"]
    by = {"product": {"lookupKey": "basic"}, "feature": {"lookupKey": "reports"}}
    await shop.mutate("attachFeature", **by)
    before = await shop.keys("acme", "2036-01-01T00:00:00Z")

    await shop.mutate("cancelSubscription", id=subscription, atPeriodEnd=True)

    assert before == {"audit", "reports"}
    assert await shop.keys("acme", "2036-01-01T00:00:00Z") == set()


async def test_now_and_the_instant_that_is_now_read_alike(shop: Api) -> None:
    await shop.subscribe("acme", "pro")
    await shop.move_to("2026-02-05T00:00:00Z")

    selection = f"nodes {{ lookupKey {STATE} }} totalCount"
    found = await shop.of_customer(
        "acme",
        f"""
        entitlements {{ {selection} }} entitlementsAt(at: "2026-02-05T00:00:00Z") {{ {selection} }}
        access(lookupKeys: ["sso"]) {{ hasAccess reason activeTo nextChangeAt }}
        at: access(lookupKeys: ["sso"], at: "2026-02-05T00:00:00Z") {{ hasAccess reason activeTo nextChangeAt }}
        hasAccess(lookupKey: "sso") alike: hasAccess(lookupKey: "sso", at: null)
        """,
    )

    assert found["entitlements"] == found["entitlementsAt"]
    assert found["access"] == found["at"]
    assert (found["hasAccess"], found["alike"]) == (True, True)


async def test_a_snapshot_speaks_of_its_instant_and_its_entitlement_of_now(shop: Api) -> None:
    await give(shop, activeTo="2026-02-10T00:00:00Z")
    await shop.move_to("2026-02-10T00:00:00Z")

    found = await shop.of_customer(
        "acme",
        f"""
        entitlement(lookupKey: "sso") {{
            id status at(instant: "2026-02-05T02:00:00+02:00") {{ id at {STATE} entitlement {{ id status }} }}
        }}
        entitlementsAt(at: "2026-02-05T00:00:00Z") {{ nodes {{ id customer {{ nextChangeAt }} }} }}
        """,
    )

    now = found["entitlement"]
    assert now["at"] == {
        "id": f"{now['id']}_2026-02-05T00:00:00.000Z",
        "at": "2026-02-05T00:00:00.000Z",
        "status": "ACTIVE",
        "hasAccess": True,
        "activeFrom": MIDNIGHT,
        "activeTo": "2026-02-10T00:00:00.000Z",
        "endReason": "GRANT_ENDED",
        "nextChangeAt": "2026-02-10T00:00:00.000Z",
        "entitlement": {"id": now["id"], "status": "EXPIRED"},
    }
    # No field below depends on the argument above it: the customer is as of now.
    assert found["entitlementsAt"]["nodes"] == [{"id": now["at"]["id"], "customer": {"nextChangeAt": None}}]


@pytest.mark.parametrize(
    ("at", "status", "active_from", "next_change_at"),
    [
        ("2026-02-01T00:00:00.000Z", "SCHEDULED", "2026-02-02T00:00:00.000Z", "2026-02-02T00:00:00.000Z"),
        ("2026-02-03T00:00:00.000Z", "ACTIVE", "2026-02-02T00:00:00.000Z", "2026-02-04T00:00:00.000Z"),
        # In the gap the stretch to come shows, not the one that is over.
        ("2026-02-05T00:00:00.000Z", "SCHEDULED", "2026-02-06T00:00:00.000Z", "2026-02-06T00:00:00.000Z"),
        ("2026-02-07T00:00:00.000Z", "ACTIVE", "2026-02-06T00:00:00.000Z", "2026-02-08T00:00:00.000Z"),
        ("2026-02-09T00:00:00.000Z", "EXPIRED", "2026-02-06T00:00:00.000Z", None),
    ],
)
async def test_an_instant_shows_the_stretch_that_holds_it_else_the_next_else_the_last(
    shop: Api, at: str, status: str, active_from: str, next_change_at: str | None
) -> None:
    await give(shop, activeFrom="2026-02-02T00:00:00Z", activeTo="2026-02-04T00:00:00Z")
    await give(shop, activeFrom="2026-02-06T00:00:00Z", activeTo="2026-02-08T00:00:00Z")

    statuses = "[SCHEDULED, ACTIVE, CANCELED, EXPIRED]"
    asked = f'entitlementsAt(at: "{at}", status: {statuses}) {{ nodes {{ status activeFrom nextChangeAt }} }}'
    found = await shop.of_customer("acme", asked)

    assert found["entitlementsAt"]["nodes"] == [
        {"status": status, "activeFrom": active_from, "nextChangeAt": next_change_at}
    ]


async def test_a_customers_next_change_is_the_first_instant_at_which_the_set_changes(shop: Api) -> None:
    """Not one at which a source ends beside another, and not one that is over."""
    await shop.subscribe("acme", "basic")
    by = {"customer": {"externalId": "acme"}, "feature": {"lookupKey": "audit"}}
    await shop.mutate("grantEntitlement", **by, activeTo="2026-02-03T00:00:00Z")
    await give(shop, activeFrom="2026-02-10T00:00:00Z", activeTo="2026-02-20T00:00:00Z")
    seen: list[str | None] = []

    for day in (1, 9, 10, 19, 20):
        await shop.move_to(f"2026-02-{day:02}T12:00:00Z")
        seen.append((await shop.of_customer("acme", "nextChangeAt"))["nextChangeAt"])

    start, end = "2026-02-10T00:00:00.000Z", "2026-02-20T00:00:00.000Z"
    assert seen == [start, start, end, end, None]


async def give(shop: Api, **given: Json) -> None:
    """Grants sso to acme."""
    await shop.mutate("grantEntitlement", customer={"externalId": "acme"}, feature={"lookupKey": "sso"}, **given)


async def has_access(shop: Api, at: str) -> bool:
    """Whether acme may use anything of pro's at an instant, by key."""
    asked = " ".join(f'{key}: hasAccess(lookupKey: "{key}", at: "{at}")' for key in ("audit", "sso"))
    found = await shop.of_customer("acme", asked)
    return found["audit"] or found["sso"]


async def snapshot(shop: Api, at: str) -> Json:
    """The one active entitlement that acme has at an instant."""
    found = await shop.of_customer("acme", f'entitlementsAt(at: "{at}") {{ nodes {{ {STATE} }} }}')
    [only] = found["entitlementsAt"]["nodes"]
    return only

"""A customer's revision: one more with every effective change, whether by time, by the catalogue or by a write."""

from collections.abc import Awaitable, Callable
from enum import Enum, auto
from operator import itemgetter

import pytest

from tests.operations.api import Api, Json

TAKING: list[tuple[str, Callable[[str], Json], str]] = [
    ("cancelSubscription", lambda _: {}, "SUBSCRIPTION_ENDED"),
    ("setSubscriptionStatus", lambda _: {"status": "CANCELED"}, "SUBSCRIPTION_ENDED"),
    ("setSubscriptionStatus", lambda _: {"status": "PAUSED"}, "SUBSCRIPTION_NOT_IN_GOOD_STANDING"),
    ("updateSubscription", lambda item: {"items": [{"remove": item}]}, "ITEM_REMOVED"),
    ("updateSubscription", lambda item: {"items": [{"update": {"id": item, "quantity": 0}}]}, "ITEM_REMOVED"),
]
"""Writes that take what an item gives, by the item's id, each with the cause that is named."""


class By(Enum):
    """What may have changed a customer's entitlements."""

    TIME = auto()
    CATALOGUE = auto()
    OWN_WRITE = auto()


async def test_the_revision_is_what_a_continuous_observer_counts(shop: Api) -> None:
    """`revision` just after a boundary with no worker; read before and after everything that happens."""
    teller = Teller(shop)
    await shop.feature("reports")
    await shop.feature("exports")
    counted = [0]
    before = await observe(shop)

    for at, by, happen in teller.history():
        await shop.move_to(at)
        if happen is not None:
            await happen()
        after = await observe(shop)
        changed = before[1].keys() != after[1].keys() or (by is By.OWN_WRITE and before[1] != after[1])
        counted.append(counted[-1] + changed)
        assert (at, after[0]) == (at, counted[-1])
        before = after

    assert counted == [0, 1, 2, 3, 3, 3, 4, 5, 6, 7, 7, 7, 8, 8, 9, 9]


async def test_boundaries_passed_unseen_are_counted_all_the_same(shop: Api) -> None:
    """Several boundaries overdue; two features changing at one instant are one revision."""
    await give(shop, "sso", activeFrom="2026-02-05T00:00:00Z", activeTo="2026-02-10T00:00:00Z")
    await give(shop, "audit", activeFrom="2026-02-05T00:00:00Z", activeTo="2026-02-15T00:00:00Z")
    seen: list[int] = []

    for at in ("2026-02-04T23:59:59.999Z", "2026-02-05T00:00:00Z", "2026-02-15T00:00:00Z"):
        await shop.move_to(at)
        seen.append((await shop.of_customer("acme", "revision"))["revision"])
    payload = await give(shop, "sso")

    assert seen == [0, 1, 3]
    # A write announces what is due, then itself.
    assert payload["change"] == {"revision": 4, "added": [{"lookupKey": "sso"}]}


async def test_sources_that_touch_make_no_revision_where_they_meet(shop: Api) -> None:
    meeting = "2026-02-10T00:00:00.000Z"
    await give(shop, "sso", activeTo=meeting)
    await give(shop, "sso", activeFrom=meeting, activeTo="2026-02-20T00:00:00Z")
    before = await shop.of_customer("acme", "revision")

    await shop.move_to(meeting)

    assert (before, await shop.of_customer("acme", "revision")) == ({"revision": 2}, {"revision": 2})


async def test_of_two_subscriptions_that_share_a_feature_only_the_last_end_is_announced(shop: Api) -> None:
    """Two subscriptions share a feature and one ends: the id stays, nothing is announced; then the other ends."""
    first, second = [(await shop.subscribe("acme", "basic"))["id"] for _ in range(2)]
    held = await shop.of_customer("acme", 'entitlement(lookupKey: "audit") { id }')

    selection = "change { revision removed { lookupKey entitlement { id } } }"
    one = await shop.mutate("cancelSubscription", selection, id=first)
    other = await shop.mutate("cancelSubscription", selection, id=second)

    assert one["change"] is None
    removed = {"lookupKey": "audit", "entitlement": held["entitlement"]}
    assert other["change"] == {"revision": 2, "removed": [removed]}


async def test_a_change_holds_states_as_of_the_change_and_entitlements_as_of_now(shop: Api) -> None:
    await shop.move_to("2026-02-05T00:00:00Z")
    state = "at status activeFrom activeTo endReason sources { kind } entitlement { status }"
    selection = f"""change {{
        id revision at snapshot customer {{ id revision }}
        added {{ {state} }} removed {{ {state} }} changed {{ {state} }}
    }}"""
    by = {"customer": {"externalId": "acme"}, "feature": {"lookupKey": "sso"}}

    payload = await shop.mutate("grantEntitlement", selection, **by, activeTo="2026-03-01T00:00:00Z")

    now, customer = "2026-02-05T00:00:00.000Z", (await shop.of_customer("acme", "id"))["id"]
    added = {
        "at": now,
        "status": "ACTIVE",
        "activeFrom": now,
        "activeTo": "2026-03-01T00:00:00.000Z",
        "endReason": "GRANT_ENDED",
        "sources": [{"kind": "GRANT"}],
        "entitlement": {"status": "ACTIVE"},
    }
    assert payload["change"] == {
        "id": f"{customer}_1",
        "revision": 1,
        "at": now,
        "snapshot": False,
        "customer": {"id": customer, "revision": 1},
        "added": [added],
        "removed": [],
        "changed": [],
    }


async def test_two_writes_of_one_operation_each_answer_for_their_own_change(shop: Api) -> None:
    document = """mutation M($one: GrantEntitlementInput!, $two: GrantEntitlementInput!) {
        one: grantEntitlement(input: $one) { change { revision customer { revision } added { lookupKey } } }
        two: grantEntitlement(input: $two) { change { revision customer { revision } added { lookupKey } } }
    }"""
    by = {"customer": {"externalId": "acme"}}
    one, two = ({**by, "feature": {"lookupKey": key}} for key in ("sso", "audit"))

    found = await shop.run(document, one=one, two=two)

    assert found["one"]["change"]["revision"] == 1
    assert found["two"]["change"] == {"revision": 2, "customer": {"revision": 2}, "added": [{"lookupKey": "audit"}]}


@pytest.mark.parametrize(("mutation", "write", "cause"), TAKING)
async def test_what_a_boundary_brings_and_a_write_takes_at_once_is_announced_as_removed_a_millisecond_later(
    shop: Api, mutation: str, write: Callable[[str], Json], cause: str
) -> None:
    await shop.feature("reports")
    await shop.move_to("2026-02-02T00:00:00Z")
    subscription = await shop.subscribe("acme", "basic")
    await attach(shop, "basic", "reports", "NEXT_PERIOD")
    boundary = "2026-03-02T00:00:00.000Z"
    await shop.move_to(boundary)

    lists = "added { lookupKey } removed { lookupKey status activeFrom activeTo endReason } changed { lookupKey }"
    given = write(subscription["items"][0]["id"])
    payload = await shop.mutate(mutation, f"change {{ revision {lists} }}", id=subscription["id"], **given)

    reports = {"lookupKey": "reports", "activeFrom": boundary}
    audit = {"lookupKey": "audit", "activeFrom": "2026-02-02T00:00:00.000Z"}
    ended = {"status": "CANCELED", "activeTo": "2026-03-02T00:00:00.001Z", "endReason": cause}
    change = payload["change"]
    change["removed"].sort(key=itemgetter("lookupKey"))
    assert change == {"revision": 3, "added": [], "removed": [audit | ended, reports | ended], "changed": []}


class Teller:
    """A history of acme, told step by step: when, by what, and what happens."""

    def __init__(self, shop: Api) -> None:
        self.shop = shop
        self.subscriptions: list[str] = []

    def history(self) -> list[tuple[str, By, Callable[[], Awaitable[None]] | None]]:
        trial = {"trialEnd": "2026-02-15T00:00:00Z", "trialEndBehavior": "CANCEL"}
        overlapping = {"activeFrom": "2026-02-10T00:00:00Z", "activeTo": "2026-02-20T00:00:00Z"}
        return [
            ("2026-02-02T00:00:00Z", By.OWN_WRITE, lambda: self.subscribe("pro", **trial)),
            # It makes sso last longer.
            ("2026-02-03T00:00:00Z", By.OWN_WRITE, lambda: self.give("sso", **overlapping)),
            ("2026-02-05T00:00:00Z", By.CATALOGUE, lambda: attach(self.shop, "pro", "reports", "IMMEDIATE")),
            ("2026-02-06T00:00:00Z", By.CATALOGUE, lambda: attach(self.shop, "pro", "exports", "NEXT_PERIOD")),
            # The grant begins beside the subscription.
            ("2026-02-10T00:00:00Z", By.TIME, None),
            ("2026-02-12T00:00:00Z", By.OWN_WRITE, lambda: self.edit(0, trialEnd="2026-02-18T00:00:00Z")),
            # The trial ends, and takes all but what the grant gives.
            ("2026-02-18T00:00:00Z", By.TIME, None),
            ("2026-02-20T00:00:00Z", By.TIME, None),
            ("2026-02-21T00:00:00Z", By.OWN_WRITE, lambda: self.subscribe("basic")),
            ("2026-02-21T12:00:00Z", By.OWN_WRITE, lambda: self.subscribe("basic")),
            ("2026-02-22T00:00:00Z", By.OWN_WRITE, lambda: self.cancel(1)),
            ("2026-02-23T00:00:00Z", By.OWN_WRITE, lambda: self.cancel(2, atPeriodEnd=True)),
            ("2026-02-24T00:00:00Z", By.CATALOGUE, lambda: attach(self.shop, "basic", "exports", "NEXT_PERIOD")),
            ("2026-03-21T12:00:00Z", By.TIME, None),
            ("2026-03-22T00:00:00Z", By.OWN_WRITE, lambda: self.edit(2, metadata={"note": "gone"})),
        ]

    async def subscribe(self, product: str, **given: Json) -> None:
        self.subscriptions.append((await self.shop.subscribe("acme", product, **given))["id"])

    async def give(self, feature: str, **given: Json) -> None:
        await give(self.shop, feature, **given)

    async def edit(self, number: int, **given: Json) -> None:
        await self.shop.mutate("updateSubscription", id=self.subscriptions[number], **given)

    async def cancel(self, number: int, **given: Json) -> None:
        await self.shop.mutate("cancelSubscription", id=self.subscriptions[number], **given)


async def observe(shop: Api) -> tuple[int, dict[str, str | None]]:
    """Acme's revision, and the ends of what acme has by key."""
    found = await shop.of_customer("acme", "revision entitlements(first: 100) { nodes { lookupKey activeTo } }")
    return found["revision"], {each["lookupKey"]: each["activeTo"] for each in found["entitlements"]["nodes"]}


async def give(shop: Api, feature: str, **given: Json) -> Json:
    """The payload of a grant to acme."""
    by = {"customer": {"externalId": "acme"}, "feature": {"lookupKey": feature}}
    return await shop.mutate("grantEntitlement", "change { revision added { lookupKey } }", **by, **given)


async def attach(shop: Api, product: str, feature: str, rollout: str) -> None:
    """Attaches a feature."""
    by = {"product": {"lookupKey": product}, "feature": {"lookupKey": feature}}
    await shop.mutate("attachFeature", **by, rollout=rollout)

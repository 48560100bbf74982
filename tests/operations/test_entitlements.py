"""Entitlements as they are now: every field, their order, and what they are narrowed to."""

import re

import pytest

from entitlements.facts import CustomerId, FeatureId
from entitlements.ids import entitlement_id
from tests.operations.api import Api, Json
from tests.operations.keeping import BOTH_WAYS

pytestmark = BOTH_WAYS

STATE = "lookupKey type status hasAccess activeFrom activeTo endReason nextChangeAt"
SOURCES = """
    subscription { id }
    sources { kind activeFrom activeTo endReason subscription { id } item { id } product { lookupKey } grant { id } }
"""
EVERYTHING = f"id customer {{ externalId }} feature {{ lookupKey }} {STATE} {SOURCES} livemode"
BY_IDS = "query Q($ids: [ID!]!) { nodes(ids: $ids) { id } }"
MIDNIGHT, END = "2026-02-01T00:00:00.000Z", "2026-03-01T00:00:00.000Z"


async def test_an_entitlement_by_a_subscription_shows_what_gives_it(shop: Api) -> None:
    subscription = await shop.subscribe("acme", "pro", cancelAt=END)

    found = await entitlement(shop, "sso", EVERYTHING)

    assert re.fullmatch("ent_[a-zA-Z0-9]+", found["id"])
    by = {"subscription": {"id": subscription["id"]}, "item": subscription["items"][0], "product": {"lookupKey": "pro"}}
    dates = {"activeFrom": MIDNIGHT, "activeTo": END, "endReason": "SUBSCRIPTION_ENDED"}
    assert found == {
        "id": found["id"],
        "customer": {"externalId": "acme"},
        "feature": {"lookupKey": "sso"},
        "lookupKey": "sso",
        "type": "BOOLEAN",
        "status": "ACTIVE",
        "hasAccess": True,
        **dates,
        "nextChangeAt": END,
        "subscription": {"id": subscription["id"]},
        "sources": [{"kind": "SUBSCRIPTION", **dates, **by, "grant": None}],
        "livemode": False,
    }


async def test_an_entitlement_by_a_grant_has_no_subscription(shop: Api) -> None:
    """Entitlements can be issued by hand, without a subscription; activeTo null = no expiry."""
    grant = await give(shop)

    found = await entitlement(shop, "sso", f"{STATE} {SOURCES}")

    by = {"subscription": None, "item": None, "product": None, "grant": {"id": grant}}
    assert found["sources"] == [{"kind": "GRANT", "activeFrom": MIDNIGHT, "activeTo": None, "endReason": None, **by}]
    assert (found["subscription"], found["activeTo"], found["endReason"], found["nextChangeAt"]) == (None,) * 4


async def test_an_entitlement_to_come_changes_when_it_begins(shop: Api) -> None:
    await give(shop, activeFrom=END, activeTo="2026-04-01T00:00:00Z")

    assert await entitlement(shop, "sso", STATE) == {
        "lookupKey": "sso",
        "type": "BOOLEAN",
        "status": "SCHEDULED",
        "hasAccess": False,
        "activeFrom": END,
        "activeTo": "2026-04-01T00:00:00.000Z",
        "endReason": "GRANT_ENDED",
        "nextChangeAt": END,
    }


async def test_an_entitlement_that_is_over_changes_no_more(shop: Api) -> None:
    subscription = await shop.subscribe("acme", "pro", cancelAt=END)
    await shop.move_to("2026-05-01T00:00:00Z")

    found = await entitlement(shop, "sso", f"{STATE} subscription {{ id }}")

    assert found == {
        "lookupKey": "sso",
        "type": "BOOLEAN",
        "status": "CANCELED",
        "hasAccess": False,
        "activeFrom": MIDNIGHT,
        "activeTo": END,
        "endReason": "SUBSCRIPTION_ENDED",
        "nextChangeAt": None,
        "subscription": {"id": subscription["id"]},
    }


async def test_there_is_no_entitlement_to_a_feature_that_nothing_ever_gave(shop: Api) -> None:
    await shop.subscribe("acme", "basic")

    assert await entitlement(shop, "sso", "id") is None
    assert await entitlement(shop, "unknown", "id") is None


async def test_several_subscriptions_that_give_one_feature_give_one_entitlement(shop: Api) -> None:
    """It is carried by the one that ends last."""
    longer = (await shop.subscribe("acme", "pro", cancelAt="2026-05-01T00:00:00Z"))["id"]
    shorter = (await shop.subscribe("acme", "pro", cancelAt="2026-04-01T00:00:00Z"))["id"]
    await give(shop)

    found = await entitlement(shop, "sso", "subscription { id } activeTo sources { subscription { id } }")

    sources = [{"subscription": {"id": longer}}, {"subscription": {"id": shorter}}, {"subscription": None}]
    assert found == {"subscription": {"id": longer}, "activeTo": None, "sources": sources}
    [only] = (await nodes(shop, '(lookupKeys: ["sso"])', "subscription { id }"))["nodes"]
    assert only == {"subscription": {"id": longer}}


async def test_an_open_subscription_carries_an_entitlement_longer_than_any_that_ends(shop: Api) -> None:
    open_end = (await shop.subscribe("acme", "pro"))["id"]
    await shop.subscribe("acme", "pro", cancelAt="9999-12-31T00:00:00Z")

    assert await entitlement(shop, "sso", "subscription { id }") == {"subscription": {"id": open_end}}


async def test_sources_that_are_over_are_left_out_of_what_gives_it_now(shop: Api) -> None:
    over = (await shop.subscribe("acme", "pro", cancelAt="2026-02-10T00:00:00Z"))["id"]
    grant = await give(shop, activeFrom="2026-02-05T00:00:00Z")
    await shop.move_to("2026-02-10T00:00:00Z")

    found = await entitlement(shop, "sso", "activeFrom subscription { id } sources { grant { id } }")

    assert found == {"activeFrom": MIDNIGHT, "subscription": None, "sources": [{"grant": {"id": grant}}]}
    before = await shop.of_customer(
        "acme",
        f"""entitlementsAt(at: "{MIDNIGHT}", lookupKeys: ["sso"]) {{
            nodes {{ subscription {{ id }} sources {{ subscription {{ id }} }} }}
        }}""",
    )
    sources = [{"subscription": {"id": over}}, {"subscription": None}]
    assert before["entitlementsAt"]["nodes"] == [{"subscription": {"id": over}, "sources": sources}]


async def test_an_entitlement_keeps_its_id_before_during_and_after_a_gap(shop: Api) -> None:
    """An entitlement's id before, during and after a gap is the same."""
    subscription = (await shop.subscribe("acme", "pro"))["id"]
    seen = [await entitlement(shop, "sso", "id status activeFrom")]

    for day, status in ((5, "PAUSED"), (10, "ACTIVE")):
        await shop.move_to(f"2026-02-{day:02}T00:00:00Z")
        await shop.mutate("setSubscriptionStatus", id=subscription, status=status)
        seen.append(await entitlement(shop, "sso", "id status activeFrom"))

    assert len({each["id"] for each in seen}) == 1
    assert [(each["status"], each["activeFrom"]) for each in seen] == [
        ("ACTIVE", MIDNIGHT),
        ("CANCELED", MIDNIGHT),
        ("ACTIVE", "2026-02-10T00:00:00.000Z"),
    ]
    by_id = await shop.run("query Q($id: ID!) { entitlement(id: $id) { status } }", id=seen[0]["id"])
    assert by_id == {"entitlement": {"status": "ACTIVE"}}


async def test_an_id_that_names_no_right_of_a_customer_who_is_there_names_nothing(shop: Api) -> None:
    """A Stripe ent_ id; a non-canonical spelling; a pair that never was; a deleted customer; another environment."""
    await shop.subscribe("acme", "basic")
    real = (await entitlement(shop, "audit", "id"))["id"]
    customer = CustomerId((await shop.of_customer("acme", "id"))["id"])
    sso = FeatureId((await shop.run('{ feature(by: {lookupKey: "sso"}) { id } }'))["feature"]["id"])
    never_was = entitlement_id(customer, sso)
    stripes = "ent_test_61QGU1MWyFMSP9YBZ41ClCIKljWvsTgu"
    misspelt = [
        f"{real}Z",
        f"{real}Z0",
        real.replace("Z0", "Z2"),
        real.replace("ent_", "ent_Z0"),
        f"{real}\n",
        real[:-1],
    ]
    elsewhere = await Api.open(shop.database, "elsewhere", shared=shop.shared)

    found = await shop.run(BY_IDS, ids=[real, never_was, stripes, *misspelt])
    foreign = await elsewhere.run(BY_IDS, ids=[real])
    await shop.mutate("deleteCustomer", customer={"externalId": "acme"})
    deleted = await shop.run(BY_IDS, ids=[real])

    assert found == {"nodes": [{"id": real}, *[None] * 8]}
    assert (foreign, deleted) == ({"nodes": [None]}, {"nodes": [None]})


async def test_entitlements_come_by_their_start_the_latest_first_then_by_feature(shop: Api) -> None:
    await shop.feature("reports")
    await shop.subscribe("acme", "pro")
    await shop.move_to("2026-02-05T00:00:00Z")
    await give(shop, feature="reports")

    found = await nodes(shop, "", "lookupKey feature { id }")

    latest, *together = found["nodes"]
    assert latest["lookupKey"] == "reports"
    assert sorted(each["feature"]["id"] for each in together) == [each["feature"]["id"] for each in together]
    assert {each["lookupKey"] for each in together} == {"audit", "sso"}


@pytest.mark.parametrize(
    ("arguments", "keys"),
    [
        ("", {"active"}),
        ("(status: [ACTIVE])", {"active"}),
        ("(status: [SCHEDULED])", {"scheduled"}),
        ("(status: [CANCELED])", {"canceled"}),
        ("(status: [EXPIRED])", {"expired"}),
        ("(status: [EXPIRED, SCHEDULED, EXPIRED])", {"expired", "scheduled"}),
        ("(status: [SCHEDULED, ACTIVE, CANCELED, EXPIRED])", {"active", "scheduled", "canceled", "expired"}),
        ("(status: [])", set[str]()),
        ('(lookupKeys: ["active", "expired", "unknown", "active"])', {"active"}),
        ('(lookupKeys: ["active", "expired"], status: [ACTIVE, EXPIRED])', {"active", "expired"}),
        ("(lookupKeys: [])", set[str]()),
        ("(lookupKeys: null)", {"active"}),
    ],
)
async def test_entitlements_are_narrowed_by_status_and_key(shop: Api, arguments: str, keys: set[str]) -> None:
    for status in ("active", "scheduled", "canceled", "expired"):
        await shop.feature(status)
    await give(shop, feature="active")
    await give(shop, feature="scheduled", activeFrom=END)
    await shop.mutate("revokeGrant", grantId=await give(shop, feature="canceled"))
    await give(shop, feature="expired", activeTo="2026-02-10T00:00:00Z")
    await shop.move_to("2026-02-10T00:00:00Z")

    found = await nodes(shop, arguments, "lookupKey")

    assert sorted(each["lookupKey"] for each in found["nodes"]) == sorted(keys)
    assert found["totalCount"] == len(keys)


@pytest.mark.parametrize(("count", "is_allowed"), [(0, True), (1, True), (100, True), (101, False)])
@pytest.mark.parametrize("field", ["entitlements", 'entitlementsAt(at: "2026-02-01T00:00:00Z")'])
async def test_entitlements_are_narrowed_to_at_most_100_keys(
    shop: Api, field: str, count: int, is_allowed: bool
) -> None:
    separator = ", " if "(" in field else "("
    asked = f"{field.rstrip(')')}{separator}lookupKeys: $keys) {{ totalCount }}"
    document = f'query Q($keys: [String!]) {{ customer(by: {{externalId: "acme"}}) {{ list: {asked} }} }}'

    result = await shop.try_(document, keys=[f"key-{number}" for number in range(count)])

    refusal = "`lookupKeys` takes 0 to 100 keys; there are 101."
    assert [error.message for error in result.errors or ()] == ([] if is_allowed else [refusal])
    assert result.data == {"customer": {"list": {"totalCount": 0} if is_allowed else None}}


async def give(shop: Api, feature: str = "sso", **given: Json) -> str:
    """The id of a new grant to acme."""
    by = {"customer": {"externalId": "acme"}, "feature": {"lookupKey": feature}}
    return (await shop.mutate("grantEntitlement", "grant { id }", **by, **given))["grant"]["id"]


async def entitlement(shop: Api, key: str, selection: str) -> Json:
    """Acme's entitlement to a key; None if there never was one."""
    return (await shop.of_customer("acme", f'entitlement(lookupKey: "{key}") {{ {selection} }}'))["entitlement"]


async def nodes(shop: Api, arguments: str, selection: str) -> Json:
    """Acme's entitlements, as they are listed."""
    found = await shop.of_customer("acme", f"entitlements{arguments} {{ nodes {{ {selection} }} totalCount }}")
    return found["entitlements"]

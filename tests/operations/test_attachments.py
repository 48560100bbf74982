"""Attachments: which product gives which feature, seen from both sides, and when a change reaches whom."""

import asyncio
from datetime import timedelta

import pytest

from tests.operations.api import Api, Json
from tests.operations.conftest import START

FIELDS = "id attachedAt rollout detachedAt detachRollout livemode product { lookupKey } feature { lookupKey }"
DAY = timedelta(days=1)


async def test_an_attachment_is_answered_as_it_was_made(api: Api) -> None:
    await api.feature("sso")
    await api.product("pro")
    await api.move_to(START + DAY)

    row = await attach(api)

    assert row == {
        "id": row["id"],
        "attachedAt": "2026-01-16T12:00:00.000Z",
        "rollout": "NEXT_PERIOD",
        "detachedAt": None,
        "detachRollout": None,
        "livemode": False,
        "product": {"lookupKey": "pro"},
        "feature": {"lookupKey": "sso"},
    }
    assert row["id"].startswith("prodft_")
    assert await api.of_node("ProductFeature", row["id"], FIELDS) == row


@pytest.mark.parametrize("attached", ["NEXT_PERIOD", "IMMEDIATE", "NEW_SUBSCRIPTIONS_ONLY"])
@pytest.mark.parametrize("detached", ["NEXT_PERIOD", "IMMEDIATE", "NEW_SUBSCRIPTIONS_ONLY"])
async def test_each_rollout_reaches_an_old_subscriber_when_it_says(api: Api, attached: str, detached: str) -> None:
    """each rollout kind, attach and detach"""
    await api.feature("sso")
    await api.product("pro")
    await api.customer("old")
    await api.customer("new")
    await api.subscribe("old", "pro")
    row = await attach(api, rollout=attached)
    await api.subscribe("new", "pro")

    assert await api.keys("new") == {"sso"}
    assert await api.keys("old") == ({"sso"} if attached == "IMMEDIATE" else set())
    assert await api.keys("old", at="2026-02-15T11:59:59.999Z") == ({"sso"} if attached == "IMMEDIATE" else set())
    assert await api.keys("old", at="2026-02-15T12:00:10Z") == (
        set() if attached == "NEW_SUBSCRIPTIONS_ONLY" else {"sso"}
    )

    await api.move_to(START + 60 * DAY)
    await detach(api, row["id"], rollout=detached)

    assert await api.keys("new") == (set() if detached == "IMMEDIATE" else {"sso"})
    assert await api.keys("new", at="2026-04-16T00:00:00Z") == (
        {"sso"} if detached == "NEW_SUBSCRIPTIONS_ONLY" else set()
    )


async def test_attaching_twice_is_refused_with_the_row_that_is_there(api: Api) -> None:
    """attach twice"""
    await api.feature("sso")
    await api.product("pro")
    row = await attach(api)

    payload = await api.try_mutation(
        "attachFeature", "productFeature { id }", **PRO_AND_SSO, rollout="NEW_SUBSCRIPTIONS_ONLY"
    )

    assert payload["productFeature"] is None
    assert [(error["code"], error["field"], error["existing"]) for error in payload["userErrors"]] == [
        ("ALREADY_ATTACHED", ["input", "feature"], {"id": row["id"]})
    ]
    assert await rows(api, "pro") == [row]


async def test_of_many_that_attach_at_once_one_succeeds(api: Api) -> None:
    await api.feature("sso")
    await api.product("pro")

    payloads = await asyncio.gather(
        *(api.try_mutation("attachFeature", "productFeature { id }", **PRO_AND_SSO) for _ in range(8))
    )

    made = [payload["productFeature"] for payload in payloads if payload["productFeature"]]
    refusals = [error for payload in payloads for error in payload["userErrors"]]
    assert len(made) == 1
    assert [(error["code"], error["existing"]) for error in refusals] == [("ALREADY_ATTACHED", made[0])] * 7


async def test_detaching_ends_the_row_and_attaching_again_makes_another(api: Api) -> None:
    await api.feature("sso")
    await api.product("pro")
    first = await attach(api, rollout="IMMEDIATE")
    await api.move_to(START + DAY)

    detached = await detach(api, first["id"], rollout="NEW_SUBSCRIPTIONS_ONLY")
    second = await attach(api)

    assert detached == first | {"detachedAt": "2026-01-16T12:00:00.000Z", "detachRollout": "NEW_SUBSCRIPTIONS_ONLY"}
    assert second["id"] != first["id"]
    assert second["attachedAt"] == "2026-01-16T12:00:00.001Z"
    assert await rows(api, "pro") == [second]
    assert await rows(api, "pro", "(detached: true)") == [second, detached]


async def test_detaching_twice_changes_nothing(api: Api) -> None:
    await api.feature("sso")
    await api.product("pro")
    row = await attach(api)
    first = await detach(api, row["id"], rollout="NEXT_PERIOD")
    await api.move_to(START + DAY)

    second = await detach(api, row["id"], rollout="IMMEDIATE")

    assert second == first
    assert first["detachedAt"] == "2026-01-15T12:00:00.003Z"


async def test_detached_and_attached_again_within_one_period_leaves_no_gap_at_the_boundary(api: Api) -> None:
    """detach then attach within one period leaves no gap at the boundary"""
    await api.feature("sso")
    await api.product("pro", "sso")
    await api.customer("acme")
    await api.subscribe("acme", "pro")
    [row] = await rows(api, "pro")

    await detach(api, row["id"])
    await attach(api)

    state = await api.of_customer("acme", 'entitlement(lookupKey: "sso") { activeFrom activeTo nextChangeAt }')
    assert state["entitlement"] == {"activeFrom": "2026-01-15T12:00:00.003Z", "activeTo": None, "nextChangeAt": None}


async def test_detached_immediately_and_attached_again_for_the_next_period_leaves_a_gap(api: Api) -> None:
    """detach IMMEDIATE then attach NEXT_PERIOD leaves a gap"""
    await api.feature("sso")
    await api.product("pro", "sso")
    await api.customer("acme")
    await api.subscribe("acme", "pro", startedAt="2026-01-15T12:00:00Z")
    [row] = await rows(api, "pro")

    await detach(api, row["id"], rollout="IMMEDIATE")
    await attach(api)

    assert await api.keys("acme") == set()
    assert await api.keys("acme", at="2026-02-15T11:59:59.999Z") == set()
    assert await api.keys("acme", at="2026-02-15T12:00:00Z") == {"sso"}


async def test_a_feature_of_two_products_detached_from_one_is_kept_by_the_other(api: Api) -> None:
    """one feature on two products, detached from one"""
    await api.feature("sso")
    await api.product("basic", "sso")
    await api.product("pro", "sso")
    for customer, products in {"both": ["basic", "pro"], "one": ["basic"]}.items():
        await api.customer(customer)
        await api.subscribe(customer, *products)
    [row] = await rows(api, "basic")

    await detach(api, row["id"], rollout="IMMEDIATE")

    assert await api.keys("both") == {"sso"}
    assert await api.keys("one") == set()


async def test_both_sides_list_the_row_that_is_to_be_detached(api: Api) -> None:
    await api.feature("sso")
    await api.feature("audit")
    basic, pro = await api.product("basic", "sso"), await api.product("pro", "sso", "audit")
    document = """{ feature(by: {lookupKey: "sso"}) {
        now: products { totalCount nodes { product { id } } edges { cursor node { id } } }
        ever: products(detached: true) { totalCount nodes { product { id } detachedAt } }
    } }"""

    before = (await api.run(document))["feature"]
    await detach(api, before["now"]["edges"][0]["node"]["id"])
    after = (await api.run(document))["feature"]

    assert [node["product"]["id"] for node in before["now"]["nodes"]] == [pro, basic]
    assert before["ever"]["totalCount"] == before["now"]["totalCount"] == 2
    assert [node["product"]["id"] for node in after["now"]["nodes"]] == [basic]
    assert [node["product"]["id"] for node in after["ever"]["nodes"]] == [pro, basic]
    assert [node["detachedAt"] is None for node in after["ever"]["nodes"]] == [False, True]
    assert (after["now"]["totalCount"], after["ever"]["totalCount"]) == (1, 2)


async def test_attaching_answers_for_both_sides_at_once(api: Api) -> None:
    await api.feature("old")
    await api.mutate("archiveFeature", feature={"lookupKey": "old"})

    nothing = await api.try_mutation(
        "attachFeature", product={"id": "prod_unknown"}, feature={"lookupKey": "unknown\0"}, rollout="IMMEDIATE"
    )
    archived = await api.try_mutation("attachFeature", product={"lookupKey": ""}, feature={"lookupKey": "old"})

    assert [(error["code"], error["field"]) for error in nothing["userErrors"]] == [
        ("NOT_FOUND", ["input", "product"]),
        ("NOT_FOUND", ["input", "feature"]),
    ]
    assert [(error["code"], error["field"]) for error in archived["userErrors"]] == [
        ("NOT_FOUND", ["input", "product"]),
        ("ARCHIVED", ["input", "feature"]),
    ]


@pytest.mark.parametrize("row", ["prodft_unknown", "", "\0", "\ud800", "feature"])
async def test_detaching_what_is_not_attached_is_not_found(api: Api, row: str) -> None:
    given = await api.feature("sso") if row == "feature" else row

    payload = await api.try_mutation("detachFeature", "productFeature { id }", productFeatureId=given)

    assert payload["productFeature"] is None
    assert [(error["code"], error["field"]) for error in payload["userErrors"]] == [
        ("NOT_FOUND", ["input", "productFeatureId"])
    ]


PRO_AND_SSO: Json = {"product": {"lookupKey": "pro"}, "feature": {"lookupKey": "sso"}}


async def attach(api: Api, **more: Json) -> Json:
    payload = await api.mutate("attachFeature", f"productFeature {{ {FIELDS} }}", **PRO_AND_SSO, **more)
    return payload["productFeature"]


async def detach(api: Api, row: str, **more: Json) -> Json:
    payload = await api.mutate("detachFeature", f"productFeature {{ {FIELDS} }}", productFeatureId=row, **more)
    return payload["productFeature"]


async def rows(api: Api, product: str, arguments: str = "") -> list[Json]:
    selection = f"features{arguments} {{ nodes {{ {FIELDS} }} }}"
    document = f"query Q($key: String!) {{ product(by: {{lookupKey: $key}}) {{ {selection} }} }}"
    return (await api.run(document, key=product))["product"]["features"]["nodes"]

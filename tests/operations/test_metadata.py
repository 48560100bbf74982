"""Metadata: a flat map of texts with limits, merged by updates; the same for every kind of object that has it."""

from collections.abc import Awaitable, Callable

import pytest

from tests.operations.api import Api, Json


async def create_feature(api: Api, metadata: Json) -> Json:
    return await api.try_mutation(
        "createFeature", "object: feature { metadata }", name="SSO", lookupKey="sso", metadata=metadata
    )


async def create_product(api: Api, metadata: Json) -> Json:
    return await api.try_mutation("createProduct", "object: product { metadata }", name="Pro", metadata=metadata)


async def create_customer(api: Api, metadata: Json) -> Json:
    return await api.try_mutation("createCustomer", "object: customer { metadata }", metadata=metadata)


async def create_subscription(api: Api, metadata: Json) -> Json:
    await api.product("pro")
    await api.customer("acme")
    return await api.try_mutation(
        "createSubscription",
        "object: subscription { metadata }",
        customer={"externalId": "acme"},
        items=[{"product": {"lookupKey": "pro"}}],
        metadata=metadata,
    )


async def grant_entitlement(api: Api, metadata: Json) -> Json:
    await api.feature("sso")
    await api.customer("acme")
    return await api.try_mutation(
        "grantEntitlement",
        "object: grant { metadata }",
        customer={"externalId": "acme"},
        feature={"lookupKey": "sso"},
        metadata=metadata,
    )


Create = Callable[[Api, Json], Awaitable[Json]]

creating = pytest.mark.parametrize(
    "create", [create_feature, create_product, create_customer, create_subscription, grant_entitlement]
)


@creating
async def test_the_limits_are_50_keys_of_40_and_values_of_500_characters(api: Api, create: Create) -> None:
    """metadata: 50/51 keys, 40/41, 500/501 characters"""
    largest = {f"{number:02}{'🔑' * 38}": "é" * 500 for number in range(50)}

    payload = await create(api, largest)

    assert payload["userErrors"] == []
    assert payload["object"]["metadata"] == largest


@creating
async def test_one_more_of_anything_is_refused_all_at_once(api: Api, create: Create) -> None:
    """metadata: 50/51 keys, 40/41, 500/501 characters"""
    metadata = {f"key_{number}": "value" for number in range(49)} | {"k" * 41: "value", "too_long": "v" * 501}

    payload = await create(api, metadata)

    assert payload["object"] is None
    assert [(error["code"], error["field"]) for error in payload["userErrors"]] == [
        ("TOO_MANY", ["input", "metadata"]),
        ("TOO_LONG", ["input", "metadata"]),
        ("TOO_LONG", ["input", "metadata", "too_long"]),
    ]


@creating
async def test_a_new_object_has_nothing_to_unset(api: Api, create: Create) -> None:
    payload = await create(api, {"team_name": None, "kept": "value"})

    assert payload["object"] is None
    assert payload["userErrors"] == [
        {
            "code": "INVALID",
            "field": ["input", "metadata", "team_name"],
            "message": "A new object has no metadata to unset; leave the key out.",
            "existing": None,
        }
    ]


@creating
async def test_null_and_nothing_on_creation_are_no_metadata(api: Api, create: Create) -> None:
    assert (await create(api, None))["object"]["metadata"] == {}


async def test_an_update_merges_unsets_one_key_and_leaves_the_rest(api: Api) -> None:
    """metadata: unset one key"""
    await api.feature("sso", metadata={"a": "1", "b": "2", "c": "3"})

    payload = await update(api, {"b": None, "c": "three", "d": "", "never": None})

    assert payload["feature"]["metadata"] == {"a": "1", "c": "three", "d": ""}
    assert await stored(api) == {"a": "1", "c": "three", "d": ""}


async def test_an_update_with_null_clears_all(api: Api) -> None:
    """metadata: clear all"""
    await api.feature("sso", metadata={"a": "1", "b": "2"})

    payload = await update(api, None)

    assert payload["feature"]["metadata"] == {}
    assert await stored(api) == {}


async def test_an_update_without_metadata_leaves_it(api: Api) -> None:
    await api.feature("sso", metadata={"a": "1"})

    await api.mutate("updateFeature", "feature { id }", feature={"lookupKey": "sso"}, name="Single sign-on")

    assert await stored(api) == {"a": "1"}


async def test_an_update_is_judged_by_what_it_would_make_of_the_whole(api: Api) -> None:
    await api.feature("sso", metadata={f"k{number}": "" for number in range(50)})

    refused = await update(api, {"k50": ""})
    exchanged = await update(api, {"k0": None, "k50": ""})

    assert [(error["code"], error["field"]) for error in refused["userErrors"]] == [("TOO_MANY", ["input", "metadata"])]
    assert exchanged["feature"]["metadata"].keys() == {f"k{number}" for number in range(1, 51)}


@pytest.mark.parametrize("key", ["a\0", "\ud800", "", " \t"])
async def test_a_key_that_no_database_could_hold_or_nobody_could_see_is_refused(api: Api, key: str) -> None:
    """NUL and lone surrogates, blank strings"""
    payload = await create_feature(api, {key: "\0"})

    codes = ["BLANK" if not key.strip() else "INVALID", "INVALID"]
    assert payload["object"] is None
    assert [error["code"] for error in payload["userErrors"]] == codes
    assert payload["userErrors"][0]["field"] == ["input", "metadata"]


@pytest.mark.parametrize("metadata", ["text", 5, True, ["a"], {"a": 1}, {"a": True}, {"a": {"b": "c"}}, {"a": ["b"]}])
async def test_anything_but_a_flat_map_of_texts_is_refused_before_it_is_carried_out(api: Api, metadata: Json) -> None:
    result = await api.try_(
        "mutation M($metadata: Metadata) { createCustomer(input: {metadata: $metadata}) { customer { id } } }",
        metadata=metadata,
    )

    assert result.data is None
    assert [error.message.partition(": ")[2].partition(" takes ")[0] for error in result.errors or ()] == ["Metadata"]
    assert (await api.run("{ customers { totalCount } }"))["customers"] == {"totalCount": 0}


async def test_a_literal_may_hold_variables_and_leaves_out_those_without_a_value(api: Api) -> None:
    document = """
        mutation M($team: String, $tier: String) {
          createCustomer(input: {metadata: {team: $team, tier: $tier, fixed: "yes"}}) { customer { metadata } }
        }
    """

    data = await api.run(document, team="growth")

    assert data["createCustomer"]["customer"]["metadata"] == {"team": "growth", "fixed": "yes"}


async def update(api: Api, metadata: Json) -> Json:
    return await api.try_mutation(
        "updateFeature", "feature { metadata }", feature={"lookupKey": "sso"}, metadata=metadata
    )


async def stored(api: Api) -> Json:
    return (await api.run('{ feature(by: {lookupKey: "sso"}) { metadata } }'))["feature"]["metadata"]

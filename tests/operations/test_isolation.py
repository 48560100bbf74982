"""Environments don't see each other: what is another's answers exactly as what isn't there."""

from collections.abc import Iterator

import pytest

from tests.operations.api import Api, Json
from tests.operations.conftest import START
from tests.operations.inputs import everything, input_fields, valid_inputs

NAMES = {
    "FeatureBy": "feat",
    "ProductBy": "prod",
    "CustomerBy": "cus",
    "productFeatureId": "prodft",
    "grantId": "grt",
    "id": "sub",
}
"""What the inputs name objects by, and the prefix of the ids they take there."""

BY_ID = [
    "{ node(id: $id) { id } }",
    "{ nodes(ids: [$id]) { id } }",
    "{ feature(by: {id: $id}) { id } }",
    "{ product(by: {id: $id}) { id } }",
    "{ customer(by: {id: $id}) { id } }",
    "{ customersBy(by: [{id: $id}]) { id } }",
    "{ subscription(id: $id) { id } }",
    "{ entitlement(id: $id) { id } }",
]


@pytest.fixture
async def theirs(api: Api) -> Api:
    """Another environment of the same database, with something of everything in it."""
    other = await Api.open(api.database, "theirs", at=START)
    await valid_inputs(other)
    return other


async def test_no_query_by_id_answers_for_another_environment_nor_for_another_type(api: Api, theirs: Api) -> None:
    """ids of another environment or another type"""
    foreign = await ids_of(theirs)

    for document in BY_ID:
        unknown = await api.run(f"query Q($id: ID!) {document}", id="cus_unknown")
        for each in foreign.values():
            assert await api.run(f"query Q($id: ID!) {document}", id=each) == unknown, (document, each)


async def test_no_query_by_key_nor_any_list_answers_for_another_environment(api: Api, theirs: Api) -> None:
    assert await api.run("""{
        feature(by: {lookupKey: "sso"}) { id }
        product(by: {lookupKey: "pro"}) { id }
        customer(by: {externalId: "acme"}) { id }
        customersBy(by: [{externalId: "acme"}]) { id }
        features { totalCount nodes { id } }
        archived: features(archived: true, lookupKey: "sso") { totalCount }
        products { totalCount nodes { id } }
        customers { totalCount nodes { id } }
    }""") == {
        "feature": None,
        "product": None,
        "customer": None,
        "customersBy": [None],
        "features": {"totalCount": 0, "nodes": []},
        "archived": {"totalCount": 0},
        "products": {"totalCount": 0, "nodes": []},
        "customers": {"totalCount": 0, "nodes": []},
    }


async def test_no_mutation_reaches_into_another_environment(api: Api, theirs: Api) -> None:
    """A foreign id is refused in the very words that an unknown one is, and nothing changes on either side."""
    inputs, foreign = await valid_inputs(api), await ids_of(theirs)
    before = await everything(api), await everything(theirs)

    unknown = dict.fromkeys(foreign, "cus_unknown")
    for (mutation, given), (_, nothing) in zip(references(foreign), references(unknown), strict=True):
        refusal = await api.try_mutation(mutation, **inputs[mutation] | given)
        assert [error["code"] for error in refusal["userErrors"]] == ["NOT_FOUND"], (mutation, given)
        assert refusal == await api.try_mutation(mutation, **inputs[mutation] | nothing), (mutation, given)

    assert (await everything(api), await everything(theirs)) == before


async def test_no_mutation_takes_an_id_of_another_type(api: Api) -> None:
    """ids of another type"""
    inputs, ours = await valid_inputs(api), await ids_of(api)
    before = await everything(api)

    for prefix, other in ours.items():
        for mutation, given in references(dict.fromkeys(ours, other), leave_out=prefix):
            refusal = await api.try_mutation(mutation, **inputs[mutation] | given)
            assert [error["code"] for error in refusal["userErrors"]] == ["NOT_FOUND"], (mutation, given)

    assert await everything(api) == before


async def test_keys_and_external_ids_are_unique_within_an_environment_alone(api: Api, theirs: Api) -> None:
    """All look-ups, ids and uniqueness are scoped by the environment."""
    assert await api.feature("sso") not in (await ids_of(theirs)).values()
    assert await api.product("pro", "sso") not in (await ids_of(theirs)).values()
    assert await api.customer("acme") not in (await ids_of(theirs)).values()


def references(ids: dict[str, str], leave_out: str = "") -> Iterator[tuple[str, Json]]:
    """Every place where an input names an object, with an id in it; those for one prefix may be left out."""
    for mutation, field, type_ in input_fields():
        prefix = NAMES.get(type_) or NAMES.get(field)
        if prefix is not None and prefix != leave_out:
            yield mutation, {field: {"id": ids[prefix]} if type_.endswith("By") else ids[prefix]}
    if leave_out != "feat":
        yield "createProduct", {"features": [{"id": ids["feat"]}]}
    if leave_out != "prod":
        yield "createSubscription", {"items": [{"product": {"id": ids["prod"]}}]}
        yield "updateSubscription", {"items": [{"add": {"product": {"id": ids["prod"]}}}]}
    if leave_out != "si":
        yield "updateSubscription", {"items": [{"remove": ids["si"]}]}
        yield "updateSubscription", {"items": [{"update": {"id": ids["si"], "quantity": 0}}]}


async def ids_of(api: Api) -> dict[str, str]:
    """One id of each prefix in an environment that has been filled by `valid_inputs`."""
    data = await api.run("""{
        features { nodes { id } } products { nodes { id features { nodes { id } } } }
        customers { nodes { id
            subscriptions { nodes { id items { id } } } grants { nodes { id } } entitlements { nodes { id } }
        } }
    }""")
    product, customer = data["products"]["nodes"][0], data["customers"]["nodes"][0]
    subscription = customer["subscriptions"]["nodes"][0]
    found = [
        data["features"]["nodes"][0],
        product,
        product["features"]["nodes"][0],
        customer,
        subscription,
        subscription["items"][0],
        customer["grants"]["nodes"][0],
        customer["entitlements"]["nodes"][0],
    ]
    return {each["id"].partition("_")[0]: each["id"] for each in found}

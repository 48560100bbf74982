"""An id of another type, in every place that takes an id, names nothing."""

from collections.abc import Iterator

import pytest

from tests.operations.api import Api, Json
from tests.operations.inputs import everything, input_fields, valid_inputs

NAMES = {
    "FeatureBy": "feat",
    "ProductBy": "prod",
    "CustomerBy": "cus",
    "productFeatureId": "prodft",
    "grantId": "grt",
    "revokeCustomerSession.id": "cs",
    "advanceTestClock.id": "clock",
    "deleteTestClock.id": "clock",
    "updateWebhookEndpoint.id": "we",
    "deleteWebhookEndpoint.id": "we",
    "rotateWebhookSecret.id": "we",
    "endpointId": "we",
    "eventId": "evt",
    "id": "sub",
}
"""What the inputs name objects by, and the prefix of the ids they take there."""

READS = {
    "{ feature(by: {id: $id}) { id } }": "feat",
    "{ product(by: {id: $id}) { id } }": "prod",
    "{ customer(by: {id: $id}) { id } }": "cus",
    "{ customersBy(by: [{id: $id}]) { id } }": "cus",
    "{ subscription(id: $id) { id } }": "sub",
    "{ entitlement(id: $id) { id } }": "ent",
    "{ testClock(id: $id) { id } }": "clock",
    "{ webhookEndpoint(id: $id) { id } }": "we",
}


@pytest.mark.parametrize(("read", "taken"), READS.items(), ids=READS.values())
async def test_no_query_takes_it(api: Api, read: str, taken: str) -> None:
    """ids of another type"""
    await valid_inputs(api)

    for prefix, each in (await ids_of(api)).items():
        [answer] = (await api.run(f"query Q($id: ID!) {read}", id=each)).values()
        assert answer in (({"id": each}, [{"id": each}]) if prefix == taken else (None, [None])), each


async def test_no_mutation_takes_it_and_nothing_is_stored(api: Api) -> None:
    """ids of another type"""
    inputs, ours = await valid_inputs(api), await ids_of(api)
    before = await everything(api)

    for prefix, other in ours.items():
        for mutation, given in references(dict.fromkeys(ours, other), leave_out=prefix):
            refusal = await api.try_mutation(mutation, **inputs[mutation] | given)
            assert [error["code"] for error in refusal["userErrors"]] == ["NOT_FOUND"], (mutation, given)

    assert await everything(api) == before


def references(ids: dict[str, str], leave_out: str = "") -> Iterator[tuple[str, Json]]:
    """Every place where an input names an object, with an id in it; those for one prefix may be left out."""
    for mutation, field, type_ in input_fields():
        prefix = NAMES.get(type_) or NAMES.get(f"{mutation}.{field}") or NAMES.get(field)
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
        viewer { environment { testClock { id } } }
        features { nodes { id } } products { nodes { id features { nodes { id } } } }
        customers { nodes { id
            subscriptions { nodes { id items { id } } } grants { nodes { id } } entitlements { nodes { id } }
        } }
        webhookEndpoints { nodes { id } } webhookEvents { nodes { id } }
    }""")
    session = await api.mutate("createCustomerSession", "customerSession { id }", customer={"externalId": "acme"})
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
        session["customerSession"],
        customer["entitlements"]["nodes"][0],
        data["viewer"]["environment"]["testClock"],
        data["webhookEndpoints"]["nodes"][0],
        data["webhookEvents"]["nodes"][0],
    ]
    return {each["id"].partition("_")[0]: each["id"] for each in found}

"""What belongs to Stripe is for Stripe alone to change, whoever asks and in whichever words."""

from typing import Any

import pytest

from storage.database import Database
from tests.service.serving import Caller
from tests.stripe_source.taking import Told

Json = Any


@pytest.fixture
async def owned(caller: Caller, database: Database) -> dict[str, str]:
    """The ids of what Stripe owns; and a feature that it doesn't."""
    told = await Told.begin(database, caller.environment.id)
    feature = await told.feature("sso")
    product = await told.product("team", feature)
    customer = await told.customer("acme")
    subscription = await told.subscription(customer, product)
    own = await caller.do("createFeature", "feature { id }", name="Own", lookupKey="own")
    item = f"si_{customer}"
    ids = {"feature": feature, "product": product, "customer": customer, "subscription": subscription, "item": item}
    return {**ids, "attachment": f"prodft_{feature}", "own": own["feature"]["id"]}


REFUSED: list[tuple[str, Json, list[str]]] = [
    ("updateFeature", {"feature": {"id": "feature"}, "name": "Other"}, ["input", "feature"]),
    ("archiveFeature", {"feature": {"id": "feature"}}, ["input", "feature"]),
    ("updateProduct", {"product": {"id": "product"}, "active": False}, ["input", "product"]),
    ("attachFeature", {"product": {"id": "product"}, "feature": {"id": "own"}}, ["input", "product"]),
    ("detachFeature", {"productFeatureId": "attachment"}, ["input", "productFeatureId"]),
    ("updateCustomer", {"customer": {"id": "customer"}, "name": "Other"}, ["input", "customer"]),
    ("deleteCustomer", {"customer": {"id": "customer"}}, ["input", "customer"]),
    ("updateSubscription", {"id": "subscription", "metadata": {"a": "b"}}, ["input", "id"]),
    ("setSubscriptionStatus", {"id": "subscription", "status": "UNPAID"}, ["input", "id"]),
    ("cancelSubscription", {"id": "subscription"}, ["input", "id"]),
]


@pytest.mark.parametrize(("mutation", "given", "field"), REFUSED, ids=[mutation for mutation, _, _ in REFUSED])
async def test_a_mutation_of_what_stripe_owns_is_refused_and_says_so(
    caller: Caller, owned: dict[str, str], mutation: str, given: Json, field: list[str]
) -> None:
    before = await _shown(caller, owned)
    kind = f"{mutation[0].upper()}{mutation[1:]}Input"
    document = f"mutation($in: {kind}!) {{ {mutation}(input: $in) {{ userErrors {{ code field message }} }} }}"

    [error] = (await caller.ask(document, {"in": _named(given, owned)}))[mutation]["userErrors"]

    assert (error["code"], error["field"]) == ("READ_ONLY", field)
    assert "belongs to Stripe" in error["message"]
    assert await _shown(caller, owned) == before


@pytest.mark.parametrize(
    ("method", "path", "form"),
    [
        ("POST", "/v1/entitlements/features/{feature}", {"name": "Other"}),
        ("POST", "/v1/products/{product}", {"active": "false"}),
        ("DELETE", "/v1/products/{product}", {}),
        ("POST", "/v1/products/{product}/features", {"entitlement_feature": "{own}"}),
        ("DELETE", "/v1/products/{product}/features/{attachment}", {}),
        ("POST", "/v1/customers/{customer}", {"name": "Other"}),
        ("DELETE", "/v1/customers/{customer}", {}),
        ("POST", "/v1/subscriptions/{subscription}", {"metadata[a]": "b"}),
        ("POST", "/v1/subscriptions/{subscription}/resume", {}),
        ("DELETE", "/v1/subscriptions/{subscription}", {}),
        ("POST", "/v1/subscription_items/{item}", {"quantity": "2"}),
    ],
)
async def test_a_call_of_stripes_interface_is_refused_and_says_so(
    caller: Caller, owned: dict[str, str], method: str, path: str, form: dict[str, str]
) -> None:
    before = await _shown(caller, owned)
    data = {name: value.format_map(owned) for name, value in form.items()}

    answer = await caller.client.request(
        method, path.format_map(owned), data=data, headers={"Authorization": f"Bearer {caller.secret}"}
    )

    error = answer.json()["error"]
    assert (answer.status_code, error["type"]) == (400, "invalid_request_error")
    assert "belongs to Stripe" in error["message"]
    assert await _shown(caller, owned) == before


async def test_what_stripe_does_not_have_is_ones_own(caller: Caller, owned: dict[str, str]) -> None:
    by = {"id": owned["customer"]}

    await caller.do("updateCustomer", "customer { id }", customer=by, externalId="acme")
    await caller.do("grantEntitlement", "grant { id }", customer={"externalId": "acme"}, feature={"id": owned["own"]})
    await caller.do("updateFeature", "feature { id }", feature={"id": owned["own"]}, name="Mine")

    found = await caller.ask('{ customer(by: {externalId: "acme"}) { own: hasAccess(lookupKey: "own") } }')
    assert found["customer"]["own"]


def _named(given: Json, ids: dict[str, str]) -> Json:
    if isinstance(given, dict):
        return {name: _named(value, ids) for name, value in given.items()}  # pyright: ignore[reportUnknownVariableType]
    return ids.get(given, given)


async def _shown(caller: Caller, ids: dict[str, str]) -> Json:
    document = """query($ids: [ID!]!) { nodes(ids: $ids) {
      ... on Feature { name active }
      ... on Product { title: name active features { nodes { id } } }
      ... on Customer { called: name revision }
      ... on CustomerSubscription { status metadata items { quantity } }
    } }"""
    kinds = ("feature", "product", "customer", "subscription")
    return await caller.ask(document, {"ids": [ids[each] for each in kinds]})

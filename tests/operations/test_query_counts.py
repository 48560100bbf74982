"""What an operation costs in SQL depends on what is selected, and not on how much of it there is."""

from collections import Counter
from datetime import UTC, datetime

import pytest

from storage.database import Database
from tests.operations.api import Api, Json
from tests.operations.crowd import PRODUCTS, add_customers, counting, fill_catalogue

START = datetime(2026, 1, 15, 12, tzinfo=UTC)

ENTITLEMENT = """
  id lookupKey status activeFrom feature { name }
  subscription { id items { product { name } } }
  sources { kind product { name } subscription { status } item { quantity product { lookupKey } } grant { id } }
"""

CUSTOMER = f"""
  id revision nextChangeAt hasAccess(lookupKey: "007x01")
  subscriptions {{ totalCount nodes {{ status items {{ product {{ name features(first: 3) {{
    totalCount nodes {{ feature {{ name }} }} }} }} }} }} }}
  entitlements(first: 50) {{ totalCount pageInfo {{ hasNextPage }} nodes {{
    {ENTITLEMENT} feature {{ products(first: 2) {{ nodes {{ product {{ name }} }} }} }}
  }} }}
  entitlementsAt(at: "2026-02-01T00:00:00Z", lookupKeys: ["007x01", "019x49"]) {{ nodes {{ {ENTITLEMENT} }} }}
  grants {{ totalCount nodes {{ feature {{ name }} entitlement {{ id sources {{ kind }} }} }} }}
  timeline(first: 50) {{ totalCount nodes {{ status feature {{ name }} sources {{ kind product {{ name }} }} }} }}
  upcomingChanges(first: 5) {{ at added {{ feature {{ name }} }} removed {{ lookupKey sources {{ kind }} }} }}
"""

PAGE_OF_CUSTOMERS = f"""
query Page($first: Int!) {{
  customers(first: $first) {{ totalCount pageInfo {{ endCursor }} edges {{ cursor node {{ {CUSTOMER} }} }} }}
}}
"""

ACCESS_CHECKS = """
query Checks($by: [CustomerBy!]!, $keys: [String!]!) {
  customersBy(by: $by) {
    hasAccess(lookupKey: "000x00")
    access(lookupKeys: $keys) {
      lookupKey hasAccess reason feature { name } entitlement { id sources { product { name } } }
      unlockedBy(first: 5) { name features(first: 1) { nodes { feature { name } } } }
    }
  }
}
"""

CATALOGUE_BY_FEATURE = """
query Catalogue($first: Int!) {
  features(first: $first) { totalCount nodes { name products(first: 50) { totalCount nodes {
    rollout product { name features(first: 50, detached: true) { totalCount nodes { feature { lookupKey } } } }
  } } } }
}
"""

CATALOGUE_BY_PRODUCT = """
query Catalogue($first: Int!) {
  products(first: $first) { nodes { name features(first: 50) { totalCount nodes {
    attachedAt feature { name products(last: 5) { totalCount nodes { product { lookupKey } } } }
  } } } }
}
"""

NODES = """
query Nodes($ids: [ID!]!) {
  nodes(ids: $ids) {
    id
    ... on Feature { name } ... on Product { name } ... on ProductFeature { product { name } feature { name } }
    ... on Customer { revision } ... on CustomerSubscription { customer { externalId } items { product { name } } }
    ... on SubscriptionItem { product { name } subscription { status } } ... on Grant { feature { name } }
    ... on Entitlement { feature { name } sources { product { name } } }
  }
}
"""

HOLDERS = """
query Holders($first: Int!) {
  feature(by: { lookupKey: "shared" }) { customers(first: $first) {
    totalCount edges { node { externalId revision } entitlement { status sources { product { name } } } }
  } }
}
"""


@pytest.fixture
async def crowd(database: Database) -> Api:
    """A hundred customers with fifty entitlements each."""
    api = await Api.open(database, at=START)
    await fill_catalogue(api, START)
    await add_customers(api, START, 100)
    return api


async def test_a_page_of_100_customers_costs_as_many_statements_as_one_customer(crowd: Api) -> None:
    one, _ = await _run(crowd, PAGE_OF_CUSTOMERS, first=1)
    hundred, data = await _run(crowd, PAGE_OF_CUSTOMERS, first=100)

    edges = data["customers"]["edges"]
    assert [len(edge["node"]["entitlements"]["nodes"]) for edge in edges] == [50] * 100
    assert hundred == one
    assert one.total() == 9


async def test_access_checks_cost_the_same_for_any_number_of_customers_and_keys(crowd: Api) -> None:
    everybody = [{"id": f"cus_{n:03}"} for n in range(50)] + [{"externalId": f"{n:03}"} for n in range(50, 100)]
    keys = [f"{product:03}x{feature:02}" for product in range(5) for feature in range(2)]

    one, _ = await _run(crowd, ACCESS_CHECKS, by=[everybody[0], everybody[-1]], keys=keys[:1])
    many, data = await _run(crowd, ACCESS_CHECKS, by=everybody, keys=keys)

    assert [len(customer["access"]) for customer in data["customersBy"]] == [10] * 100
    assert many == one
    assert one.total() == 8


async def test_offering_many_products_costs_no_more_than_offering_one(crowd: Api) -> None:
    await crowd.feature("sso")
    for product in ("003", "005", "007"):
        await crowd.mutate(
            "attachFeature", "productFeature { id }", product={"lookupKey": product}, feature={"lookupKey": "sso"}
        )
    document = """
      query Offer($first: Int!) {
        customer(by: { id: "cus_001" }) { access(lookupKeys: ["sso"]) { unlockedBy(first: $first) { name } } }
      }
    """

    one, _ = await _run(crowd, document, first=1)
    many, data = await _run(crowd, document, first=100)

    assert len(data["customer"]["access"][0]["unlockedBy"]) == 3
    assert many == one


@pytest.mark.parametrize(
    ("document", "statements"), [(CATALOGUE_BY_FEATURE, 8), (CATALOGUE_BY_PRODUCT, 7)], ids=["features", "products"]
)
async def test_catalogue_pages_cost_the_same_whatever_their_size(crowd: Api, document: str, statements: int) -> None:
    one, _ = await _run(crowd, document, first=1)
    many, _ = await _run(crowd, document, first=20)

    assert many == one
    assert one.total() == statements


async def test_nodes_cost_the_same_for_one_id_of_each_type_and_for_many(crowd: Api) -> None:
    one, _ = await _run(crowd, NODES, ids=_ids(1))
    many, data = await _run(crowd, NODES, ids=_ids(12))

    assert all(data["nodes"])
    assert many == one
    assert one.total() == 8


async def test_a_features_customers_cost_the_same_for_one_and_for_a_whole_batch(crowd: Api) -> None:
    await _share_a_feature(crowd)

    one, _ = await _run(crowd, HOLDERS, first=1)
    page, data = await _run(crowd, HOLDERS, first=100)

    assert len(data["feature"]["customers"]["edges"]) == data["feature"]["customers"]["totalCount"] == 100
    assert page == one


async def test_what_is_not_selected_costs_nothing(crowd: Api) -> None:
    bare, _ = await _run(crowd, "{ customers { nodes { externalId } } }")
    counted, _ = await _run(crowd, "{ customers { totalCount nodes { externalId } } }")

    assert bare.total() == 1
    assert counted.total() == 2


async def _share_a_feature(api: Api) -> None:
    """Gives one feature to everybody, at once, by all products."""
    await api.feature("shared")
    document = "mutation M {"
    for product in range(PRODUCTS):
        given = f'{{product: {{lookupKey: "{product:03}"}}, feature: {{lookupKey: "shared"}}, rollout: IMMEDIATE}}'
        document += f" a{product}: attachFeature(input: {given}) {{ userErrors {{ code }} }}"
    await api.run(document + " }")


async def _run(api: Api, document: str, **variables: Json) -> tuple[Counter[str], Json]:
    """How often an operation sends which statement, and its data."""
    with counting(api.database) as sent:
        data = await api.run(document, **variables)
    # The first one is the harness's: it reads the environment, as the front door does with the credential.
    return Counter(sent[1:]), data


def _ids(count: int) -> list[str]:
    """Ids of so many objects of each type; those with one number belong to each other."""
    numbers = [f"{n:03}" for n in range(count)]
    simple = [f"{prefix}_{n}" for prefix in ("prod", "cus", "sub", "si", "grt") for n in numbers]
    of_features = [text.format(n) for text in ("feat_{0}x00", "prodft_{0}x00", "ent_{0}Z0{0}x00") for n in numbers]
    return simple + of_features

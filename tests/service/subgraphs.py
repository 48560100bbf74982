"""Asking the subgraph as a router does: for entities, by what other subgraphs know of them."""

from collections.abc import Sequence

import httpx2

from tests.service.serving import Caller, Json

ENTITIES = """
query($representations: [_Any!]!) {
  _entities(representations: $representations) {
    __typename
    ... on Customer { id externalId name hasAccess(lookupKey: "sso") }
    ... on Feature { id lookupKey }
    ... on Product { id key: lookupKey features { nodes { feature { lookupKey } } } }
  }
}
"""


async def post(caller: Caller, query: str, secret: str | None = None, **variables: Json) -> httpx2.Response:
    """The answer of the subgraph, to the caller or to another credential."""
    headers = {"Authorization": f"Bearer {secret or caller.secret}"}
    return await caller.client.post("/subgraph", json={"query": query, "variables": variables}, headers=headers)


async def entities(caller: Caller, representations: Sequence[Json], secret: str | None = None) -> Json:
    """The body that a router is answered for some representations."""
    return (await post(caller, ENTITIES, secret, representations=representations)).json()


async def furnish(caller: Caller) -> dict[str, str]:
    """A feature sso, a product pro with it, and a customer acme who has it by a grant: their ids, by those names."""
    feature = await caller.do("createFeature", "feature { id }", name="SSO", lookupKey="sso")
    given = [{"lookupKey": "sso"}]
    product = await caller.do("createProduct", "product { id }", name="Pro", lookupKey="pro", features=given)
    customer = await caller.do("createCustomer", "customer { id }", externalId="acme", name="Acme")
    await grant(caller, "acme")
    return {"sso": feature["feature"]["id"], "pro": product["product"]["id"], "acme": customer["customer"]["id"]}


async def grant(caller: Caller, customer: str) -> None:
    """Gives a customer sso."""
    given = {"customer": {"externalId": customer}, "feature": {"lookupKey": "sso"}}
    await caller.do("grantEntitlement", "__typename", **given)

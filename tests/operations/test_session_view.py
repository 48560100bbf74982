"""What a customer's session shows: the customer with everything below, the active catalogue, and nothing else."""

import pytest

from resolvers.callers import Caller, CallerKind
from resolvers.context import new_context
from tests.operations.api import Api, Json, run_as_served
from tests.operations.keeping import BOTH_WAYS

pytestmark = BOTH_WAYS


class Session:
    """Operations as one customer asks them."""

    def __init__(self, api: Api, customer: str | None) -> None:
        self.api = api
        self.customer = customer

    async def run(self, document: str, **variables: Json) -> Json:
        """The data of an operation that must succeed."""
        caller = Caller("cs_1", CallerKind.CUSTOMER_SESSION, self.api.environment, customer=self.customer)  # pyright: ignore[reportArgumentType]
        context = new_context(self.api.database, self.api.environment, caller, shared=self.api.shared)
        result = await run_as_served(document, variables, context)
        assert not result.errors, result.errors
        return result.data


@pytest.fixture
async def acme(shop: Api) -> Session:
    """The session of a subscriber to pro; its feature sso has since been archived, and the plan basic retired."""
    await shop.subscribe("acme", "pro")
    await shop.customer("other")
    await shop.mutate("archiveFeature", feature={"lookupKey": "sso"})
    await shop.mutate("updateProduct", product={"lookupKey": "basic"}, active=False)
    found = await shop.run('{ customer(by: {externalId: "acme"}) { id } }')
    return Session(shop, found["customer"]["id"])


async def test_it_shows_its_customer_and_all_that_hangs_below(acme: Session) -> None:
    data = await acme.run("""{ viewer { kind scopes customer {
      externalId
      entitlements { nodes { lookupKey feature { active } sources { product { lookupKey } } } }
      subscriptions { nodes { status items { product { name } } } }
      access(lookupKeys: ["audit", "sso"]) { lookupKey hasAccess feature { lookupKey } }
    } } }""")

    customer = data["viewer"]["customer"]
    assert (data["viewer"]["kind"], data["viewer"]["scopes"]) == ("CUSTOMER_SESSION", [])
    assert customer["externalId"] == "acme"
    # What is archived goes on entitling, and is shown to those whom it entitles.
    held = {node["lookupKey"]: node["feature"]["active"] for node in customer["entitlements"]["nodes"]}
    assert held == {"audit": True, "sso": False}
    assert [decision["hasAccess"] for decision in customer["access"]] == [True, True]
    assert customer["subscriptions"]["nodes"][0]["items"] == [{"product": {"name": "pro"}}]


async def test_it_is_the_same_customer_by_every_way_and_no_other(acme: Session) -> None:
    data = await acme.run(
        """query($id: ID!) {
          node(id: $id) { id }
          customer(by: {externalId: "acme"}) { id }
          customersBy(by: [{externalId: "other"}, {externalId: "acme"}, {externalId: "nobody"}]) { id }
        }""",
        id=acme.customer,
    )

    me = {"id": acme.customer}
    assert data == {"node": me, "customer": me, "customersBy": [None, me, None]}


async def test_it_shows_the_active_catalogue_alone(acme: Session) -> None:
    data = await acme.run("""{
      features { totalCount nodes { lookupKey products(detached: true) { totalCount nodes { product { name } } } } }
      archived: features(archived: true) { totalCount nodes { id } }
      products { totalCount nodes { name features(detached: true) { totalCount nodes { feature { lookupKey } } } } }
      inactive: products(active: false) { totalCount nodes { id } }
      sso: feature(by: {lookupKey: "sso"}) { id }
      basic: product(by: {lookupKey: "basic"}) { id }
    }""")

    nothing: Json = {"totalCount": 0, "nodes": []}
    pro = {"totalCount": 1, "nodes": [{"product": {"name": "pro"}}]}
    audit = {"totalCount": 1, "nodes": [{"feature": {"lookupKey": "audit"}}]}
    assert data["features"] == {"totalCount": 1, "nodes": [{"lookupKey": "audit", "products": pro}]}
    assert data["products"] == {"totalCount": 1, "nodes": [{"name": "pro", "features": audit}]}
    assert (data["archived"], data["inactive"], data["sso"], data["basic"]) == (nothing, nothing, None, None)


async def test_what_is_not_active_answers_by_its_id_as_unknown(acme: Session) -> None:
    sso = await acme.api.run('{ feature(by: {lookupKey: "sso"}) { id products { nodes { id } } } }')
    basic = await acme.api.run('{ product(by: {lookupKey: "basic"}) { id features { nodes { id } } } }')
    attachments = [row["id"] for row in sso["feature"]["products"]["nodes"] + basic["product"]["features"]["nodes"]]
    ids = [sso["feature"]["id"], basic["product"]["id"], *attachments]

    data = await acme.run("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=ids)

    assert len(ids) == 4
    assert data == {"nodes": [None] * 4}


async def test_the_name_of_an_archived_feature_is_for_those_who_have_it(acme: Session, shop: Api) -> None:
    other = (await shop.run('{ customer(by: {externalId: "other"}) { id } }'))["customer"]["id"]

    data = await Session(shop, other).run('{ viewer { customer { access(lookupKeys: ["sso"]) { feature { id } } } } }')

    assert data["viewer"]["customer"]["access"] == [{"feature": None}]


async def test_a_customer_who_is_not_known_yet_sees_the_catalogue(acme: Session) -> None:
    data = await Session(acme.api, None).run("{ viewer { customer { id } } features { totalCount } }")

    assert data == {"viewer": {"customer": None}, "features": {"totalCount": 1}}


async def test_a_deleted_customer_is_nobody(acme: Session) -> None:
    await acme.api.mutate("deleteCustomer", customer={"externalId": "acme"})

    assert (await acme.run("{ viewer { customer { id } } }"))["viewer"]["customer"] is None

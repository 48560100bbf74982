"""Writes use what is kept of the catalogue, and only what the versions under their lock prove current."""

import pytest

from entitlements.facts import CatalogRollout, ProductFeature, ProductFeatureId, ProductId
from storage.database import Database
from storage.features import load_features_by_key
from storage.ids import new_id
from storage.product_features import attach_feature
from storage.products import update_product
from storage.unit_of_work import CatalogueWork, write_catalogue
from tests.operations.api import Api, Json
from tests.operations.crowd import counting
from tests.operations.keeping import BOTH_WAYS

SELECTION = "subscription { id } change { added { lookupKey } }"
IDS = '{ customer(by: {externalId: "acme"}) { id } product(by: {lookupKey: "basic"}) { id } }'


@pytest.fixture
async def order(shop: Api) -> dict[str, Json]:
    """An order of the basic plan for acme, both named by their ids."""
    found = await shop.run(IDS)
    return {"customer": {"id": found["customer"]["id"]}, "items": [{"product": {"id": found["product"]["id"]}}]}


async def test_a_write_reads_nothing_of_the_catalogue_that_is_kept(shop: Api, order: dict[str, Json]) -> None:
    await shop.mutate("createSubscription", SELECTION, **order)

    with counting(shop.database) as sent:
        await shop.mutate("createSubscription", SELECTION, **order)

    read = [statement for statement in sent if statement.startswith("SELECT")]
    assert not [each for each in read for table in ("products", "product_features") if f"FROM {table}" in each]
    # The environment that the harness reads, the locks on PostgreSQL, and the facts.
    assert len(read) == (3 if shop.database.engine.dialect.name == "postgresql" else 2)


@BOTH_WAYS
async def test_a_product_that_another_process_closed_takes_no_subscription(
    shop: Api, order: dict[str, Json], database_url: str
) -> None:
    await shop.mutate("createSubscription", SELECTION, **order)
    other = Database.open(database_url)

    async def close(work: CatalogueWork) -> None:
        await update_product(work, ProductId(order["items"][0]["product"]["id"]), active=False)

    await write_catalogue(other, shop.environment.id, close)
    refused = await shop.try_mutation("createSubscription", SELECTION, **order)

    assert [error["code"] for error in refused["userErrors"]] == ["INACTIVE"]
    await other.close()


@BOTH_WAYS
async def test_a_feature_that_another_process_attached_comes_with_the_next_subscription(
    shop: Api, order: dict[str, Json], database_url: str
) -> None:
    before = await shop.mutate("createSubscription", SELECTION, **order)
    other = Database.open(database_url)

    async def attach(work: CatalogueWork) -> None:
        [sso] = (await load_features_by_key(work.connection, work.environment.id, ["sso"]))["sso"]
        product = ProductId(order["items"][0]["product"]["id"])
        rollout = CatalogRollout.NEW_SUBSCRIPTIONS_ONLY
        id_ = ProductFeatureId(new_id("prodft"))
        await attach_feature(work, ProductFeature(id_, product, sso.id, work.instant, rollout))

    await write_catalogue(other, shop.environment.id, attach)
    after = await shop.mutate("createSubscription", SELECTION, **order)

    assert before["change"] == {"added": [{"lookupKey": "audit"}]}
    assert after["change"] == {"added": [{"lookupKey": "sso"}]}
    await other.close()


@pytest.mark.parametrize("unknown", ["cus_none", "", "\0", "sub_01"])
async def test_an_unknown_customer_named_by_id_is_refused_with_all_that_is_wrong(shop: Api, unknown: str) -> None:
    refused = await shop.try_mutation("createSubscription", SELECTION, customer={"id": unknown}, items=[])

    assert [(error["field"], error["code"]) for error in refused["userErrors"]] == [
        (["input", "items"], "BLANK"),
        (["input", "customer"], "NOT_FOUND"),
    ]
    assert refused["subscription"] is None

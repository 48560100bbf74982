"""Stripe's official library for Node.js, unchanged but for its address."""

import asyncio
from functools import partial

from entitlements.facts import Feature, FeatureId, Product, ProductFeature, ProductFeatureId, ProductId
from resolvers.callers import Scope
from storage.credentials import create_key
from storage.features import insert_feature
from storage.ids import new_id
from storage.product_features import attach_feature
from storage.products import insert_product
from storage.unit_of_work import CatalogueWork, write_catalogue
from tests.service.serving import Caller, serving
from tests.stripe_node.conftest import Run


async def test_every_call_about_entitlements_is_answered_and_refused_as_by_stripe(run: Run) -> None:
    await asyncio.to_thread(run, "entitlements.mjs")


async def test_credentials_that_will_not_do_are_told_apart(run: Run, caller: Caller, database_url: str) -> None:
    _, reader = await create_key(caller.database, caller.environment.id, "reader", (Scope.CATALOG_READ,))

    with serving(database_url, key_rate="100/day") as limited:
        await asyncio.to_thread(partial(run, "credentials.mjs", READER_KEY=reader, LIMITED_ADDRESS=limited))


async def test_a_request_has_one_effect_however_often_it_is_sent(run: Run) -> None:
    await asyncio.to_thread(run, "once.mjs")


async def test_webhooks_are_verified(run: Run) -> None:
    await asyncio.to_thread(run, "webhooks.mjs")


async def test_a_thousand_objects_are_paged_through(run: Run, caller: Caller) -> None:
    async def thousand(work: CatalogueWork) -> None:
        product = ProductId("prod_all")
        await insert_product(work, Product(product, "All", None, True, {}, work.instant))
        for number in range(1_000):
            feature = Feature(FeatureId(f"feat_{number:03}"), f"F{number}", f"f{number}", {}, work.instant)
            await insert_feature(work, feature)
            attachment = ProductFeatureId(new_id("prodft"))
            await attach_feature(work, ProductFeature(attachment, product, feature.id, work.instant))

    await write_catalogue(caller.database, caller.environment.id, thousand)
    made = await caller.do("createCustomer", "customer { id }")
    customer: str = made["customer"]["id"]
    await caller.do(
        "createSubscription",
        "subscription { id }",
        customer={"id": customer},
        items=[{"product": {"id": "prod_all"}}],
    )

    await asyncio.to_thread(partial(run, "paging.mjs", CUSTOMER=customer))

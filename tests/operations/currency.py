"""One process that writes and one that reads what it keeps, on one database; and what the database itself says."""

import asyncio
import random
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from entitlements.facts import (
    CatalogRollout,
    CustomerId,
    Feature,
    FeatureId,
    GrantId,
    Product,
    ProductFeature,
    ProductFeatureId,
)
from resolvers.context import Context, new_context
from resolvers.loaders import AttachmentPage, AttachmentsOf
from resolvers.shared import SharedReads
from storage.customers import delete_customer, update_customer
from storage.database import Database
from storage.environments import set_clock
from storage.features import archive_feature, update_feature
from storage.grants import revoke_grant
from storage.ids import new_id
from storage.paging import Cut
from storage.product_features import attach_feature, detach_feature
from storage.products import update_product
from storage.records import CustomerRecord, Environment
from storage.unit_of_work import CatalogueWork, CustomerWork, write_catalogue, write_customer
from tests.statements.stage import NOON, Stage

CUSTOMERS, FEATURES, PRODUCTS = 8, 6, 3


def dice(seed: int) -> random.Random:
    """Chance that falls the same way in every run."""
    return random.Random(seed)  # noqa: S311 (no secret)


@dataclass
class Writer:
    """Writes one thing after the other, each chosen at random; every write is acknowledged when it returns."""

    stage: Stage
    random: random.Random
    customers: list[CustomerRecord] = field(default_factory=list[CustomerRecord])
    features: list[Feature] = field(default_factory=list[Feature])
    products: list[Product] = field(default_factory=list[Product])
    grants: list[tuple[CustomerId, GrantId]] = field(default_factory=list[tuple[CustomerId, GrantId]])
    attached: dict[tuple[str, str], ProductFeature] = field(default_factory=dict[tuple[str, str], ProductFeature])

    @classmethod
    async def begin(cls, database: Database, seed: int) -> "Writer":
        """With a small catalogue, and customers who have one product each."""
        writer = cls(await Stage.set(database), dice(seed))
        writer.features = [await writer.stage.feature(f"feature {n}") for n in range(FEATURES)]
        writer.products = [await writer.stage.product(f"product {n}") for n in range(PRODUCTS)]
        for number in range(CUSTOMERS):
            await writer._arrive(number)
        return writer

    async def write(self) -> str:
        """One write. Returns its name."""
        deeds = (self.grant, self.revoke, self.attach_or_detach, self.rename, self.name_customer, self.turn_clock)
        deed = self.random.choice((*deeds, *deeds, self.replace_customer, self.replace_feature, self.turn_product))
        await deed()
        return deed.__name__

    async def grant(self) -> None:
        customer = self.random.choice(self.customers)
        feature = self.random.choice(self.features)
        change = await self.stage.grant(customer, feature, days=self.random.choice((None, 1)))
        self.grants.append((customer.id, change.loaded_after.facts.grants[-1].id))

    async def revoke(self) -> None:
        if not self.grants:
            return await self.grant()
        customer, grant = self.grants.pop(self.random.randrange(len(self.grants)))

        async def command(work: CustomerWork) -> None:
            if any(each.id == grant and each.revoked_at is None for each in work.loaded.facts.grants):
                await revoke_grant(work, grant)

        await write_customer(self.stage.db, self.stage.env, customer, command)
        return None

    async def attach_or_detach(self) -> None:
        pair = (self.random.choice(self.products).id, self.random.choice(self.features).id)

        async def command(work: CatalogueWork) -> None:
            if pair in self.attached:
                await detach_feature(work, self.attached.pop(pair), CatalogRollout.IMMEDIATE)
                return
            attachment = ProductFeatureId(new_id("prodft"))
            self.attached[pair] = ProductFeature(attachment, *pair, work.instant, CatalogRollout.IMMEDIATE)
            await attach_feature(work, self.attached[pair])

        await write_catalogue(self.stage.db, self.stage.env, command)

    async def rename(self) -> None:
        feature = self.random.choice(self.features)

        async def command(work: CatalogueWork) -> None:
            await update_feature(work, feature.id, name=f"name {self.random.random()}")

        await write_catalogue(self.stage.db, self.stage.env, command)

    async def turn_product(self) -> None:
        product = self.random.choice(self.products)

        async def command(work: CatalogueWork) -> None:
            await update_product(work, product.id, active=self.random.random() < 0.5)

        await write_catalogue(self.stage.db, self.stage.env, command)

    async def replace_feature(self) -> None:
        number = self.random.randrange(FEATURES)
        archived = self.features[number]

        async def command(work: CatalogueWork) -> None:
            await archive_feature(work, archived.id)

        await write_catalogue(self.stage.db, self.stage.env, command)
        self.features[number] = await self.stage.feature(archived.lookup_key)

    async def name_customer(self) -> None:
        customer = self.random.choice(self.customers)

        async def command(work: CustomerWork) -> None:
            await update_customer(work, name=f"name {self.random.random()}")

        await write_customer(self.stage.db, self.stage.env, customer.id, command)

    async def replace_customer(self) -> None:
        number = self.random.randrange(CUSTOMERS)
        gone = self.customers.pop(number)
        self.grants = [(customer, grant) for customer, grant in self.grants if customer != gone.id]

        async def command(work: CustomerWork) -> None:
            await delete_customer(work)

        await write_customer(self.stage.db, self.stage.env, gone.id, command)
        await self._arrive(number)

    async def turn_clock(self) -> None:
        latest = max(NOON, *[each for each in [(await self.stage.environment()).clock_at] if each])
        await set_clock(self.stage.db, self.stage.env, latest + timedelta(hours=self.random.randrange(1, 40)))

    async def _arrive(self, number: int) -> None:
        customer = await self.stage.customer(f"customer {number}")
        self.customers.insert(number, customer)
        await self.stage.subscribe(customer, self.products[number % PRODUCTS])


@dataclass
class Reader:
    """A process that shares its reads among all who ask it, and keeps what it may."""

    database: Database
    shared: SharedReads
    name: str

    async def seen(self, choice: random.Random) -> dict[str, Any]:
        """What one operation of this process sees that begins now."""
        # The first statement of every request is that of its credential, which brings the environment along.
        environment = await self.shared.environments.load(self.name)
        assert environment is not None
        return await everything(new_context(self.database, environment, shared=self.shared), choice.random() < 0.5)

    async def true(self) -> dict[str, Any]:
        """What the database says, asked by an operation that shares nothing with any other."""
        apart = SharedReads(self.database)
        environment = await apart.environments.load(self.name)
        assert environment is not None
        return await everything(new_context(self.database, environment, shared=apart), by_id=False)

    async def keep_busy(self, stopping: asyncio.Event, seed: int) -> None:
        """Asks on and on, so that at any moment some look-up is in flight."""
        choice = dice(seed)
        while not stopping.is_set():
            await self.seen(choice)


async def everything(context: Context, by_id: bool) -> dict[str, Any]:
    """All that can be kept, of every customer and of the catalogue, as one operation reads it."""
    loaders = context.loaders
    records = await loaders.customers_by_external_id.load_all(f"customer {n}" for n in range(CUSTOMERS))
    ids = [record.id for record in records if record]
    if by_id:
        # As for an operation that has an id from elsewhere: nothing of the customers was read before.
        loaders = new_context(context.database, context.environment, shared=context.shared).loaders
    known = await loaders.known.load_all(ids)
    named = await loaders.features_by_key.load_all(f"feature {n}" for n in range(FEATURES))
    products = await loaders.products_by_key.load_all(f"product {n}" for n in range(PRODUCTS))
    lists = [AttachmentsOf("product", product.id, detached=True) for product in products if product]
    given = {FeatureId(feature) for each in known if each for feature in each.timeline.features}
    return {
        "environment": _comparable(context.environment),
        "customers": known,
        "features by key": named,
        "products": products,
        "pages": await loaders.attachment_pages.load_all(AttachmentPage(each, Cut(100)) for each in lists),
        "counts": await loaders.attachment_counts.load_all(lists),
        "features": await loaders.features.load_all(sorted(given)),
    }


def _comparable(environment: Environment) -> tuple[Any, ...]:
    return environment.id, environment.clock_at, environment.catalogue_version, environment.attachments_version

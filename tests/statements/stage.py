"""A stage for tests of statements: an environment, and short ways to put something in it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from entitlements.facts import (
    BillingInterval,
    CatalogRollout,
    CustomerId,
    EnvironmentId,
    Feature,
    FeatureId,
    Grant,
    GrantId,
    Interval,
    Product,
    ProductFeature,
    ProductFeatureId,
    ProductId,
    Segment,
    StatusRecord,
    Subscription,
    SubscriptionId,
    SubscriptionItem,
    SubscriptionItemId,
    SubscriptionStatus,
)
from storage.announcing import announce_due, find_due, tell_of_attachment_change
from storage.customers import insert_customer
from storage.database import Database
from storage.environments import create_environment, find_environment, set_clock
from storage.events import load_events_after
from storage.facts import load_facts
from storage.features import insert_feature
from storage.grants import insert_grant
from storage.ids import new_id
from storage.product_features import attach_feature
from storage.products import insert_product
from storage.records import CustomerChange, CustomerRecord, Environment, Event, LoadedFacts
from storage.subscriptions import insert_subscription
from storage.unit_of_work import (
    CatalogueWork,
    CustomerWork,
    NewCustomerWork,
    RealTimeWork,
    write_catalogue,
    write_customer,
    write_in_real_time,
)
from storage.unit_of_work import write_new_customer as write_new
from storage.webhook_endpoints import insert_endpoint
from storage.webhook_records import WebhookEndpoint, WebhookEventType

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TICK = timedelta(milliseconds=1)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Stage:
    """One environment of a database."""

    db: Database
    name: str
    env: EnvironmentId

    @classmethod
    async def set(cls, db: Database, name: str = "sandbox", *, at: datetime | None = NOON) -> "Stage":
        """A new environment, its clock frozen at `at`; None leaves it to real time."""
        environment = await create_environment(db, name, livemode=False)
        if at is not None:
            await set_clock(db, environment.id, at)
        return cls(db, name, environment.id)

    async def environment(self) -> Environment:
        found = await find_environment(self.db, self.name)
        assert found is not None
        return found

    async def feature(self, key: str) -> Feature:
        async def command(work: CatalogueWork) -> Feature:
            feature = Feature(FeatureId(new_id("feat")), key.title(), key, {}, work.instant)
            await insert_feature(work, feature)
            return feature

        return await write_catalogue(self.db, self.env, command)

    async def product(self, key: str, *, active: bool = True) -> Product:
        async def command(work: CatalogueWork) -> Product:
            product = Product(ProductId(new_id("prod")), key.title(), key, active, {}, work.instant)
            await insert_product(work, product)
            return product

        return await write_catalogue(self.db, self.env, command)

    async def attach(
        self, product: Product, feature: Feature, rollout: CatalogRollout = CatalogRollout.NEXT_PERIOD
    ) -> ProductFeature:
        async def command(work: CatalogueWork) -> ProductFeature:
            id_ = ProductFeatureId(new_id("prodft"))
            attachment = ProductFeature(id_, product.id, feature.id, work.instant, rollout)
            await attach_feature(work, attachment)
            return attachment

        return await write_catalogue(self.db, self.env, command)

    async def plan(self, key: str, *features: Feature) -> Product:
        """A product with features."""
        product = await self.product(key)
        for feature in features:
            await self.attach(product, feature)
        return product

    async def customer(self, external_id: str | None = None, *, email: str | None = None) -> CustomerRecord:
        async def command(work: NewCustomerWork) -> CustomerRecord:
            return await insert_customer(work, CustomerId(new_id("cus")), external_id=external_id, email=email)

        return await write_new(self.db, self.env, command)

    async def webhook_endpoint(self, *, is_ordered: bool = False) -> WebhookEndpoint:
        """An endpoint that wants to be told of every change once."""

        async def command(work: RealTimeWork) -> WebhookEndpoint:
            return await insert_endpoint(
                work,
                url="https://hooks.example.com",
                enabled_events=(WebhookEventType.CHANGED,),
                is_ordered=is_ordered,
                description=None,
                metadata={},
            )

        return await write_in_real_time(self.db, self.env, command)

    async def subscribe(self, customer: CustomerRecord, *products: Product) -> Subscription:
        """An active monthly subscription from now on."""

        async def command(work: CustomerWork) -> Subscription:
            subscription = active_subscription(customer.id, work.instant, *products)
            await insert_subscription(work, subscription)
            return subscription

        return (await write_customer(self.db, self.env, customer.id, command))[0]

    async def grant(self, customer: CustomerRecord, feature: Feature, *, days: int | None = None) -> CustomerChange:
        """A grant from now on, for some days or without end; returns the change it made."""

        async def command(work: CustomerWork) -> None:
            until = None if days is None else work.instant + days * DAY
            id_ = GrantId(new_id("grt"))
            await insert_grant(work, Grant(id_, customer.id, feature.id, work.instant, work.instant, until))

        _, change = await write_customer(self.db, self.env, customer.id, command)
        assert change is not None
        return change

    async def facts(self, customer: CustomerRecord) -> LoadedFacts:
        async with self.db.snapshot() as connection:
            loaded = (await load_facts(connection, self.env, [customer.id]))[customer.id]
        assert isinstance(loaded, LoadedFacts)
        return loaded

    async def events(self, customer: CustomerRecord, *, after: int = 0) -> list[Event]:
        """What was announced of a customer after a revision."""
        async with self.db.read() as connection:
            return await load_events_after(connection, self.env, customer.id, after, 1_000)


async def announce_all(database: Database) -> None:
    """Announces all that is due, as the worker does."""
    while await tell_of_attachment_change(database):
        pass
    while due := await find_due(database, 1_000):
        for each in due:
            await announce_due(database, each.environment, [each.customer])


def active_subscription(customer: CustomerId, at: datetime, *products: Product) -> Subscription:
    """A subscription as one starts that nobody has to pay for first."""
    items = tuple(
        SubscriptionItem(
            SubscriptionItemId(new_id("si")), (Segment(product.id, 1, Interval(BillingInterval.MONTH), at),)
        )
        for product in products
    )
    return Subscription(
        id=SubscriptionId(new_id("sub")),
        customer=customer,
        recorded_at=at,
        started_at=at,
        statuses=(StatusRecord(SubscriptionStatus.ACTIVE, at),),
        items=items,
    )

"""The look-ups of one operation, each batched: one short read, or one consistent snapshot, for every batch."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Literal, TypeVar

from entitlements.billing import SubscriptionState, subscription_state
from entitlements.facts import (
    CustomerFacts,
    CustomerId,
    Feature,
    FeatureId,
    GrantId,
    Product,
    ProductFeature,
    ProductFeatureId,
    ProductId,
    Subscription,
    SubscriptionId,
    SubscriptionItemId,
)
from entitlements.runs import Timeline
from entitlements.timeline import timeline
from resolvers.loader import BatchObserver, Loader
from storage import customer_sessions, customers, features, product_features, products
from storage.database import Database
from storage.errors import RowUnreadable
from storage.facts import load_facts
from storage.paging import Cut, Page
from storage.records import CustomerRecord, CustomerSession, Environment, LoadedFacts

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class KnownCustomer:
    """A customer with all facts and the timeline they make, from one snapshot of the database.

    `at` is now for this customer: the operation's instant, or that of the latest write read, whichever is later, so
    that a process with a slow clock doesn't miss what it has read.
    """

    record: CustomerRecord
    facts: CustomerFacts
    timeline: Timeline
    at: datetime
    _states: dict[SubscriptionId, SubscriptionState] = field(
        default_factory=dict[SubscriptionId, SubscriptionState], init=False, repr=False, compare=False
    )

    def state_of(self, subscription: Subscription) -> SubscriptionState:
        """What has become of one of the customer's subscriptions by now.

        It is worked out once, as every one of a hundred entitlements may ask for the subscription that gives it.
        """
        if subscription.id not in self._states:
            self._states[subscription.id] = subscription_state(subscription, self.at)
        return self._states[subscription.id]


def know(loaded: LoadedFacts, now: datetime) -> KnownCustomer:
    """Facts as loaded, with what the rule makes of them."""
    latest = (now, loaded.customer.written_at, loaded.environment.catalogue_written_at)
    return KnownCustomer(
        record=loaded.customer,
        facts=loaded.facts,
        timeline=timeline(loaded.facts, loaded.attachments),
        at=max(instant for instant in latest if instant is not None),
    )


@dataclass(frozen=True, slots=True)
class AttachmentsOf:
    """Names the attachments of one product or feature: those detached too or not, those to active ones only or not."""

    by: Literal["product", "feature"]
    parent: str
    detached: bool
    active_only: bool = False


@dataclass(frozen=True, slots=True)
class AttachmentPage:
    """Names one page of them."""

    of: AttachmentsOf
    cut: Cut


class Loaders:
    """All loaders of one operation in one environment, each made when it is first asked for.

    `observe`: who is told of every batch, by the name its loader has here.
    """

    def __init__(
        self,
        database: Database,
        environment: Environment,
        now: Callable[[], datetime],
        may_see: Callable[[CustomerId], bool],
        observe: BatchObserver | None = None,
    ) -> None:
        self._database = database
        self._observe = observe
        self._environment = environment.id
        self._now = now
        self._may_see = may_see

    def clear(self) -> None:
        """Forgets what was loaded: after a write, reads of the same operation see it."""
        for name in [name for name, value in vars(self).items() if isinstance(value, Loader)]:
            delattr(self, name)

    @cached_property
    def features(self) -> Loader[FeatureId, Feature]:
        """Features by id."""
        return self._reading("features", features.load_features)

    @cached_property
    def features_by_key(self) -> Loader[str, list[Feature]]:
        """All features that have or had a lookup key: the active one first, then the newest archived one."""
        return self._reading("features_by_key", features.load_features_by_key)

    @cached_property
    def products(self) -> Loader[ProductId, Product]:
        """Products by id."""
        return self._reading("products", products.load_products)

    @cached_property
    def products_by_key(self) -> Loader[str, Product]:
        """Products by lookup key."""
        return self._reading("products_by_key", products.load_products_by_key)

    @cached_property
    def product_features(self) -> Loader[ProductFeatureId, ProductFeature]:
        """Attachments by id."""
        return self._reading("product_features", product_features.load_product_features)

    @cached_property
    def customers(self) -> Loader[CustomerId, CustomerRecord]:
        """Customers by id, without their facts."""

        async def load(ids: list[CustomerId]) -> Mapping[CustomerId, CustomerRecord]:
            async with self._database.read() as connection:
                return await customers.load_customers(connection, self._environment, self._seen(ids))

        return Loader(load, "customers", self._observe)

    @cached_property
    def customers_by_external_id(self) -> Loader[str, CustomerRecord]:
        """Customers by their owner's id."""

        async def load(keys: list[str]) -> Mapping[str, CustomerRecord]:
            async with self._database.read() as connection:
                found = await customers.load_customers_by_external_id(connection, self._environment, keys)
            return {key: customer for key, customer in found.items() if self._may_see(customer.id)}

        return Loader(load, "customers_by_external_id", self._observe)

    @cached_property
    def subscription_customers(self) -> Loader[SubscriptionId, CustomerId]:
        """Whose a subscription is."""
        return self._reading("subscription_customers", customers.customers_of_subscriptions)

    @cached_property
    def item_customers(self) -> Loader[SubscriptionItemId, CustomerId]:
        """Whose a subscription item is."""
        return self._reading("item_customers", customers.customers_of_items)

    @cached_property
    def grant_customers(self) -> Loader[GrantId, CustomerId]:
        """Whose a grant is."""
        return self._reading("grant_customers", customers.customers_of_grants)

    @cached_property
    def customer_sessions(self) -> Loader[str, CustomerSession]:
        """Customers' sessions by id."""
        return self._reading("customer_sessions", customer_sessions.load_sessions)

    @cached_property
    def known(self) -> Loader[CustomerId, KnownCustomer]:
        """Customers with facts and timeline. One that can't be read raises RowUnreadable for those who ask for it."""

        async def load(ids: list[CustomerId]) -> Mapping[CustomerId, KnownCustomer | RowUnreadable]:
            async with self._database.snapshot() as connection:
                loaded = await load_facts(connection, self._environment, self._seen(ids))
            return {
                customer: found if isinstance(found, RowUnreadable) else know(found, self._now())
                for customer, found in loaded.items()
            }

        return Loader(load, "known", self._observe)

    @cached_property
    def attachment_pages(self) -> Loader[AttachmentPage, Page[ProductFeature]]:
        """Pages of attachments: one statement for all parents that are asked for the same page."""

        async def load(pages: list[AttachmentPage]) -> Mapping[AttachmentPage, Page[ProductFeature]]:
            alike: defaultdict[tuple[AttachmentsOf, Cut], list[AttachmentPage]] = defaultdict(list)
            for page in pages:
                alike[replace(page.of, parent=""), page.cut].append(page)
            found: dict[AttachmentPage, Page[ProductFeature]] = {}
            async with self._database.read() as connection:
                for (kind, cut), group in alike.items():
                    by_parent = await product_features.pages_of_product_features(
                        connection,
                        self._environment,
                        by=kind.by,
                        parents=[page.of.parent for page in group],
                        cut=cut,
                        detached=kind.detached,
                        active_only=kind.active_only,
                    )
                    found.update((page, by_parent[page.of.parent]) for page in group if page.of.parent in by_parent)
            return found

        return Loader(load, "attachment_pages", self._observe)

    @cached_property
    def attachment_counts(self) -> Loader[AttachmentsOf, int]:
        """How many attachments there are."""

        async def load(lists: list[AttachmentsOf]) -> Mapping[AttachmentsOf, int]:
            alike: defaultdict[AttachmentsOf, list[str]] = defaultdict(list)
            for each in lists:
                alike[replace(each, parent="")].append(each.parent)
            found: dict[AttachmentsOf, int] = {}
            async with self._database.read() as connection:
                for kind, parents in alike.items():
                    counts = await product_features.counts_of_product_features(
                        connection,
                        self._environment,
                        by=kind.by,
                        parents=parents,
                        detached=kind.detached,
                        active_only=kind.active_only,
                    )
                    found.update((replace(kind, parent=parent), n) for parent, n in counts.items())
            return found

        return Loader(load, "attachment_counts", self._observe)

    @cached_property
    def unlocking(self) -> Loader[tuple[FeatureId, int], list[ProductId]]:
        """Active products that have a feature attached now; the key is the feature and how many are wanted."""

        async def load(keys: list[tuple[FeatureId, int]]) -> Mapping[tuple[FeatureId, int], list[ProductId]]:
            most = max(first for _, first in keys)
            async with self._database.read() as connection:
                found = await product_features.products_with_features(
                    connection, self._environment, [feature for feature, _ in keys], most
                )
            return {(feature, first): found.get(feature, [])[:first] for feature, first in keys}

        return Loader(load, "unlocking", self._observe)

    def _seen(self, ids: list[CustomerId]) -> list[CustomerId]:
        """Those of some customers that are there for the caller: whatever way led to them, it ends here."""
        return [customer for customer in ids if self._may_see(customer)]

    def _reading(self, name: str, load: Callable[..., Awaitable[Mapping[K, V]]]) -> Loader[K, V]:
        """A loader over a statement that takes a connection, the environment and keys."""

        async def load_batch(keys: list[K]) -> Mapping[K, V]:
            async with self._database.read() as connection:
                return await load(connection, self._environment, keys)

        return Loader(load_batch, name, self._observe)

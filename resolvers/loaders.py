"""The look-ups of one operation, each batched, over those that all operations of the process share."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cached_property
from typing import TypeVar

from entitlements.facts import (
    CustomerId,
    Feature,
    FeatureId,
    GrantId,
    Product,
    ProductFeature,
    ProductFeatureId,
    ProductId,
    SubscriptionId,
    SubscriptionItemId,
)
from resolvers.known import KnownCustomer, know
from resolvers.loader import BatchObserver, Loader
from resolvers.shared import Lookup, SharedReads
from storage import customer_sessions, customers, features, product_features, products
from storage.attachment_lists import (
    AttachmentPage,
    AttachmentsOf,
    load_attachment_counts,
    load_attachment_pages,
    load_unlocking,
)
from storage.catalogue_lists import (
    FeaturePage,
    FeaturesOf,
    ProductPage,
    ProductsOf,
    load_feature_counts,
    load_feature_pages,
    load_product_counts,
    load_product_pages,
)
from storage.current import load_current, load_current_by_external_id
from storage.errors import RowUnreadable
from storage.paging import Page
from storage.records import CurrentCustomer, CustomerRecord, CustomerSession, Environment

__all__ = ["AttachmentPage", "AttachmentsOf", "KnownCustomer", "Loaders"]

K = TypeVar("K")
V = TypeVar("V")


class Loaders:
    """All loaders of one operation in one environment, each made when it is first asked for.

    `observe`: who is told of every batch, by the name its loader has here.
    """

    def __init__(
        self,
        shared: SharedReads,
        environment: Environment,
        now: Callable[[], datetime],
        may_see: Callable[[CustomerId], bool],
        observe: BatchObserver | None = None,
    ) -> None:
        self._shared = shared
        self._observe = observe
        self._environment = environment
        self._has_written = False
        self._now = now
        self._may_see = may_see
        self._current: dict[CustomerId, CurrentCustomer] = {}
        self._known: dict[CustomerId, KnownCustomer] = {}

    def clear(self, environment: Environment | None = None) -> None:
        """Forgets what was loaded: after a write, reads of the same operation see it.

        What is kept is taken for current by the versions of `environment`, read under the lock of that write. With None
        there are only those from before the write, and nothing is taken for current from here on.
        """
        self._has_written = environment is None
        self._environment = environment or self._environment
        self._current.clear()
        self._known.clear()
        for name in [name for name, value in vars(self).items() if isinstance(value, Loader)]:
            delattr(self, name)

    @cached_property
    def features(self) -> Loader[FeatureId, Feature]:
        """Features by id."""
        return self._of_catalogue("features", features.load_features)

    @cached_property
    def features_by_key(self) -> Loader[str, list[Feature]]:
        """All features that have or had a lookup key: the active one first, then the newest archived one."""
        return self._of_catalogue("features_by_key", features.load_features_by_key)

    @cached_property
    def products(self) -> Loader[ProductId, Product]:
        """Products by id."""
        return self._of_catalogue("products", products.load_products)

    @cached_property
    def products_by_key(self) -> Loader[str, Product]:
        """Products by lookup key."""
        return self._of_catalogue("products_by_key", products.load_products_by_key)

    @cached_property
    def product_features(self) -> Loader[ProductFeatureId, ProductFeature]:
        """Attachments by id."""
        return self._of_catalogue("product_features", product_features.load_product_features)

    @cached_property
    def customers(self) -> Loader[CustomerId, CustomerRecord]:
        """Customers by id, without their facts."""

        async def load(ids: list[CustomerId]) -> Mapping[CustomerId, CustomerRecord]:
            found = await self._shared.look_up(load_current, self._environment.id, self._seen(ids))
            self._current.update(found)
            return {customer: current.record for customer, current in found.items()}

        return Loader(load, "customers", self._observe)

    @cached_property
    def customers_by_external_id(self) -> Loader[str, CustomerRecord]:
        """Customers by their owner's id."""

        async def load(keys: list[str]) -> Mapping[str, CustomerRecord]:
            found = await self._shared.look_up(load_current_by_external_id, self._environment.id, keys)
            seen = {key: current for key, current in found.items() if self._may_see(current.record.id)}
            self._current.update((current.record.id, current) for current in seen.values())
            return {key: current.record for key, current in seen.items()}

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
            found = await self._shared.know(self._environment.id, self._seen(ids), self._current)
            return {
                customer: known if isinstance(known, RowUnreadable) else know(*known, self._now())
                for customer, known in found.items()
            }

        return Loader(load, "known", self._observe, at_hand=self._all_at_hand)

    @cached_property
    def feature_pages(self) -> Loader[FeaturePage, Page[Feature]]:
        """Pages of features."""
        return self._of_catalogue("feature_pages", load_feature_pages)

    @cached_property
    def feature_counts(self) -> Loader[FeaturesOf, int]:
        """How many features there are."""
        return self._of_catalogue("feature_counts", load_feature_counts)

    @cached_property
    def product_pages(self) -> Loader[ProductPage, Page[Product]]:
        """Pages of products."""
        return self._of_catalogue("product_pages", load_product_pages)

    @cached_property
    def product_counts(self) -> Loader[ProductsOf, int]:
        """How many products there are."""
        return self._of_catalogue("product_counts", load_product_counts)

    @cached_property
    def attachment_pages(self) -> Loader[AttachmentPage, Page[ProductFeature]]:
        """Pages of attachments."""
        return self._of_catalogue("attachment_pages", load_attachment_pages)

    @cached_property
    def attachment_counts(self) -> Loader[AttachmentsOf, int]:
        """How many attachments there are."""
        return self._of_catalogue("attachment_counts", load_attachment_counts)

    @cached_property
    def unlocking(self) -> Loader[tuple[FeatureId, int], list[ProductId]]:
        """Active products that have a feature attached now; the key is the feature and how many are wanted."""
        return self._reading("unlocking", load_unlocking)

    def _seen(self, ids: list[CustomerId]) -> list[CustomerId]:
        """Those of some customers that are there for the caller: whatever way led to them, it ends here."""
        return [customer for customer in ids if self._may_see(customer)]

    def _all_at_hand(self, ids: list[CustomerId]) -> list[KnownCustomer | None]:
        return list(map(self._known_at_hand, ids))

    def _known_at_hand(self, customer: CustomerId) -> KnownCustomer | None:
        """A customer whose row this operation has read, if its facts are kept under the versions that came with it."""
        if customer not in self._known:
            current = self._current.get(customer)
            kept = self._shared.known_at_hand(current) if current else None
            if current is None or kept is None:
                return None
            self._known[customer] = know(current, kept, self._now())
        return self._known[customer]

    def _reading(self, name: str, lookup: Lookup[K, V]) -> Loader[K, V]:
        """A loader over a statement that takes a connection, the environment and keys."""

        async def load(keys: list[K]) -> Mapping[K, V]:
            return await self._shared.look_up(lookup, self._environment.id, keys)

        return Loader(load, name, self._observe)

    def _of_catalogue(self, name: str, lookup: Lookup[K, V]) -> Loader[K, V]:
        """The same over one that reads nothing but the catalogue, so that what it finds can be kept by its version."""
        if self._has_written:
            return self._reading(name, lookup)

        async def load(keys: list[K]) -> Mapping[K, V]:
            return await self._shared.look_up_catalogue(lookup, self._environment, keys)

        def at_hand(keys: list[K]) -> list[V | None]:
            return self._shared.at_hand(lookup, self._environment, keys)

        return Loader(load, name, self._observe, at_hand=at_hand)

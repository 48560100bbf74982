"""The look-ups of one operation, each batched, over those that all operations of the process share."""

from collections.abc import Callable
from datetime import datetime
from functools import cached_property, partial
from typing import TypeVar

from entitlements.facts import (
    CustomerId,
    EnvironmentId,
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
from resolvers.customer_reads import CustomerReads
from resolvers.known import KnownCustomer
from resolvers.loader import BatchObserver, Loader
from resolvers.shared import Lookup, SharedReads
from storage import (
    customer_sessions,
    customers,
    features,
    product_features,
    products,
    sandbox_clocks,
    webhook_endpoints,
    webhook_lists,
)
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
from storage.paging import Page
from storage.records import CustomerRecord, CustomerSession, Environment, SandboxClock
from storage.webhook_lists import AttemptPage, DeliveriesOf, DeliveryPage
from storage.webhook_records import WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookEvent

__all__ = ["AttachmentPage", "AttachmentsOf", "KnownCustomer", "Loaders"]

K = TypeVar("K")
V = TypeVar("V")


class Loaders:
    """All loaders of one operation in one environment, each made when it is first asked for.

    `now`: the operation's instant. `observe`: who is told of every batch, by the name its loader has here. Nothing here
    refers back to whoever holds it, so that all an operation has read goes when the operation does.
    """

    def __init__(
        self,
        shared: SharedReads,
        environment: Environment,
        now: datetime,
        may_see: Callable[[CustomerId], bool],
        observe: BatchObserver | None = None,
    ) -> None:
        self._shared = shared
        self._observe = observe
        self._environment = environment
        self._has_written = False
        self._may_see = may_see
        self._reads = CustomerReads(shared, environment.id, now, may_see)

    def clear(self, now: datetime, environment: Environment | None = None) -> None:
        """Forgets what was loaded: after a write, reads of the same operation see it, and are of that instant.

        What is kept is taken for current by the versions of `environment`, read under the lock of that write. With None
        there are only those from before the write, and nothing is taken for current from here on.
        """
        self._has_written = environment is None
        self._environment = environment or self._environment
        self._reads = CustomerReads(self._shared, self._environment.id, now, self._may_see)
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
        return Loader(self._reads.load, "customers", self._observe)

    @cached_property
    def customers_by_external_id(self) -> Loader[str, CustomerRecord]:
        """Customers by their owner's id."""
        return Loader(self._reads.load_by_external_id, "customers_by_external_id", self._observe)

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
    def clocks(self) -> Loader[str, SandboxClock]:
        """Test clocks by id, those that were deleted too."""
        return self._reading("clocks", sandbox_clocks.load_clocks)

    @cached_property
    def standing_clocks(self) -> Loader[EnvironmentId, SandboxClock]:
        """The test clock of the environment, by the environment's id; none of others."""
        return self._reading("standing_clocks", sandbox_clocks.load_standing_clocks)

    @cached_property
    def webhook_endpoints(self) -> Loader[str, WebhookEndpoint]:
        """Webhook endpoints by id."""
        return self._reading("webhook_endpoints", webhook_endpoints.load_endpoints)

    @cached_property
    def webhook_events(self) -> Loader[str, WebhookEvent]:
        """Events as webhooks tell them, by id."""
        return self._reading("webhook_events", webhook_lists.load_webhook_events)

    @cached_property
    def webhook_deliveries(self) -> Loader[str, WebhookDelivery]:
        """Deliveries of webhooks by id."""
        return self._reading("webhook_deliveries", webhook_lists.load_deliveries)

    @cached_property
    def webhook_delivery_pages(self) -> Loader[DeliveryPage, Page[WebhookDelivery]]:
        """Pages of deliveries."""
        return self._reading("webhook_delivery_pages", webhook_lists.load_delivery_pages)

    @cached_property
    def webhook_delivery_counts(self) -> Loader[DeliveriesOf, int]:
        """How many deliveries there are."""
        return self._reading("webhook_delivery_counts", webhook_lists.load_delivery_counts)

    @cached_property
    def webhook_attempts(self) -> Loader[str, WebhookAttempt]:
        """Attempts at deliveries by id."""
        return self._reading("webhook_attempts", webhook_lists.load_attempts)

    @cached_property
    def webhook_attempt_pages(self) -> Loader[AttemptPage, Page[WebhookAttempt]]:
        """Pages of attempts."""
        return self._reading("webhook_attempt_pages", webhook_lists.load_attempt_pages)

    @cached_property
    def webhook_attempt_counts(self) -> Loader[str, int]:
        """How many attempts there were at a delivery."""
        return self._reading("webhook_attempt_counts", webhook_lists.load_attempt_counts)

    @cached_property
    def known(self) -> Loader[CustomerId, KnownCustomer]:
        """Customers with facts and timeline. One that can't be read raises RowUnreadable for those who ask for it."""
        return Loader(self._reads.load_known, "known", self._observe, at_hand=self._reads.known_at_hand)

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

    def _reading(self, name: str, lookup: Lookup[K, V]) -> Loader[K, V]:
        """A loader over a statement that takes a connection, the environment and keys."""
        return Loader(partial(self._shared.look_up, lookup, self._environment.id), name, self._observe)

    def _of_catalogue(self, name: str, lookup: Lookup[K, V]) -> Loader[K, V]:
        """The same over one that reads nothing but the catalogue, so that what it finds can be kept by its version."""
        if self._has_written:
            return self._reading(name, lookup)
        look_up = partial(self._shared.look_up_catalogue, lookup, self._environment)
        at_hand = partial(self._shared.at_hand, lookup, self._environment)
        return Loader(look_up, name, self._observe, at_hand=at_hand)

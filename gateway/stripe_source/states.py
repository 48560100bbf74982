"""What an object was at an instant, in the house's words: what observations hold.

Equal states mean the same to entitlements; so a state that follows an equal one tells nothing new.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256

from pydantic import TypeAdapter

from entitlements.facts import BillingInterval, Interval, Metadata, ProductId, SubscriptionStatus, TrialEndBehavior
from gateway.stripe_source.shapes import (
    StripeCustomer,
    StripeFeature,
    StripeItem,
    StripeProduct,
    StripeProductFeature,
    StripeReference,
    StripeSubscription,
)

_PRODUCT_PREFIX = "prod_"
_BEHAVIORS = {"pause": TrialEndBehavior.PAUSE, "cancel": TrialEndBehavior.CANCEL}


@dataclass(frozen=True, slots=True)
class FeatureState:
    """A feature."""

    name: str
    lookup_key: str
    active: bool
    metadata: Metadata

    @classmethod
    def of(cls, feature: StripeFeature) -> "FeatureState":
        """A feature as Stripe tells of it."""
        return cls(feature.name, feature.lookup_key, feature.active, entries(feature.metadata))


@dataclass(frozen=True, slots=True)
class AttachedState:
    """The attachments of a product that there are, as pairs of the attachment's id and the feature's, in order."""

    attached: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, listed: list[StripeProductFeature]) -> "AttachedState":
        """All of a product's features as Stripe lists them."""
        return cls(tuple(sorted((each.id, each.entitlement_feature.id) for each in listed)))


@dataclass(frozen=True, slots=True)
class ReachedState:
    """Features that were on a product by an instant, and some that were `gone` from it, as a customer's rights told."""

    there: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ProductState:
    """A product, None being what isn't known (yet) of one. `chosen`: the id of Stripe's, if ours is another."""

    name: str | None = None
    active: bool = True
    created: datetime | None = None
    metadata: Metadata = field(default_factory=dict[str, str])
    chosen: str | None = None

    @classmethod
    def of(cls, product: StripeProduct) -> "ProductState":
        """A product as Stripe tells of it."""
        return cls(
            product.name,
            product.active and not product.deleted,
            instant(product.created),
            entries(product.metadata),
            chosen_id(product.id),
        )


@dataclass(frozen=True, slots=True)
class CustomerState:
    """A customer, None being what isn't known (yet) of one."""

    name: str | None = None
    email: str | None = None
    created: datetime | None = None
    metadata: Metadata = field(default_factory=dict[str, str])
    deleted: bool = False

    @classmethod
    def of(cls, customer: StripeCustomer) -> "CustomerState":
        """A customer as Stripe tells of it."""
        created, metadata = instant(customer.created), entries(customer.metadata)
        return cls(customer.name, customer.email, created, metadata, customer.deleted)


@dataclass(frozen=True, slots=True)
class ItemState:
    """A line of a subscription."""

    id: str
    created: datetime
    product: ProductId
    quantity: int
    interval: Interval

    @classmethod
    def of(cls, item: StripeItem) -> "ItemState":
        """An item as Stripe tells of it. Raises: ValueError, if it doesn't say what it is for."""
        billed = item.price.recurring if item.price and item.price.recurring else item.plan
        product = product_named_by(item)
        if billed is None or product is None:
            message = f"The subscription item {item.id} has no recurring price of a product."
            raise ValueError(message)
        return cls(
            item.id,
            _from_second(item.created),
            product_id(product),
            # What is metered is used up as one goes, and is there all the time.
            1 if item.quantity is None else item.quantity,
            Interval(BillingInterval(billed.interval.upper()), billed.interval_count),
        )


@dataclass(frozen=True, slots=True)
class SubscriptionState:
    """A subscription. Where `items` aren't complete, an item that isn't among them stays as it was."""

    customer: str
    status: SubscriptionStatus
    created: datetime
    started: datetime
    items: tuple[ItemState, ...]
    items_complete: bool = True
    trial_end: datetime | None = None
    trial_end_behavior: TrialEndBehavior = TrialEndBehavior.ACTIVATE
    cancel_at: datetime | None = None
    cancel_at_period_end: bool = False
    canceled_at: datetime | None = None
    ended_at: datetime | None = None
    metadata: Metadata = field(default_factory=dict[str, str])

    @classmethod
    def of(cls, subscription: StripeSubscription) -> "SubscriptionState":
        """A subscription as Stripe tells of it. Raises: ValueError, if something of it means nothing here."""
        return cls(
            customer=id_of(subscription.customer),
            status=SubscriptionStatus(subscription.status.upper()),
            created=_from_second(subscription.created),
            started=_from_second(subscription.start_date),
            items=tuple(sorted(map(ItemState.of, subscription.items.data), key=lambda item: (item.created, item.id))),
            items_complete=not subscription.items.has_more,
            trial_end=instant(subscription.trial_end),
            trial_end_behavior=_behavior(subscription),
            cancel_at=instant(_cancel_at(subscription)),
            cancel_at_period_end=subscription.cancel_at_period_end,
            canceled_at=instant(subscription.canceled_at),
            ended_at=instant(subscription.ended_at),
            metadata=entries(subscription.metadata),
        )


State = FeatureState | AttachedState | ReachedState | ProductState | CustomerState | SubscriptionState

FEATURE = TypeAdapter(FeatureState)
ATTACHED = TypeAdapter(AttachedState)
REACHED = TypeAdapter(ReachedState)
PRODUCT = TypeAdapter(ProductState)
CUSTOMER = TypeAdapter(CustomerState)
SUBSCRIPTION = TypeAdapter(SubscriptionState)


def product_id(stripe: str) -> ProductId:
    """The id of a product of Stripe's: the same; or, for one that its owner chose, what is made of that.

    Ids here say what they name by how they begin. The chosen one is kept as `lookupKey`.
    """
    if stripe.startswith(_PRODUCT_PREFIX):
        return ProductId(stripe)
    return ProductId(f"{_PRODUCT_PREFIX}{sha256(stripe.encode()).hexdigest()[:24]}")


def product_named_by(item: StripeItem) -> str | None:
    """The id in Stripe of the product that an item is for; None if it doesn't say."""
    product = item.price.product if item.price else item.plan and item.plan.product
    return None if product is None else id_of(product)


def chosen_id(stripe: str) -> str | None:
    """The id that a product's owner chose for it, if it isn't the product's id here too."""
    return None if product_id(stripe) == stripe else stripe


def entries(metadata: Mapping[str, str | None]) -> Metadata:
    """Metadata with the keys that are there."""
    return {key: value for key, value in sorted(metadata.items()) if value is not None}


def instant(second: int | None) -> datetime | None:
    """The instant of a second."""
    return None if second is None else _from_second(second)


def _from_second(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)


def id_of(named: str | StripeReference) -> str:
    """The id of what is named by it, or by an object in its place."""
    return named if isinstance(named, str) else named.id


def _behavior(subscription: StripeSubscription) -> TrialEndBehavior:
    """What becomes of the trial, as far as the subscription itself says. With a way to pay it always goes on."""
    if subscription.trial_settings is None or subscription.default_payment_method or subscription.default_source:
        return TrialEndBehavior.ACTIVATE
    asked = subscription.trial_settings.end_behavior.missing_payment_method
    return _BEHAVIORS.get(asked or "", TrialEndBehavior.ACTIVATE)


def _cancel_at(subscription: StripeSubscription) -> int | None:
    if subscription.cancel_at is not None or not subscription.cancel_at_period_end:
        return subscription.cancel_at
    ends = [subscription.current_period_end, *(item.current_period_end for item in subscription.items.data)]
    return max((end for end in ends if end is not None), default=None)

"""Facts: what storage holds, each with the instants from and until which it is true.

All instants are aware, in UTC, in whole milliseconds; intervals are half-open, `[from, to)`, and `None` as an end
means open. Values here are what the rule reads and what the resolvers hand on; none of them knows where it is stored.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import NewType

EnvironmentId = NewType("EnvironmentId", str)
FeatureId = NewType("FeatureId", str)
ProductId = NewType("ProductId", str)
ProductFeatureId = NewType("ProductFeatureId", str)
CustomerId = NewType("CustomerId", str)
SubscriptionId = NewType("SubscriptionId", str)
SubscriptionItemId = NewType("SubscriptionItemId", str)
GrantId = NewType("GrantId", str)

Metadata = Mapping[str, str]
"""A flat map of strings, at most 50 keys; as Stripe defines it."""

FOREVER = datetime.max.replace(tzinfo=UTC)
"""Later than every instant: how the rule writes an open end while it compares."""


class FeatureType(StrEnum):
    """What kind of value a feature has; only BOOLEAN features exist so far."""

    BOOLEAN = "BOOLEAN"
    STATIC = "STATIC"
    METERED = "METERED"


class SubscriptionStatus(StrEnum):
    """The states of a subscription, in Stripe's words."""

    INCOMPLETE = "INCOMPLETE"
    INCOMPLETE_EXPIRED = "INCOMPLETE_EXPIRED"
    TRIALING = "TRIALING"
    ACTIVE = "ACTIVE"
    PAST_DUE = "PAST_DUE"
    UNPAID = "UNPAID"
    PAUSED = "PAUSED"
    CANCELED = "CANCELED"


class BillingInterval(StrEnum):
    """The unit of a billing period."""

    DAY = "DAY"
    WEEK = "WEEK"
    MONTH = "MONTH"
    YEAR = "YEAR"


class TrialEndBehavior(StrEnum):
    """What a subscription becomes when its trial ends by itself."""

    ACTIVATE = "ACTIVATE"
    PAUSE = "PAUSE"
    CANCEL = "CANCEL"


class CatalogRollout(StrEnum):
    """When a change of a product's features reaches the subscriptions that are there already."""

    NEXT_PERIOD = "NEXT_PERIOD"
    IMMEDIATE = "IMMEDIATE"
    NEW_SUBSCRIPTIONS_ONLY = "NEW_SUBSCRIPTIONS_ONLY"


@dataclass(frozen=True, slots=True)
class Feature:
    """Something a customer may be allowed to use. Immutable key; archived at most once, for good."""

    id: FeatureId
    name: str
    lookup_key: str
    metadata: Metadata
    created_at: datetime
    archived_at: datetime | None = None
    type: FeatureType = FeatureType.BOOLEAN

    @property
    def active(self) -> bool:
        """Whether it can still be edited and attached."""
        return self.archived_at is None


@dataclass(frozen=True, slots=True)
class Product:
    """What a subscription item is for; its features are the product features attached to it."""

    id: ProductId
    name: str
    lookup_key: str | None
    active: bool
    metadata: Metadata
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ProductFeature:
    """The attachment of a feature to a product. Detaching ends the row; a later attach is a row of its own."""

    id: ProductFeatureId
    product: ProductId
    feature: FeatureId
    attached_at: datetime
    rollout: CatalogRollout = CatalogRollout.NEXT_PERIOD
    detached_at: datetime | None = None
    detach_rollout: CatalogRollout | None = None


@dataclass(frozen=True, slots=True)
class StatusRecord:
    """A status that was reported, and since when it is true."""

    status: SubscriptionStatus
    since: datetime


@dataclass(frozen=True, slots=True)
class Interval:
    """The length of a billing period: `count` times `unit`."""

    unit: BillingInterval
    count: int = 1


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of an item's life in which its product, quantity and interval stay the same."""

    product: ProductId
    quantity: int
    interval: Interval
    from_: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class SubscriptionItem:
    """A line of a subscription. Its segments follow each other without a gap; the last one's end is its removal."""

    id: SubscriptionItemId
    segments: tuple[Segment, ...]

    @property
    def added_at(self) -> datetime:
        """When the item came into the subscription."""
        return self.segments[0].from_

    @property
    def removed_at(self) -> datetime | None:
        """When the item left the subscription; None while it is in it."""
        return self.segments[-1].until

    def segment_at(self, at: datetime) -> Segment | None:
        """The segment in force at an instant; None before the item was added and once it is removed."""
        for segment in reversed(self.segments):
            if segment.from_ <= at:
                return segment if segment.until is None or at < segment.until else None
        return None


@dataclass(frozen=True, slots=True)
class Subscription:
    """A customer's subscription to products.

    `statuses` holds at least one record, oldest first; items come in the order they were added. `trial_end` is as it
    was set: `entitlements.status.trial_end` says when the trial really ends. `canceled_at` is when a cancellation was
    asked for, `ended_at` when one took effect at once; neither is set by the passing of time.
    """

    id: SubscriptionId
    customer: CustomerId
    recorded_at: datetime
    started_at: datetime
    statuses: tuple[StatusRecord, ...]
    items: tuple[SubscriptionItem, ...]
    trial_end: datetime | None = None
    trial_end_behavior: TrialEndBehavior = TrialEndBehavior.ACTIVATE
    cancel_at: datetime | None = None
    cancel_at_period_end: bool = False
    canceled_at: datetime | None = None
    ended_at: datetime | None = None
    metadata: Metadata = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Grant:
    """A right given to a customer by hand, apart from any subscription."""

    id: GrantId
    customer: CustomerId
    feature: FeatureId
    recorded_at: datetime
    active_from: datetime
    active_to: datetime | None = None
    revoked_at: datetime | None = None
    reason: str | None = None
    metadata: Metadata = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class CustomerFacts:
    """Everything of one customer that gives or takes access, in any order."""

    customer: CustomerId
    subscriptions: tuple[Subscription, ...] = ()
    grants: tuple[Grant, ...] = ()

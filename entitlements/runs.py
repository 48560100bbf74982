"""What the rule answers: for every feature the runs during which a customer is entitled, with sources and causes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from entitlements.facts import (
    FeatureId,
    GrantId,
    ProductId,
    SubscriptionId,
    SubscriptionItemId,
    SubscriptionStatus,
)


class AccessReason(StrEnum):
    """Why there is access, or why there is none (any more). The last two are reserved: nothing answers them yet."""

    ENTITLED = "ENTITLED"
    NOT_ENTITLED = "NOT_ENTITLED"
    UNKNOWN_FEATURE = "UNKNOWN_FEATURE"
    NOT_YET_ACTIVE = "NOT_YET_ACTIVE"
    SUBSCRIPTION_ENDED = "SUBSCRIPTION_ENDED"
    SUBSCRIPTION_NOT_IN_GOOD_STANDING = "SUBSCRIPTION_NOT_IN_GOOD_STANDING"
    TRIAL_ENDED = "TRIAL_ENDED"
    ITEM_REMOVED = "ITEM_REMOVED"
    FEATURE_DETACHED = "FEATURE_DETACHED"
    GRANT_ENDED = "GRANT_ENDED"
    GRANT_REVOKED = "GRANT_REVOKED"
    LIMIT_REACHED = "LIMIT_REACHED"
    OVERRIDDEN = "OVERRIDDEN"


class SourceKind(StrEnum):
    """What kind of fact a source is. The last one is reserved."""

    SUBSCRIPTION = "SUBSCRIPTION"
    GRANT = "GRANT"
    OVERRIDE = "OVERRIDE"


@dataclass(frozen=True, slots=True)
class Source:
    """One thing that gives a feature during `[active_from, active_to)`.

    A subscription source names subscription, item and product; a grant source names the grant. `end_reason` is the
    cause of a known end and None while the end is open.
    """

    kind: SourceKind
    active_from: datetime
    active_to: datetime | None
    end_reason: AccessReason | None
    subscription: SubscriptionId | None = None
    item: SubscriptionItemId | None = None
    product: ProductId | None = None
    grant: GrantId | None = None

    def holds(self, at: datetime) -> bool:
        """Whether the source gives the feature at an instant."""
        return self.active_from <= at and (self.active_to is None or at < self.active_to)


@dataclass(frozen=True, slots=True)
class Run:
    """A maximal stretch of access to one feature: the union of sources that overlap or touch.

    `expired` says that the run ends as it was meant to from the start (a grant's end, a trial that doesn't convert),
    and not by being cut short; it is False while the end is open.
    """

    active_from: datetime
    active_to: datetime | None
    end_reason: AccessReason | None
    expired: bool
    sources: tuple[Source, ...]

    def holds(self, at: datetime) -> bool:
        """Whether the run contains an instant."""
        return self.active_from <= at and (self.active_to is None or at < self.active_to)


@dataclass(frozen=True, slots=True)
class Withheld:
    """What a subscription item would give during `[from_, until)` but for its subscription's status.

    `status` is INCOMPLETE, UNPAID or PAUSED; `end_reason` says what ends the interval for that item: ENTITLED if it
    (re)starts to give the feature there, None while it is open.
    """

    from_: datetime
    until: datetime | None
    status: SubscriptionStatus
    end_reason: AccessReason | None
    subscription: SubscriptionId

    def holds(self, at: datetime) -> bool:
        """Whether the interval contains an instant."""
        return self.from_ <= at and (self.until is None or at < self.until)


@dataclass(frozen=True, slots=True)
class FeatureTimeline:
    """One feature of one customer: runs in order, never touching; withheld intervals in order of their start."""

    runs: tuple[Run, ...] = ()
    withheld: tuple[Withheld, ...] = ()


@dataclass(frozen=True, slots=True)
class Timeline:
    """All of a customer's features. A feature that no fact ever gave or withheld isn't in it."""

    features: Mapping[FeatureId, FeatureTimeline] = field(default_factory=dict[FeatureId, FeatureTimeline])

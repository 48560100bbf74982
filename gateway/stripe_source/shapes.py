"""Stripe's objects as they arrive, as far as entitlements need them; all else is left unread.

Their instants are whole seconds since 1970.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

Second = Annotated[int, Field(ge=0, le=253_402_300_799)]
"""An instant, up to the end of year 9999."""


class Shape(BaseModel):
    """Part of an answer, or of an event."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class StripeFeature(Shape):
    """A feature."""

    id: str
    name: str
    lookup_key: str
    active: bool
    metadata: Mapping[str, str | None] = {}


class StripeProductFeature(Shape):
    """That a product gives a feature."""

    id: str
    entitlement_feature: StripeFeature


class StripeProduct(Shape):
    """A product; of a deleted one there may be only the id."""

    id: str
    name: str | None = None
    active: bool = True
    created: Second | None = None
    metadata: Mapping[str, str | None] = {}
    deleted: bool = False


class StripeCustomer(Shape):
    """A customer; of a deleted one there may be only the id."""

    id: str
    name: str | None = None
    email: str | None = None
    created: Second | None = None
    metadata: Mapping[str, str | None] = {}
    deleted: bool = False


class StripeReference(Shape):
    """An object that an answer holds in the place of its id."""

    id: str


class StripeRecurring(Shape):
    """How often a price is billed."""

    interval: str
    interval_count: int = 1


class StripePrice(Shape):
    """What an item is for."""

    product: str | StripeReference
    recurring: StripeRecurring | None = None


class StripePlan(StripeRecurring):
    """The same in the words of old versions."""

    product: str | StripeReference | None = None


class StripeItem(Shape):
    """A line of a subscription. One that is metered has no quantity."""

    id: str
    created: Second
    quantity: int | None = None
    price: StripePrice | None = None
    plan: StripePlan | None = None
    current_period_end: Second | None = None


class StripeItems(Shape):
    """The first of a subscription's items."""

    data: tuple[StripeItem, ...]
    has_more: bool = False


class StripeEndBehavior(Shape):
    """What becomes of a trial without a way to pay."""

    missing_payment_method: str | None = None


class StripeTrialSettings(Shape):
    """How a trial ends."""

    end_behavior: StripeEndBehavior = StripeEndBehavior()


class StripeSubscription(Shape):
    """A subscription."""

    id: str
    customer: str | StripeReference
    status: str
    created: Second
    start_date: Second
    items: StripeItems
    trial_end: Second | None = None
    trial_settings: StripeTrialSettings | None = None
    cancel_at: Second | None = None
    cancel_at_period_end: bool = False
    canceled_at: Second | None = None
    ended_at: Second | None = None
    current_period_end: Second | None = None
    default_payment_method: Any = None
    default_source: Any = None
    metadata: Mapping[str, str | None] = {}


class StripeEntitlement(Shape):
    """That a customer may use a feature."""

    feature: str | StripeReference


class StripeEntitlements(Shape):
    """The first of a customer's entitlements."""

    data: tuple[StripeEntitlement, ...]
    has_more: bool = False


class StripeSummary(Shape):
    """What a customer may use."""

    customer: str
    entitlements: StripeEntitlements


class StripeEventData(Shape):
    """What an event is about, and what of it was otherwise before."""

    object: dict[str, Any]
    previous_attributes: dict[str, Any] | None = None


class StripeEvent(Shape):
    """An event."""

    id: str
    type: str
    created: Second
    livemode: bool = False
    data: StripeEventData

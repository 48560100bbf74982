"""Inputs of the mutations. In an update an absent field stays as it is; null clears what is nullable."""

from datetime import datetime

import strawberry
from strawberry import UNSET

from entitlements.facts import BillingInterval, CatalogRollout, SubscriptionStatus, TrialEndBehavior
from schema.references import CustomerBy, FeatureBy, ProductBy
from schema.scalars import Metadata

_METADATA = "Notes of one's own; null values and null itself mean nothing yet."
_METADATA_CHANGE = "Entries to set; a null value unsets its key, and `metadata: null` unsets them all."


@strawberry.input
class Idempotent:
    """What every input has."""

    idempotency_key: str | None = strawberry.field(
        default=UNSET,
        description=(
            "At most 255 characters of one's choice. The same mutation with the same input and key, within 24 hours, "
            "is carried out once and answers the object of then as it is now."
        ),
    )


@strawberry.input(description="A feature to create.")
class CreateFeatureInput(Idempotent):
    """Input of createFeature."""

    name: str = strawberry.field(description="1 to 80 characters.")
    lookup_key: str = strawberry.field(
        description="1 to 80 characters, unique among active features; can't be changed."
    )
    metadata: Metadata | None = strawberry.field(default=UNSET, description=_METADATA)


@strawberry.input(description="Changes to a feature.")
class UpdateFeatureInput(Idempotent):
    """Input of updateFeature."""

    feature: FeatureBy = strawberry.field(description="Which feature; an archived one can't be changed.")
    name: str | None = strawberry.field(default=UNSET, description="1 to 80 characters.")
    metadata: Metadata | None = strawberry.field(default=UNSET, description=_METADATA_CHANGE)


@strawberry.input(description="A feature to archive.")
class ArchiveFeatureInput(Idempotent):
    """Input of archiveFeature."""

    feature: FeatureBy = strawberry.field(description="Which feature.")


@strawberry.input(description="A product to create.")
class CreateProductInput(Idempotent):
    """Input of createProduct."""

    name: str = strawberry.field(description="1 to 250 characters.")
    lookup_key: str | None = strawberry.field(
        default=UNSET, description="1 to 80 characters, unique; the same in every environment; can't be changed."
    )
    metadata: Metadata | None = strawberry.field(default=UNSET, description=_METADATA)
    features: list[FeatureBy] | None = strawberry.field(
        default=UNSET, description="Features to attach at once, at most 100."
    )


@strawberry.input(description="Changes to a product.")
class UpdateProductInput(Idempotent):
    """Input of updateProduct."""

    product: ProductBy = strawberry.field(description="Which product.")
    name: str | None = strawberry.field(default=UNSET, description="1 to 250 characters.")
    active: bool | None = strawberry.field(
        default=UNSET, description="Whether it takes new subscriptions, items and moves."
    )
    metadata: Metadata | None = strawberry.field(default=UNSET, description=_METADATA_CHANGE)


@strawberry.input(description="A feature to attach to a product.")
class AttachFeatureInput(Idempotent):
    """Input of attachFeature."""

    product: ProductBy = strawberry.field(description="The product that shall give the feature.")
    feature: FeatureBy = strawberry.field(description="The feature, an active one.")
    rollout: CatalogRollout = strawberry.field(
        default=CatalogRollout.NEXT_PERIOD, description="When it reaches subscriptions that are there already."
    )


@strawberry.input(description="A feature to detach from a product.")
class DetachFeatureInput(Idempotent):
    """Input of detachFeature."""

    product_feature_id: strawberry.ID = strawberry.field(description="The attachment's id.")
    rollout: CatalogRollout = strawberry.field(
        default=CatalogRollout.NEXT_PERIOD, description="When it is taken from subscriptions that have it."
    )


@strawberry.input(description="A customer to create.")
class CreateCustomerInput(Idempotent):
    """Input of createCustomer."""

    external_id: str | None = strawberry.field(
        default=UNSET, description="One's own id for the customer: 1 to 255 characters, unique."
    )
    name: str | None = strawberry.field(default=UNSET, description="1 to 256 characters.")
    email: str | None = strawberry.field(default=UNSET, description="1 to 512 characters.")
    metadata: Metadata | None = strawberry.field(default=UNSET, description=_METADATA)


@strawberry.input(description="Changes to a customer.")
class UpdateCustomerInput(Idempotent):
    """Input of updateCustomer."""

    customer: CustomerBy = strawberry.field(description="Which customer.")
    external_id: str | None = strawberry.field(
        default=UNSET, description="1 to 255 characters, unique; null clears it."
    )
    name: str | None = strawberry.field(default=UNSET, description="1 to 256 characters; null clears it.")
    email: str | None = strawberry.field(default=UNSET, description="1 to 512 characters; null clears it.")
    metadata: Metadata | None = strawberry.field(default=UNSET, description=_METADATA_CHANGE)


@strawberry.input(description="A customer to delete.")
class DeleteCustomerInput(Idempotent):
    """Input of deleteCustomer."""

    customer: CustomerBy = strawberry.field(
        description="Which customer. It and everything below it answers as unknown from then on, at every instant."
    )


@strawberry.input(description="An item of a subscription.")
class SubscriptionItemInput:
    """An item to begin with or to add."""

    product: ProductBy = strawberry.field(description="What it is for, an active product.")
    quantity: int = strawberry.field(default=1, description="0 to 1,000,000; with 0 it gives no access.")
    interval: BillingInterval = strawberry.field(
        default=BillingInterval.MONTH, description="The unit of its billing period."
    )
    interval_count: int = strawberry.field(
        default=1, description="How many units a period has: 1 to 365, and three years at the most."
    )


@strawberry.input(description="A subscription to create.")
class CreateSubscriptionInput(Idempotent):
    """Input of createSubscription."""

    customer: CustomerBy = strawberry.field(description="Who subscribes.")
    items: list[SubscriptionItemInput] = strawberry.field(description="What to, 1 to 20 items.")
    started_at: datetime | None = strawberry.field(
        default=UNSET,
        description="Where billing begins; now if left out, never in the future. In the past it gives no past access.",
    )
    trial_end: datetime | None = strawberry.field(
        default=UNSET, description="The end of a trial, ahead; none if left out."
    )
    trial_end_behavior: TrialEndBehavior = strawberry.field(
        default=TrialEndBehavior.ACTIVATE, description="What becomes of it when the trial ends by itself."
    )
    incomplete: bool = strawberry.field(
        default=False, description="True: wait for the first payment, reported by setSubscriptionStatus."
    )
    cancel_at: datetime | None = strawberry.field(default=UNSET, description="When to cancel it, ahead.")
    metadata: Metadata | None = strawberry.field(default=UNSET, description=_METADATA)


@strawberry.input(description="Changes to an item that a subscription has.")
class SubscriptionItemUpdate:
    """An upgrade, a downgrade, another quantity or interval."""

    id: strawberry.ID = strawberry.field(description="The item's id.")
    product: ProductBy | None = strawberry.field(default=UNSET, description="Another product, an active one.")
    quantity: int | None = strawberry.field(default=UNSET, description="0 to 1,000,000; with 0 it gives no access.")
    interval: BillingInterval | None = strawberry.field(
        default=UNSET, description="Another unit of the billing period, which then begins now."
    )
    interval_count: int | None = strawberry.field(
        default=UNSET, description="How many units a period has: 1 to 365, and three years at the most."
    )


@strawberry.input(one_of=True, description="One change of a subscription's items. Items not named stay as they are.")
class SubscriptionItemChange:
    """One of the three."""

    add: SubscriptionItemInput | None = strawberry.field(default=UNSET, description="An item to add.")
    update: SubscriptionItemUpdate | None = strawberry.field(default=UNSET, description="Changes to an item.")
    remove: strawberry.ID | None = strawberry.field(default=UNSET, description="The id of an item that ends now.")


@strawberry.input(description="Changes to a subscription. One that has ended takes only metadata.")
class UpdateSubscriptionInput(Idempotent):
    """Input of updateSubscription."""

    id: strawberry.ID = strawberry.field(description="The subscription's id.")
    items: list[SubscriptionItemChange] | None = strawberry.field(
        default=UNSET, description="Changes of its items, effective now, at most 100."
    )
    metadata: Metadata | None = strawberry.field(default=UNSET, description=_METADATA_CHANGE)
    cancel_at_period_end: bool | None = strawberry.field(
        default=UNSET,
        description="True: cancel at the end of what was paid for; false: take it back. Not with `cancelAt`.",
    )
    cancel_at: datetime | None = strawberry.field(
        default=UNSET, description="When to cancel it, ahead; null takes a cancellation back."
    )
    trial_end: datetime | None = strawberry.field(
        default=UNSET, description="Another end of its trial, ahead; only while TRIALING or INCOMPLETE."
    )
    end_trial_now: bool = strawberry.field(
        default=False, description="True: the trial ends now; no client's clock says what now is. Not with `trialEnd`."
    )


@strawberry.input(description="What billing reports of a subscription.")
class SetSubscriptionStatusInput(Idempotent):
    """Input of setSubscriptionStatus."""

    id: strawberry.ID = strawberry.field(description="The subscription's id.")
    status: SubscriptionStatus = strawberry.field(
        description="Its new status, from now on. The status it has already is a success that changes nothing."
    )


@strawberry.input(description="A subscription to cancel.")
class CancelSubscriptionInput(Idempotent):
    """Input of cancelSubscription."""

    id: strawberry.ID = strawberry.field(description="The subscription's id.")
    at_period_end: bool = strawberry.field(
        default=False, description="True: at the end of what was paid for; false: now."
    )


@strawberry.input(description="A right to give by hand.")
class GrantEntitlementInput(Idempotent):
    """Input of grantEntitlement."""

    customer: CustomerBy = strawberry.field(description="Who gets it.")
    feature: FeatureBy = strawberry.field(description="What may be used, an active feature.")
    active_from: datetime | None = strawberry.field(
        default=UNSET, description="From when; now if left out or in the past."
    )
    active_to: datetime | None = strawberry.field(
        default=UNSET, description="Until when, ahead and after `activeFrom`; without an end if left out."
    )
    reason: str | None = strawberry.field(default=UNSET, description="Why, in 1 to 500 characters.")
    metadata: Metadata | None = strawberry.field(default=UNSET, description=_METADATA)


@strawberry.input(description="A grant to take back.")
class RevokeGrantInput(Idempotent):
    """Input of revokeGrant."""

    grant_id: strawberry.ID = strawberry.field(description="The grant's id.")


@strawberry.input(description="A customer's session to open.")
class CreateCustomerSessionInput(Idempotent):
    """Input of createCustomerSession."""

    customer: CustomerBy = strawberry.field(description="Whose entitlements it shows.")
    expires_in: int = strawberry.field(
        default=3600, description="How long it lasts, in seconds of real time: 60 to 86,400."
    )


@strawberry.input(description="A customer's session to take back.")
class RevokeCustomerSessionInput(Idempotent):
    """Input of revokeCustomerSession."""

    id: strawberry.ID = strawberry.field(description="The session's id.")


@strawberry.input(description="A sandbox to create.")
class CreateSandboxInput(Idempotent):
    """Input of createSandbox."""

    name: str = strawberry.field(description="1 to 80 characters, unique in the installation.")
    scopes: list[str] | None = strawberry.field(
        default=UNSET,
        description="What the sandbox's key may do, of what your own may; all of that if left out.",
    )


@strawberry.input(description="A test clock to begin with.")
class CreateTestClockInput(Idempotent):
    """Input of createTestClock."""

    frozen_time: datetime = strawberry.field(
        description="Where time stands from now on: not before the latest write, in the years 1970 to 9998."
    )
    name: str | None = strawberry.field(default=UNSET, description="1 to 300 characters.")


@strawberry.input(description="A test clock to move on.")
class AdvanceTestClockInput(Idempotent):
    """Input of advanceTestClock."""

    id: strawberry.ID = strawberry.field(description="The test clock's id.")
    frozen_time: datetime = strawberry.field(
        description="Where time stands from now on: not before where it stands, nor the latest write, up to year 9998."
    )


@strawberry.input(description="A test clock to delete.")
class DeleteTestClockInput(Idempotent):
    """Input of deleteTestClock."""

    id: strawberry.ID = strawberry.field(description="The test clock's id.")

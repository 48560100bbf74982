"""The rule's enums as clients see them, each value with its meaning. Enums said to be open will gain values."""

from enum import Enum
from typing import TypeVar, cast

import strawberry
from strawberry.types.enum import StrawberryEnumDefinition

from entitlements.access import EntitlementStatus
from entitlements.facts import BillingInterval, CatalogRollout, FeatureType, SubscriptionStatus, TrialEndBehavior
from entitlements.runs import AccessReason, SourceKind
from resolvers.callers import CallerKind
from resolvers.errors import UserErrorCode
from resolvers.webhook_endpoints import WebhookEndpointStatus
from storage.records import ClockStatus
from storage.webhook_records import WebhookDeliveryState, WebhookDisabledReason, WebhookFailure

E = TypeVar("E", bound=type[Enum])


def _expose(cls: E, name: str, description: str, **values: str) -> E:
    """Makes an enum of the rule one of the schema. Raises KeyError for a value without a description."""
    exposed = strawberry.enum(cls, name=name, description=description)
    definition = cast("StrawberryEnumDefinition", vars(exposed)["__strawberry_definition__"])
    for value in definition.values:
        value.description = values[value.name]
    return exposed


_expose(
    FeatureType,
    "FeatureType",
    "What kind of value a feature has.",
    BOOLEAN="There is access or there is none.",
    STATIC="Reserved: access with a fixed configuration.",
    METERED="Reserved: access up to a measured limit.",
)
_expose(
    EntitlementStatus,
    "EntitlementStatus",
    "Whether a right is still to come, there, or over.",
    SCHEDULED="It begins at `activeFrom`.",
    ACTIVE="It is there.",
    CANCELED="It was cut short: a cancellation, a status, a removed item, a detached feature, a revoked grant.",
    EXPIRED="It ended as it was meant to from the start: a grant's end, or a trial that doesn't convert.",
)
_expose(
    SubscriptionStatus,
    "SubscriptionStatus",
    "The states of a subscription, in Stripe's words.",
    INCOMPLETE="Waits for its first payment, for 23 hours; gives no access.",
    INCOMPLETE_EXPIRED="The first payment never came. Final.",
    TRIALING="In its trial; gives access.",
    ACTIVE="Paid for; gives access.",
    PAST_DUE="A payment is late; still gives access.",
    UNPAID="Payments were given up; gives no access until it is active again.",
    PAUSED="Suspended, as after a trial without a payment method; gives no access until it is active again.",
    CANCELED="Over. Final.",
)
_expose(
    BillingInterval,
    "BillingInterval",
    "The unit of a billing period.",
    DAY="24 hours.",
    WEEK="7 days.",
    MONTH="A month of the calendar, in UTC; a day the month doesn't have is its last.",
    YEAR="A year of the calendar, in UTC.",
)
_expose(
    TrialEndBehavior,
    "TrialEndBehavior",
    "What a subscription becomes when its trial ends by itself.",
    ACTIVATE="ACTIVE: the trial converts.",
    PAUSE="PAUSED: it waits for a payment method.",
    CANCEL="CANCELED.",
)
_expose(
    CatalogRollout,
    "CatalogRollout",
    "When a change of a product's features reaches the subscriptions that are there already. New ones get it at once.",
    NEXT_PERIOD="At the start of their next billing period, as Stripe does.",
    IMMEDIATE="At once.",
    NEW_SUBSCRIPTIONS_ONLY="Never: they keep what they have until they upgrade or the item is added anew.",
)
_expose(
    AccessReason,
    "AccessReason",
    "Why there is access, or why there is none (any more). Open: clients must expect values they don't know.",
    ENTITLED="There is access.",
    NOT_ENTITLED="Nothing gives the feature, or ever did.",
    UNKNOWN_FEATURE="No feature has or ever had the key.",
    NOT_YET_ACTIVE="Access lies ahead.",
    SUBSCRIPTION_ENDED="The subscription that gave it was cancelled or ran out.",
    SUBSCRIPTION_NOT_IN_GOOD_STANDING="A subscription would give it but is INCOMPLETE, UNPAID or PAUSED.",
    TRIAL_ENDED="The trial that gave it ended without converting.",
    ITEM_REMOVED="The item that gave it was removed, moved to another product, or has quantity 0.",
    FEATURE_DETACHED="The feature was detached from the product that gave it.",
    GRANT_ENDED="The grant that gave it reached its end.",
    GRANT_REVOKED="The grant that gave it was revoked.",
    LIMIT_REACHED="Reserved: a metered feature is used up.",
    OVERRIDDEN="Reserved: an override decides.",
)
_expose(
    SourceKind,
    "EntitlementSourceKind",
    "What kind of fact gives an entitlement. Open: clients must expect values they don't know.",
    SUBSCRIPTION="A subscription's item: `subscription`, `item` and `product` are set.",
    GRANT="A grant: `grant` is set.",
    OVERRIDE="Reserved.",
)
_expose(
    UserErrorCode,
    "UserErrorCode",
    "What kind of mistake it is. Open: clients must expect values they don't know.",
    BLANK="A value is missing or blank, or null where null means nothing.",
    TOO_LONG="A text is too long.",
    TOO_MANY="There are too many entries.",
    INVALID="The value is not one that is allowed here.",
    NOT_FOUND="There is no such object in this environment.",
    TAKEN="Another object has the value already; it is in `existing`.",
    IMMUTABLE="The value can't be changed once it is set.",
    ARCHIVED="The feature is archived: it can't be edited, attached or granted.",
    INACTIVE="The product is inactive: it takes no new subscription, item or move.",
    READ_ONLY=(
        "The object is owned by another system, and only that one changes it; or the environment is closed, as its "
        "test clock was ahead when it was deleted."
    ),
    ALREADY_ATTACHED="The feature is attached to the product already; the attachment is in `existing`.",
    NOT_ATTACHED="The feature isn't attached to the product.",
    INVALID_TRANSITION="The subscription's status doesn't allow it.",
    IN_PAST="The instant must lie ahead.",
    IDEMPOTENCY_CONFLICT="The idempotency key was used for something else within the last 24 hours.",
)


_expose(
    ClockStatus,
    "TestClockStatus",
    "Whether everything up to a test clock's instant is announced. Open: clients must expect values they don't know.",
    READY="All is announced.",
    ADVANCING="What lies on the way is being announced. Reads are of the clock's instant already.",
    INTERNAL_FAILURE="All is announced but for customers whose data this release can't read.",
)
_expose(
    CallerKind,
    "ViewerKind",
    "Who is asking.",
    API_KEY="A back end, by an API key.",
    CUSTOMER_SESSION="A customer, by a session of theirs.",
)
_expose(
    WebhookEndpointStatus,
    "WebhookEndpointStatus",
    "Whether events are delivered to an endpoint.",
    ENABLED="They are.",
    DISABLED="They wait until it is enabled again, for as long as events are kept.",
)
_expose(
    WebhookDisabledReason,
    "WebhookDisabledReason",
    "Why an endpoint is disabled. Open: clients must expect values they don't know.",
    REQUESTED="Its owner wished so.",
    FAILING="Every attempt failed for `webhook_disable_days`, 5 unless the operator says otherwise.",
)
_expose(
    WebhookDeliveryState,
    "WebhookDeliveryState",
    "What has become of a delivery. Open: clients must expect values they don't know.",
    PENDING="It is on its way: `nextAttemptAt` says when it is tried.",
    DELIVERED="The endpoint has confirmed it.",
    FAILED="It was given up after the last attempt; `redeliver` tries again.",
)
_expose(
    WebhookFailure,
    "WebhookFailure",
    "Why an attempt got no answer. Open: clients must expect values they don't know.",
    REFUSED_TARGET=(
        "The URL leads to an address that is private, reserved, multicast or otherwise nobody's on the internet; or it "
        "has no https and the environment is live; or it can't be read."
    ),
    UNKNOWN_HOST="The name leads to no address.",
    NO_CONNECTION="The connection, or its encryption, didn't come about.",
    TIMEOUT="The answer didn't come within 15 seconds, all of the attempt included.",
    BROKEN_ANSWER="The connection broke, or 64 kB of what came were no answer by HTTP.",
)

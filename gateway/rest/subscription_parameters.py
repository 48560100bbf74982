"""What requests about subscriptions may send."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Annotated, Self

from pydantic import model_validator
from pydantic.json_schema import SkipJsonSchema

from entitlements.facts import SubscriptionStatus, TrialEndBehavior
from entitlements.status import FINAL
from gateway.rest.errors import ParameterWrong
from gateway.rest.items import ItemChanges, NewItemParameters
from gateway.rest.moments import later
from gateway.rest.parameters import (
    FLAG,
    ID,
    METADATA,
    MOMENT,
    NEW_METADATA,
    NOW,
    Group,
    Listed,
    ListParameters,
    Now,
    Parameters,
    integer,
    moment_or,
    one_of,
)
from resolvers.references import ABSENT, Absent
from resolvers.validation import MetadataChange

_STATUSES = {status.value.lower(): status for status in SubscriptionStatus}
_BEHAVIORS = {
    "create_invoice": TrialEndBehavior.ACTIVATE,
    "pause": TrialEndBehavior.PAUSE,
    "cancel": TrialEndBehavior.CANCEL,
}
_PAYMENT = one_of("allow_incomplete", "default_incomplete", "error_if_incomplete", "pending_if_incomplete")
_PRORATION = one_of("always_invoice", "create_prorations", "none")


class Proration(Group):
    """What is asked of a change about money."""

    payment_behavior: Annotated[str | None, _PAYMENT] = None
    """Taken, and not kept."""
    proration_behavior: Annotated[str | None, _PRORATION] = None
    """Taken, and not kept."""


class EndBehavior(Group):
    """How a trial ends."""

    missing_payment_method: Annotated[str, one_of(*_BEHAVIORS)]
    """What becomes of it when its trial ends by itself; `create_invoice` lets it go on."""


class TrialSettings(Group):
    """Of its trial."""

    end_behavior: EndBehavior
    """How it ends."""


class End(Group):
    """When a subscription is to end."""

    cancel_at: Annotated[datetime | SkipJsonSchema[Absent] | None, moment_or("")] = ABSENT
    """When it is to end; an empty text for never."""
    cancel_at_period_end: Annotated[bool | SkipJsonSchema[Absent], FLAG] = ABSENT
    """Whether it is to end with what was paid for; not together with `cancel_at`."""

    @model_validator(mode="after")
    def _one_end(self) -> Self:
        if self.cancel_at is not ABSENT and self.cancel_at_period_end is not ABSENT:
            message = "Pass `cancel_at` or `cancel_at_period_end`, not both."
            raise ParameterWrong(message, "parameters_exclusive", "cancel_at_period_end")
        return self


class NewSubscription(Parameters, End):
    """Of a new subscription."""

    customer: Annotated[str, ID]
    """The id of the customer."""
    items: Annotated[tuple[NewItemParameters, ...], Listed()]
    """What it is for: 1 to 20 items."""
    backdate_start_date: Annotated[datetime | None, MOMENT] = None
    """Where its billing began, if before now; it gives no access in the past."""
    metadata: Annotated[MetadataChange | None, NEW_METADATA] = None
    """Your own notes on it."""
    payment_behavior: Annotated[str, _PAYMENT] = "allow_incomplete"
    """With `default_incomplete` it waits for its first payment, unless it has a trial; else it is active at once."""
    proration_behavior: Annotated[str | None, _PRORATION] = None
    """Taken, and not kept."""
    trial_end: Annotated[datetime | Now | None, moment_or(NOW)] = None
    """When its trial is to end; `now` for none."""
    trial_period_days: Annotated[int | None, integer(1, 730)] = None
    """How long its trial is to be, instead of `trial_end`."""
    trial_settings: TrialSettings | None = None
    """What its trial's end means."""

    @model_validator(mode="after")
    def _one_trial(self) -> Self:
        if self.trial_end is not None and self.trial_period_days is not None:
            message = "Pass `trial_end` or `trial_period_days`, not both."
            raise ParameterWrong(message, "parameters_exclusive", "trial_period_days")
        return self

    @property
    def trial_end_behavior(self) -> TrialEndBehavior:
        """What becomes of it when its trial ends by itself."""
        settings = self.trial_settings
        return _BEHAVIORS[settings.end_behavior.missing_payment_method] if settings else TrialEndBehavior.ACTIVATE

    @property
    def waits_for_payment(self) -> bool:
        """Whether it begins incomplete. A trial's first invoice is of nothing, so that there is nothing to wait for."""
        has_trial = self.trial_period_days is not None or isinstance(self.trial_end, datetime)
        return self.payment_behavior == "default_incomplete" and not has_trial

    def trial_ends(self, now: datetime) -> datetime | None:
        """When its trial ends, if it begins now; None if it has none."""
        if self.trial_period_days is not None:
            return later(now, timedelta(days=self.trial_period_days))
        return self.trial_end if isinstance(self.trial_end, datetime) else None


class SubscriptionChanges(Parameters, Proration, End):
    """Changes to a subscription; what is left out stays as it is."""

    items: Annotated[tuple[ItemChanges, ...], Listed()] = ()
    """Items to add, change or end; others stay as they are."""
    metadata: Annotated[MetadataChange | SkipJsonSchema[Absent] | None, METADATA] = ABSENT
    """Entries to set; an empty value unsets its key, and an empty text for `metadata` itself unsets all."""
    trial_end: Annotated[datetime | Now | SkipJsonSchema[Absent], moment_or(NOW)] = ABSENT
    """When its trial is to end; `now` ends it."""


class Cancellation(Parameters):
    """Of a cancellation."""

    invoice_now: Annotated[bool, FLAG] = False
    """Taken, and not kept."""
    prorate: Annotated[bool, FLAG] = False
    """Taken, and not kept."""


class Resumption(Parameters, Proration):
    """Of a resumption."""

    billing_cycle_anchor: Annotated[str | None, one_of("unchanged")] = None
    """Its periods go on as they were counted: `now`, which would begin them anew, isn't taken."""


class SubscriptionsWanted(ListParameters):
    """Which subscriptions to list."""

    customer: Annotated[str | None, ID] = None
    """Only those of the customer with this id."""
    status: Annotated[str | None, one_of(*_STATUSES, "all", "ended")] = None
    """Only those of a status, all, or all that have ended; nothing: all that aren't cancelled."""

    @property
    def statuses(self) -> Collection[SubscriptionStatus] | None:
        """The statuses that are wanted, None for all."""
        match self.status:
            case None:
                return set(SubscriptionStatus) - {SubscriptionStatus.CANCELED}
            case "all":
                return None
            case "ended":
                return FINAL
            case status:
                return (_STATUSES[status],)

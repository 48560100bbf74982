"""A customer as the rule knows it: facts with the timeline they make, at an instant."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from sys import intern

from entitlements.billing import SubscriptionState, subscription_state
from entitlements.facts import CustomerFacts, FeatureId, Subscription, SubscriptionId
from entitlements.runs import Timeline
from entitlements.timeline import timeline
from storage.records import CurrentCustomer, CustomerRecord, LoadedFacts


@dataclass(frozen=True, slots=True)
class WorkedOut:
    """What the rule makes of a customer's facts: true for as long as no fact changes and no attachment does."""

    facts: CustomerFacts
    timeline: Timeline


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


def know(current: CurrentCustomer, worked_out: WorkedOut, now: datetime) -> KnownCustomer:
    """A customer whose row and versions are those the facts were worked out under."""
    latest = (now, current.record.written_at, current.catalogue_written_at)
    return KnownCustomer(
        record=current.record,
        facts=worked_out.facts,
        timeline=worked_out.timeline,
        at=max(instant for instant in latest if instant is not None),
    )


def current_of(loaded: LoadedFacts) -> CurrentCustomer:
    """The row and the versions that came with facts."""
    environment = loaded.environment
    return CurrentCustomer(
        loaded.customer, environment.id, environment.attachments_version, environment.catalogue_written_at
    )


def work_out(loaded: LoadedFacts) -> WorkedOut:
    """Facts as loaded, with what the rule makes of them."""
    return WorkedOut(loaded.facts, timeline(loaded.facts, loaded.attachments))


def compact(worked_out: WorkedOut) -> WorkedOut:
    """The same in half the memory: the features of all customers have their ids in common."""
    features = {FeatureId(intern(feature)): runs for feature, runs in worked_out.timeline.features.items()}
    return replace(worked_out, timeline=Timeline(features))

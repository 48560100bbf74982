"""The effective status of a subscription, for the oracle: every rule asked anew at each instant."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from entitlements.facts import StatusRecord, Subscription, TrialEndBehavior
from entitlements.facts import SubscriptionStatus as Status
from entitlements.runs import AccessReason as Reason

ENTITLING = (Status.TRIALING, Status.ACTIVE, Status.PAST_DUE)
FINAL = (Status.CANCELED, Status.INCOMPLETE_EXPIRED)
NOT_IN_GOOD_STANDING = (Status.INCOMPLETE, Status.UNPAID, Status.PAUSED)

AFTER_TRIAL = {
    TrialEndBehavior.ACTIVATE: Status.ACTIVE,
    TrialEndBehavior.PAUSE: Status.PAUSED,
    TrialEndBehavior.CANCEL: Status.CANCELED,
}


def status_at(subscription: Subscription, at: datetime) -> Status | None:
    """The effective status at an instant; None before anything was recorded."""
    record = record_at(subscription, at)
    if record is None:
        return None
    reached = [(since, status) for since, status in _final_ones(subscription) if since <= at]
    if reached:
        # Of two reached in one instant the cancellation is named: it was asked for.
        return min(reached, key=lambda end: (end[0], end[1] is not Status.CANCELED))[1]
    end = trial_end(subscription)
    if record.status is Status.TRIALING and end is not None and end <= at:
        return AFTER_TRIAL[subscription.trial_end_behavior]
    return record.status


def record_at(subscription: Subscription, at: datetime) -> StatusRecord | None:
    """The last record at or before an instant."""
    found = None
    for record in subscription.statuses:
        if record.since <= at:
            found = record
    return found


def trial_end(subscription: Subscription) -> datetime | None:
    """When the trial ends: as stored, or at the first move to another status before that."""
    if subscription.trial_end is None:
        return None
    for record in subscription.statuses[1:]:
        if record.status is not Status.TRIALING and record.since < subscription.trial_end:
            return record.since
    return subscription.trial_end


def anchor_of(subscription: Subscription) -> datetime:
    """Where the subscription's periods are counted from."""
    return trial_end(subscription) or subscription.started_at


def reason_of_status(subscription: Subscription, at: datetime) -> Reason:
    """Why a subscription that doesn't entitle at an instant doesn't."""
    if any(since <= at for since, _ in _final_ones(subscription)):
        return Reason.SUBSCRIPTION_ENDED
    record = record_at(subscription, at)
    if record is not None and record.status is Status.TRIALING:
        return Reason.TRIAL_ENDED
    return Reason.SUBSCRIPTION_NOT_IN_GOOD_STANDING


def instants_of_status(subscription: Subscription) -> Iterator[datetime]:
    """Every instant at which the status may change, and those that place the periods."""
    yield from (subscription.recorded_at, subscription.started_at, subscription.recorded_at + timedelta(hours=23))
    yield from (record.since for record in subscription.statuses)
    for at in (subscription.trial_end, subscription.cancel_at, subscription.ended_at):
        if at is not None:
            yield at


def _final_ones(subscription: Subscription) -> Iterator[tuple[datetime, Status]]:
    """The instants at which the subscription is over for good, had it not been over before."""
    for at in (subscription.cancel_at, subscription.ended_at):
        if at is not None:
            yield at, Status.CANCELED
    for record in subscription.statuses:
        if record.status in FINAL:
            yield record.since, record.status
    expiry = subscription.recorded_at + timedelta(hours=23)
    record = record_at(subscription, expiry)
    if record is not None and record.status is Status.INCOMPLETE:
        yield expiry, Status.INCOMPLETE_EXPIRED

"""The effective status of a subscription: what was reported, and what time has made of it since."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from entitlements.facts import FOREVER, Subscription, SubscriptionStatus, TrialEndBehavior
from entitlements.runs import AccessReason

ENTITLING = frozenset({SubscriptionStatus.TRIALING, SubscriptionStatus.ACTIVE, SubscriptionStatus.PAST_DUE})
"""Statuses that give access."""

FINAL = frozenset({SubscriptionStatus.CANCELED, SubscriptionStatus.INCOMPLETE_EXPIRED})
"""Statuses that a subscription never leaves."""

INCOMPLETE_FOR = timedelta(hours=23)
"""How long a first payment is waited for, as Stripe does."""

_AFTER_TRIAL = {
    TrialEndBehavior.ACTIVATE: SubscriptionStatus.ACTIVE,
    TrialEndBehavior.PAUSE: SubscriptionStatus.PAUSED,
    TrialEndBehavior.CANCEL: SubscriptionStatus.CANCELED,
}


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch `[from_, until)` of one effective status. `reason` is what a loss of access at its start is put to."""

    status: SubscriptionStatus
    from_: datetime
    until: datetime
    reason: AccessReason

    @property
    def entitles(self) -> bool:
        """Whether access is given during it."""
        return self.status in ENTITLING


def trial_end(subscription: Subscription) -> datetime | None:
    """When the trial ends or ended: as set, or at the first move out of it before that.

    Source: DESIGN, The rule, 3: a recorded move to anything but TRIALING before trialEnd sets trialEnd to that instant.
    """
    end = subscription.trial_end
    if end is None:
        return None
    moves = (record.since for record in subscription.statuses[1:] if record.status is not SubscriptionStatus.TRIALING)
    return min(end, next(moves, end))


def anchor(subscription: Subscription) -> datetime:
    """The instant from which the subscription's periods are counted."""
    return trial_end(subscription) or subscription.started_at


def phases(subscription: Subscription) -> tuple[Phase, ...]:
    """The effective statuses one after another, without a gap, from the first record on; the last one is open.

    Source: DESIGN, The rule, 1.
    """
    final, status = _final(subscription)
    lived: list[Phase] = []
    for phase in _recorded_phases(subscription):
        if phase.from_ >= final:
            break
        lived.append(replace(phase, until=min(phase.until, final)))
        if phase.status in FINAL:
            # A trial that cancelled by its end: nothing that was scheduled for later happens any more.
            lived[-1] = replace(phase, until=FOREVER)
            return tuple(lived)
    if final < FOREVER:
        lived.append(Phase(status, final, FOREVER, AccessReason.SUBSCRIPTION_ENDED))
    return tuple(lived)


@dataclass(frozen=True, slots=True)
class Standing:
    """A stretch `[from_, until)` in which access is given throughout or withheld throughout, and why it ends.

    `withheld_by` is the status that withholds it and None where access is given. `end_reason` is ENTITLED where access
    (re)starts at the end.
    """

    from_: datetime
    until: datetime
    withheld_by: SubscriptionStatus | None
    end_reason: AccessReason


def standings(subscription: Subscription) -> tuple[Standing, ...]:
    """The subscription's life until it is final: neighbouring phases that all entitle are one standing.

    Source: DESIGN, The rule, 2 and 9.
    """
    found: list[Standing] = []
    for phase, following in pairwise((*phases(subscription), None)):
        if phase is None or phase.status in FINAL:
            break
        reason = AccessReason.ENTITLED if following is None or following.entitles else following.reason
        withheld_by = None if phase.entitles else phase.status
        from_ = phase.from_
        if found and withheld_by is None and found[-1].withheld_by is None:
            from_ = found.pop().from_
        found.append(Standing(from_, phase.until, withheld_by, reason))
    return tuple(found)


def status_at(subscription: Subscription, at: datetime) -> SubscriptionStatus | None:
    """The effective status at an instant; None before the subscription's first record."""
    return next((phase.status for phase in reversed(phases(subscription)) if phase.from_ <= at), None)


def ended_at(subscription: Subscription, at: datetime) -> datetime | None:
    """When the subscription ended, if it has by an instant; None while it lives."""
    last = next((phase for phase in reversed(phases(subscription)) if phase.from_ <= at), None)
    return last.from_ if last and last.status in FINAL else None


def _final(subscription: Subscription) -> tuple[datetime, SubscriptionStatus]:
    """The instant at which life ends, and as what; of two at one instant CANCELED."""
    cancelled = [subscription.ended_at, subscription.cancel_at, _recorded(subscription, SubscriptionStatus.CANCELED)]
    expired = [_recorded(subscription, SubscriptionStatus.INCOMPLETE_EXPIRED), _payment_given_up_at(subscription)]
    first_cancelled = min((at for at in cancelled if at is not None), default=FOREVER)
    first_expired = min((at for at in expired if at is not None), default=FOREVER)
    born = subscription.statuses[0].since
    if first_cancelled <= first_expired:
        return max(first_cancelled, born), SubscriptionStatus.CANCELED
    return max(first_expired, born), SubscriptionStatus.INCOMPLETE_EXPIRED


def _recorded(subscription: Subscription, status: SubscriptionStatus) -> datetime | None:
    return next((record.since for record in subscription.statuses if record.status is status), None)


def _payment_given_up_at(subscription: Subscription) -> datetime | None:
    given_up = subscription.recorded_at + INCOMPLETE_FOR
    record = next((record for record in reversed(subscription.statuses) if record.since <= given_up), None)
    return given_up if record and record.status is SubscriptionStatus.INCOMPLETE else None


def _recorded_phases(subscription: Subscription) -> Iterator[Phase]:
    """Phases as if nothing were final: each record until the next, a trial split at its end."""
    end = trial_end(subscription) or FOREVER
    records = subscription.statuses
    ends = [record.since for record in records[1:]] + [FOREVER]
    for record, until in zip(records, ends, strict=True):
        reported = AccessReason.SUBSCRIPTION_NOT_IN_GOOD_STANDING
        if record.status is not SubscriptionStatus.TRIALING or end >= until:
            yield Phase(record.status, record.since, until, reported)
            continue
        ran_out = max(end, record.since)
        if record.since < ran_out:
            yield Phase(record.status, record.since, ran_out, reported)
        after = _AFTER_TRIAL[subscription.trial_end_behavior]
        yield Phase(after, ran_out, until, AccessReason.TRIAL_ENDED)

"""What is read off a timeline at an instant, for the oracle: a feature's state, and the reason of a refusal."""

from collections.abc import Iterator
from datetime import datetime

from entitlements.access import EntitlementStatus
from entitlements.facts import SubscriptionStatus
from entitlements.runs import AccessReason as Reason
from entitlements.runs import FeatureTimeline, Run
from tests.rules.oracle import FIRST_NAMED


def shown(feature: FeatureTimeline, at: datetime) -> tuple[EntitlementStatus, Run] | None:
    """The run that holds an instant, else the next one to come, else the last one; and how it shows."""
    holding = [run for run in feature.runs if run.holds(at)]
    coming = [run for run in feature.runs if run.active_from > at]
    if holding:
        return EntitlementStatus.ACTIVE, holding[0]
    if coming:
        return EntitlementStatus.SCHEDULED, coming[0]
    if not feature.runs:
        return None
    last = feature.runs[-1]
    return EntitlementStatus.EXPIRED if last.expired else EntitlementStatus.CANCELED, last


def reason(feature: FeatureTimeline, at: datetime) -> Reason:
    """The first reason that fits, in the order of DESIGN, The rule, 9; of a feature that exists."""
    if any(run.holds(at) for run in feature.runs):
        return Reason.ENTITLED
    if any(interval.holds(at) for interval in feature.withheld):
        return Reason.SUBSCRIPTION_NOT_IN_GOOD_STANDING
    if any(run.active_from > at for run in feature.runs):
        return Reason.NOT_YET_ACTIVE
    ended = [(until, why) for until, why in _ended(feature) if until <= at]
    latest = max((until for until, _ in ended), default=None)
    return min((why for until, why in ended if until == latest), key=FIRST_NAMED.index, default=Reason.NOT_ENTITLED)


def _ended(feature: FeatureTimeline) -> Iterator[tuple[datetime, Reason]]:
    for source in (source for run in feature.runs for source in run.sources):
        if source.active_to and source.end_reason:
            yield source.active_to, source.end_reason
    for interval in feature.withheld:
        # What waited for a first payment was never given: that wait's end is the end of nothing.
        suspended = interval.status is not SubscriptionStatus.INCOMPLETE
        if suspended and interval.until and interval.end_reason and interval.end_reason is not Reason.ENTITLED:
            yield interval.until, interval.end_reason

"""What a timeline says at one instant: states of entitlements, and decisions on access with their reasons."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from entitlements.facts import FOREVER, Feature, GrantId, SubscriptionId, SubscriptionStatus
from entitlements.runs import AccessReason, FeatureTimeline, Run, Source, SourceKind, Timeline, Withheld
from entitlements.timeline import PRECEDENCE


class EntitlementStatus(StrEnum):
    """Whether a right is still to come, there, or over, and if over, how."""

    SCHEDULED = "SCHEDULED"
    ACTIVE = "ACTIVE"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"


@dataclass(frozen=True, slots=True)
class EntitlementState:
    """What is true of one customer's right to one feature at an instant: a status and the run that shows it."""

    status: EntitlementStatus
    run: Run
    at: datetime

    @property
    def has_access(self) -> bool:
        """Whether the feature may be used at the instant."""
        return self.status is EntitlementStatus.ACTIVE

    @property
    def next_change_at(self) -> datetime | None:
        """The next instant at which the state changes by the passing of time alone."""
        if self.status is EntitlementStatus.SCHEDULED:
            return self.run.active_from
        return self.run.active_to if self.has_access else None

    @property
    def sources(self) -> tuple[Source, ...]:
        """What gives the right: while it is active, the sources that hold or are still to come; else all of the run."""
        if not self.has_access:
            return self.run.sources
        return tuple(source for source in self.run.sources if source.active_to is None or source.active_to > self.at)

    @property
    def subscription(self) -> SubscriptionId | None:
        """The subscription that carries the right longest; None if there are only grants.

        Of the subscription sources that hold the instant the one that ends last; of a right still to come or over,
        those that hold the run's start or last moment.
        """
        longest = self._carries_longest(SourceKind.SUBSCRIPTION)
        return longest.subscription if longest else None

    @property
    def grant(self) -> GrantId | None:
        """The grant that carries the right longest, of those that hold what `subscription` does; None if none does."""
        longest = self._carries_longest(SourceKind.GRANT)
        return longest.grant if longest else None

    def _carries_longest(self, kind: SourceKind) -> Source | None:
        carrying = (source for source in self._carrying() if source.kind is kind)
        return max(carrying, key=lambda source: source.active_to or FOREVER, default=None)

    def _carrying(self) -> Iterator[Source]:
        for source in self.run.sources:
            match self.status:
                case EntitlementStatus.ACTIVE:
                    carries = source.holds(self.at)
                case EntitlementStatus.SCHEDULED:
                    carries = source.active_from == self.run.active_from
                case _:
                    carries = source.active_to == self.run.active_to
            if carries:
                yield source


def state_at(feature: FeatureTimeline, at: datetime) -> EntitlementState | None:
    """The state of one feature at an instant; None if no run ever was or will be. Source: DESIGN, The rule, 8."""
    for run in feature.runs:
        if run.active_to is None or at < run.active_to:
            status = EntitlementStatus.ACTIVE if run.active_from <= at else EntitlementStatus.SCHEDULED
            return EntitlementState(status, run, at)
    if not feature.runs:
        return None
    last = feature.runs[-1]
    return EntitlementState(EntitlementStatus.EXPIRED if last.expired else EntitlementStatus.CANCELED, last, at)


def after_deletion(state: EntitlementState, at: datetime) -> EntitlementState:
    """What is left at an instant of a right whose customer was deleted by then: it is over, whatever it was before."""
    if state.status in _OVER:
        return replace(state, at=at)
    is_grant = any(source.kind is SourceKind.GRANT for source in state.run.sources[:1])
    cause = AccessReason.GRANT_REVOKED if is_grant else AccessReason.SUBSCRIPTION_ENDED
    run = replace(state.run, active_from=min(state.run.active_from, at), active_to=at, end_reason=cause, expired=False)
    return EntitlementState(EntitlementStatus.CANCELED, run, at)


_OVER = frozenset({EntitlementStatus.CANCELED, EntitlementStatus.EXPIRED})


@dataclass(frozen=True, slots=True)
class AccessDecision:
    """The answer to one check. `feature` is None for an unknown key.

    `active_to` is the end of the present access, None if it is open or there is none; `next_change_at` the next
    instant at which the answer may differ.
    """

    feature: Feature | None
    has_access: bool
    reason: AccessReason
    active_to: datetime | None = None
    next_change_at: datetime | None = None


NOTHING = FeatureTimeline()
"""The timeline of a feature that no fact ever gave or withheld."""


def choose(timeline: Timeline, features: Sequence[Feature], at: datetime) -> Feature | None:
    """Of the features that have or had one key, the one a singular answer is about. Source: DESIGN, Singular answers.

    The one with access, else the one whose run shows first (one to come before one that ended), else the active
    one, then the newest.
    """

    def rank(feature: Feature) -> tuple[int, float, bool, datetime]:
        state = state_at(timeline.features.get(feature.id, NOTHING), at)
        if state is None:
            return 0, 0.0, feature.active, feature.created_at
        if state.has_access:
            return 3, 0.0, feature.active, feature.created_at
        if state.status is EntitlementStatus.SCHEDULED:
            return 2, -state.run.active_from.timestamp(), feature.active, feature.created_at
        return 1, (state.run.active_to or FOREVER).timestamp(), feature.active, feature.created_at

    return max(features, key=rank, default=None)


def decide(timeline: Timeline, features: Sequence[Feature], at: datetime) -> AccessDecision:
    """Whether a customer may use what a key names at an instant, and why.

    Shape: `features` are all that have or had the key, in any order; there is access if any of them gives it.
    Source: DESIGN, The rule, 9.
    """
    feature = features[0] if len(features) == 1 else choose(timeline, features, at)
    if feature is None:
        return AccessDecision(None, has_access=False, reason=AccessReason.UNKNOWN_FEATURE)
    timelines = [found for each in features if (found := timeline.features.get(each.id)) is not None]
    if not timelines:
        return AccessDecision(feature, has_access=False, reason=AccessReason.NOT_ENTITLED)
    until = _covered_until(timelines, at)
    if until is not None:
        end = None if until == FOREVER else until
        return AccessDecision(feature, True, AccessReason.ENTITLED, end, end)  # noqa: FBT003 - the answer's own field
    begins = min((run.active_from for each in timelines for run in each.runs if run.active_from > at), default=None)
    return AccessDecision(feature, False, _refusal(timelines, at, begins), None, begins)  # noqa: FBT003


def _covered_until(timelines: Sequence[FeatureTimeline], at: datetime) -> datetime | None:
    """The end of the access that holds an instant, over several features; None if there is none."""
    reach = at
    runs = sorted((run for each in timelines for run in each.runs), key=lambda run: run.active_from)
    for run in runs:
        if run.active_from <= reach and (run.active_to or FOREVER) > reach:
            reach = run.active_to or FOREVER
    return reach if reach > at else None


def _refusal(timelines: Sequence[FeatureTimeline], at: datetime, begins: datetime | None) -> AccessReason:
    withheld = [interval for each in timelines for interval in each.withheld]
    if any(interval.holds(at) for interval in withheld):
        return AccessReason.SUBSCRIPTION_NOT_IN_GOOD_STANDING
    if begins is not None:
        return AccessReason.NOT_YET_ACTIVE
    ended = [*_ended_sources(timelines, at), *_ended_waits(withheld, at)]
    if not ended:
        return AccessReason.NOT_ENTITLED
    return max(ended, key=lambda end: (end[0], -PRECEDENCE.index(end[1])))[1]


def _ended_sources(timelines: Sequence[FeatureTimeline], at: datetime) -> Iterator[tuple[datetime, AccessReason]]:
    for source in (source for each in timelines for run in each.runs for source in run.sources):
        if source.active_to is not None and source.end_reason is not None and source.active_to <= at:
            yield source.active_to, source.end_reason


def _ended_waits(withheld: Sequence[Withheld], at: datetime) -> Iterator[tuple[datetime, AccessReason]]:
    """The ends of access that was suspended and never came back: unpaid, then cancelled, is a subscription ended.

    A first payment that never came suspended nothing, as there had been no access.
    """
    for interval in withheld:
        until, reason = interval.until, interval.end_reason
        suspended = interval.status is not SubscriptionStatus.INCOMPLETE
        if suspended and until is not None and until <= at and reason is not None and reason in PRECEDENCE:
            yield until, reason

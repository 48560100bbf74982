"""One effective change in full: what it added to a customer's set, took from it and moved, as of its instant."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from entitlements.access import NOTHING, EntitlementState, EntitlementStatus, state_at
from entitlements.changes import difference, members_at
from entitlements.facts import FeatureId
from entitlements.runs import AccessReason, Run, SourceKind, Timeline

SUMMARY_FEATURES = 11
"""Features that an effect remembers of a whole set: the ten that a summary shows, and one that says there are more."""

States = tuple[tuple[FeatureId, EntitlementState], ...]


@dataclass(frozen=True, slots=True)
class Effects:
    """What a change made of the entitlements at the instant `at`: their states as they are then, in full.

    `before` and `after` are the first features of the whole set, at most SUMMARY_FEATURES, in the order of a list of
    entitlements: the latest start first, then by feature.
    """

    at: datetime
    added: States
    removed: States
    changed: States
    before: tuple[FeatureId, ...]
    after: tuple[FeatureId, ...]


def effects_of_time(timeline: Timeline, at: datetime) -> Effects:
    """What the passing of time alone changes at an instant. A run's end is outside of it, so no run is in two parts."""
    until = {
        feature: run
        for feature, of_feature in timeline.features.items()
        for run in of_feature.runs
        if run.active_from < at and (run.active_to is None or at <= run.active_to)
    }
    now = members_at(timeline, at)
    return Effects(
        at,
        added=_states(timeline, at, (feature for feature in now if feature not in until)),
        removed=_states(timeline, at, (feature for feature in until if feature not in now)),
        changed=(),
        before=_first(until),
        after=_first(now),
    )


def effects_of_write(before: Timeline, after: Timeline, at: datetime) -> Effects | None:
    """What a write at an instant changed; None if it changed neither the set nor the `active_to` of a member.

    Source: DESIGN, Versions.
    """
    found = difference(before, after, at)
    if not found:
        return None
    members = members_at(before, at)
    return Effects(
        at,
        added=_states(after, at, found.added),
        removed=tuple((feature, _after_removal(after, feature, members[feature], at)) for feature in found.removed),
        changed=_states(after, at, found.changed),
        before=_first(members),
        after=_first(members_at(after, at)),
    )


def whole_set(timeline: Timeline, at: datetime) -> States:
    """All that may be used at an instant, in the order of a list of entitlements."""
    members = members_at(timeline, at)
    return _states(timeline, at, _in_order(members))


def _states(timeline: Timeline, at: datetime, features: Iterable[FeatureId]) -> States:
    states = ((feature, state_at(timeline.features[feature], at)) for feature in features)
    return tuple((feature, state) for feature, state in states if state)


def _first(members: Mapping[FeatureId, Run]) -> tuple[FeatureId, ...]:
    return tuple(_in_order(members)[:SUMMARY_FEATURES])


def _in_order(members: Mapping[FeatureId, Run]) -> list[FeatureId]:
    return sorted(sorted(members), key=lambda feature: members[feature].active_from, reverse=True)


def _after_removal(after: Timeline, feature: FeatureId, taken: Run, at: datetime) -> EntitlementState:
    state = state_at(after.features.get(feature, NOTHING), at)
    if state is not None:
        return state
    # Nothing is left of a deleted customer's runs: what it had is shown as ended with it.
    by_hand = taken.sources[0].kind is SourceKind.GRANT
    cause = AccessReason.GRANT_REVOKED if by_hand else AccessReason.SUBSCRIPTION_ENDED
    return EntitlementState(
        EntitlementStatus.CANCELED, replace(taken, active_to=at, end_reason=cause, expired=False), at
    )

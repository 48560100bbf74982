"""What changes between two instants of a timeline, and between two timelines at one instant."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from entitlements.facts import FeatureId
from entitlements.runs import Run, Timeline


@dataclass(frozen=True, slots=True)
class Difference:
    """The features that a change added to a customer's set, took from it, or gave another end, each in order."""

    added: tuple[FeatureId, ...]
    removed: tuple[FeatureId, ...]
    changed: tuple[FeatureId, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


def features_at(timeline: Timeline, at: datetime) -> frozenset[FeatureId]:
    """The customer's set at an instant: the features whose runs hold it."""
    return frozenset(members_at(timeline, at))


def members_at(timeline: Timeline, at: datetime) -> dict[FeatureId, Run]:
    """The runs that hold an instant, by feature; in the timeline's order."""
    return {
        feature: run
        for feature, feature_timeline in timeline.features.items()
        for run in feature_timeline.runs
        if run.holds(at)
    }


def next_change(timeline: Timeline, at: datetime) -> datetime | None:
    """The first instant after `at` at which the set changes by the passing of time alone; None if it never does."""
    return min((instant for instant in _edges(timeline) if instant > at), default=None)


def changes_between(timeline: Timeline, after: datetime, until: datetime) -> list[datetime]:
    """The instants in `(after, until]` at which the set changes, in order, one however many features change."""
    return sorted({instant for instant in _edges(timeline) if after < instant <= until})


def count_changes(timeline: Timeline, after: datetime, until: datetime) -> int:
    """How many instants in `(after, until]` the set changes at. Source: DESIGN, Versions."""
    return len(changes_between(timeline, after, until))


def difference(before: Timeline, after: Timeline, at: datetime) -> Difference:
    """What a write at an instant made of the set: features added, removed, and members whose `active_to` moved."""
    old, new = members_at(before, at), members_at(after, at)
    return Difference(
        added=tuple(feature for feature in new if feature not in old),
        removed=tuple(feature for feature in old if feature not in new),
        changed=tuple(f for f in new if f in old and new[f].active_to != old[f].active_to),
    )


def is_effective(before: Timeline, after: Timeline, at: datetime) -> bool:
    """Whether a write changed the set, or the `active_to` of a member, at its instant. Source: DESIGN, Versions."""
    return bool(difference(before, after, at))


def _edges(timeline: Timeline) -> Iterator[datetime]:
    """Every instant at which a run starts or ends. Runs never touch, so the set changes at each of them."""
    for feature_timeline in timeline.features.values():
        for run in feature_timeline.runs:
            yield run.active_from
            if run.active_to is not None:
                yield run.active_to

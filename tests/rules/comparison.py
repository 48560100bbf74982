"""Two timelines compared: equal if they say the same, whatever order they hold it in."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from entitlements.facts import FOREVER, FeatureId
from entitlements.runs import AccessReason, Run, Timeline, Withheld
from tests.rules.oracle import FIRST_NAMED

Canonical = dict[FeatureId, tuple[tuple[Run, ...], tuple[Withheld, ...]]]


def canonical(timeline: Timeline) -> Canonical:
    """What a timeline says, feature by feature.

    Sources are put in order. What several items of one subscription would give is joined into one withheld interval:
    which item waits is not said.
    """
    return {
        feature: (tuple(_in_order(run) for run in each.runs), tuple(_joined(each.withheld)))
        for feature, each in sorted(timeline.features.items())
        if each.runs or each.withheld
    }


def _in_order(run: Run) -> Run:
    return replace(run, sources=tuple(sorted(run.sources, key=repr)))


def _joined(withheld: Iterable[Withheld]) -> list[Withheld]:
    joined: list[Withheld] = []
    for each in sorted(withheld, key=lambda w: (w.subscription, w.status, w.from_)):
        if joined and _touch(joined[-1], each):
            joined[-1] = _join(joined[-1], each)
        else:
            joined.append(each)
    return sorted(joined, key=lambda w: (w.from_, w.subscription))


def _touch(before: Withheld, after: Withheld) -> bool:
    same = (before.subscription, before.status) == (after.subscription, after.status)
    return same and after.from_ <= _end(before)


def _join(before: Withheld, after: Withheld) -> Withheld:
    last = max(before, after, key=lambda w: (_end(w), -_importance(w.end_reason)))
    return replace(last, from_=before.from_)


def _end(withheld: Withheld) -> datetime:
    return withheld.until or FOREVER


def _importance(reason: AccessReason | None) -> int:
    """Of several waits that end at one instant: access that starts is named, else the cause named first of a run."""
    return FIRST_NAMED.index(reason) if reason in FIRST_NAMED else -1

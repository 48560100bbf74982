"""What one item holds of one attachment, for the oracle: its snapshots replayed in order, instant by instant."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import Enum
from itertools import pairwise

from entitlements.facts import CatalogRollout, ProductFeature, Segment, Subscription, SubscriptionItem
from tests.rules.calendar_walk import walk
from tests.rules.status_replay import anchor_of


class Kind(Enum):
    """Why an item takes a snapshot."""

    FIRST = "first"
    ADDED = "added"
    RESUMED = "resumed"
    PERIOD = "period"


ACCEPTED = {
    CatalogRollout.NEXT_PERIOD: set(Kind),
    CatalogRollout.NEW_SUBSCRIPTIONS_ONLY: {Kind.FIRST, Kind.ADDED},
    CatalogRollout.IMMEDIATE: set[Kind](),
}


def replay(
    kinds: Sequence[set[Kind]], item: SubscriptionItem, row: ProductFeature, instants: list[datetime]
) -> list[bool]:
    """Whether the attachment is in the item at each instant, and the item gives something (its quantity isn't 0).

    `kinds` are the snapshots that the item takes at each of the instants.
    """
    answers: list[bool] = []
    inside, before = False, None
    for at, taken in zip(instants, kinds, strict=True):
        segment = segment_at(item, at)
        if before is None or segment is None or segment.product != before.product:
            inside = False
        before = segment
        if segment is None or segment.product != row.product:
            answers.append(False)
            continue
        inside = _stays(row, at, taken) if inside else _enters(row, at, taken)
        answers.append(inside and segment.quantity > 0)
    return answers


def snapshots(
    subscription: Subscription, item: SubscriptionItem, instants: list[datetime], entitled: Sequence[bool]
) -> list[set[Kind]]:
    """The kinds of snapshot that an item takes at each instant."""
    added, periods = set(_additions(item)), set(_periods(subscription, item, instants[-1]))
    taken: list[set[Kind]] = []
    begun = False
    for at, (before, now) in zip(instants, pairwise([False, *entitled]), strict=True):
        kinds = {Kind.ADDED} if at in added else set[Kind]()
        if at in periods:
            kinds.add(Kind.PERIOD)
        if now and not before:
            kinds.add(Kind.RESUMED if begun else Kind.FIRST)
            begun = True
        taken.append(kinds)
    return taken


def segment_at(item: SubscriptionItem, at: datetime) -> Segment | None:
    """The segment in force at an instant."""
    for segment in item.segments:
        if segment.from_ <= at and (segment.until is None or at < segment.until):
            return segment
    return None


def instants_of_item(subscription: Subscription, item: SubscriptionItem, horizon: datetime) -> Iterator[datetime]:
    """The boundaries of an item, up to the first one after a horizon."""
    return _periods(subscription, item, horizon)


def _enters(row: ProductFeature, at: datetime, taken: set[Kind]) -> bool:
    attached = row.attached_at <= at and (row.detached_at is None or at < row.detached_at)
    return attached and (row.rollout is CatalogRollout.IMMEDIATE or bool(taken & ACCEPTED[row.rollout]))


def _stays(row: ProductFeature, at: datetime, taken: set[Kind]) -> bool:
    if row.detached_at is None or row.detach_rollout is None or at < row.detached_at:
        return True
    return row.detach_rollout is not CatalogRollout.IMMEDIATE and not taken & ACCEPTED[row.detach_rollout]


def _additions(item: SubscriptionItem) -> Iterator[datetime]:
    yield item.segments[0].from_
    for before, after in pairwise(item.segments):
        other = before.product != after.product or before.interval != after.interval
        if other or (before.quantity == 0 and after.quantity > 0):
            yield after.from_


def _periods(subscription: Subscription, item: SubscriptionItem, horizon: datetime) -> Iterator[datetime]:
    """The boundaries that fall into the item's life."""
    anchor, interval = anchor_of(subscription), item.segments[0].interval
    for segment in item.segments:
        if segment.interval != interval:
            anchor, interval = segment.from_, segment.interval
        for boundary in walk(anchor, interval, min(horizon, segment.until or horizon)):
            if segment.from_ <= boundary and (segment.until is None or boundary < segment.until):
                yield boundary

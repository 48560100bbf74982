"""When a subscription item looks at what its product gives: the instants at which attachments enter and leave.

An item's life is cut into stretches of one product. Within a stretch it takes a snapshot of the product's features
when its subscription first begins to entitle (first), when the product, the interval or a quantity from 0 comes in
(added), when its subscription begins to entitle again (resumed), and at each period boundary (period).
Source: DESIGN, The rule, 3 to 5.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from entitlements.facts import FOREVER, CatalogRollout, Interval, ProductFeature, ProductId, Segment, SubscriptionItem
from entitlements.periods import first_boundary


@dataclass(frozen=True, slots=True)
class Cadence:
    """A stretch of an item's life in which its boundaries are counted from one anchor with one interval."""

    from_: datetime
    until: datetime
    anchor: datetime
    interval: Interval


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of an item's life with one product, and the snapshots it takes.

    `given` are the parts with a quantity above 0. `resets` are the snapshots of the kinds first and added, which
    every rollout accepts; `resumes` those of the kind resumed; period boundaries follow from `cadences`.
    """

    product: ProductId
    from_: datetime
    until: datetime
    given: tuple[tuple[datetime, datetime], ...]
    resets: tuple[datetime, ...]
    resumes: tuple[datetime, ...]
    cadences: tuple[Cadence, ...]

    def holding(self, attachment: ProductFeature) -> tuple[datetime, datetime] | None:
        """From when until when an attachment is in this stretch; None if it never enters."""
        attached, detached = attachment.attached_at, attachment.detached_at
        entry = self.from_ if attached <= self.from_ else self._first(attachment.rollout, attached)
        if entry >= self.until or (detached is not None and entry >= detached):
            return None
        if detached is None:
            return entry, self.until
        return entry, min(self.until, self._first(attachment.detach_rollout or attachment.rollout, detached))

    def _first(self, rollout: CatalogRollout, at: datetime) -> datetime:
        """The first snapshot at or after an instant of a kind that a rollout accepts; FOREVER if there is none."""
        if rollout is CatalogRollout.IMMEDIATE:
            return at
        reset = _first_of(self.resets, at)
        if rollout is CatalogRollout.NEW_SUBSCRIPTIONS_ONLY:
            return reset
        return min(reset, _first_of(self.resumes, at), self._first_boundary(at))

    def _first_boundary(self, at: datetime) -> datetime:
        for cadence in self.cadences:
            if at < cadence.until:
                found = first_boundary(cadence.anchor, cadence.interval, max(at, cadence.from_))
                if found is not None and found < cadence.until:
                    return found
        return FOREVER


def stretches(item: SubscriptionItem, anchor: datetime, begins: Sequence[datetime]) -> Iterator[Stretch]:
    """An item's stretches in order.

    `anchor` is the subscription's; `begins` are the instants at which it begins to entitle, the first one first.
    """
    item_cadences = tuple(cadences(item, anchor))
    resets = tuple(sorted((*begins[:1], *_added(item))))
    resumes = tuple(begins[1:])
    for product, group in groupby(item.segments, key=lambda segment: segment.product):
        segments = list(group)
        from_, until = segments[0].from_, segments[-1].until or FOREVER
        yield Stretch(
            product=product,
            from_=from_,
            until=until,
            given=tuple(_given(segments)),
            resets=resets,
            resumes=resumes,
            cadences=tuple(cadence for cadence in item_cadences if cadence.from_ < until and from_ < cadence.until),
        )


def cadences(item: SubscriptionItem, anchor: datetime) -> Iterator[Cadence]:
    """How an item's periods are counted through its life, in order.

    They are counted from the subscription's anchor until the interval changes, and then from the instant of the
    change.
    """
    for position, (interval, group) in enumerate(groupby(item.segments, key=lambda segment: segment.interval)):
        segments = list(group)
        from_, until = segments[0].from_, segments[-1].until or FOREVER
        yield Cadence(from_, until, from_ if position else anchor, interval)


def _given(segments: Iterable[Segment]) -> Iterator[tuple[datetime, datetime]]:
    """The parts with a quantity above 0; from one such quantity to another there is no cut."""
    for is_given, group in groupby(segments, key=lambda segment: segment.quantity > 0):
        if is_given:
            parts = list(group)
            yield parts[0].from_, parts[-1].until or FOREVER


def _added(item: SubscriptionItem) -> Iterator[datetime]:
    before: Segment | None = None
    for segment in item.segments:
        if before is None or _brings_anew(before, segment):
            yield segment.from_
        before = segment


def _brings_anew(before: Segment, segment: Segment) -> bool:
    another = before.product != segment.product or before.interval != segment.interval
    return another or before.quantity == 0 < segment.quantity


def _first_of(instants: Sequence[datetime], at: datetime) -> datetime:
    return next((instant for instant in instants if instant >= at), FOREVER)

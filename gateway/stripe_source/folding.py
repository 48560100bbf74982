"""A subscription's facts as they follow from all that was observed of it. Pure: no order or number of tellings matters.

What became true at an instant that Stripe dates (a trial's end, a cancellation, an item's creation) is dated so, and
not by when it was told. What was before the first thing that is known is what the object's own dates say.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

from entitlements.facts import (
    CustomerId,
    Segment,
    StatusRecord,
    Subscription,
    SubscriptionId,
    SubscriptionItem,
    SubscriptionItemId,
    TrialEndBehavior,
)
from entitlements.facts import SubscriptionStatus as S
from entitlements.status import INCOMPLETE_FOR
from gateway.stripe_source.ordering import Step
from gateway.stripe_source.states import ItemState, SubscriptionState
from storage.observations import Manner

_WENT_ON = {S.ACTIVE, S.PAST_DUE, S.UNPAID}


@dataclass(frozen=True, slots=True)
class _Known:
    """A state, since when it is known to be true, and after when it must have become so; None if there is no bound."""

    state: SubscriptionState
    at: datetime
    after: datetime | None


def subscription_facts(id_: str, steps: Sequence[Step[SubscriptionState]]) -> Subscription:
    """The facts of a subscription that was observed at least once, in order."""
    latest = steps[-1].state
    known = _known(steps)
    statuses = _statuses(known)
    return Subscription(
        id=SubscriptionId(id_),
        customer=CustomerId(latest.customer),
        recorded_at=latest.created,
        started_at=latest.started,
        statuses=statuses,
        items=_items(known),
        trial_end=latest.trial_end,
        trial_end_behavior=_behavior(latest, statuses),
        cancel_at=latest.cancel_at,
        cancel_at_period_end=latest.cancel_at_period_end,
        canceled_at=latest.canceled_at,
        ended_at=latest.ended_at if latest.status is S.CANCELED else None,
        metadata=latest.metadata,
    )


def _known(steps: Sequence[Step[SubscriptionState]]) -> list[_Known]:
    first = steps[0]
    known = [_Known(first.state, first.at, None)]
    if first.manner is Manner.CREATED:
        known = [_Known(first.state, first.state.created, first.state.created)]
    elif first.before is not None:
        known = [_Known(first.before, first.at, None), _Known(first.state, first.at, first.before.created)]
    for before, step in pairwise(steps):
        known.append(_Known(step.state, step.at, before.at))
    return known


def _statuses(known: Sequence[_Known]) -> tuple[StatusRecord, ...]:
    """The status history. A trial that is given after one was left is time like any other: the rule knows one trial."""
    first = known[0]
    records = [StatusRecord(first.state.status, first.state.created)] if first.after else _told_by_dates(first)
    for each in known[1:]:
        if each.state.status is not records[-1].status:
            records.append(StatusRecord(each.state.status, _since(records[-1].status, each)))
    history: list[StatusRecord] = []
    for record in records:
        # Of several at one instant the last one holds.
        while history and history[-1].since >= record.since:
            history.pop()
        is_left = any(each.status is S.TRIALING for each in history) and history[-1].status is not S.TRIALING
        status = S.ACTIVE if record.status is S.TRIALING and is_left else record.status
        if not history or history[-1].status is not status:
            history.append(StatusRecord(status, record.since))
    return tuple(history)


def _told_by_dates(first: _Known) -> list[StatusRecord]:
    """What a subscription's own dates say of the time before it was first observed."""
    state, born = first.state, first.state.created
    if state.status in {S.INCOMPLETE, S.INCOMPLETE_EXPIRED}:
        began = S.INCOMPLETE
    elif state.trial_end is not None and state.trial_end > born:
        began = S.TRIALING
    else:
        began = S.ACTIVE
    records = [StatusRecord(began, born)]
    tried = state.trial_end
    if began is S.TRIALING and tried is not None and state.status in {S.UNPAID, S.PAST_DUE} and tried < first.at:
        records.append(StatusRecord(S.ACTIVE, tried))
    if state.status is S.CANCELED and began is S.TRIALING and tried is not None and tried < _end(state, first.at):
        records.append(StatusRecord(S.ACTIVE, tried))
    if state.status is not records[-1].status:
        records.append(StatusRecord(state.status, _since(records[-1].status, replace(first, after=born))))
    return records


def _since(before: S, known: _Known) -> datetime:
    """Since when a status is true that follows another one: as the subscription's dates say, else as it was told."""
    state, after = known.state, known.after or known.state.created
    dated = None
    if state.status is S.CANCELED:
        dated = state.ended_at
    elif state.status is S.INCOMPLETE_EXPIRED:
        dated = state.ended_at or state.created + INCOMPLETE_FOR
    elif before is S.TRIALING:
        dated = state.trial_end
    return dated if dated is not None and after < dated <= known.at else known.at


def _end(state: SubscriptionState, otherwise: datetime) -> datetime:
    return state.ended_at or otherwise


def _behavior(latest: SubscriptionState, statuses: Sequence[StatusRecord]) -> TrialEndBehavior:
    """What the trial's end does. What it did is more than what it was to do: who could pay may not be known here."""
    for record, following in pairwise(statuses):
        if record.status is S.TRIALING and following.status in _WENT_ON:
            return TrialEndBehavior.ACTIVATE
    return latest.trial_end_behavior


def _items(known: Sequence[_Known]) -> tuple[SubscriptionItem, ...]:
    lines: dict[str, list[Segment]] = {}
    for place, each in enumerate(known):
        for item in each.state.items:
            _take(lines.setdefault(item.id, []), item, each, is_first=place == 0)
        if each.state.items_complete:
            there = {item.id for item in each.state.items}
            for gone in lines.keys() - there:
                _close(lines[gone], each.at)
    return tuple(SubscriptionItem(SubscriptionItemId(id_), tuple(parts)) for id_, parts in lines.items() if parts)


def _take(parts: list[Segment], item: ItemState, known: _Known, *, is_first: bool) -> None:
    from_ = known.at
    if not parts and (is_first or (known.after and known.after < item.created)):
        from_ = min(item.created, known.at)
    new = Segment(item.product, item.quantity, item.interval, from_)
    if parts and replace(parts[-1], from_=from_) == new:
        return
    if parts and parts[-1].until is not None and parts[-1].until < from_:
        # It was gone in between: a segment that gives nothing, as segments follow each other without a gap.
        parts.append(replace(parts[-1], quantity=0, from_=parts[-1].until, until=None))
    _close(parts, from_)
    parts.append(new)


def _close(parts: list[Segment], at: datetime) -> None:
    """Ends what is open; what would have no length never was."""
    if parts and parts[-1].until is None:
        last = parts.pop()
        if last.from_ < at:
            parts.append(replace(last, until=at))

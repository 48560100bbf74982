"""What a subscription's periods are at an instant: for display, and for cancelling at the period's end."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from entitlements.facts import FOREVER, Subscription, SubscriptionItem, SubscriptionItemId, SubscriptionStatus
from entitlements.periods import period_at
from entitlements.snapshots import cadences
from entitlements.status import anchor, ended_at, status_at

Period = tuple[datetime, datetime | None]
"""Start and end of a period; the end is None beyond year 9999."""


@dataclass(frozen=True, slots=True)
class SubscriptionState:
    """What has become of a subscription by an instant; `item_periods` holds the items that have a period then."""

    status: SubscriptionStatus
    ended_at: datetime | None
    period: Period | None
    item_periods: Mapping[SubscriptionItemId, Period]


def subscription_state(subscription: Subscription, at: datetime) -> SubscriptionState:
    """The state of a subscription at an instant; before its first record it has the status it began with."""
    periods = {item.id: period for item in subscription.items if (period := item_period(subscription, item, at))}
    return SubscriptionState(
        status=status_at(subscription, at) or subscription.statuses[0].status,
        ended_at=ended_at(subscription, at),
        period=current_period(subscription, at),
        item_periods=periods,
    )


def items_in_force(subscription: Subscription, at: datetime) -> list[SubscriptionItem]:
    """The items that are in the subscription at an instant, in the order they were added."""
    return [item for item in subscription.items if item.segment_at(at)]


def item_period(subscription: Subscription, item: SubscriptionItem, at: datetime) -> Period | None:
    """The billing period of an item that holds an instant; None for one not in force or a subscription that ended."""
    return None if ended_at(subscription, at) is not None else _period_of(subscription, item, at)


def latest_item_period(subscription: Subscription, item: SubscriptionItem, at: datetime) -> Period | None:
    """As `item_period`; but of a subscription that has ended the period it ended in or with, as Stripe shows it."""
    ended = ended_at(subscription, at)
    return _period_of(subscription, item, at if ended is None else max(ended - datetime.resolution, item.added_at))


def current_period(subscription: Subscription, at: datetime) -> Period | None:
    """The period of the item whose period ends first; None without items in force or once it has ended."""
    return min(_periods(subscription, at), key=lambda period: period[1] or FOREVER, default=None)


def period_end_to_cancel_at(subscription: Subscription, at: datetime) -> datetime | None:
    """The instant that cancelling at the period's end means: the latest end among the items, as it was paid for."""
    return max((end for _, end in _periods(subscription, at) if end is not None), default=None)


def _periods(subscription: Subscription, at: datetime) -> Iterator[Period]:
    for item in items_in_force(subscription, at):
        if period := item_period(subscription, item, at):
            yield period


def _period_of(subscription: Subscription, item: SubscriptionItem, at: datetime) -> Period | None:
    if item.segment_at(at) is None:
        return None
    cadence = next(each for each in reversed(list(cadences(item, anchor(subscription)))) if each.from_ <= at)
    return period_at(cadence.anchor, cadence.interval, at, min(subscription.started_at, cadence.anchor))

"""Edits of a subscription, judged on its effective status: each takes it as it is and answers what it becomes.

What is wrong is noted, and then the subscription comes back as it was, so that everything wrong with a request can be
answered at once. Source: DESIGN, Moves and edits.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from entitlements.billing import items_in_force, period_end_to_cancel_at
from entitlements.facts import (
    BillingInterval,
    Interval,
    Product,
    ProductId,
    Segment,
    Subscription,
    SubscriptionItem,
    SubscriptionItemId,
    SubscriptionStatus,
)
from entitlements.status import status_at, trial_end
from resolvers.errors import Problems, UserErrorCode
from resolvers.products import find_product_under_lock
from resolvers.references import ABSENT, Absent, Reference
from storage.ids import new_id
from storage.unit_of_work import CustomerWork

ITEMS = 20
"""Items a subscription has at the most."""

CHANGES_AT_ONCE = 100
LARGEST_QUANTITY = 1_000_000
LONGEST_COUNT = {
    BillingInterval.DAY: 365,
    BillingInterval.WEEK: 156,
    BillingInterval.MONTH: 36,
    BillingInterval.YEAR: 3,
}
"""The longest periods: 365 of a unit and three years at the most, as Stripe's."""


MONTHLY = Interval(BillingInterval.MONTH)


@dataclass(frozen=True, slots=True)
class NewItem:
    """An item to add."""

    product: Reference
    quantity: int = 1
    interval: Interval = MONTHLY


@dataclass(frozen=True, slots=True)
class UpdateItem:
    """Changes to an item; what is absent stays as it is, and None is noted as BLANK."""

    id: str
    product: Reference | Absent | None = ABSENT
    quantity: int | Absent | None = ABSENT
    unit: BillingInterval | Absent | None = ABSENT
    count: int | Absent | None = ABSENT


@dataclass(frozen=True, slots=True)
class RemoveItem:
    """An item to end now."""

    id: str


ItemChange = NewItem | UpdateItem | RemoveItem


def check_new_item(problems: Problems, item: NewItem, *field: str) -> None:
    """Notes a quantity or an interval out of bounds."""
    _check_quantity(problems, item.quantity, *field, "quantity")
    _check_interval(problems, item.interval, *field, "interval_count")


async def new_item(work: CustomerWork, problems: Problems, item: NewItem, *field: str) -> list[SubscriptionItem]:
    """The item, begun now; nothing if its product can't be subscribed to, which is noted."""
    product = await _find_open_product(work, problems, item.product, *field, "product")
    if product is None:
        return []
    segment = Segment(product.id, item.quantity, item.interval, work.instant)
    return [SubscriptionItem(SubscriptionItemId(new_id("si")), (segment,))]


async def change_items(
    work: CustomerWork, problems: Problems, subscription: Subscription, changes: Sequence[ItemChange]
) -> Subscription:
    """Adds, changes and removes items; those not named stay as they are."""
    if len(changes) > CHANGES_AT_ONCE:
        problems.add(UserErrorCode.TOO_MANY, f"At most {CHANGES_AT_ONCE} changes are taken at once.", "items")
        return subscription
    items = {item.id: item for item in subscription.items}
    there = {item.id for item in items_in_force(subscription, work.instant)}
    named: set[SubscriptionItemId] = set()
    for position, change in enumerate(changes):
        field = ("items", str(position))
        if isinstance(change, NewItem):
            check_new_item(problems, change, *field, "add")
            items |= {item.id: item for item in await new_item(work, problems, change, *field, "add")}
            continue
        item_id = SubscriptionItemId(change.id)
        path = (*field, "remove") if isinstance(change, RemoveItem) else (*field, "update", "id")
        if item_id not in there:
            problems.add(UserErrorCode.NOT_FOUND, "The subscription has no such item, or no longer.", *path)
            continue
        if item_id in named:
            problems.add(UserErrorCode.INVALID, "An item can be changed once in a request.", *path)
            continue
        named.add(item_id)
        if isinstance(change, RemoveItem):
            items[item_id] = _closed(items[item_id], work.instant)
        else:
            items[item_id] = await _changed(work, problems, items[item_id], change, *field, "update")
    changed = replace(subscription, items=tuple(items.values()))
    check_item_count(problems, len(items_in_force(changed, work.instant)))
    return changed


def check_item_count(problems: Problems, count: int) -> None:
    """Notes more items than a subscription can have."""
    if count > ITEMS:
        problems.add(
            UserErrorCode.TOO_MANY, f"A subscription has at most {ITEMS} items; it would have {count}.", "items"
        )


def change_trial(
    problems: Problems, at: datetime, subscription: Subscription, to: datetime | Absent | None, *, now: bool
) -> Subscription:
    """Moves the trial's end to another instant ahead, or, with `now`, to this very instant."""
    if to is ABSENT and not now:
        return subscription
    field = "end_trial_now" if now else "trial_end"
    if now and to is not ABSENT:
        problems.add(UserErrorCode.INVALID, "Pass `trialEnd` or `endTrialNow`, not both.", field)
    elif status_at(subscription, at) not in {SubscriptionStatus.TRIALING, SubscriptionStatus.INCOMPLETE}:
        message = "Only a subscription that is TRIALING or INCOMPLETE has a trial to change."
        problems.add(UserErrorCode.INVALID_TRANSITION, message, field)
    elif now:
        if (trial_end(subscription) or at) > at:
            return replace(subscription, trial_end=at)
        problems.add(UserErrorCode.INVALID_TRANSITION, "There is no trial ahead that could be ended.", field)
    elif to is None and status_at(subscription, at) is SubscriptionStatus.TRIALING:
        message = "A trial has an end. Pass another instant, or `endTrialNow: true`."
        problems.add(UserErrorCode.BLANK, message, field)
    elif check_ahead(problems, at, to if to is not ABSENT else None, field):
        return replace(subscription, trial_end=to if to is not ABSENT else None)
    return subscription


def check_ahead(problems: Problems, at: datetime, instant: datetime | None, *field: str) -> bool:
    """Notes an instant that doesn't lie ahead; answers whether it does, or is None."""
    if instant is None or instant > at:
        return True
    problems.add(UserErrorCode.IN_PAST, "The instant must lie ahead.", *field)
    return False


def change_cancellation(
    problems: Problems,
    at: datetime,
    subscription: Subscription,
    *,
    cancel_at: datetime | Absent | None = ABSENT,
    at_period_end: bool | Absent | None = ABSENT,
) -> Subscription:
    """Schedules a cancellation, or takes one back: by null as its instant, or by False for the period's end."""
    if cancel_at is not ABSENT and at_period_end is not ABSENT:
        problems.add(UserErrorCode.INVALID, "Pass `cancelAt` or `cancelAtPeriodEnd`, not both.", "cancel_at_period_end")
    elif at_period_end is None:
        problems.add(UserErrorCode.BLANK, "Pass true or false, or leave it out.", "cancel_at_period_end")
    elif cancel_at is None or at_period_end is False:
        return replace(subscription, cancel_at=None, cancel_at_period_end=False, canceled_at=None)
    elif at_period_end is True:
        return _at_period_end(problems, at, subscription)
    elif cancel_at is not ABSENT and check_ahead(problems, at, cancel_at, "cancel_at"):
        asked = subscription.canceled_at or at
        return replace(subscription, cancel_at=cancel_at, cancel_at_period_end=False, canceled_at=asked)
    return subscription


def resolve_period_end(at: datetime, before: Subscription, after: Subscription) -> Subscription:
    """What a pending cancellation at the period's end means after an edit that moved periods: trial or items."""
    moved = trial_end(before) != trial_end(after) or before.items != after.items
    if not (moved and after.cancel_at_period_end):
        return after
    # An edit may have ended the subscription itself; then there is no period left, and no end to move.
    end = period_end_to_cancel_at(replace(after, cancel_at=None), at)
    return replace(after, cancel_at=end or after.cancel_at)


def _at_period_end(problems: Problems, at: datetime, subscription: Subscription) -> Subscription:
    if subscription.cancel_at_period_end:
        return subscription
    end = period_end_to_cancel_at(subscription, at)
    if end is None:
        message = "There is no end of a period to cancel at: the subscription has no item in force."
        problems.add(UserErrorCode.INVALID, message, "cancel_at_period_end")
        return subscription
    asked = subscription.canceled_at or at
    return replace(subscription, cancel_at=end, cancel_at_period_end=True, canceled_at=asked)


async def _changed(
    work: CustomerWork, problems: Problems, item: SubscriptionItem, change: UpdateItem, *field: str
) -> SubscriptionItem:
    current = item.segments[-1]
    given = {"product": change.product, "quantity": change.quantity, "interval": change.unit}
    for name, value in {**given, "interval_count": change.count}.items():
        if value is None:
            problems.add(UserErrorCode.BLANK, "Pass a value, or leave it out.", *field, name)
    interval = Interval(
        current.interval.unit if change.unit in (ABSENT, None) else change.unit,
        current.interval.count if change.count in (ABSENT, None) else change.count,
    )
    quantity = current.quantity if change.quantity in (ABSENT, None) else change.quantity
    _check_quantity(problems, quantity, *field, "quantity")
    if interval != current.interval:
        _check_interval(problems, interval, *field, "interval_count")
    product = current.product
    if isinstance(change.product, Reference):
        product = await _product_to_move_to(work, problems, current.product, change.product, *field, "product")
    new = Segment(product, quantity, interval, work.instant)
    if replace(new, from_=current.from_) == current:
        return item
    return replace(item, segments=(*_closed(item, work.instant).segments, new))


async def _product_to_move_to(
    work: CustomerWork, problems: Problems, current: ProductId, by: Reference, *field: str
) -> ProductId:
    """Another product must be open to be moved to; the one the item has already may be inactive by now."""
    found = await find_product_under_lock(work, by)
    if found is not None and found.id == current:
        return current
    product = await _find_open_product(work, problems, by, *field)
    return product.id if product else current


async def _find_open_product(work: CustomerWork, problems: Problems, by: Reference, *field: str) -> Product | None:
    product = await find_product_under_lock(work, by)
    if product is None:
        problems.add(UserErrorCode.NOT_FOUND, "There is no such product.", *field)
    elif not product.active:
        message = "The product is inactive: it takes no new subscription, item or move."
        problems.add(UserErrorCode.INACTIVE, message, *field)
        return None
    return product


def _closed(item: SubscriptionItem, at: datetime) -> SubscriptionItem:
    return replace(item, segments=(*item.segments[:-1], replace(item.segments[-1], until=at)))


def _check_quantity(problems: Problems, quantity: int, *field: str) -> None:
    if not 0 <= quantity <= LARGEST_QUANTITY:
        message = f"The quantity must be from 0 to {LARGEST_QUANTITY:,}; it is {quantity}."
        problems.add(UserErrorCode.INVALID, message, *field)


def _check_interval(problems: Problems, interval: Interval, *field: str) -> None:
    longest = LONGEST_COUNT[interval.unit]
    if not 1 <= interval.count <= longest:
        message = f"A period of {interval.unit}s takes a count from 1 to {longest}; it is {interval.count}."
        problems.add(UserErrorCode.INVALID, message, *field)

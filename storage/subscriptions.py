"""Subscriptions at rest, with their status history, their items and the items' segments."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypedDict, Unpack

from sqlalchemy import bindparam, func, insert, select, update

from entitlements.facts import (
    BillingInterval,
    CustomerId,
    Interval,
    Metadata,
    ProductId,
    Segment,
    StatusRecord,
    Subscription,
    SubscriptionId,
    SubscriptionItem,
    SubscriptionItemId,
    SubscriptionStatus,
    TrialEndBehavior,
)
from storage.dialect import AnyRow, AnySelect, insert_rows, one_of_given
from storage.errors import RowUnreadable
from storage.rows import subscription_item_segments as segments
from storage.rows import subscription_items as items
from storage.rows import subscription_statuses as statuses
from storage.rows import subscriptions
from storage.work import CustomerWork, update_row

_BySubscription = defaultdict[str, list[AnyRow]]
"""Rows below subscriptions, in order, by the subscription's id."""


_CHOSEN = (
    subscriptions.c.environment_id == bindparam("environment"),
    one_of_given(subscriptions.c.customer_id, "customers"),
)
# A row for each status, as hardly any subscription has many: a query of their own would cost more.
HISTORIES: AnySelect = (
    select(subscriptions, statuses.c.subscription_id, statuses.c.status, statuses.c.since)
    .join(statuses)
    .where(*_CHOSEN)
    .order_by(subscriptions.c.recorded_at, subscriptions.c.id, statuses.c.since)
)
_LINES = segments.join(items).join(subscriptions)
SEGMENTS: AnySelect = (
    select(segments, items.c.subscription_id)
    .select_from(_LINES)
    .where(*_CHOSEN)
    .order_by(items.c.position, segments.c.from_at)
)
"""With HISTORIES what `read_subscriptions` wants, both from one snapshot: of the customers whose ids are given as
`customers`, within the `environment` given."""

PRODUCTS: AnySelect = select(segments.c.product_id).select_from(_LINES).where(*_CHOSEN)
"""The products that any item of theirs ever was for."""


class SubscriptionChanges(TypedDict, total=False):
    """What of a subscription's own row can be written anew; statuses and segments are only ever added to."""

    trial_end: datetime | None
    trial_end_behavior: TrialEndBehavior
    cancel_at: datetime | None
    cancel_at_period_end: bool
    canceled_at: datetime | None
    ended_at: datetime | None
    metadata: Metadata


def read_subscriptions(
    rows: Iterable[AnyRow], segment_rows: Iterable[AnyRow]
) -> dict[CustomerId, tuple[Subscription, ...] | RowUnreadable]:
    """The subscriptions of each customer, in the order they were made; a customer without one is absent.

    Of a customer with one that can't be read there is the error instead.
    """
    histories, lines = _by_subscription(rows), _by_subscription(segment_rows)
    found: defaultdict[CustomerId, list[str]] = defaultdict(list)
    for subscription, history in histories.items():
        found[history[0].customer_id].append(subscription)
    return {customer: _read_all([(histories[each], lines[each]) for each in held]) for customer, held in found.items()}


async def insert_subscription(work: CustomerWork, subscription: Subscription) -> None:
    """Adds a subscription with its first statuses, items and segments."""
    scope = {"environment_id": work.environment.id, "subscription_id": subscription.id}
    numbered = enumerate(subscription.items)
    await insert_rows(
        work.connection,
        {
            subscriptions: [_subscription_row(work, subscription)],
            statuses: [scope | _status_row(record) for record in subscription.statuses],
            items: [scope | {"id": item.id, "position": position} for position, item in numbered],
            segments: [_segment_row(work, item.id, part) for item in subscription.items for part in item.segments],
        },
    )
    work.note_subscription(subscription)


async def update_subscription(
    work: CustomerWork, subscription: SubscriptionId, **changes: Unpack[SubscriptionChanges]
) -> None:
    """Writes parts of a subscription's own row anew. Raises: RowMissing."""
    statement = update(subscriptions).where(
        subscriptions.c.environment_id == work.environment.id,
        subscriptions.c.customer_id == work.loaded.customer.id,
        subscriptions.c.id == subscription,
    )
    await update_row(work, statement.values(**changes), subscription)
    work.note_subscription(replace(work.find_subscription(subscription), **changes))


async def append_status(work: CustomerWork, subscription: SubscriptionId, record: StatusRecord) -> None:
    """Adds to a subscription's status history."""
    scope = {"environment_id": work.environment.id, "subscription_id": subscription}
    await insert_rows(work.connection, {statuses: [scope | _status_row(record)]})
    held = work.find_subscription(subscription)
    work.note_subscription(replace(held, statuses=(*held.statuses, record)))


async def insert_item(work: CustomerWork, subscription: SubscriptionId, item: SubscriptionItem) -> None:
    """Adds an item behind those that are there."""
    here = items.c.environment_id == work.environment.id, items.c.subscription_id == subscription
    position = select(func.coalesce(func.max(items.c.position) + 1, 0)).where(*here).scalar_subquery()
    await work.connection.execute(
        insert(items).values(
            environment_id=work.environment.id, id=item.id, subscription_id=subscription, position=position
        )
    )
    await insert_rows(work.connection, {segments: [_segment_row(work, item.id, part) for part in item.segments]})
    held = work.find_subscription(subscription)
    work.note_subscription(replace(held, items=(*held.items, item)))


async def close_segment(work: CustomerWork, item: SubscriptionItemId, at: datetime) -> None:
    """Ends the item's open segment; with none opened after it, the item is removed. Raises: RowMissing."""
    statement = update(segments).where(
        segments.c.environment_id == work.environment.id, segments.c.item_id == item, segments.c.until_at.is_(None)
    )
    await update_row(work, statement.values(until_at=at), item)
    _note_segments(work, item, lambda parts: (*parts[:-1], replace(parts[-1], until=at)))


async def open_segment(work: CustomerWork, item: SubscriptionItemId, segment: Segment) -> None:
    """Begins the item's next segment, at the instant at which the one before was closed."""
    await insert_rows(work.connection, {segments: [_segment_row(work, item, segment)]})
    _note_segments(work, item, lambda parts: (*parts, segment))


def _by_subscription(rows: Iterable[AnyRow]) -> _BySubscription:
    found: _BySubscription = defaultdict(list)
    for row in rows:
        found[row.subscription_id].append(row)
    return found


def _note_segments(
    work: CustomerWork, item: SubscriptionItemId, change: Callable[[tuple[Segment, ...]], tuple[Segment, ...]]
) -> None:
    for held in work.facts.subscriptions:
        lines = tuple(replace(line, segments=change(line.segments)) if line.id == item else line for line in held.items)
        if lines != held.items:
            work.note_subscription(replace(held, items=lines))


def _subscription_row(work: CustomerWork, subscription: Subscription) -> dict[str, Any]:
    return {
        "environment_id": work.environment.id,
        "id": subscription.id,
        "customer_id": work.loaded.customer.id,
        "recorded_at": subscription.recorded_at,
        "started_at": subscription.started_at,
        "trial_end": subscription.trial_end,
        "trial_end_behavior": subscription.trial_end_behavior,
        "cancel_at": subscription.cancel_at,
        "cancel_at_period_end": subscription.cancel_at_period_end,
        "canceled_at": subscription.canceled_at,
        "ended_at": subscription.ended_at,
        "metadata": subscription.metadata,
    }


def _status_row(record: StatusRecord) -> dict[str, Any]:
    return {"status": record.status, "since": record.since}


def _segment_row(work: CustomerWork, item: SubscriptionItemId, segment: Segment) -> dict[str, Any]:
    return {
        "environment_id": work.environment.id,
        "item_id": item,
        "from_at": segment.from_,
        "until_at": segment.until,
        "product_id": segment.product,
        "quantity": segment.quantity,
        "interval_unit": segment.interval.unit,
        "interval_count": segment.interval.count,
    }


def _read_all(
    held: Sequence[tuple[Sequence[AnyRow], Sequence[AnyRow]]],
) -> tuple[Subscription, ...] | RowUnreadable:
    try:
        return tuple(_read(history, lines) for history, lines in held)
    except RowUnreadable as unreadable:
        return unreadable


def _read(history: Sequence[AnyRow], lines: Sequence[AnyRow]) -> Subscription:
    row = history[0]
    try:
        return Subscription(
            id=row.id,
            customer=row.customer_id,
            recorded_at=row.recorded_at,
            started_at=row.started_at,
            statuses=tuple(StatusRecord(SubscriptionStatus(record.status), record.since) for record in history),
            items=_read_items(lines),
            trial_end=row.trial_end,
            trial_end_behavior=TrialEndBehavior(row.trial_end_behavior),
            cancel_at=row.cancel_at,
            cancel_at_period_end=row.cancel_at_period_end,
            canceled_at=row.canceled_at,
            ended_at=row.ended_at,
            metadata=row.metadata,
        )
    except ValueError as error:
        raise RowUnreadable(subscriptions.name, row.id) from error


def _read_items(lines: Sequence[AnyRow]) -> tuple[SubscriptionItem, ...]:
    parts: dict[SubscriptionItemId, list[Segment]] = {}
    for row in lines:
        parts.setdefault(row.item_id, []).append(_read_segment(row))
    return tuple(SubscriptionItem(item, tuple(consecutive)) for item, consecutive in parts.items())


def _read_segment(row: AnyRow) -> Segment:
    return Segment(
        product=ProductId(row.product_id),
        quantity=row.quantity,
        interval=Interval(BillingInterval(row.interval_unit), row.interval_count),
        from_=row.from_at,
        until=row.until_at,
    )

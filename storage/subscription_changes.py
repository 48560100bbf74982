"""Saving what an edit made of a subscription: the difference, and nothing else."""

from dataclasses import fields

from entitlements.facts import Subscription, SubscriptionItem
from storage.subscriptions import SubscriptionChanges as RowChanges
from storage.subscriptions import append_status, close_segment, insert_item, open_segment, update_subscription
from storage.work import CustomerWork


async def save_subscription(work: CustomerWork, before: Subscription, after: Subscription) -> None:
    """Writes what differs: the row's own columns, statuses and items added, segments closed and opened.

    `after` must come from `before` by an edit: histories only grow, and items keep their place.
    """
    changes = _row_changes(before, after)
    if changes:
        await update_subscription(work, after.id, **changes)
    for record in after.statuses[len(before.statuses) :]:
        await append_status(work, after.id, record)
    known = {item.id: item for item in before.items}
    for item in after.items:
        if item.id in known:
            await _save_item(work, known[item.id], item)
        else:
            await insert_item(work, after.id, item)


def _row_changes(before: Subscription, after: Subscription) -> RowChanges:
    columns = RowChanges.__annotations__.keys() & {field.name for field in fields(Subscription)}
    changed = {name for name in columns if getattr(before, name) != getattr(after, name)}
    return RowChanges(**{name: getattr(after, name) for name in changed})


async def _save_item(work: CustomerWork, before: SubscriptionItem, after: SubscriptionItem) -> None:
    closed = after.segments[len(before.segments) - 1].until
    if before.removed_at is None and closed is not None:
        await close_segment(work, after.id, closed)
    for segment in after.segments[len(before.segments) :]:
        await open_segment(work, after.id, segment)

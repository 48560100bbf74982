"""Subscriptions: their reads, and their life from the first status to the last."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime

from entitlements.billing import items_in_force
from entitlements.facts import (
    StatusRecord,
    Subscription,
    SubscriptionId,
    SubscriptionItem,
    SubscriptionItemId,
    SubscriptionStatus,
    TrialEndBehavior,
)
from entitlements.moves import MOVES
from entitlements.status import FINAL, status_at
from entitlements.status import trial_end as end_of_trial
from resolvers.context import Context
from resolvers.customers import load_customer_id
from resolvers.errors import Problems, UserErrorCode, refuse
from resolvers.known import KnownCustomer
from resolvers.ownership import refuse_if_owned
from resolvers.paging import Listing, PageArguments, list_all
from resolvers.references import ABSENT, Absent, Reference
from resolvers.subscription_edits import (
    ItemChange,
    NewItem,
    change_cancellation,
    change_items,
    change_trial,
    check_ahead,
    check_item_count,
    check_new_item,
    new_item,
    resolve_period_end,
)
from resolvers.validation import MetadataChange, changed_metadata, new_metadata
from resolvers.writing import Written, write_customer
from storage import subscriptions
from storage.ids import new_id
from storage.subscription_changes import save_subscription
from storage.unit_of_work import CustomerWork


def list_subscriptions(
    context: Context,
    customer: KnownCustomer,
    arguments: PageArguments,
    *,
    status: Collection[SubscriptionStatus] | None,
) -> Listing[Subscription]:
    """A customer's subscriptions, newest first, those that ended among them; perhaps those of some statuses."""
    wanted = [each for each in customer.facts.subscriptions if status is None or status_at(each, customer.at) in status]
    wanted.sort(key=lambda subscription: subscription.id)
    wanted.sort(key=lambda subscription: subscription.recorded_at, reverse=True)
    scope = context.scope("subscriptions", customer.record.id)
    return list_all(scope, arguments, wanted, lambda subscription: (subscription.recorded_at, subscription.id))


def list_items(
    context: Context, customer: KnownCustomer, subscription: Subscription, arguments: PageArguments
) -> Listing[SubscriptionItem]:
    """The items in force of one of a customer's subscriptions, the latest first; once it has ended, those it had."""
    items = sorted(items_in_force(subscription, customer.at), key=lambda item: item.id)
    items.sort(key=lambda item: item.added_at, reverse=True)
    scope = context.scope("subscriptionItems", subscription.id)
    return list_all(scope, arguments, items, lambda item: (item.added_at, item.id))


async def find_subscription(
    context: Context, subscription: SubscriptionId
) -> tuple[Subscription, KnownCustomer] | None:
    """A subscription by its id, with its customer."""
    customer = await context.loaders.subscription_customers.load(subscription)
    known = await context.loaders.known.load(customer) if customer else None
    if known is None:
        return None
    return next(((each, known) for each in known.facts.subscriptions if each.id == subscription), None)


async def find_item(
    context: Context, item: SubscriptionItemId
) -> tuple[SubscriptionItem, Subscription, KnownCustomer] | None:
    """A subscription's item by its id, with its subscription and customer."""
    customer = await context.loaders.item_customers.load(item)
    known = await context.loaders.known.load(customer) if customer else None
    if known is None:
        return None
    lines = ((line, each) for each in known.facts.subscriptions for line in each.items)
    return next(((line, each, known) for line, each in lines if line.id == item), None)


async def create_subscription(  # noqa: PLR0913 - the contract's input
    context: Context,
    *,
    customer: Reference,
    items: Sequence[NewItem],
    started_at: datetime | None = None,
    trial_end: datetime | None = None,
    trial_end_behavior: TrialEndBehavior = TrialEndBehavior.ACTIVATE,
    incomplete: bool = False,
    cancel_at: datetime | None = None,
    cancel_at_period_end: bool = False,
    metadata: MetadataChange | None = None,
) -> Written[Subscription]:
    """Subscribes a customer to products.

    A start in the past places the billing anchor and nothing else: access begins with the write. It begins in a trial
    if there is a `trial_end`, and waits for its first payment if it is `incomplete`. It ends at `cancel_at`, or with
    its first period; not both.
    """
    checked = Problems()
    entries = new_metadata(checked, metadata, "metadata")
    _check_first_items(checked, items)

    async def command(work: CustomerWork) -> Subscription:
        # A command may be run again after a deadlock, and then judges anew.
        problems = Problems(checked.errors)
        if started_at is not None and started_at > work.instant:
            problems.add(UserErrorCode.INVALID, "A subscription can't start in the future.", "started_at")
        check_ahead(problems, work.instant, trial_end, "trial_end")
        check_ahead(problems, work.instant, cancel_at, "cancel_at")
        lines: list[SubscriptionItem] = []
        for position, item in enumerate(items):
            lines += await new_item(work, problems, item, "items", str(position))
        problems.raise_any()
        first = _first_status(incomplete=incomplete, in_trial=trial_end is not None)
        subscription = Subscription(
            id=SubscriptionId(new_id("sub")),
            customer=work.loaded.customer.id,
            recorded_at=work.instant,
            started_at=started_at or work.instant,
            statuses=(StatusRecord(first, work.instant),),
            items=tuple(lines),
            trial_end=trial_end,
            trial_end_behavior=trial_end_behavior,
            cancel_at=cancel_at,
            canceled_at=work.instant if cancel_at else None,
            metadata=entries,
        )
        if cancel_at_period_end:
            subscription = change_cancellation(
                problems, work.instant, subscription, cancel_at=cancel_at or ABSENT, at_period_end=True
            )
            problems.raise_any()
        await subscriptions.insert_subscription(work, subscription)
        work.result_id = subscription.id
        return subscription

    return await write_customer(context, await load_customer_id(context, customer, checked), command, checked)


async def update_subscription(
    context: Context,
    subscription_id: str,
    *,
    items: Sequence[ItemChange] = (),
    metadata: MetadataChange | Absent | None = ABSENT,
    cancel_at_period_end: bool | Absent | None = ABSENT,
    cancel_at: datetime | Absent | None = ABSENT,
    trial_end: datetime | Absent | None = ABSENT,
    end_trial_now: bool = False,
) -> Written[Subscription]:
    """Changes a subscription: its items, its trial, its cancellation, its metadata. All of it, or nothing."""
    cancels = cancel_at is not ABSENT or cancel_at_period_end is not ABSENT
    more_than_metadata = bool(items) or cancels or trial_end is not ABSENT or end_trial_now

    async def edit(work: CustomerWork, problems: Problems, before: Subscription) -> Subscription:
        after = before
        if metadata is not ABSENT:
            after = replace(after, metadata=changed_metadata(problems, before.metadata, metadata, "metadata"))
        if more_than_metadata and status_at(before, work.instant) in FINAL:
            message = "The subscription has ended: nothing but its metadata can be changed."
            problems.add(UserErrorCode.INVALID_TRANSITION, message, "id")
        elif more_than_metadata:
            after = await change_items(work, problems, after, items)
            after = change_trial(problems, work.instant, after, trial_end, now=end_trial_now)
            if cancels:
                after = change_cancellation(
                    problems, work.instant, after, cancel_at=cancel_at, at_period_end=cancel_at_period_end
                )
        return after

    return await _edit(context, subscription_id, edit)


async def change_item(context: Context, subscription_id: str, change: ItemChange) -> Written[Subscription]:
    """Adds, changes or ends one item; it is what a request is about that was carried out before."""

    async def edit(work: CustomerWork, problems: Problems, before: Subscription) -> Subscription:
        if status_at(before, work.instant) in FINAL:
            message = "The subscription has ended: its items can't be changed."
            raise refuse(UserErrorCode.INVALID_TRANSITION, message, "id")
        after = await change_items(work, problems, before, [change])
        work.result_id = after.items[-1].id if isinstance(change, NewItem) else change.id
        return after

    return await _edit(context, subscription_id, edit)


async def set_subscription_status(
    context: Context, subscription_id: str, status: SubscriptionStatus
) -> Written[Subscription]:
    """Records what billing reports. The status it has already is a success that records nothing."""

    async def edit(work: CustomerWork, problems: Problems, before: Subscription) -> Subscription:
        current = status_at(before, work.instant)
        if current is None or current is status:
            return before
        if status not in MOVES[current]:
            message = f"A subscription that is {current} can't become {status}."
            problems.add(UserErrorCode.INVALID_TRANSITION, message, "status")
        elif status is SubscriptionStatus.TRIALING and (end_of_trial(before) or work.instant) <= work.instant:
            message = "The subscription has no trial ahead. Set its `trialEnd` first, or report it ACTIVE."
            problems.add(UserErrorCode.INVALID_TRANSITION, message, "status")
        after = replace(before, statuses=(*before.statuses, StatusRecord(status, work.instant)))
        if status is SubscriptionStatus.CANCELED:
            after = replace(after, canceled_at=before.canceled_at or work.instant)
        return after

    return await _edit(context, subscription_id, edit)


async def resume_subscription(context: Context, subscription_id: str) -> Written[Subscription]:
    """Makes a paused subscription active again. Its billing periods go on as they were counted before."""

    async def edit(work: CustomerWork, problems: Problems, before: Subscription) -> Subscription:
        current = status_at(before, work.instant)
        if current is not SubscriptionStatus.PAUSED:
            message = f"Only a paused subscription can be resumed; this one is {current}."
            problems.add(UserErrorCode.INVALID_TRANSITION, message, "id")
        return replace(before, statuses=(*before.statuses, StatusRecord(SubscriptionStatus.ACTIVE, work.instant)))

    return await _edit(context, subscription_id, edit)


async def cancel_subscription(
    context: Context, subscription_id: str, *, at_period_end: bool = False
) -> Written[Subscription]:
    """Cancels a subscription now or at the end of what was paid for; one that has ended stays as it is."""

    async def edit(work: CustomerWork, problems: Problems, before: Subscription) -> Subscription:
        if status_at(before, work.instant) in FINAL:
            return before
        if at_period_end:
            return change_cancellation(problems, work.instant, before, at_period_end=True)
        return replace(before, ended_at=work.instant, canceled_at=before.canceled_at or work.instant)

    return await _edit(context, subscription_id, edit)


async def _edit(
    context: Context,
    subscription_id: str,
    edit: Callable[[CustomerWork, Problems, Subscription], Awaitable[Subscription]],
) -> Written[Subscription]:
    """Puts one edit of a subscription through, together with what it means for a pending cancellation."""
    customer = await context.loaders.subscription_customers.load(SubscriptionId(subscription_id))
    if customer is None:
        raise refuse(UserErrorCode.NOT_FOUND, "There is no such subscription.", "id")

    async def command(work: CustomerWork) -> Subscription:
        before = next(each for each in work.loaded.facts.subscriptions if each.id == subscription_id)
        work.result_id = before.id
        await refuse_if_owned(work, before.id, "subscription", "id")
        problems = Problems()
        after = await edit(work, problems, before)
        problems.raise_any()
        after = resolve_period_end(work.instant, before, after)
        if after != before:
            await save_subscription(work, before, after)
        return after

    return await write_customer(context, customer, command)


def _check_first_items(problems: Problems, items: Sequence[NewItem]) -> None:
    if not items:
        problems.add(UserErrorCode.BLANK, "A subscription needs an item.", "items")
    check_item_count(problems, len(items))
    for position, item in enumerate(items):
        check_new_item(problems, item, "items", str(position))


def _first_status(*, incomplete: bool, in_trial: bool) -> SubscriptionStatus:
    if incomplete:
        return SubscriptionStatus.INCOMPLETE
    return SubscriptionStatus.TRIALING if in_trial else SubscriptionStatus.ACTIVE

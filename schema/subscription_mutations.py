"""Mutations of subscriptions."""

import strawberry

from entitlements import facts
from entitlements.facts import Interval
from resolvers import subscriptions
from resolvers.callers import Scope
from resolvers.context import Context
from resolvers.subscription_edits import ItemChange, NewItem, RemoveItem, UpdateItem
from resolvers.writing import Written
from schema import inputs, payloads
from schema.carrying_out import Parts, carry_out
from schema.change import present
from schema.customer_subscription import CustomerSubscription
from schema.given import Given, or_absent, or_none
from schema.info import Info
from schema.permissions import Requires
from schema.references import ProductBy, reference


@strawberry.type
class SubscriptionMutations:
    """Mutations of subscriptions."""

    @strawberry.mutation(
        description="Subscribes a customer to products.",
        extensions=[Requires(Scope.SUBSCRIPTIONS_WRITE)],
    )
    async def create_subscription(
        self,
        info: Info,
        input: Given[inputs.CreateSubscriptionInput],  # noqa: A002 - Relay's name
    ) -> payloads.CreateSubscriptionPayload | None:
        """createSubscription."""

        async def write(context: Context) -> Parts:
            made = await subscriptions.create_subscription(
                context,
                customer=reference(input.customer),
                items=[_new_item(item) for item in input.items],
                started_at=or_none(input.started_at),
                trial_end=or_none(input.trial_end),
                trial_end_behavior=input.trial_end_behavior,
                incomplete=input.incomplete,
                cancel_at=or_none(input.cancel_at),
                metadata=or_none(input.metadata),
            )
            return await _subscription(context, made)

        return await carry_out(info, payloads.CreateSubscriptionPayload, input, write)

    @strawberry.mutation(
        description=(
            "Changes a subscription: upgrade, downgrade, add and remove items, move its trial's end, schedule a "
            "cancellation. All of it, or nothing."
        ),
        extensions=[Requires(Scope.SUBSCRIPTIONS_WRITE)],
    )
    async def update_subscription(
        self,
        info: Info,
        input: Given[inputs.UpdateSubscriptionInput],  # noqa: A002 - Relay's name
    ) -> payloads.UpdateSubscriptionPayload | None:
        """updateSubscription."""

        async def write(context: Context) -> Parts:
            made = await subscriptions.update_subscription(
                context,
                input.id,
                items=[_item_change(change) for change in or_none(input.items) or ()],
                metadata=or_absent(input.metadata),
                cancel_at_period_end=or_absent(input.cancel_at_period_end),
                cancel_at=or_absent(input.cancel_at),
                trial_end=or_absent(input.trial_end),
                end_trial_now=input.end_trial_now,
            )
            return await _subscription(context, made)

        return await carry_out(info, payloads.UpdateSubscriptionPayload, input, write)

    @strawberry.mutation(
        description="Records what billing reports. A move that isn't possible is refused as INVALID_TRANSITION.",
        extensions=[Requires(Scope.SUBSCRIPTIONS_WRITE)],
    )
    async def set_subscription_status(
        self,
        info: Info,
        input: Given[inputs.SetSubscriptionStatusInput],  # noqa: A002 - Relay's name
    ) -> payloads.SetSubscriptionStatusPayload | None:
        """setSubscriptionStatus."""

        async def write(context: Context) -> Parts:
            made = await subscriptions.set_subscription_status(context, input.id, input.status)
            return await _subscription(context, made)

        return await carry_out(info, payloads.SetSubscriptionStatusPayload, input, write)

    @strawberry.mutation(
        description=(
            "Cancels a subscription, now or at the end of what was paid for. One that has ended stays as it is."
        ),
        extensions=[Requires(Scope.SUBSCRIPTIONS_WRITE)],
    )
    async def cancel_subscription(
        self,
        info: Info,
        input: Given[inputs.CancelSubscriptionInput],  # noqa: A002 - Relay's name
    ) -> payloads.CancelSubscriptionPayload | None:
        """cancelSubscription."""

        async def write(context: Context) -> Parts:
            made = await subscriptions.cancel_subscription(context, input.id, at_period_end=input.at_period_end)
            return await _subscription(context, made)

        return await carry_out(info, payloads.CancelSubscriptionPayload, input, write)


def _new_item(item: inputs.SubscriptionItemInput) -> NewItem:
    return NewItem(reference(item.product), item.quantity, Interval(item.interval, item.interval_count))


def _item_change(change: inputs.SubscriptionItemChange) -> ItemChange:
    """The one of the three that is given; the schema has seen to it that it is one and no null."""
    if change.add:
        return _new_item(change.add)
    if change.remove:
        return RemoveItem(change.remove)
    update = change.update
    if not update:
        return RemoveItem("")
    product = or_absent(update.product)
    return UpdateItem(
        id=update.id,
        product=reference(product) if isinstance(product, ProductBy) else product,
        quantity=or_absent(update.quantity),
        unit=or_absent(update.interval),
        count=or_absent(update.interval_count),
    )


async def _subscription(context: Context, made: Written[facts.Subscription]) -> Parts:
    known = await context.loaders.known.load(made.value.customer)
    subscription = CustomerSubscription.of(context, known, made.value) if known else None
    return {"subscription": subscription, "change": await present(context, made)}

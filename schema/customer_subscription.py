"""A customer's subscription and its items."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Self

import strawberry

from entitlements import facts
from entitlements.billing import items_in_force
from entitlements.facts import BillingInterval, ProductId, SubscriptionStatus, TrialEndBehavior
from entitlements.status import trial_end
from execution import batched
from resolvers.context import Context
from resolvers.loaders import KnownCustomer
from schema.catalogue import Product, load_products
from schema.info import Info
from schema.node import Node
from schema.scalars import Metadata

if TYPE_CHECKING:
    from schema.customer import Customer


@strawberry.type(
    description=(
        "A customer's subscription to products. Not called Subscription: that is the root type of live operations, "
        "which client caches know by name."
    )
)
class CustomerSubscription(Node):
    """A subscription as clients see it, as it is now."""

    status: SubscriptionStatus = strawberry.field(
        description="As it is now: what was reported, and what time has made of it since."
    )
    started_at: datetime = strawberry.field(description="Where its billing began; a past start gives no past access.")
    trial_end: datetime | None = strawberry.field(
        description="When its trial ends or ended, by itself or by a move to another status; null without a trial."
    )
    trial_end_behavior: TrialEndBehavior | None = strawberry.field(
        description="What becomes of it when the trial ends by itself; null without a trial."
    )
    current_period_start: datetime | None = strawberry.field(
        description="When the billing period began that ends first among its items; null once it has ended."
    )
    current_period_end: datetime | None = strawberry.field(
        description="When that period ends: the earliest end among its items; null once it has ended."
    )
    cancel_at: datetime | None = strawberry.field(description="When it will be cancelled, or was, by schedule.")
    cancel_at_period_end: bool = strawberry.field(
        description="Whether `cancelAt` follows the end of what was paid for: the latest end among its items' periods."
    )
    canceled_at: datetime | None = strawberry.field(
        description="When a cancellation was asked for, even if it takes effect later; null if none was."
    )
    ended_at: datetime | None = strawberry.field(description="When it ended; null while it lives.")
    metadata: Metadata = strawberry.field(description="The owner's own notes on it.")
    livemode: bool = strawberry.field(description="Whether it is of a live environment.")
    created_at: datetime = strawberry.field(description="When it was created.")
    known: strawberry.Private[KnownCustomer]
    fact: strawberry.Private[facts.Subscription]

    @classmethod
    def of(cls, context: Context, known: KnownCustomer, subscription: facts.Subscription) -> Self:
        """A subscription of the rule as clients see it at the customer's now."""
        state = known.state_of(subscription)
        start, end = state.period or (None, None)
        trial = trial_end(subscription)
        return cls(
            id=strawberry.ID(subscription.id),
            status=state.status,
            started_at=subscription.started_at,
            trial_end=trial,
            trial_end_behavior=subscription.trial_end_behavior if trial else None,
            current_period_start=start,
            current_period_end=end,
            cancel_at=subscription.cancel_at,
            cancel_at_period_end=subscription.cancel_at_period_end,
            canceled_at=subscription.canceled_at,
            ended_at=state.ended_at,
            metadata=Metadata(dict(subscription.metadata)),
            livemode=context.environment.livemode,
            created_at=subscription.recorded_at,
            known=known,
            fact=subscription,
        )

    @strawberry.field(description="Whose it is.")
    def customer(self, info: Info) -> Annotated["Customer", strawberry.lazy("schema.customer")]:
        """The customer, at hand."""
        from schema.customer import Customer  # noqa: PLC0415 - the types speak of each other

        return Customer.of(info.context, self.known.record)

    @strawberry.field(description="Those in force, in the order they were added; once it has ended, those it had.")
    def items(self, info: Info) -> list["SubscriptionItem"]:
        """Items, at hand."""
        items = items_in_force(self.fact, self.known.at)
        return [SubscriptionItem.of(info.context, self.known, self.fact, item) for item in items]


@strawberry.type(description="A line of a subscription. Its id never changes, whatever product it moves to.")
class SubscriptionItem(Node):
    """An item as clients see it, as it is now, or as it last was."""

    quantity: int = strawberry.field(description="0 to 1,000,000. With 0 it gives no access.")
    interval: BillingInterval = strawberry.field(description="The unit of its billing period.")
    interval_count: int = strawberry.field(description="How many units its period has.")
    added_at: datetime = strawberry.field(description="When it was added.")
    removed_at: datetime | None = strawberry.field(description="When it was removed; null while it is there.")
    livemode: bool = strawberry.field(description="Whether it is of a live environment.")
    current_period_start: datetime | None = strawberry.field(
        description="When its present period began. Null if it is removed or its subscription has ended."
    )
    current_period_end: datetime | None = strawberry.field(
        description="When its present period ends. Null if it is removed or its subscription has ended."
    )
    product_id: strawberry.Private[ProductId]
    known: strawberry.Private[KnownCustomer]
    fact: strawberry.Private[facts.Subscription]

    @classmethod
    def of(
        cls,
        context: Context,
        known: KnownCustomer,
        subscription: facts.Subscription,
        item: facts.SubscriptionItem,
    ) -> Self:
        """An item of the rule as clients see it at the customer's now."""
        segment = item.segment_at(known.at) or item.segments[-1]
        start, end = known.state_of(subscription).item_periods.get(item.id) or (None, None)
        return cls(
            id=strawberry.ID(item.id),
            quantity=segment.quantity,
            interval=segment.interval.unit,
            interval_count=segment.interval.count,
            added_at=item.added_at,
            removed_at=item.removed_at,
            livemode=context.environment.livemode,
            current_period_start=start,
            current_period_end=end,
            product_id=segment.product,
            known=known,
            fact=subscription,
        )

    @strawberry.field(description="The subscription it is a line of.")
    def subscription(self, info: Info) -> CustomerSubscription:
        """The subscription, at hand."""
        return CustomerSubscription.of(info.context, self.known, self.fact)

    @strawberry.field(description="What it is for.")
    @batched
    @staticmethod
    async def product(items: Sequence["SubscriptionItem"], info: Info) -> list[Product]:
        """The products, each loaded once."""
        products = await load_products(info.context, {item.product_id for item in items})
        return [products[item.product_id] for item in items]

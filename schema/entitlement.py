"""Entitlements: as they are now, and as they are at an instant."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Self

import strawberry

from entitlements import runs
from entitlements.access import EntitlementStatus
from entitlements.facts import FeatureType, GrantId, SubscriptionId, SubscriptionItemId
from entitlements.runs import AccessReason, SourceKind
from execution import batched
from resolvers import entitlements
from resolvers.context import Context
from resolvers.loaders import KnownCustomer
from schema.catalogue import Feature, Product, load_products
from schema.customer_subscription import CustomerSubscription, SubscriptionItem
from schema.grant import Grant
from schema.info import Info
from schema.node import Node, id_of
from schema.scalars import write_instant
from schema.showing import shows

if TYPE_CHECKING:
    from schema.customer import Customer


@strawberry.type(
    description="One thing that gives an entitlement. SUBSCRIPTION has subscription, item and product; GRANT has grant."
)
class EntitlementSource:
    """A source of the rule as clients see it."""

    known: strawberry.Private[KnownCustomer]
    source: strawberry.Private[runs.Source]
    kind: SourceKind = shows("source.kind", "Which of the fields below are set.")
    active_from: datetime = shows("source.active_from", "From when it gives the feature.")
    active_to: datetime | None = shows("source.active_to", "Until when, as known today; null if its end is open.")
    end_reason: AccessReason | None = shows("source.end_reason", "Why it ends or ended; null while open.")

    @classmethod
    def of(cls, known: KnownCustomer, source: runs.Source) -> Self:
        """A source of the rule as clients see it."""
        return cls(known=known, source=source)

    @strawberry.field(description="The subscription that gives it, as it is now; null for a grant.")
    def subscription(self, info: Info) -> CustomerSubscription | None:
        """The subscription, at hand."""
        return _subscription(info.context, self.known, self.source.subscription)

    @strawberry.field(description="The subscription's item that gives it, as it is now; null for a grant.")
    def item(self, info: Info) -> SubscriptionItem | None:
        """The item, at hand."""
        return _item(info.context, self.known, self.source.item)

    @strawberry.field(description="The product that gives it; null for a grant.")
    @batched
    @staticmethod
    async def product(sources: Sequence["EntitlementSource"], info: Info) -> list[Product | None]:
        """The products, each loaded once."""
        named = [each.source.product for each in sources]
        products = await load_products(info.context, {product for product in named if product})
        return [products[product] if product else None for product in named]

    @strawberry.field(description="The grant that gives it; null for a subscription.")
    def grant(self, info: Info) -> Grant | None:
        """The grant, at hand."""
        return _grant(info.context, self.known, self.source.grant)


@strawberry.interface(
    description="What is true of an entitlement at one instant. Implemented by these two types for good."
)
class EntitlementState:
    """What Entitlement and EntitlementSnapshot share."""

    value: strawberry.Private[entitlements.Entitlement]
    lookup_key: str = shows("value.feature.lookup_key", "The feature's key.")
    type: FeatureType = shows("value.feature.type", "The feature's type.")
    status: EntitlementStatus = shows("value.state.status", "Whether it is still to come, there, or over.")
    has_access: bool = shows("value.state.has_access", "Whether the feature may be used.")
    active_from: datetime = shows(
        "value.state.run.active_from",
        "The start of the stretch of access that holds the instant, else of the next, else of the last.",
    )
    active_to: datetime | None = shows(
        "value.state.run.active_to",
        "The end of that stretch as it is known today; null while a source is open.",
    )
    end_reason: AccessReason | None = shows("value.state.run.end_reason", "Why it ends or ended; null while open.")
    next_change_at: datetime | None = shows(
        "value.state.next_change_at",
        "The next instant at which this state changes by the passing of time alone; null if it never does.",
    )

    @strawberry.field(description="Whose right it is.")
    def customer(self, info: Info) -> Annotated["Customer", strawberry.lazy("schema.customer")]:
        """The customer, at hand."""
        from schema.customer import Customer  # noqa: PLC0415 - the types speak of each other

        return Customer.of(info.context, self.value.customer.record)

    @strawberry.field(description="What may be used.")
    @batched
    @staticmethod
    def feature(states: Sequence["EntitlementState"], info: Info) -> list[Feature]:
        """The features, at hand."""
        livemode = info.context.environment.livemode
        return [Feature(record=each.value.feature, livemode=livemode) for each in states]

    @strawberry.field(
        description="Of the subscriptions that carry it at the instant the one that ends last; null for a grant."
    )
    def subscription(self, info: Info) -> CustomerSubscription | None:
        """The subscription, at hand."""
        return _subscription(info.context, self.value.customer, self.value.state.subscription)

    @strawberry.field(
        description=(
            "What gives it. While it is ACTIVE: what gives it at the instant, and what takes over later without a gap; "
            "else all sources of the stretch of access that is shown. At most one for each item and grant."
        )
    )
    @batched
    @staticmethod
    def sources(states: Sequence["EntitlementState"], info: Info) -> list[list[EntitlementSource]]:  # noqa: ARG004
        """Sources, at hand; rights that have their state in common have these in common too."""
        distinct = {id(each.value.state): each.value for each in states}
        known = {
            identity: [EntitlementSource.of(value.customer, source) for source in value.state.sources]
            for identity, value in distinct.items()
        }
        return [known[id(each.value.state)] for each in states]


@strawberry.type(
    description=(
        "A customer's right to a feature, as it is now. Its id is a function of customer and feature: it survives "
        "upgrades, downgrades and gaps, so normalised client caches update it in place."
    )
)
class Entitlement(EntitlementState, Node):
    """An entitlement as clients see it, now."""

    id: strawberry.ID = id_of("value.id")
    livemode: bool = strawberry.field(description="Whether it is of a live environment.")

    @classmethod
    def of(cls, context: Context, value: entitlements.Entitlement) -> Self:
        """An entitlement at the customer's now."""
        return cls(value=value, livemode=context.environment.livemode)

    @strawberry.field(description="The same right as it was, is or will be at an instant.")
    def at(
        self, instant: Annotated[datetime, strawberry.argument(description="The instant that is asked about.")]
    ) -> "EntitlementSnapshot":
        """A snapshot."""
        return EntitlementSnapshot.of(entitlements.at_instant(self.value, instant))


@strawberry.type(description="An entitlement as of an instant. Its id is a function of customer, feature and instant.")
class EntitlementSnapshot(EntitlementState):
    """An entitlement as clients see it, at an instant."""

    at: datetime = shows("value.state.at", "The instant it speaks of.")

    @classmethod
    def of(cls, value: entitlements.Entitlement) -> Self:
        """An entitlement at the instant of its state."""
        return cls(value=value)

    @strawberry.field(description="For caches; no object of its own, so `node` doesn't take it.")
    def id(self) -> strawberry.ID:
        """Worked out when it is asked for."""
        return strawberry.ID(f"{self.value.id}_{write_instant(self.value.state.at)}")

    @strawberry.field(description="The same right, as it is now.")
    def entitlement(self, info: Info) -> Entitlement:
        """The entitlement now."""
        return Entitlement.of(info.context, entitlements.at_instant(self.value, self.value.customer.at))


def _subscription(
    context: Context, known: KnownCustomer, subscription: SubscriptionId | None
) -> CustomerSubscription | None:
    fact = next((each for each in known.facts.subscriptions if each.id == subscription), None)
    return CustomerSubscription.of(context, known, fact) if fact else None


def _item(context: Context, known: KnownCustomer, item: SubscriptionItemId | None) -> SubscriptionItem | None:
    for subscription in known.facts.subscriptions:
        for each in subscription.items:
            if each.id == item:
                return SubscriptionItem.of(context, known, subscription, each)
    return None


def _grant(context: Context, known: KnownCustomer, grant: GrantId | None) -> Grant | None:
    fact = next((each for each in known.facts.grants if each.id == grant), None)
    return Grant.of(context, known, fact) if fact else None

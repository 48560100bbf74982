"""A right given by hand."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Self

import strawberry

from entitlements import facts
from execution import batched
from resolvers.context import Context
from resolvers.entitlements import entitlement_of_grant
from resolvers.loaders import KnownCustomer
from schema.catalogue import Feature, load_features
from schema.info import Info
from schema.node import Node, id_of
from schema.scalars import Metadata
from schema.showing import shows

if TYPE_CHECKING:
    from schema.customer import Customer
    from schema.entitlement import Entitlement


@strawberry.type(description="A right given to a customer by hand, apart from any subscription.")
class Grant(Node):
    """A grant as clients see it."""

    known: strawberry.Private[KnownCustomer]
    fact: strawberry.Private[facts.Grant]
    id: strawberry.ID = id_of("fact.id")
    active_from: datetime = shows(
        "fact.active_from",
        "From when it was meant to give access; one in the past acts from `createdAt` on.",
    )
    active_to: datetime | None = shows("fact.active_to", "Until when it was meant to; null if without an end.")
    revoked_at: datetime | None = shows("fact.revoked_at", "When it was taken back; null if it wasn't.")
    reason: str | None = shows("fact.reason", "Why it was given, in up to 500 characters.")
    metadata: Metadata = shows("fact.metadata", "The owner's own notes on it.")
    livemode: bool = strawberry.field(description="Whether it is of a live environment.")
    created_at: datetime = shows("fact.recorded_at", "When it was given.")

    @classmethod
    def of(cls, context: Context, known: KnownCustomer, grant: facts.Grant) -> Self:
        """A grant of the rule as clients see it."""
        return cls(known=known, fact=grant, livemode=context.environment.livemode)

    @strawberry.field(description="Who has it.")
    def customer(self, info: Info) -> Annotated["Customer", strawberry.lazy("schema.customer")]:
        """The customer, at hand."""
        from schema.customer import Customer  # noqa: PLC0415 - the types speak of each other

        return Customer.of(info.context, self.known.record)

    @strawberry.field(description="What it gives.")
    @batched
    @staticmethod
    async def feature(grants: Sequence["Grant"], info: Info) -> list[Feature]:
        """The features, each loaded once."""
        features = await load_features(info.context, {grant.fact.feature for grant in grants})
        return [features[grant.fact.feature] for grant in grants]

    @strawberry.field(
        description=(
            "The customer's right to the feature as it is now, from whatever source. Of a grant revoked before it "
            "began, where nothing else ever gave the feature, it is a right of no length, CANCELED."
        )
    )
    async def entitlement(self, info: Info) -> Annotated["Entitlement", strawberry.lazy("schema.entitlement")]:
        """The right, of which the grant is a source."""
        from schema.entitlement import Entitlement  # noqa: PLC0415 - the types speak of each other

        return Entitlement.of(info.context, await entitlement_of_grant(info.context, self.known, self.fact))

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
from schema.node import Node
from schema.scalars import Metadata

if TYPE_CHECKING:
    from schema.customer import Customer
    from schema.entitlement import Entitlement


@strawberry.type(description="A right given to a customer by hand, apart from any subscription.")
class Grant(Node):
    """A grant as clients see it."""

    active_from: datetime = strawberry.field(
        description="From when it was meant to give access; one in the past acts from `createdAt` on."
    )
    active_to: datetime | None = strawberry.field(description="Until when it was meant to; null if without an end.")
    revoked_at: datetime | None = strawberry.field(description="When it was taken back; null if it wasn't.")
    reason: str | None = strawberry.field(description="Why it was given, in up to 500 characters.")
    metadata: Metadata = strawberry.field(description="The owner's own notes on it.")
    livemode: bool = strawberry.field(description="Whether it is of a live environment.")
    created_at: datetime = strawberry.field(description="When it was given.")
    known: strawberry.Private[KnownCustomer]
    fact: strawberry.Private[facts.Grant]

    @classmethod
    def of(cls, context: Context, known: KnownCustomer, grant: facts.Grant) -> Self:
        """A grant of the rule as clients see it."""
        return cls(
            id=strawberry.ID(grant.id),
            active_from=grant.active_from,
            active_to=grant.active_to,
            revoked_at=grant.revoked_at,
            reason=grant.reason,
            metadata=Metadata(dict(grant.metadata)),
            livemode=context.environment.livemode,
            created_at=grant.recorded_at,
            known=known,
            fact=grant,
        )

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

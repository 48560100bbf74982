"""One effective change of a customer's entitlements."""

from datetime import datetime
from typing import Any, Self

import strawberry

from resolvers import revisions
from resolvers.context import Context
from resolvers.writing import Written
from schema.customer import Customer
from schema.entitlement import EntitlementSnapshot
from schema.scalars import write_instant


@strawberry.type(
    description=(
        "One effective change of a customer's entitlements. The lists hold states as of the change, so a replay never "
        "overwrites what a cache knows to be true now; `customer`, and `entitlement` within them, are as of now."
    )
)
class EntitlementsChange:
    """A change as clients see it."""

    id: strawberry.ID = strawberry.field(
        description="A function of customer and revision; that of a snapshot holds its instant, too."
    )
    revision: int = strawberry.field(description="The customer's revision that the change made.")
    at: datetime = strawberry.field(description="When it took effect; of a snapshot, when it was taken.")
    snapshot: bool = strawberry.field(description="True: `added` is the whole set at this revision; forget the rest.")
    customer: Customer | None = strawberry.field(description="Whose entitlements changed; null once deleted.")
    added: list[EntitlementSnapshot] = strawberry.field(description="Features that may be used from here on.")
    removed: list[EntitlementSnapshot] = strawberry.field(description="Features that may no longer be used.")
    changed: list[EntitlementSnapshot] = strawberry.field(description="Features whose access now ends at another time.")

    @classmethod
    def of(cls, context: Context, change: revisions.EntitlementsChange) -> Self:
        """A change as clients see it."""
        record = change.customer.record
        # Of the whole set at one revision there are as many as instants it is asked for at.
        at = f"_{write_instant(change.at)}" if change.is_whole else ""
        return cls(
            id=strawberry.ID(f"{record.id}_{change.revision}{at}"),
            revision=change.revision,
            at=change.at,
            snapshot=change.is_whole,
            customer=Customer.of(context, record) if record.deleted_at is None else None,
            added=[EntitlementSnapshot.of(each) for each in change.added],
            removed=[EntitlementSnapshot.of(each) for each in change.removed],
            changed=[EntitlementSnapshot.of(each) for each in change.changed],
        )


async def present(context: Context, made: Written[Any]) -> EntitlementsChange | None:
    """What a write changed, as clients see it; None if it left the entitlements as they were."""
    change = await revisions.present_change(context, made.change)
    return EntitlementsChange.of(context, change) if change else None

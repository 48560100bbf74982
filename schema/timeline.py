"""What was and what is coming: stretches of access, and the changes that time will make."""

from collections.abc import Sequence
from datetime import datetime
from typing import Self

import strawberry

from entitlements.access import EntitlementStatus
from entitlements.runs import AccessReason
from execution import batched
from resolvers import timelines
from resolvers.entitlements import entitlement_to
from schema.catalogue import Feature
from schema.entitlement import Entitlement, EntitlementSnapshot, EntitlementSource
from schema.info import Info
from schema.scalars import write_instant
from schema.showing import shows


@strawberry.type(
    description=(
        "A stretch of access to one feature without a gap, as it is known now: what is past of it never changes, "
        "unless Stripe is the source and tells more of that time; when it ends does. Its id is a function of customer, "
        "feature and `activeFrom`."
    )
)
class EntitlementRun:
    """A run of the rule as clients see it."""

    value: strawberry.Private[timelines.EntitlementRun]
    lookup_key: str = shows("value.feature.lookup_key", "The feature's key.")
    status: EntitlementStatus = shows("value.status", "Whether the stretch is still to come, there, or over by now.")
    active_from: datetime = shows("value.run.active_from", "When it begins.")
    active_to: datetime | None = shows("value.run.active_to", "When it ends, as known today; null while open.")
    end_reason: AccessReason | None = shows("value.run.end_reason", "Why it ends or ended; null while open.")

    @classmethod
    def of(cls, value: timelines.EntitlementRun) -> Self:
        """A run as clients see it."""
        return cls(value=value)

    @strawberry.field(description="For caches; no object of its own, so `node` doesn't take it.")
    def id(self) -> strawberry.ID:
        """Worked out when it is asked for."""
        return strawberry.ID(f"{self.value.entitlement_id}_from_{write_instant(self.value.run.active_from)}")

    @strawberry.field(description="What may be used.")
    @batched
    @staticmethod
    def feature(runs: Sequence["EntitlementRun"], info: Info) -> list[Feature]:
        """The features, at hand."""
        livemode = info.context.environment.livemode
        return [Feature(record=each.value.feature, livemode=livemode) for each in runs]

    @strawberry.field(description="The right that it is a stretch of, as it is now.")
    def entitlement(self, info: Info) -> Entitlement | None:
        """The entitlement now."""
        found = entitlement_to(self.value.customer, self.value.feature)
        return Entitlement.of(info.context, found) if found else None

    @strawberry.field(
        description="All that gives it, each with its own start, end and cause. One for each item and grant."
    )
    def sources(self) -> list[EntitlementSource]:
        """Sources, at hand."""
        return [EntitlementSource.of(self.value.customer, source) for source in self.value.run.sources]


@strawberry.type(
    description=(
        "A change that time will make of a customer's set of active features, as it is known now. It has no revision "
        "yet: something may be written before. Its id is a function of customer and instant."
    )
)
class UpcomingChange:
    """A change to come as clients see it."""

    id: strawberry.ID = strawberry.field(description="For caches; no object of its own, so `node` doesn't take it.")
    at: datetime = strawberry.field(description="When it takes effect.")
    added: list[EntitlementSnapshot] = strawberry.field(description="Features that may be used from here on.")
    removed: list[EntitlementSnapshot] = strawberry.field(description="Features that may no longer be used.")

    @classmethod
    def of(cls, change: timelines.UpcomingChange) -> Self:
        """A change to come as clients see it."""
        return cls(
            id=strawberry.ID(f"{change.customer.record.id}_at_{write_instant(change.at)}"),
            at=change.at,
            added=[EntitlementSnapshot.of(each) for each in change.added],
            removed=[EntitlementSnapshot.of(each) for each in change.removed],
        )

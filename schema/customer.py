"""Customer, and everything that is asked of one."""

from datetime import datetime
from typing import Annotated, Self

import strawberry
from strawberry import UNSET

from entitlements.access import EntitlementStatus
from entitlements.facts import SubscriptionStatus
from resolvers import entitlements, timelines
from resolvers.context import Context
from resolvers.grants import list_grants
from resolvers.loaders import KnownCustomer
from resolvers.revisions import revision
from resolvers.subscriptions import list_subscriptions
from schema.access import AccessDecision
from schema.connection import After, Before, Connection, First, Last, connect, page_arguments
from schema.customer_subscription import CustomerSubscription
from schema.entitlement import Entitlement, EntitlementSnapshot
from schema.grant import Grant
from schema.holders import At
from schema.info import Info
from schema.node import Node, id_of
from schema.scalars import Metadata
from schema.showing import shows
from schema.timeline import EntitlementRun, UpcomingChange
from storage.records import CustomerRecord

LookupKey = Annotated[str, strawberry.argument(description="A feature's lookup key, case-sensitive.")]
LookupKeys = Annotated[
    list[str] | None,
    strawberry.argument(description="Only entitlements to features that have or had one of these keys; at most 100."),
]
EntitlementStatuses = Annotated[
    list[EntitlementStatus], strawberry.argument(description="Only entitlements of these statuses.")
]


@strawberry.type(description="Who subscribes, and is entitled.")
class Customer(Node):
    """A customer as clients see it."""

    record: strawberry.Private[CustomerRecord]
    id: strawberry.ID = id_of("record.id")
    external_id: str | None = shows("record.external_id", "The owner's own id for the customer; unique when set.")
    name: str | None = shows("record.name", "Up to 256 characters.")
    email: str | None = shows("record.email", "Up to 512 characters; not checked to be an address.")
    metadata: Metadata = shows("record.metadata", "The owner's own notes on the customer.")
    livemode: bool = strawberry.field(description="Whether the customer is of a live environment.")
    created_at: datetime = shows("record.created_at", "When the customer was created.")

    @classmethod
    def of(cls, context: Context, customer: CustomerRecord) -> Self:
        """A customer's record as clients see it."""
        return cls(record=customer, livemode=context.environment.livemode)

    @strawberry.field(
        description=(
            "Grows by exactly one with every effective change of the customer's entitlements: an instant at which the "
            "set of active features changes, or a write that changes the set or when a member of it ends."
        )
    )
    async def revision(self, info: Info) -> int:
        """The count of effective changes."""
        known = await self._known(info)
        return revision(known) if known else self.record.announced_revision

    @strawberry.field(description="The customer's subscriptions, newest first, those that ended among them.")
    async def subscriptions(
        self,
        info: Info,
        status: Annotated[
            list[SubscriptionStatus] | None, strawberry.argument(description="Only those of these statuses.")
        ] = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> Connection[CustomerSubscription] | None:
        """Subscriptions, by customer."""
        known = await self._known(info)
        if known is None:
            return None
        wanted = None if status is UNSET else status
        arguments = page_arguments(first, after, last, before)
        listing = list_subscriptions(info.context, known, arguments, status=wanted)
        return connect(listing, lambda each: CustomerSubscription.of(info.context, known, each))

    @strawberry.field(description="The customer's entitlements as they are now, by `activeFrom`, the latest first.")
    async def entitlements(
        self,
        info: Info,
        status: EntitlementStatuses = [EntitlementStatus.ACTIVE],  # noqa: B006 - read by the schema alone
        lookup_keys: LookupKeys = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> Connection[Entitlement] | None:
        """Entitlements now."""
        known = await self._known(info)
        if known is None:
            return None
        context = info.context
        listing = await entitlements.list_entitlements(
            context,
            known,
            page_arguments(first, after, last, before),
            at=None,
            status=status,
            lookup_keys=None if lookup_keys is UNSET else lookup_keys,
        )
        return connect(listing, lambda each: Entitlement.of(context, each))

    @strawberry.field(
        description=(
            "The customer's entitlements as they were, are or will be at an instant. Whether there is access at a past "
            "instant never changes later, unless Stripe is the source and tells more of that time; when it ends does."
        )
    )
    async def entitlements_at(
        self,
        info: Info,
        at: Annotated[datetime, strawberry.argument(description="The instant that is asked about.")],
        status: EntitlementStatuses = [EntitlementStatus.ACTIVE],  # noqa: B006 - read by the schema alone
        lookup_keys: LookupKeys = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> Connection[EntitlementSnapshot] | None:
        """Entitlements at an instant."""
        known = await self._known(info)
        if known is None:
            return None
        listing = await entitlements.list_entitlements(
            info.context,
            known,
            page_arguments(first, after, last, before),
            at=at,
            status=status,
            lookup_keys=None if lookup_keys is UNSET else lookup_keys,
        )
        return connect(listing, EntitlementSnapshot.of)

    @strawberry.field(
        description=(
            "The entitlement to one feature as it is now, null if there never is one. Of two features that have or had "
            "this key the one that gives access, else the one whose entitlement shows first, else the active one."
        )
    )
    async def entitlement(self, info: Info, lookup_key: LookupKey) -> Entitlement | None:
        """One entitlement, by key."""
        known = await self._known(info)
        found = await entitlements.find_entitlement_by_key(info.context, known, lookup_key) if known else None
        return Entitlement.of(info.context, found) if found else None

    @strawberry.field(description="Whether the customer may use what the key names. False for an unknown key.")
    async def has_access(self, info: Info, lookup_key: LookupKey, at: At = UNSET) -> bool | None:
        """One check."""
        known = await self._known(info)
        if known is None:
            return None
        [answer] = await entitlements.check_access(info.context, known, [lookup_key], at or None)
        return answer.decision.has_access

    @strawberry.field(
        description=(
            "One answer per key, in the order asked, each with its reason. An unknown key answers `hasAccess: false`, "
            "`reason: UNKNOWN_FEATURE`."
        )
    )
    async def access(
        self,
        info: Info,
        lookup_keys: Annotated[list[str], strawberry.argument(description="Lookup keys of features, 1 to 100.")],
        at: At = UNSET,
    ) -> list[AccessDecision] | None:
        """Many checks."""
        known = await self._known(info)
        if known is None:
            return None
        answers = await entitlements.check_access(info.context, known, lookup_keys, at or None)
        return [AccessDecision.of(each) for each in answers]

    @strawberry.field(description="Rights given by hand, newest first, those that are over or revoked among them.")
    async def grants(
        self,
        info: Info,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> Connection[Grant] | None:
        """Grants, by customer."""
        known = await self._known(info)
        if known is None:
            return None
        listing = list_grants(info.context, known, page_arguments(first, after, last, before))
        return connect(listing, lambda each: Grant.of(info.context, known, each))

    @strawberry.field(
        description=(
            "The next instant at which the customer's set of active features changes by the passing of time alone, as "
            "it is known today; null if it never does."
        )
    )
    async def next_change_at(self, info: Info) -> datetime | None:
        """When to ask again."""
        known = await self._known(info)
        return entitlements.next_change_at(known) if known else None

    @strawberry.field(
        description=(
            "Every stretch of access to a feature that lies at least partly in an interval, as it is known now: by "
            "`activeFrom`, the latest first. Billing periods alone make none."
        )
    )
    async def timeline(
        self,
        info: Info,
        since: Annotated[
            datetime | None, strawberry.argument(description="Where the interval begins; open if left out.")
        ] = UNSET,
        until: Annotated[
            datetime | None, strawberry.argument(description="Where the interval ends, exclusive; open if left out.")
        ] = UNSET,
        lookup_keys: Annotated[
            list[str] | None,
            strawberry.argument(description="Only access to features that have or had one of these keys; at most 100."),
        ] = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> Connection[EntitlementRun] | None:
        """Runs, past and to come."""
        known = await self._known(info)
        if known is None:
            return None
        arguments = page_arguments(first, after, last, before)
        keys = None if lookup_keys is UNSET else lookup_keys
        since, until = since or None, until or None
        listing = await timelines.list_runs(info.context, known, arguments, since=since, until=until, lookup_keys=keys)
        return connect(listing, EntitlementRun.of)

    @strawberry.field(
        description=(
            "The next instants at which the customer's set of active features changes by the passing of time alone, as "
            "it is known now, in order. Every one will be a revision, unless something is written before."
        )
    )
    async def upcoming_changes(
        self,
        info: Info,
        first: Annotated[int, strawberry.argument(description="How many at the most, 1 to 100.")] = 10,
    ) -> list[UpcomingChange] | None:
        """What time will bring."""
        known = await self._known(info)
        found = await timelines.upcoming_changes(info.context, known, first) if known else None
        return None if found is None else [UpcomingChange.of(each) for each in found]

    async def _known(self, info: Info) -> KnownCustomer | None:
        return await info.context.loaders.known.load(self.record.id)

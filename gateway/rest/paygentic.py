"""Entitlements at any instant, in Paygentic's shape: `/v1/entitlements`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from graphql import GraphQLError

from entitlements.access import EntitlementStatus
from entitlements.facts import CustomerId, Metadata
from gateway.rest.endpoints import Call, Endpoints
from gateway.rest.errors import ParameterWrong, missing
from gateway.rest.parameters import ID, Kind, Parameters, integer
from resolvers import entitlements
from resolvers.callers import Access, Scope
from resolvers.customers import know_customer
from resolvers.entitlements import Entitlement
from resolvers.paging import LARGEST_PAGE
from schema.scalars import read_instant, write_instant

READ = Access(Scope.CUSTOMERS_READ)

ENTITLEMENTS = Endpoints()

Status = Literal["active", "canceled", "expired"]

_STATUSES: dict[EntitlementStatus, Status] = {
    # It has no word for what is still to come: that is active, and gives no access yet.
    EntitlementStatus.SCHEDULED: "active",
    EntitlementStatus.ACTIVE: "active",
    EntitlementStatus.CANCELED: "canceled",
    EntitlementStatus.EXPIRED: "expired",
}


@dataclass(frozen=True, slots=True)
class PaygenticEntitlement:
    """A right of a customer to a feature at an instant. `activeTo`: null for no end; `metadata`: that of a grant."""

    object: Literal["entitlement"]
    id: str
    customerId: str  # noqa: N815 - Paygentic's names
    featureId: str  # noqa: N815
    featureKey: str  # noqa: N815
    featureType: Literal["boolean"]  # noqa: N815
    subscriptionId: str | None  # noqa: N815
    status: Status
    hasAccess: bool  # noqa: N815
    activeFrom: str  # noqa: N815
    activeTo: str | None  # noqa: N815
    metadata: Metadata


@dataclass(frozen=True, slots=True)
class PaygenticList:
    """Part of a customer's entitlements."""

    object: Literal["list"]
    data: Sequence[PaygenticEntitlement]
    pagination: "Pagination"


@dataclass(frozen=True, slots=True)
class Pagination:
    """Which part: `limit` of `total`, from `offset` on."""

    limit: int
    offset: int
    total: int


def _instant(value: object) -> datetime:
    # In an address a plus that isn't escaped means a space, and whoever writes an offset by hand forgets that.
    text = value.replace(" ", "+") if isinstance(value, str) else value
    try:
        return read_instant(text)
    except GraphQLError:
        message = "Invalid instant: it must be RFC 3339 with an offset, such as 2024-01-15T10:30:00Z"
        raise ParameterWrong(message) from None


INSTANT = Kind(_instant, {"type": "string", "format": "date-time"})


class AtInstant(Parameters):
    """When."""

    at: Annotated[datetime | None, INSTANT] = None
    """The instant that is asked about: RFC 3339 with any offset; nothing: now."""


class EntitlementsWanted(AtInstant):
    """Whose entitlements to list, and which."""

    customerId: Annotated[str, ID]  # noqa: N815
    """The id of the customer."""
    featureKey: Annotated[str | None, ID] = None  # noqa: N815
    """Only those to features with this key."""
    subscriptionId: Annotated[str | None, ID] = None  # noqa: N815
    """Only those that this subscription carries."""
    limit: Annotated[int, integer(1, LARGEST_PAGE)] = 10
    """How many to answer at the most."""
    offset: Annotated[int, integer(0, 1_000_000)] = 0
    """How many to pass over."""

    @property
    def objects(self) -> int:
        """As many as are asked for."""
        return self.limit


@ENTITLEMENTS.get("/v1/entitlements/{id}", READ)
async def retrieve_entitlement(call: Call[AtInstant]) -> PaygenticEntitlement:
    """Retrieves an entitlement as it is, was or will be at an instant."""
    found = await entitlements.find_entitlement(call.context, call.id)
    if found is None:
        raise missing("entitlement", call.id)
    return _shown(entitlements.at_instant(found, call.given.at) if call.given.at else found)


@ENTITLEMENTS.get("/v1/entitlements", READ)
async def list_entitlements(call: Call[EntitlementsWanted]) -> PaygenticList:
    """Lists a customer's entitlements at an instant, also those that are over, by their start, the latest first."""
    context, given = call.context, call.given
    customer = await know_customer(context, CustomerId(given.customerId))
    if customer is None:
        raise missing("customer", given.customerId, "customerId", status=400)
    keys = None if given.featureKey is None else [given.featureKey]
    found = await entitlements.all_entitlements(context, customer, at=given.at, lookup_keys=keys)
    if given.subscriptionId is not None:
        found = [each for each in found if each.state.subscription == given.subscriptionId]
    shown = [_shown(each) for each in found[given.offset : given.offset + given.limit]]
    return PaygenticList("list", shown, Pagination(given.limit, given.offset, len(found)))


def _shown(entitlement: Entitlement) -> PaygenticEntitlement:
    state, feature = entitlement.state, entitlement.feature
    return PaygenticEntitlement(
        object="entitlement",
        id=entitlement.id,
        customerId=entitlement.customer.record.id,
        featureId=feature.id,
        featureKey=feature.lookup_key,
        featureType="boolean",
        subscriptionId=state.subscription,
        status=_STATUSES[state.status],
        hasAccess=state.has_access,
        activeFrom=write_instant(state.run.active_from),
        activeTo=write_instant(state.run.active_to) if state.run.active_to else None,
        metadata=_metadata_of(entitlement),
    )


def _metadata_of(entitlement: Entitlement) -> Metadata:
    """That of the grant that carries it longest; nothing, if none does."""
    metadata = {grant.id: grant.metadata for grant in entitlement.customer.facts.grants}
    carrying = entitlement.state.grant
    return metadata.get(carrying, {}) if carrying else {}

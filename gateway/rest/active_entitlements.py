"""What customers may use now: `/v1/entitlements/active_entitlements`."""

from dataclasses import dataclass
from typing import Annotated, Literal

from entitlements.access import EntitlementStatus
from entitlements.facts import CustomerId
from gateway.rest.endpoints import Call, Endpoints
from gateway.rest.errors import missing
from gateway.rest.features import Feature
from gateway.rest.lists import ListOf, list_of, page_of
from gateway.rest.parameters import ID, ListParameters, Parameters
from resolvers import entitlements
from resolvers.callers import Access, Scope
from resolvers.customers import know_customer
from resolvers.known import KnownCustomer
from storage.paging import Position

READ = Access(Scope.CUSTOMERS_READ)

ACTIVE_ENTITLEMENTS = Endpoints()
_LIST = "/v1/entitlements/active_entitlements"
_IN_LIST = "data.feature"


@dataclass(frozen=True, slots=True)
class ActiveEntitlement:
    """A right of a customer to a feature; `feature` is its id, or all of it where that was asked for."""

    id: str
    object: Literal["entitlements.active_entitlement"]
    feature: str | Feature
    livemode: bool
    lookup_key: str


class ActiveEntitlementsWanted(ListParameters):
    """Whose entitlements to list."""

    customer: Annotated[str, ID]
    """The id of the customer."""


@ACTIVE_ENTITLEMENTS.get(_LIST, READ, expandable=(_IN_LIST,))
async def list_active_entitlements(call: Call[ActiveEntitlementsWanted]) -> ListOf[ActiveEntitlement]:
    """Lists what a customer may use now, by when that began, the latest first."""
    id_ = CustomerId(call.given.customer)
    customer = await know_customer(call.context, id_)
    if customer is None:
        raise missing("customer", id_, "customer", status=400)
    return await _listed(call, customer)


@ACTIVE_ENTITLEMENTS.get("/v1/customer/{customer}/entitlements", READ, expandable=(_IN_LIST,))
async def list_entitlements_of_summary(call: Call[ListParameters]) -> ListOf[ActiveEntitlement]:
    """Lists the same at the address that an event's summary, which holds ten at the most, gives for the whole list."""
    id_ = CustomerId(call.ids["customer"])
    customer = await know_customer(call.context, id_)
    if customer is None:
        raise missing("customer", id_, "customer")
    return await _listed(call, customer)


@ACTIVE_ENTITLEMENTS.get(f"{_LIST}/{{id}}", READ, expandable=("feature",))
async def retrieve_active_entitlement(call: Call[Parameters]) -> ActiveEntitlement:
    """Retrieves an entitlement, while it is active."""
    found = await entitlements.find_entitlement(call.context, call.id)
    if found is None or not found.state.has_access:
        raise missing("active_entitlement", call.id)
    return _shown(call, found, "feature")


async def _listed(call: Call[ListParameters], customer: KnownCustomer) -> ListOf[ActiveEntitlement]:
    context = call.context

    async def find(entitlement: str) -> Position | None:
        found = await entitlements.find_entitlement(context, entitlement)
        belongs = found is not None and found.customer.record.id == customer.record.id
        return (found.state.run.active_from, found.feature.id) if found and belongs else None

    page = await page_of(call, "active_entitlement", find)
    listing = await entitlements.list_entitlements(
        context, customer, page, at=None, status=(EntitlementStatus.ACTIVE,), lookup_keys=None
    )
    return list_of(call, listing.page, [_shown(call, each, _IN_LIST) for each in listing.page.items])


def _shown(call: Call[Parameters], entitlement: entitlements.Entitlement, expanding: str) -> ActiveEntitlement:
    feature = entitlement.feature
    return ActiveEntitlement(
        id=entitlement.id,
        object="entitlements.active_entitlement",
        feature=Feature.of(call.context, feature) if call.expands(expanding) else feature.id,
        livemode=call.context.environment.livemode,
        lookup_key=feature.lookup_key,
    )

"""Customers: `/v1/customers`."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic.json_schema import SkipJsonSchema

from entitlements.facts import Metadata
from gateway.rest.endpoints import Call, Endpoints
from gateway.rest.errors import missing
from gateway.rest.lists import ListOf, list_of, page_of
from gateway.rest.moments import seconds
from gateway.rest.parameters import METADATA, NEW_METADATA, ListParameters, Parameters, text
from resolvers import customers
from resolvers.callers import Access, Scope
from resolvers.context import Context
from resolvers.references import ABSENT, Absent, ById
from resolvers.validation import CUSTOMER_NAME_LENGTH, EMAIL_LENGTH, MetadataChange
from storage.paging import Position
from storage.records import CustomerRecord

READ = Access(Scope.CUSTOMERS_READ)
WRITE = Access(Scope.CUSTOMERS_WRITE)

CUSTOMERS = Endpoints()


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer."""

    id: str
    object: Literal["customer"]
    created: int
    email: str | None
    livemode: bool
    metadata: Metadata
    name: str | None

    @classmethod
    def of(cls, context: Context, customer: CustomerRecord) -> "Customer":
        """A customer as it is shown."""
        return cls(
            id=customer.id,
            object="customer",
            created=seconds(customer.created_at),
            email=customer.email,
            livemode=context.environment.livemode,
            metadata=customer.metadata,
            name=customer.name,
        )


@dataclass(frozen=True, slots=True)
class DeletedCustomer:
    """A customer that was deleted, and with it everything that it had."""

    id: str
    object: Literal["customer"]
    deleted: Literal[True]


class NewCustomer(Parameters):
    """Of a new customer."""

    name: Annotated[str | None, text(CUSTOMER_NAME_LENGTH)] = None
    """The customer's name."""
    email: Annotated[str | None, text(EMAIL_LENGTH)] = None
    """The customer's address."""
    metadata: Annotated[MetadataChange | None, NEW_METADATA] = None
    """Your own notes on the customer."""


class CustomerChanges(Parameters):
    """Changes to a customer; what is left out stays as it is, and an empty text unsets it."""

    name: Annotated[str | SkipJsonSchema[Absent], text(CUSTOMER_NAME_LENGTH, may_be_empty=True)] = ABSENT
    """The customer's name."""
    email: Annotated[str | SkipJsonSchema[Absent], text(EMAIL_LENGTH, may_be_empty=True)] = ABSENT
    """The customer's address."""
    metadata: Annotated[MetadataChange | SkipJsonSchema[Absent] | None, METADATA] = ABSENT
    """Entries to set; an empty value unsets its key, and an empty text for `metadata` itself unsets all."""


class CustomersWanted(ListParameters):
    """Which customers to list."""

    email: Annotated[str | None, text()] = None
    """Only those with this address, upper and lower case apart."""


async def find_customer(call: Call[Parameters], id_: str) -> Customer | None:
    """A customer by its id as it is shown."""
    found = await customers.find_customer(call.context, ById(id_))
    return Customer.of(call.context, found) if found else None


async def _deleted(_: Call[Parameters], id_: str) -> DeletedCustomer:
    return DeletedCustomer(id_, "customer", deleted=True)


@CUSTOMERS.post("/v1/customers", WRITE, find_customer)
async def create_customer(call: Call[NewCustomer]) -> Customer:
    """Creates a customer."""
    given = call.given
    made = await customers.create_customer(call.context, name=given.name, email=given.email, metadata=given.metadata)
    return Customer.of(call.context, made)


@CUSTOMERS.get("/v1/customers", READ)
async def list_customers(call: Call[CustomersWanted]) -> ListOf[Customer]:
    """Lists customers, newest first."""

    async def find(id_: str) -> Position | None:
        found = await customers.find_customer(call.context, ById(id_))
        return (found.created_at, found.id) if found else None

    page = await page_of(call, "customer", find)
    listing = await customers.list_customers(call.context, page, email=call.given.email)
    return list_of(call, listing.page, [Customer.of(call.context, each) for each in listing.page.items])


@CUSTOMERS.get("/v1/customers/{id}", READ)
async def retrieve_customer(call: Call[Parameters]) -> Customer:
    """Retrieves a customer. One that was deleted is unknown."""
    found = await find_customer(call, call.id)
    if found is None:
        raise missing("customer", call.id)
    return found


@CUSTOMERS.post("/v1/customers/{id}", WRITE, find_customer, renamed={"customer": "id"})
async def update_customer(call: Call[CustomerChanges]) -> Customer:
    """Changes a customer."""
    given = call.given
    updated = await customers.update_customer(
        call.context, ById(call.id), name=given.name or None, email=given.email or None, metadata=given.metadata
    )
    return Customer.of(call.context, updated)


@CUSTOMERS.delete("/v1/customers/{id}", WRITE, _deleted, renamed={"customer": "id"})
async def delete_customer(call: Call[Parameters]) -> DeletedCustomer:
    """Deletes a customer: it and all it had are unknown from now on."""
    deleted = await customers.delete_customer(call.context, ById(call.id))
    return await _deleted(call, deleted.id)

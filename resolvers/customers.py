"""Customers: their reads and their life."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

from entitlements.facts import CustomerId
from entitlements.runs import Timeline
from resolvers.context import Context
from resolvers.errors import Problems, Refused, UserErrorCode
from resolvers.known import KnownCustomer, WorkedOut, current_of, know
from resolvers.ownership import refuse_if_owned
from resolvers.paging import Listing, PageArguments, read_cut
from resolvers.references import ABSENT, Absent, ById, Reference
from resolvers.validation import (
    CUSTOMER_NAME_LENGTH,
    EMAIL_LENGTH,
    EXTERNAL_ID_LENGTH,
    MetadataChange,
    changed_metadata,
    check_optional_text,
    is_storable,
    new_metadata,
)
from resolvers.writing import write_customer, write_new_customer
from storage import customers
from storage.errors import RowUnreadable, UniqueViolation
from storage.facts import load_facts
from storage.ids import new_id
from storage.paging import Page
from storage.records import CustomerRecord
from storage.unit_of_work import CustomerWork, NewCustomerWork

T = TypeVar("T")


async def find_customer(context: Context, by: Reference) -> CustomerRecord | None:
    """The customer a reference names; None for one that was deleted."""
    if isinstance(by, ById):
        return await context.loaders.customers.load(CustomerId(by.id))
    return await context.loaders.customers_by_external_id.load(by.key)


async def find_deleted_customer(context: Context, customer: CustomerId) -> CustomerRecord | None:
    """A customer as it last was, though it was deleted: for answering a deletion again."""
    async with context.database.read() as connection:
        found = await customers.load_customers(connection, context.environment_id, [customer], deleted=True)
    return found.get(customer)


async def know_customer(context: Context, customer: CustomerId) -> KnownCustomer | None:
    """A customer with facts and timeline; None for one that isn't there or was deleted."""
    return await context.loaders.known.load(customer)


async def know_deleted_customer(context: Context, customer: CustomerId) -> KnownCustomer | None:
    """A deleted customer with its facts as they last were, and a timeline of nothing. Raises: RowUnreadable."""
    if not context.may_see(customer):
        return None
    async with context.database.read() as connection:
        found = await load_facts(connection, context.environment_id, [customer], deleted=True)
    loaded = found.get(customer)
    if isinstance(loaded, RowUnreadable):
        raise loaded
    if loaded is None or loaded.customer.deleted_at is None:
        return None
    return know(current_of(loaded), WorkedOut(loaded.facts, Timeline()), context.now)


async def list_customers(context: Context, arguments: PageArguments, *, email: str | None) -> Listing[CustomerRecord]:
    """The environment's customers, newest first, perhaps those with one email address, case-sensitive."""
    scope = context.scope("customers")
    cut = read_cut(scope, arguments)
    environment, database = context.environment_id, context.database

    async def count() -> int:
        if email is not None and not is_storable(email):
            return 0
        async with database.read() as connection:
            return await customers.count_customers(connection, environment, email=email)

    page: Page[CustomerRecord] = Page((), has_next=False, has_previous=False)
    if email is None or is_storable(email):
        async with database.read() as connection:
            page = await customers.page_customers(connection, environment, cut, email=email)
    return Listing(scope, page, lambda customer: (customer.created_at, customer.id), count)


async def create_customer(
    context: Context,
    *,
    external_id: str | None = None,
    name: str | None = None,
    email: str | None = None,
    metadata: MetadataChange | None = None,
) -> CustomerRecord:
    """Creates a customer. Refuses an external id that another customer of the environment has: TAKEN."""
    checked = Problems()
    _check_texts(checked, external_id, name, email)
    entries = new_metadata(checked, metadata, "metadata")

    async def command(work: NewCustomerWork) -> CustomerRecord:
        problems = Problems(checked.errors)
        if external_id is not None:
            await _check_external_id_is_free(work, problems, external_id)
        problems.raise_any()
        work.result_id = new_id("cus")
        return await customers.insert_customer(
            work, CustomerId(work.result_id), external_id=external_id, name=name, email=email, metadata=entries
        )

    return await _judge_again_if_taken(lambda: write_new_customer(context, command))


async def update_customer(
    context: Context,
    by: Reference,
    *,
    external_id: str | Absent | None = ABSENT,
    name: str | Absent | None = ABSENT,
    email: str | Absent | None = ABSENT,
    metadata: MetadataChange | Absent | None = ABSENT,
) -> CustomerRecord:
    """Changes what is known of a customer; none of it gives or takes access."""

    async def command(work: CustomerWork) -> CustomerRecord:
        customer = work.loaded.customer
        work.result_id = customer.id
        problems = Problems()
        updated = replace(
            customer,
            external_id=customer.external_id if external_id is ABSENT else external_id,
            name=customer.name if name is ABSENT else name,
            email=customer.email if email is ABSENT else email,
        )
        if metadata is not ABSENT:
            updated = replace(updated, metadata=changed_metadata(problems, customer.metadata, metadata, "metadata"))
        _check_texts(problems, updated.external_id, updated.name, updated.email)
        if updated.external_id is not None and updated.external_id != customer.external_id:
            await _check_external_id_is_free(work, problems, updated.external_id)
        problems.raise_any()
        if replace(updated, external_id=customer.external_id) != customer:
            # A source has no such id, and who looks its customers up by one must be able to say which.
            await refuse_if_owned(work, customer.id, "customer", "customer")
        if updated != customer:
            await customers.update_customer(
                work,
                external_id=updated.external_id,
                name=updated.name,
                email=updated.email,
                metadata=updated.metadata,
            )
        return updated

    customer = await load_customer_id(context, by)
    return (await _judge_again_if_taken(lambda: write_customer(context, customer, command))).value


async def delete_customer(context: Context, by: Reference) -> CustomerRecord:
    """Deletes a customer: it and everything below it answers as unknown from now on, at every instant."""

    async def command(work: CustomerWork) -> CustomerRecord:
        work.result_id = work.loaded.customer.id
        await refuse_if_owned(work, work.loaded.customer.id, "customer", "customer")
        await customers.delete_customer(work)
        return replace(work.loaded.customer, deleted_at=work.instant)

    return (await write_customer(context, await load_customer_id(context, by), command)).value


async def load_customer_id(context: Context, by: Reference, also: Problems | None = None) -> CustomerId:
    """The id of the customer a write names. Refuses with NOT_FOUND at `customer`, and with what was wrong before.

    An id is taken as it is given: whether there is such a customer is seen when the write locks it.
    """
    if isinstance(by, ById) and context.may_see(CustomerId(by.id)):
        return CustomerId(by.id)
    customer = await find_customer(context, by)
    if customer is None:
        problems = also or Problems()
        problems.add(UserErrorCode.NOT_FOUND, "There is no such customer.", "customer")
        raise Refused(problems.errors)
    return customer.id


def _check_texts(problems: Problems, external_id: str | None, name: str | None, email: str | None) -> None:
    check_optional_text(problems, "The external id", external_id, EXTERNAL_ID_LENGTH, "external_id")
    check_optional_text(problems, "The name", name, CUSTOMER_NAME_LENGTH, "name")
    check_optional_text(problems, "The email address", email, EMAIL_LENGTH, "email")


async def _judge_again_if_taken(write: Callable[[], Awaitable[T]]) -> T:
    """Carries a write out, and once more if another one took the external id after the check.

    Writes to different customers run side by side, so the unique index has the last word; the second check sees who
    was faster, and refuses with TAKEN.
    """
    try:
        return await write()
    except UniqueViolation:
        return await write()


async def _check_external_id_is_free(
    work: CustomerWork | NewCustomerWork, problems: Problems, external_id: str
) -> None:
    named = await customers.load_customers_by_external_id(work.connection, work.environment.id, [external_id])
    if external_id in named:
        message = "Another customer has this external id."
        problems.add(UserErrorCode.TAKEN, message, "external_id", existing=named[external_id].id)

"""How use cases write: one unit of work each, and what the operation must know of it afterwards."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from entitlements.facts import CustomerId
from resolvers.context import Context
from resolvers.errors import Problems, Refused, UserErrorCode
from resolvers.known import WorkedOut, current_of, know
from storage import unit_of_work
from storage.errors import CustomerMissing
from storage.records import CustomerChange
from storage.unit_of_work import CatalogueWork, CustomerWork, NewCustomerWork

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Written(Generic[T]):
    """What a write of a customer's facts made, and what it changed for the customer; None if nothing was written."""

    value: T
    change: CustomerChange | None = None


async def write_catalogue(context: Context, command: Callable[[CatalogueWork], Awaitable[T]]) -> T:
    """Carries out a command on the environment's catalogue, in a transaction of its own."""

    async def carry_out(work: CatalogueWork) -> tuple[T, CatalogueWork]:
        return await command(work), work

    result, work = await unit_of_work.write_catalogue(
        context.database, context.environment_id, carry_out, idempotency=context.idempotency
    )
    context.wrote(work.instant)
    return result


async def write_customer(
    context: Context,
    customer: CustomerId,
    command: Callable[[CustomerWork], Awaitable[T]],
    checked: Problems | None = None,
) -> Written[T]:
    """Carries out a command on one customer's facts, in a transaction of its own.

    Refuses with NOT_FOUND at `customer` if it isn't there, and then with what was `checked` before.
    """

    async def carry_out(work: CustomerWork) -> tuple[T, CustomerWork]:
        return await command(work), work

    try:
        (result, work), change = await unit_of_work.write_customer(
            context.database,
            context.environment_id,
            customer,
            carry_out,
            idempotency=context.idempotency,
            kept=context.shared,
        )
    except CustomerMissing:
        problems = Problems(checked.errors if checked else ())
        problems.add(UserErrorCode.NOT_FOUND, "There is no such customer.", "customer")
        raise Refused(problems.errors) from None
    context.wrote(work.instant, work.environment)
    if change is not None and change.loaded_after.customer.deleted_at is None:
        worked_out = WorkedOut(change.loaded_after.facts, change.after)
        context.shared.keep(change.loaded_after, worked_out)
        context.loaders.known.prime(customer, know(current_of(change.loaded_after), worked_out, context.now))
    return Written(result, change)


async def write_new_customer(context: Context, command: Callable[[NewCustomerWork], Awaitable[T]]) -> T:
    """Carries out a command that creates a customer, in a transaction of its own."""

    async def carry_out(work: NewCustomerWork) -> tuple[T, NewCustomerWork]:
        return await command(work), work

    result, work = await unit_of_work.write_new_customer(
        context.database, context.environment_id, carry_out, idempotency=context.idempotency
    )
    context.wrote(work.instant)
    return result

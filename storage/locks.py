"""The order in which writers go: PostgreSQL's advisory locks. On SQLite, BEGIN IMMEDIATE is all of them at once."""

from collections.abc import Sequence
from hashlib import sha256

from sqlalchemy import BigInteger, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from entitlements.facts import CustomerId, EnvironmentId
from storage.dialect import is_postgresql, one_of_given
from storage.errors import CustomerMissing
from storage.rows import customers

_ALONE = select(func.pg_advisory_xact_lock(bindparam("number", type_=BigInteger())))
_SHARED = select(func.pg_advisory_xact_lock_shared(bindparam("number", type_=BigInteger())))
_CUSTOMER = (
    customers.c.environment_id == bindparam("environment"),
    one_of_given(customers.c.id, "customers"),
    customers.c.deleted_at.is_(None),
)
# Rows that only refer to a customer, such as sessions, may be added meanwhile: hence no key of it is locked.
_SHARED_WITH_CUSTOMER = _SHARED.select_from(customers).where(*_CUSTOMER).with_for_update(key_share=True)
_CUSTOMERS_AT_ONCE = select(customers.c.id).where(*_CUSTOMER).with_for_update(skip_locked=True, key_share=True)
_CUSTOMERS = select(customers.c.id).where(*_CUSTOMER).order_by(customers.c.id).with_for_update(key_share=True)


async def lock_catalogue(connection: AsyncConnection, environment: EnvironmentId, *, exclusive: bool) -> None:
    """Takes the environment's catalogue lock until the transaction ends.

    Writes to the catalogue take it exclusively, customers' writes share it: so no attachment changes under a customer's
    write, and whoever writes to the catalogue sees the instants of all earlier writes committed.
    """
    if is_postgresql(connection):
        lock = _ALONE if exclusive else _SHARED
        await connection.execute(lock, {"number": _number(f"catalogue of {environment}")})


async def lock_customer(connection: AsyncConnection, environment: EnvironmentId, customer: CustomerId) -> None:
    """Shares the environment's catalogue lock, and keeps a customer's row for this transaction alone, until it ends.

    Every write to a customer, or to anything below, begins here: so they follow each other and none is lost. Whatever
    is to be judged must be read by a later statement: this one began before it waited. Raises: CustomerMissing.
    """
    if not is_postgresql(connection):
        return
    number = _number(f"catalogue of {environment}")
    given = {"number": number, "environment": environment, "customers": [customer]}
    if (await connection.execute(_SHARED_WITH_CUSTOMER, given)).one_or_none() is None:
        raise CustomerMissing(customer)


async def lock_customers_at_once(
    connection: AsyncConnection, environment: EnvironmentId, ids: Sequence[CustomerId]
) -> Sequence[CustomerId]:
    """As `lock_customer`, for many, but waits for nobody who has one of the rows. Returns those that it got."""
    if not is_postgresql(connection):
        return ids
    await lock_catalogue(connection, environment, exclusive=False)
    rows = await connection.execute(_CUSTOMERS_AT_ONCE, {"environment": environment, "customers": ids})
    return [row.id for row in rows]


async def lock_customers(connection: AsyncConnection, environment: EnvironmentId, ids: Sequence[CustomerId]) -> None:
    """Keeps many customers' rows for this transaction, in one order: two who do so never wait for each other.

    Whoever needs the catalogue lock, too, must have it before, as who locks a single customer does.
    """
    if is_postgresql(connection):
        await connection.execute(_CUSTOMERS, {"environment": environment, "customers": ids})


async def lock_migrations(connection: AsyncConnection) -> None:
    """Lets one process at a time change the tables, until the transaction ends."""
    if is_postgresql(connection):
        await connection.execute(_ALONE, {"number": _number("migrations")})


def _number(name: str) -> int:
    """A lock's number: advisory locks have 64 bits and no names. The prefix keeps clear of a neighbour's locks."""
    return int.from_bytes(sha256(f"admittance: {name}".encode()).digest()[:8], signed=True)

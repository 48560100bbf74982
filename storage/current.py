"""Customers with the versions of everything that decides what they may use: what proves kept facts current.

Every unit of work writes these in the transaction of the write itself:

- `facts_version`, and `written_at` with it, at every write to the customer's row, to its subscriptions with their
  statuses, items and segments, and to its grants. Customers' sessions are no facts, and leave them alone.
- `deleted_at`, which ends everything below at once; a deleted customer isn't found.
- `announced_revision` and `announced_until`, so far only with a new `facts_version`; an announcer may write them alone.
- the environment's `attachments_version` at every write to the attachments of any of its products, and
  `catalogue_version`, with `catalogue_written_at`, at those and at every write to products and features.
- the environment's `clock_at` and `closed_at`, when its clock is moved; they change no fact, only what is now.

So facts and timeline hold for as long as `facts_version` and `attachments_version` do, features, products and the pages
of attachments for as long as `catalogue_version` does. Rows changed past the units of work (by hand, or restored from
a backup) change no version: then the processes are to be started anew.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from entitlements.facts import CustomerId, EnvironmentId
from storage.clock import Clock
from storage.customers import read_customer
from storage.dialect import AnySelect, is_postgresql, one_of, one_of_given
from storage.environments import environment_columns, read_environment
from storage.errors import CustomerMissing
from storage.instants import PRESENT
from storage.records import CurrentCustomer
from storage.rows import customers, environments


async def load_current(
    connection: AsyncConnection, environment: EnvironmentId, ids: Sequence[CustomerId]
) -> dict[CustomerId, CurrentCustomer]:
    """The customers with these ids; unknown, foreign and deleted ones are absent. One statement."""
    found = await _load(connection, _of(environment).where(one_of(customers.c.id, ids)))
    return {current.record.id: current for current in found}


async def load_current_by_external_id(
    connection: AsyncConnection, environment: EnvironmentId, external_ids: Sequence[str]
) -> dict[str, CurrentCustomer]:
    """The customers with these ids of their owner's. One statement."""
    found = await _load(connection, _of(environment).where(one_of(customers.c.external_id, external_ids)))
    return {current.record.external_id: current for current in found if current.record.external_id is not None}


async def lock_current(
    connection: AsyncConnection, clock: Clock, environment: EnvironmentId, customer: CustomerId
) -> tuple[CurrentCustomer, datetime]:
    """The customer, its row kept for this transaction alone until it ends, and the present once it was had.

    Every write to a customer, or to anything below, begins here: so they follow each other and none is lost. It takes
    the catalogue lock first: under that the environment's row, which isn't locked, can't change while this waits.
    One statement. Raises: CustomerMissing.
    """
    query = _LOCKED_AND_TIMED if is_postgresql(connection) else _LOCKED
    result = await connection.execute(query, {"environment": environment, "customers": [customer]})
    names, row = result.keys(), result.one_or_none()
    if row is None:
        raise CustomerMissing(customer)
    named = dict(zip(names, row, strict=True))
    current = CurrentCustomer(read_customer(row), read_environment(named, "owner_"))
    return current, named["present"] if "present" in named else clock.now()


async def _load(connection: AsyncConnection, query: AnySelect) -> list[CurrentCustomer]:
    result = await connection.execute(query)
    names, rows = result.keys(), result.all()
    if not rows:
        return []
    # All are of one environment, and of one moment.
    environment = read_environment(dict(zip(names, rows[0], strict=True)), "owner_")
    return [CurrentCustomer(read_customer(row), environment) for row in rows]


def _of(environment: EnvironmentId) -> AnySelect:
    query = select(customers, *environment_columns("owner_")).join(environments)
    return query.where(customers.c.environment_id == environment, customers.c.deleted_at.is_(None))


_LOCKED = (
    select(customers, *environment_columns("owner_"))
    .join(environments)
    .where(
        customers.c.environment_id == bindparam("environment"),
        one_of_given(customers.c.id, "customers"),
        customers.c.deleted_at.is_(None),
    )
    .with_for_update(of=customers)
)
# PostgreSQL works out the columns of a row before it waits for its lock: of a subquery's row, when it has been had.
_LOCKED_AND_TIMED = select(_LOCKED.subquery("locked"), PRESENT.label("present"))

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
from typing import Any

from sqlalchemy import ColumnElement, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from entitlements.facts import CustomerId, EnvironmentId
from storage.customers import read_customer
from storage.dialect import AnySelect, one_of_given
from storage.records import CurrentCustomer
from storage.rows import customers, environments


async def load_current(
    connection: AsyncConnection, environment: EnvironmentId, ids: Sequence[CustomerId]
) -> dict[CustomerId, CurrentCustomer]:
    """The customers with these ids; unknown, foreign and deleted ones are absent. One statement."""
    found = await _load(connection, _BY_ID, environment, ids)
    return {current.record.id: current for current in found}


async def load_current_by_external_id(
    connection: AsyncConnection, environment: EnvironmentId, external_ids: Sequence[str]
) -> dict[str, CurrentCustomer]:
    """The customers with these ids of their owner's. One statement."""
    found = await _load(connection, _BY_EXTERNAL_ID, environment, external_ids)
    return {current.record.external_id: current for current in found if current.record.external_id is not None}


async def _load(
    connection: AsyncConnection, query: AnySelect, environment: EnvironmentId, keys: Sequence[str]
) -> list[CurrentCustomer]:
    rows = await connection.execute(query, {"environment": environment, "keys": keys})
    return [
        CurrentCustomer(read_customer(row), environment, row.attachments_version, row.catalogue_written_at)
        for row in rows
    ]


def _by(column: ColumnElement[Any]) -> AnySelect:
    query = select(customers, environments.c.attachments_version, environments.c.catalogue_written_at)
    return query.join(environments).where(
        customers.c.environment_id == bindparam("environment"),
        customers.c.deleted_at.is_(None),
        one_of_given(column, "keys"),
    )


# Every operation sends one of these: to write them anew each time would cost more than to have them answered.
_BY_ID = _by(customers.c.id)
_BY_EXTERNAL_ID = _by(customers.c.external_id)

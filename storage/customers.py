"""Customers at rest: their own rows. What lies below them comes with `storage.facts`."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import NamedTuple, TypedDict, Unpack

from sqlalchemy import Update, bindparam, exists, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from entitlements.facts import (
    CustomerId,
    EnvironmentId,
    FeatureId,
    GrantId,
    Metadata,
    SubscriptionId,
    SubscriptionItemId,
)
from storage.dialect import AnyRow, AnySelect, one_of, one_of_given
from storage.paging import Cut, Key, Page, count, page
from storage.records import CustomerRecord
from storage.rows import (
    customers,
    grants,
    product_features,
    subscription_item_segments,
    subscription_items,
    subscriptions,
)
from storage.work import CustomerWork, NewCustomerWork, update_row

_KEY = Key(customers.c.created_at, customers.c.id)
_PRESENT = customers.c.deleted_at.is_(None)

CUSTOMERS: AnySelect = select(customers).where(
    customers.c.environment_id == bindparam("environment"), one_of_given(customers.c.id, "customers")
)
"""The customers whose ids are given as `customers`, deleted ones too, within the `environment` given."""

_PRESENT_CUSTOMERS = CUSTOMERS.where(_PRESENT)


_ANNOUNCE = (
    update(customers)
    .where(customers.c.environment_id == bindparam("environment"), customers.c.id == bindparam("customer"))
    .values(
        announced_revision=bindparam("revision"),
        announced_until=bindparam("until"),
        due_at=bindparam("due"),
    )
)
_WRITE = _ANNOUNCE.values(facts_version=customers.c.facts_version + 1, written_at=bindparam("until"))


class CustomerChanges(TypedDict, total=False):
    """What of a customer's own row can be edited; when it was created, by the source that owns it alone."""

    external_id: str | None
    name: str | None
    email: str | None
    metadata: Metadata
    created_at: datetime


async def load_customers(
    connection: AsyncConnection, environment: EnvironmentId, ids: Sequence[CustomerId], *, deleted: bool = False
) -> dict[CustomerId, CustomerRecord]:
    """The customers with these ids; unknown and foreign ids are absent, deleted ones too unless asked for."""
    rows = await connection.execute(
        CUSTOMERS if deleted else _PRESENT_CUSTOMERS, {"environment": environment, "customers": ids}
    )
    return {customer.id: customer for customer in map(read_customer, rows)}


async def load_customers_by_external_id(
    connection: AsyncConnection, environment: EnvironmentId, external_ids: Sequence[str]
) -> dict[str, CustomerRecord]:
    """The customers with these ids of their owner's."""
    rows = await connection.execute(_of(environment).where(one_of(customers.c.external_id, external_ids)))
    return {row.external_id: read_customer(row) for row in rows}


async def page_customers(
    connection: AsyncConnection, environment: EnvironmentId, cut: Cut, *, email: str | None
) -> Page[CustomerRecord]:
    """Customers, all (None) or those with exactly this address; newest first."""
    return await page(connection, _listed(environment, email), _KEY, cut, read_customer)


async def count_customers(connection: AsyncConnection, environment: EnvironmentId, *, email: str | None) -> int:
    """How many customers `page_customers` goes through."""
    return await count(connection, _listed(environment, email))


async def candidates_for_feature(
    connection: AsyncConnection, environment: EnvironmentId, feature: FeatureId, cut: Cut
) -> list[CustomerRecord]:
    """Customers who may ever have had a feature, in the order of reading; the rule says who really has.

    They hold a grant of it, or an item that at some time was for a product to which it at some time was attached.
    """
    granted = exists().where(
        grants.c.environment_id == environment,
        grants.c.feature_id == feature,
        grants.c.customer_id == customers.c.id,
    )
    subscribed = exists().where(
        product_features.c.environment_id == environment,
        product_features.c.feature_id == feature,
        subscription_item_segments.c.environment_id == environment,
        subscription_item_segments.c.product_id == product_features.c.product_id,
        subscription_items.c.environment_id == environment,
        subscription_items.c.id == subscription_item_segments.c.item_id,
        subscriptions.c.environment_id == environment,
        subscriptions.c.id == subscription_items.c.subscription_id,
        subscriptions.c.customer_id == customers.c.id,
    )
    query = _of(environment).where(or_(granted, subscribed))
    found = await page(connection, query, _KEY, cut, read_customer)
    return list(reversed(found.items) if cut.backwards else found.items)


async def load_announced_revisions(
    connection: AsyncConnection, environment: EnvironmentId, ids: Sequence[CustomerId]
) -> dict[CustomerId, int]:
    """The latest announced revisions of these customers, deleted ones too; unknown and foreign ids are absent."""
    query = select(customers.c.id, customers.c.announced_revision)
    rows = await connection.execute(query.where(customers.c.environment_id == environment, one_of(customers.c.id, ids)))
    return {row.id: row.announced_revision for row in rows}


async def customers_of_subscriptions(
    connection: AsyncConnection, environment: EnvironmentId, ids: Sequence[SubscriptionId]
) -> dict[SubscriptionId, CustomerId]:
    """Whose subscriptions these are; ids that are unknown, foreign or of deleted customers are absent."""
    query = select(subscriptions.c.id, subscriptions.c.customer_id).join(customers)
    query = query.where(subscriptions.c.environment_id == environment, one_of(subscriptions.c.id, ids))
    return {row.id: row.customer_id for row in await connection.execute(query.where(_PRESENT))}


async def customers_of_items(
    connection: AsyncConnection, environment: EnvironmentId, ids: Sequence[SubscriptionItemId]
) -> dict[SubscriptionItemId, CustomerId]:
    """Whose subscriptions these items belong to; ids that are unknown, foreign or of deleted customers are absent."""
    query = select(subscription_items.c.id, subscriptions.c.customer_id)
    query = query.select_from(subscription_items).join(subscriptions).join(customers)
    query = query.where(subscription_items.c.environment_id == environment, one_of(subscription_items.c.id, ids))
    return {row.id: row.customer_id for row in await connection.execute(query.where(_PRESENT))}


async def customers_of_grants(
    connection: AsyncConnection, environment: EnvironmentId, ids: Sequence[GrantId]
) -> dict[GrantId, CustomerId]:
    """Whose grants these are; ids that are unknown, foreign or of deleted customers are absent."""
    query = select(grants.c.id, grants.c.customer_id).join(customers)
    query = query.where(grants.c.environment_id == environment, one_of(grants.c.id, ids))
    return {row.id: row.customer_id for row in await connection.execute(query.where(_PRESENT))}


async def insert_customer(
    work: NewCustomerWork,
    customer: CustomerId,
    *,
    external_id: str | None = None,
    name: str | None = None,
    email: str | None = None,
    metadata: Metadata | None = None,
    created_at: datetime | None = None,
) -> CustomerRecord:
    """Adds a customer as of the work's instant; its revision is 0. `created_at`: if a source has had it before.

    Raises (as it leaves the unit of work): UniqueViolation("external_id"), if another one has it.
    """
    record = CustomerRecord(
        id=customer,
        external_id=external_id,
        name=name,
        email=email,
        metadata=metadata or {},
        created_at=created_at or work.instant,
        facts_version=1,
        announced_revision=0,
        announced_until=work.instant,
        written_at=work.instant,
    )
    await work.connection.execute(insert(customers).values(environment_id=work.environment.id, **asdict(record)))
    work.is_changed = True
    return record


async def update_customer(work: CustomerWork, **changes: Unpack[CustomerChanges]) -> None:
    """Edits the customer's own row.

    Raises (as it leaves the unit of work): UniqueViolation("external_id"), if another one has it.
    """
    await update_row(work, _update(work).values(**changes), work.loaded.customer.id)
    work.note_customer(replace(work.customer, **changes))


async def delete_customer(work: CustomerWork) -> None:
    """Deletes the customer as of the work's instant: it and all below answer as unknown; the rows stay."""
    await update_row(work, _update(work).values(deleted_at=work.instant), work.loaded.customer.id)
    work.note_customer(replace(work.customer, deleted_at=work.instant))


async def save_write(work: CustomerWork, *, revision: int, due_at: datetime | None) -> CustomerRecord:
    """Writes down that the customer was written at the work's instant, and which revision it is at since.

    `due_at`: when time will next change its set. Returns the new row.
    """
    given = {"environment": work.environment.id, "customer": work.loaded.customer.id}
    await work.connection.execute(_WRITE, given | {"until": work.instant, "revision": revision, "due": due_at})
    return replace(
        work.customer,
        facts_version=work.customer.facts_version + 1,
        written_at=work.instant,
        announced_revision=revision,
        announced_until=work.instant,
        due_at=due_at,
    )


class Announced(NamedTuple):
    """Up to where what time changes for a customer is announced, and when there will be more of it."""

    revision: int
    until: datetime
    due_at: datetime | None


async def save_announcements(
    connection: AsyncConnection, environment: EnvironmentId, announced: Mapping[CustomerId, Announced]
) -> None:
    """Writes down up to where what time changes for customers was announced, and when there will be more of it."""
    rows = [
        {"environment": environment, "customer": customer, "revision": revision, "until": until, "due": due_at}
        for customer, (revision, until, due_at) in announced.items()
    ]
    if rows:
        await connection.execute(_ANNOUNCE, rows)


def read_customer(row: AnyRow) -> CustomerRecord:
    """A customer from a row with the table's columns."""
    return CustomerRecord(
        id=row.id,
        external_id=row.external_id,
        name=row.name,
        email=row.email,
        metadata=row.metadata,
        created_at=row.created_at,
        facts_version=row.facts_version,
        announced_revision=row.announced_revision,
        announced_until=row.announced_until,
        written_at=row.written_at,
        deleted_at=row.deleted_at,
        due_at=row.due_at,
    )


def _of(environment: EnvironmentId) -> AnySelect:
    return select(customers).where(customers.c.environment_id == environment, _PRESENT)


def _listed(environment: EnvironmentId, email: str | None) -> AnySelect:
    query = _of(environment)
    return query if email is None else query.where(one_of(customers.c.email, [email]))


def _update(work: CustomerWork) -> Update:
    return update(customers).where(
        customers.c.environment_id == work.environment.id, customers.c.id == work.loaded.customer.id
    )

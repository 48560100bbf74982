"""Announcing what time and the catalogue changed: each change once, however often it is tried.

The customer's row says when it is to be looked at (`due_at`), and up to where it was announced. Whatever comes after
that and is over is written down as events in one transaction with the row: so a worker may be killed at any point, and
any number may run.
"""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from entitlements.changes import changes_between, next_change
from entitlements.effects import effects_of_time
from entitlements.facts import CustomerId, EnvironmentId
from entitlements.timeline import timeline
from storage.agenda import Agenda, load_agendas
from storage.columns import Instant, Word
from storage.customers import Announced, save_announcements
from storage.database import Database
from storage.dialect import AnyRow, one_of_given
from storage.errors import RowUnreadable
from storage.events import insert_events, numbered
from storage.facts import load_facts
from storage.instants import load_present
from storage.kept import Kept
from storage.locks import lock_customers, lock_customers_at_once
from storage.records import Event, LoadedFacts
from storage.rows import (
    attachment_changes,
    customers,
    environments,
    subscription_item_segments,
    subscription_items,
    subscriptions,
)

EVENTS_AT_ONCE = 100
"""The most that one transaction announces of a customer; what is left stays due."""

ITEMS_AT_ONCE = 1_000
"""Items of subscriptions whose customers one transaction makes due after a change of attachments."""


class DueCustomer(NamedTuple):
    """A customer at whom the announcer is to look."""

    environment: EnvironmentId
    customer: CustomerId


@dataclass(frozen=True, slots=True)
class Announcement:
    """What one transaction announced, and of whom it couldn't read the facts."""

    events: list[Event] = field(default_factory=list[Event])
    unreadable: dict[CustomerId, RowUnreadable] = field(default_factory=dict[CustomerId, RowUnreadable])


async def find_due(
    db: Database, at_most: int, agendas: Sequence[Agenda] | None = None, *, but: Collection[DueCustomer] = ()
) -> list[DueCustomer]:
    """Customers for whom something may be due by their environments' clocks, of each those who wait longest.

    About `at_most`, of which each environment has its share. `agendas`: as they were loaded just now. `but`: who is
    left out. Not those of environments whose clocks are advancing: there all go in one order, by `storage.advancing`.
    """
    due = [agenda for agenda in (await load_agendas(db) if agendas is None else agendas) if agenda.is_due]
    if not due:
        return []
    # Some of those found may have to be left out.
    given = {"share": -(-at_most // len(due)) + len(but)}
    async with db.read() as connection:
        found = [
            DueCustomer(agenda.environment, row.id)
            for agenda in due
            for row in await connection.execute(_DUE, given | {"environment": agenda.environment, "now": agenda.now})
        ]
    return [each for each in found if each not in but]


async def announce_due(
    db: Database, environment: EnvironmentId, ids: Sequence[CustomerId], kept: Kept | None = None
) -> Announcement:
    """Announces what is due for customers by now, for each in order, at most EVENTS_AT_ONCE of each; one transaction.

    Left alone is whom another transaction has, as it announces what is due itself, for whom nothing is due any more,
    and everybody if the environment is closed or its clock is advancing: then all go in one order, by
    `storage.advancing`. Raises: Contended, EnvironmentMissing, DatabaseUnavailable.
    """
    announcement = Announcement()
    async with db.begin_write() as connection:
        free = await lock_customers_at_once(connection, environment, ids)
        loaded = await load_facts(connection, environment, free, kept=kept.attachments if kept else None)
        present = await load_present(connection, db.clock)
        announced: dict[CustomerId, Announced] = {}
        for customer, of in loaded.items():
            if isinstance(of, RowUnreadable):
                announcement.unreadable[customer] = of
            elif (news := _news(of, present)) is not None:
                made, announced[customer] = news
                announcement.events.extend(made)
                # Others are to be answered meanwhile.
                await asyncio.sleep(0)
        await insert_events(connection, environment, announcement.events)
        await save_announcements(connection, environment, announced)
    return announcement


def _news(loaded: LoadedFacts, present: datetime) -> tuple[list[Event], Announced] | None:
    """What a customer's row and its events are to be; None if nothing is due."""
    record, environment = loaded.customer, loaded.environment
    until = max(filter(None, (environment.clock_at or present, record.written_at, environment.catalogue_written_at)))
    is_due = record.due_at is not None and record.due_at <= until
    if not is_due or environment.advancing or environment.closed_at is not None:
        return None
    known = timeline(loaded.facts, loaded.attachments)
    instants = changes_between(known, record.announced_until, until)[:EVENTS_AT_ONCE]
    made = numbered(record, [effects_of_time(known, instant) for instant in instants], present)
    reached = instants[-1] if instants else record.announced_until
    return made, Announced(record.announced_revision + len(made), reached, next_change(known, reached))


async def tell_of_attachment_change(db: Database) -> bool:
    """Makes due the next customers whom a change of attachments may concern; False if there is none to tell of.

    Those of ITEMS_AT_ONCE items at the most, in one transaction with how far it has come. Environments that are closed
    are left alone, and those whose clocks are advancing, which `storage.advancing` tells of them itself.
    Raises: Contended, DatabaseUnavailable.
    """
    async with db.read() as connection:
        # Nearly always there is none, and SQLite's one write lock is worth a look first.
        if (await connection.execute(_CHANGES)).first() is None:
            return False
    async with db.begin_write() as connection:
        change = (await connection.execute(_NEXT_CHANGE)).one_or_none()
        if change is None:
            return False
        await _tell(connection, change)
        return True


async def tell_within(connection: AsyncConnection, environment: EnvironmentId) -> bool:
    """Makes due, within a transaction, whom changes of an environment's attachments may concern; True if more are left.

    Those of ITEMS_AT_ONCE items, or somewhat more. Waits for others who tell.
    """
    told = 0
    while told < ITEMS_AT_ONCE:
        change = (await connection.execute(_NEXT_CHANGE_WITHIN, {"environment": environment})).one_or_none()
        if change is None:
            return False
        # A change that concerns nobody counts, too.
        told += 1 + await _tell(connection, change)
    return True


async def _tell(connection: AsyncConnection, change: AnyRow) -> int:
    """Makes due the next customers whom a change may concern; of how many items they are."""
    named = {"environment": change.environment_id, "product": change.product_id}
    rows = await connection.execute(_NEXT_ITEMS, named | {"told_until": change.told_until or ""})
    items = [row.item_id for row in rows]
    holders = [row.customer_id for row in await connection.execute(_HOLDERS, named | {"items": items})]
    if holders:
        # Others who tell may have some of the same ones in hand.
        await lock_customers(connection, change.environment_id, holders)
        due = {"environment": change.environment_id, "holders": holders, "change_at": change.at}
        await connection.execute(_MAKE_DUE, due)
    told = {**named, "version": change.attachments_version}
    if len(items) < ITEMS_AT_ONCE:
        await connection.execute(_ALL_TOLD, told)
    else:
        await connection.execute(_TOLD, told | {"item": items[-1]})
    return len(items)


_DUE = (
    select(customers.c.id)
    .where(
        customers.c.environment_id == bindparam("environment"),
        customers.c.due_at <= bindparam("now", type_=Instant()),
    )
    .order_by(customers.c.due_at)
    .limit(bindparam("share"))
)
_CHANGES = (
    select(attachment_changes)
    .join(environments, environments.c.id == attachment_changes.c.environment_id)
    .where(environments.c.closed_at.is_(None), environments.c.advancing.is_(False))
    .limit(1)
)
_NEXT_CHANGE = _CHANGES.order_by(attachment_changes.c.at).with_for_update(skip_locked=True, of=attachment_changes)
_NEXT_CHANGE_WITHIN = (
    select(attachment_changes)
    .where(attachment_changes.c.environment_id == bindparam("environment"))
    .order_by(attachment_changes.c.at)
    .limit(1)
    .with_for_update()
)
_NEXT_ITEMS = (
    select(subscription_item_segments.c.item_id)
    .where(
        subscription_item_segments.c.environment_id == bindparam("environment"),
        subscription_item_segments.c.product_id == bindparam("product"),
        subscription_item_segments.c.item_id > bindparam("told_until", type_=Word()),
    )
    .order_by(subscription_item_segments.c.item_id)
    .limit(ITEMS_AT_ONCE)
)
_HOLDERS = (
    select(subscriptions.c.customer_id)
    .distinct()
    .join(subscription_items)
    .where(
        subscription_items.c.environment_id == bindparam("environment"), one_of_given(subscription_items.c.id, "items")
    )
)
_MAKE_DUE = (
    update(customers)
    .where(
        customers.c.environment_id == bindparam("environment"),
        one_of_given(customers.c.id, "holders"),
        customers.c.deleted_at.is_(None),
        or_(customers.c.due_at.is_(None), customers.c.due_at > bindparam("change_at")),
    )
    .values(due_at=bindparam("change_at"))
)
_THE_CHANGE = (
    attachment_changes.c.environment_id == bindparam("environment"),
    attachment_changes.c.product_id == bindparam("product"),
    attachment_changes.c.attachments_version == bindparam("version"),
)
_TOLD = update(attachment_changes).where(*_THE_CHANGE).values(told_until=bindparam("item"))
_ALL_TOLD = delete(attachment_changes).where(*_THE_CHANGE)

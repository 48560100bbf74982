"""Test clocks that are moved on: what lies on the way is announced in order of instant, across all customers.

The clock itself moves at once, and with it all that is read. The environment is then `advancing` until every change up
to where the clock stands is written down, and nobody else announces any of it by themselves. One transaction takes the
customers who are due first, and of their changes those that come before anybody else's: so a year in one step gives the
same events in the same order as 365 steps of a day. Of changes at one instant the order is that of the customers' ids.

What was committed stays, wherever a process is killed; whoever comes next goes on from there. The events' `recorded_at`
and, in one process, their ids grow in the order of the changes. A write while the environment is advancing announces
first what is due for its own customer, which then comes before others' changes of earlier instants.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from entitlements.changes import changes_between, next_change
from entitlements.effects import effects_of_time
from entitlements.facts import CustomerId, EnvironmentId
from entitlements.runs import Timeline
from entitlements.timeline import timeline
from storage.announcing import tell_within
from storage.customers import Announced, save_announcements
from storage.database import Database
from storage.dialect import AnyRow, one_of_given
from storage.events import insert_events
from storage.facts import load_facts
from storage.ids import new_id
from storage.instants import TICK, load_present
from storage.locks import lock_catalogue, lock_customers
from storage.records import CustomerRecord, Event, LoadedFacts
from storage.rows import customers, environments, test_clocks
from storage.sandbox_clocks import note_progress

CUSTOMERS_AT_ONCE = 50
EVENTS_AT_ONCE = 100
"""How many customers one transaction looks at, and events it makes, at the most: more would hold up everybody else."""


async def find_advancing(db: Database) -> list[EnvironmentId]:
    """Environments whose clocks are advancing, in no order."""
    async with db.read() as connection:
        rows = await connection.execute(select(environments.c.id).where(environments.c.advancing))
        return [row.id for row in rows]


async def announce_advance(db: Database, environment: EnvironmentId) -> bool:
    """Announces what comes next on the way of an environment's clock; False if there is no more for the caller to do.

    In one transaction, at most EVENTS_AT_ONCE of CUSTOMERS_AT_ONCE. Nothing, if another transaction is at it. Customers
    whose facts can't be read are passed over: what is due for them is announced with the next advance, or write.
    Raises: Contended, DatabaseUnavailable.
    """
    async with db.begin_write() as connection:
        await lock_catalogue(connection, environment, exclusive=False)
        clock = (await connection.execute(_ADVANCING, {"environment": environment})).one_or_none()
        if clock is None:
            return False
        # Whom a change of attachments concerns must be known before it is known who comes first.
        if await tell_within(connection, environment):
            return True
        batch = await _load_batch(connection, environment, clock)
        made = _events(batch, await load_present(connection, db.clock))
        await insert_events(connection, environment, made)
        await save_announcements(connection, environment, _announced(batch, made))
        await _pass_over(connection, environment, batch)
        until = clock.frozen_time if batch.ends_at is None else batch.ends_at.at
        await note_progress(connection, environment, until=until, events=len(made), passed_over=len(batch.unreadable))
        if batch.ends_at is None:
            await connection.execute(_DONE, {"environment": environment})
        return batch.ends_at is not None


class _Place(NamedTuple):
    """A place in the order of all changes of an environment: an instant, and whose change it is."""

    at: datetime
    customer: CustomerId


@dataclass(frozen=True, slots=True)
class _Batch:
    """What one transaction announces: the changes at `places`, in order, of those whose timelines are `known`.

    All that is due before `ends_at` is there; it is None if nothing is due beyond. `until`: the environment's now.
    """

    until: datetime
    known: Mapping[CustomerId, tuple[CustomerRecord, Timeline]]
    unreadable: Sequence[CustomerId]
    places: Sequence[_Place]
    ends_at: _Place | None


async def _load_batch(connection: AsyncConnection, environment: EnvironmentId, clock: AnyRow) -> _Batch:
    """The customers who are due first, and of their changes those that no other customer's can come before."""
    until: datetime = max(clock.frozen_time, clock.catalogue_written_at or clock.frozen_time)
    given = {"environment": environment, "until": until, "at_most": CUSTOMERS_AT_ONCE + 1}
    due = [_Place(row.due_at, row.id) for row in await connection.execute(_DUE_FIRST, given)]
    first = [place.customer for place in due[:CUSTOMERS_AT_ONCE]]
    await lock_customers(connection, environment, first)
    loaded = await load_facts(connection, environment, first)
    known = {
        customer: (of.customer, timeline(of.facts, of.attachments))
        for customer, of in loaded.items()
        if isinstance(of, LoadedFacts)
    }
    places = sorted(
        _Place(at, customer)
        for customer, (record, of_customer) in known.items()
        for at in changes_between(of_customer, record.announced_until, until)
    )
    ends_at = min((*due[CUSTOMERS_AT_ONCE:], *places[EVENTS_AT_ONCE : EVENTS_AT_ONCE + 1]), default=None)
    return _Batch(
        until,
        known,
        [customer for customer in loaded if customer not in known],
        [place for place in places if ends_at is None or place < ends_at],
        ends_at,
    )


def _events(batch: _Batch, recorded_at: datetime) -> list[Event]:
    revisions = {customer: record.announced_revision for customer, (record, _) in batch.known.items()}
    made: list[Event] = []
    for at, customer in batch.places:
        revisions[customer] += 1
        record, of_customer = batch.known[customer]
        effects = effects_of_time(of_customer, at)
        made.append(Event(new_id("evt"), customer, revisions[customer], recorded_at, effects, record.external_id))
    return made


def _announced(batch: _Batch, made: Sequence[Event]) -> dict[CustomerId, Announced]:
    last = {event.customer: (event.revision, event.at) for event in made}
    announced: dict[CustomerId, Announced] = {}
    for customer, (record, of_customer) in batch.known.items():
        revision, until = last.get(customer, (record.announced_revision, record.announced_until))
        announced[customer] = Announced(revision, until, next_change(of_customer, until))
    return announced


async def _pass_over(connection: AsyncConnection, environment: EnvironmentId, batch: _Batch) -> None:
    """Puts off those whose facts can't be read until the clock goes on; else nobody would ever come after them."""
    if batch.unreadable:
        given = {"environment": environment, "passed": batch.unreadable, "later": batch.until + TICK}
        await connection.execute(_PUT_OFF, given)


_ADVANCING = (
    select(test_clocks.c.frozen_time, environments.c.catalogue_written_at)
    .join(environments)
    .where(environments.c.id == bindparam("environment"), environments.c.advancing, test_clocks.c.deleted_at.is_(None))
    # One at a time, so that there is one order. Not the environment's own row: every INSERT that refers to it waits.
    .with_for_update(of=test_clocks, skip_locked=True)
)
_DUE_FIRST = (
    select(customers.c.id, customers.c.due_at)
    .where(customers.c.environment_id == bindparam("environment"), customers.c.due_at <= bindparam("until"))
    .order_by(customers.c.due_at, customers.c.id)
    .limit(bindparam("at_most"))
)
_PUT_OFF = (
    update(customers)
    .where(customers.c.environment_id == bindparam("environment"), one_of_given(customers.c.id, "passed"))
    .values(due_at=bindparam("later"))
)
_DONE = update(environments).where(environments.c.id == bindparam("environment")).values(advancing=False)

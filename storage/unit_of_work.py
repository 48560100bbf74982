"""The one way to write: facts, versions, revision and idempotency key together, or not at all.

A command gets its work, reads and writes through it, and returns what it likes. An exception it raises rolls all back
and passes through unchanged. When other writers were in the way it is run again from the start, so it must keep
nothing from one attempt to the next.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from entitlements.changes import changes_between, next_change
from entitlements.effects import effects_of_time, effects_of_write
from entitlements.facts import FOREVER, CustomerId, EnvironmentId
from entitlements.runs import Timeline
from entitlements.timeline import timeline, timelines
from storage.customers import save_write
from storage.database import Database
from storage.environments import load_environment
from storage.errors import Contended
from storage.events import insert_events, numbered
from storage.facts import load_facts_after, load_locked_facts
from storage.idempotency import IdempotencyRequest, claim_key, settle_key
from storage.instants import TICK, latest_write, load_present, next_instant
from storage.kept import Kept
from storage.locks import lock_catalogue, lock_customer
from storage.notifier import note_news
from storage.records import CustomerChange, LoadedFacts
from storage.rows import attachment_changes, environments
from storage.work import CatalogueWork, CustomerWork, NewCustomerWork, RealTimeWork, Work, look_up

__all__ = [
    "CatalogueWork",
    "CustomerWork",
    "IdempotencyRequest",
    "NewCustomerWork",
    "RealTimeWork",
    "look_up",
    "write_catalogue",
    "write_customer",
    "write_in_real_time",
    "write_new_customer",
]

T = TypeVar("T")
W = TypeVar("W", bound=Work)

_ATTEMPTS = 5
_FIRST_PAUSE_SECONDS = 0.02


async def write_catalogue(
    db: Database,
    environment: EnvironmentId,
    command: Callable[[CatalogueWork], Awaitable[T]],
    *,
    idempotency: IdempotencyRequest | None = None,
) -> T:
    """Writes to features, products and attachments, alone in the environment.

    Raises: Replayed, IdempotencyConflict, UniqueViolation, EnvironmentClosed, EnvironmentMissing, DatabaseUnavailable,
    and whatever the command does.
    """

    async def begin(connection: AsyncConnection) -> CatalogueWork:
        await lock_catalogue(connection, environment, exclusive=True)
        current = await load_environment(connection, environment)
        latest = await latest_write(connection, current)
        return CatalogueWork(
            connection, current, next_instant(current, await load_present(connection, db.clock), latest)
        )

    result, _ = await _run(db, environment, begin, command, _save_catalogue, idempotency)
    return result


async def write_customer(
    db: Database,
    environment: EnvironmentId,
    customer: CustomerId,
    command: Callable[[CustomerWork], Awaitable[T]],
    *,
    idempotency: IdempotencyRequest | None = None,
    kept: Kept | None = None,
) -> tuple[T, CustomerChange | None]:
    """Writes to one customer and what is below it; returns what it came to, None if the command wrote nothing.

    `kept`: what the process has of the catalogue; under the catalogue lock the environment's versions prove it current.
    Raises: CustomerMissing, RowUnreadable, and what `write_catalogue` does.
    """

    async def begin(connection: AsyncConnection) -> CustomerWork:
        await lock_customer(connection, environment, customer)
        loaded, present = await load_locked_facts(connection, environment, customer, kept)
        latest = max(filter(None, (loaded.customer.announced_until, loaded.environment.catalogue_written_at)))
        real_time = present or db.clock.now()
        instant = _apart(loaded, next_instant(loaded.environment, real_time, latest))
        return CustomerWork(
            connection,
            loaded.environment,
            instant,
            real_time=real_time,
            loaded=loaded,
            customer=loaded.customer,
            facts=loaded.facts,
            kept=kept,
        )

    result, work = await _run(db, environment, begin, command, _save_customer, idempotency)
    return result, work.change


async def write_new_customer(
    db: Database,
    environment: EnvironmentId,
    command: Callable[[NewCustomerWork], Awaitable[T]],
    *,
    idempotency: IdempotencyRequest | None = None,
) -> T:
    """Makes a customer. Raises: what `write_catalogue` does."""

    async def begin(connection: AsyncConnection) -> NewCustomerWork:
        await lock_catalogue(connection, environment, exclusive=False)
        current = await load_environment(connection, environment)
        present = await load_present(connection, db.clock)
        return NewCustomerWork(connection, current, next_instant(current, present, current.catalogue_written_at))

    result, _ = await _run(db, environment, begin, command, _save_nothing, idempotency)
    return result


async def write_in_real_time(
    db: Database,
    environment: EnvironmentId,
    command: Callable[[RealTimeWork], Awaitable[T]],
    *,
    idempotency: IdempotencyRequest | None = None,
) -> T:
    """Writes what is no fact, such as customers' sessions: it changes no version, and no catalogue write holds it up.

    Raises: Replayed, IdempotencyConflict, EnvironmentMissing, DatabaseUnavailable, and whatever the command does.
    """

    async def begin(connection: AsyncConnection) -> RealTimeWork:
        current = await load_environment(connection, environment)
        return RealTimeWork(connection, current, db.clock.now())

    result, _ = await _run(db, environment, begin, command, _save_nothing, idempotency)
    return result


async def _run(
    db: Database,
    environment: EnvironmentId,
    begin: Callable[[AsyncConnection], Awaitable[W]],
    command: Callable[[W], Awaitable[T]],
    save: Callable[[W], Awaitable[None]],
    idempotency: IdempotencyRequest | None,
) -> tuple[T, W]:
    async def attempt() -> tuple[T, W]:
        async with db.begin_write() as connection:
            if idempotency is not None:
                await claim_key(connection, environment, idempotency, db.clock.now())
            work = await begin(connection)
            result = await command(work)
            await save(work)
            if idempotency is not None:
                await settle_key(connection, environment, idempotency, work.result_id)
            return result, work

    for number in range(1, _ATTEMPTS):
        try:
            return await attempt()
        except Contended:
            # Random, so that those who collided don't meet again; doubling, so that a crowd disperses.
            await asyncio.sleep(_FIRST_PAUSE_SECONDS * 2**number * random.random())  # noqa: S311 (no secret)
    return await attempt()


async def _save_catalogue(work: CatalogueWork) -> None:
    """Moves the versions on, and leaves word for the announcer: whom it concerns is found afterwards, in batches."""
    if not work.is_changed:
        return
    table = environments.c
    await work.connection.execute(
        update(environments)
        .where(table.id == work.environment.id)
        .values(
            catalogue_version=table.catalogue_version + 1,
            attachments_version=table.attachments_version + (1 if work.products or work.deleted else 0),
            catalogue_written_at=work.instant,
        )
    )
    changes = [
        {
            "environment_id": work.environment.id,
            "product_id": product,
            "attachments_version": work.environment.attachments_version + 1,
            "at": work.instant,
        }
        for product in sorted(work.products - work.deleted)
    ]
    if changes:
        await work.connection.execute(insert(attachment_changes), changes)
        note_news(work.connection, work.environment.id)


async def _save_customer(work: CustomerWork) -> None:
    """Announces what time has made due since the last write, and then the write itself. Source: DESIGN, Versions."""
    if not work.is_changed:
        return
    record = work.loaded.customer
    written = await load_facts_after(work.connection, work.loaded, work.facts, work.kept)
    before, after = timelines(work.loaded.facts, written.facts, written.attachments)
    if work.customer.deleted_at is not None:
        # A deleted customer's facts stay, and answer as if they never were.
        after = Timeline()
    due = changes_between(before, record.announced_until, work.instant)
    effects = [effects_of_time(before, instant) for instant in due]
    made = effects_of_write(before, after, work.instant)
    events = numbered(record, [*effects, made] if made else effects, work.real_time)
    await insert_events(work.connection, work.environment.id, events)
    revision = record.announced_revision + len(events)
    customer = await save_write(work, revision=revision, due_at=next_change(after, work.instant))
    work.change = CustomerChange(work.instant, revision, made, replace(written, customer=customer), after)


def _apart(loaded: LoadedFacts, instant: datetime) -> datetime:
    """The instant of a write, apart from those of what is due: two changes at one instant couldn't be told apart."""
    if not _may_be_due(loaded, instant):
        return instant
    due = set(changes_between(timeline(loaded.facts, loaded.attachments), loaded.customer.announced_until, FOREVER))
    while instant in due:
        instant += TICK
    return instant


def _may_be_due(loaded: LoadedFacts, instant: datetime) -> bool:
    """Whether time may have changed something by an instant, as far as one can tell without the rule."""
    customer, catalogue_written_at = loaded.customer, loaded.environment.catalogue_written_at
    if catalogue_written_at is not None and catalogue_written_at > max(customer.written_at, customer.announced_until):
        # The customer's row may not know yet of what a change of attachments has made due.
        return True
    return customer.due_at is not None and customer.due_at <= instant


async def _save_nothing(_: Work) -> None:
    """A new customer has no facts yet, so nothing to announce; what lives by real time is no fact."""

"""Events at rest: every effective change of a customer, one row for each revision, written with what made it."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy import bindparam, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from entitlements.effects import Effects
from entitlements.facts import CustomerId, EnvironmentId
from storage.dialect import AnyRow, one_of_given
from storage.ids import new_id
from storage.records import CustomerRecord, Event
from storage.rows import events
from storage.webhook_queueing import queue_deliveries

_EFFECTS = TypeAdapter(Effects)
_AFTER = (
    select(events)
    .where(
        events.c.environment_id == bindparam("environment"),
        events.c.customer_id == bindparam("customer"),
        events.c.revision > bindparam("revision"),
    )
    .order_by(events.c.revision)
    .limit(bindparam("at_most"))
)
_BY_ID = select(events).where(events.c.environment_id == bindparam("environment"), one_of_given(events.c.id, "events"))


def numbered(customer: CustomerRecord, effects: Sequence[Effects], recorded_at: datetime) -> list[Event]:
    """Effects as the events that follow what was announced of a customer before, in the order given."""
    first = customer.announced_revision + 1
    return [
        Event(new_id("evt"), customer.id, revision, recorded_at, each, customer.external_id)
        for revision, each in enumerate(effects, first)
    ]


async def insert_events(connection: AsyncConnection, environment: EnvironmentId, made: Sequence[Event]) -> None:
    """Writes events down, and what is to be delivered of them, in the transaction of what made them."""
    rows = [
        {
            "environment_id": environment,
            "customer_id": event.customer,
            "revision": event.revision,
            "id": event.id,
            "at": event.at,
            "recorded_at": event.recorded_at,
            "effects": _EFFECTS.dump_json(event.effects).decode(),
            "external_id": event.external_id,
        }
        for event in made
    ]
    if rows:
        # A list of one is sent as a batch too, which costs more than the row by itself.
        await connection.execute(insert(events), rows if len(rows) > 1 else rows[0])
        await queue_deliveries(connection, environment, [event.id for event in made])


async def load_events_after(
    connection: AsyncConnection, environment: EnvironmentId, customer: CustomerId, revision: int, at_most: int
) -> list[Event]:
    """A customer's events after a revision, in order. One statement. Those past their time are gone."""
    given = {"environment": environment, "customer": customer, "revision": revision, "at_most": at_most}
    return [read_event(row) for row in await connection.execute(_AFTER, given)]


async def load_events(connection: AsyncConnection, environment: EnvironmentId, ids: Sequence[str]) -> dict[str, Event]:
    """The events with these ids; unknown and foreign ones are absent, and those past their time."""
    rows = await connection.execute(_BY_ID, {"environment": environment, "events": ids})
    return {event.id: event for event in map(read_event, rows)}


def read_event(row: AnyRow) -> Event:
    """An event from a row with the table's columns."""
    effects = _EFFECTS.validate_json(row.effects)
    return Event(row.id, row.customer_id, row.revision, row.recorded_at, effects, row.external_id)

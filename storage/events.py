"""Events at rest: every effective change of a customer, one row for each revision, written with what made it."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import bindparam, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from entitlements.effects import Effects
from entitlements.facts import CustomerId, EnvironmentId
from storage.dialect import AnyRow, elements_of, one_of_given
from storage.errors import RowUnreadable
from storage.ids import new_id
from storage.notifier import note_news
from storage.records import CustomerRecord, Event
from storage.rows import events
from storage.webhook_outbox import queue_deliveries

Place = tuple[CustomerId, int]
"""A place in a customer's events: after this revision."""

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
    """Writes events down, and what is to be delivered of them, in the transaction of what made them.

    It wakes those who wait for them at its end.
    """
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
    for customer in {event.customer for event in made}:
        note_news(connection, environment, customer)


async def load_events_after(
    connection: AsyncConnection, environment: EnvironmentId, customer: CustomerId, revision: int, at_most: int
) -> list[Event]:
    """A customer's events after a revision, in order. One statement. Those past their time are gone."""
    given = {"environment": environment, "customer": customer, "revision": revision, "at_most": at_most}
    return [read_event(row) for row in await connection.execute(_AFTER, given)]


async def load_events_after_each(
    connection: AsyncConnection, environment: EnvironmentId, places: Sequence[Place], at_most: int
) -> dict[Place, list[Event]]:
    """The same for several customers, at most so many events of each; where there are none yet nothing stands.

    One statement. Raises: RowUnreadable.
    """
    asked = [[number, customer, revision] for number, (customer, revision) in enumerate(places)]
    found: dict[Place, list[Event]] = defaultdict(list)
    for row in await connection.execute(_AFTER_EACH, {"environment": environment, "places": asked, "at_most": at_most}):
        found[places[row.number]].append(read_event(row))
    return dict(found)


async def load_events(connection: AsyncConnection, environment: EnvironmentId, ids: Sequence[str]) -> dict[str, Event]:
    """The events with these ids; unknown and foreign ones are absent, and those past their time."""
    rows = await connection.execute(_BY_ID, {"environment": environment, "events": ids})
    return {event.id: event for event in map(read_event, rows)}


async def try_to_load_events(
    connection: AsyncConnection, environment: EnvironmentId, ids: Sequence[str]
) -> dict[str, Event | RowUnreadable]:
    """As `load_events`, each by itself: in the place of one that can't be read stands why."""
    rows = await connection.execute(_BY_ID, {"environment": environment, "events": ids})
    return {row.id: _try_to_read(row) for row in rows}


def read_event(row: AnyRow) -> Event:
    """An event from a row with the table's columns. Raises: RowUnreadable."""
    try:
        effects = _EFFECTS.validate_json(row.effects)
    except ValidationError:
        # Its message would quote what it couldn't read.
        raise RowUnreadable("events", row.id) from None
    return Event(row.id, row.customer_id, row.revision, row.recorded_at, effects, row.external_id)


def _try_to_read(row: AnyRow) -> Event | RowUnreadable:
    try:
        return read_event(row)
    except RowUnreadable as error:
        return error


# A place is [its number, customer, revision].
_PLACE = elements_of("places").c.value
_NUMBER, _CUSTOMER, _REVISION = _PLACE[0].as_integer(), _PLACE[1].as_string(), _PLACE[2].as_integer()
_later = events.alias()
# Events may have been removed, so how far to read is counted from the first there is.
_FIRST_REVISION = (
    select(func.min(_later.c.revision))
    .where(
        _later.c.environment_id == bindparam("environment"),
        _later.c.customer_id == _CUSTOMER,
        _later.c.revision > _REVISION,
    )
    .correlate(_PLACE.table)
    .scalar_subquery()
)
_AFTER_EACH = (
    select(_NUMBER.label("number"), events)
    .where(
        events.c.environment_id == bindparam("environment"),
        events.c.customer_id == _CUSTOMER,
        events.c.revision > _REVISION,
        events.c.revision < _FIRST_REVISION + bindparam("at_most"),
    )
    .order_by(events.c.customer_id, events.c.revision)
)

"""Deliveries as a queue: leased to whoever attempts them, until they have ended.

A delivery is due at `next_attempt_at`, by the clock that all processes share. To lease it is to put that off to the end
of the lease: whoever dies with it has only delayed it.

Where an endpoint goes by order, whoever finds a delivery due that must wait for another puts it off until that one has
been attempted again; the end of that one lets it go at once. So what waits isn't looked at all the time, and nothing
hangs on its being let go: whatever is still on its way has an instant at which it is looked at.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import bindparam, exists, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from entitlements.facts import EnvironmentId
from storage.columns import Instant
from storage.database import Database
from storage.dialect import AnyRow, AnySelect, one_of_given
from storage.errors import RowUnreadable
from storage.events import try_to_load_events
from storage.instants import load_present
from storage.records import Event
from storage.rows import environments
from storage.rows import webhook_deliveries as deliveries
from storage.rows import webhook_endpoints as endpoints
from storage.webhook_endpoints import read_endpoint
from storage.webhook_ids import webhook_event_id
from storage.webhook_lists import read_delivery
from storage.webhook_records import (
    LeasedDelivery,
    WebhookEndpoint,
    WebhookEvent,
    WebhookEventType,
)


@dataclass(frozen=True, slots=True)
class DueEndpoint:
    """An endpoint for which something is due. `is_failing`: whether the last attempt failed."""

    environment: EnvironmentId
    id: str
    is_failing: bool = field(default=False, compare=False, kw_only=True)


_LOOK = 500
"""How many deliveries are looked at together where it goes by order: most of them may have to wait."""


async def find_due_endpoints(db: Database) -> list[DueEndpoint]:
    """Endpoints that are enabled and for which something is due."""
    async with db.read() as connection:
        rows = await connection.execute(_DUE_ENDPOINTS, {"now": await load_present(connection, db.clock)})
        return [DueEndpoint(row.environment_id, row.id, is_failing=row.failing_since is not None) for row in rows]


async def lease_deliveries(
    db: Database, due: DueEndpoint, *, at_most: int, lasting: timedelta
) -> list[LeasedDelivery | RowUnreadable]:
    """Takes deliveries that are due for an endpoint, the longest due first, so that for a while nobody else does.

    Where it goes by order, a customer's next one is taken once the one before has ended. None at all if the endpoint
    was disabled or deleted. One that can't be read is taken like the others, so that it is in nobody's way.
    """
    while True:
        leased, looked_at = await _lease(db, due, at_most, lasting)
        # A look may have met none but those that wait for others: they are out of the way of the next look now.
        if leased or looked_at < _LOOK:
            return leased


_IS_ENABLED = (endpoints.c.disabled_at.is_(None), endpoints.c.deleted_at.is_(None))
_NOW = bindparam("now", type_=Instant())
_DUE_ENDPOINTS = select(endpoints.c.environment_id, endpoints.c.id, endpoints.c.failing_since).where(
    *_IS_ENABLED,
    exists().where(
        deliveries.c.environment_id == endpoints.c.environment_id,
        deliveries.c.endpoint_id == endpoints.c.id,
        deliveries.c.next_attempt_at <= _NOW,
    ),
)
_ENABLED = (
    select(endpoints, environments.c.livemode)
    .join(environments)
    .where(
        endpoints.c.environment_id == bindparam("environment"), endpoints.c.id == bindparam("endpoint"), *_IS_ENABLED
    )
)
_OF_ENDPOINT = (
    deliveries.c.environment_id == bindparam("environment"),
    deliveries.c.endpoint_id == bindparam("endpoint"),
)
_DUE: AnySelect = (
    select(deliveries.c.id)
    .where(*_OF_ENDPOINT, deliveries.c.next_attempt_at <= _NOW)
    .order_by(deliveries.c.next_attempt_at)
    .limit(bindparam("at_most"))
    .with_for_update(skip_locked=True)
)
_earlier = deliveries.alias("earlier")
# What of the same customer is next on its way to the endpoint: null where nothing comes before.
_FIRST_AT = (
    select(_earlier.c.next_attempt_at)
    .where(
        _earlier.c.environment_id == deliveries.c.environment_id,
        _earlier.c.endpoint_id == deliveries.c.endpoint_id,
        _earlier.c.customer_id == deliveries.c.customer_id,
        _earlier.c.next_attempt_at.is_not(None),
        tuple_(_earlier.c.revision, _earlier.c.type) < tuple_(deliveries.c.revision, deliveries.c.type),
    )
    .order_by(_earlier.c.revision, _earlier.c.type)
    .limit(1)
    .scalar_subquery()
)
_GIVEN = (deliveries.c.environment_id == bindparam("environment"), one_of_given(deliveries.c.id, "deliveries"))
_PLACES = select(deliveries.c.id, _FIRST_AT.label("first_at")).where(*_GIVEN).order_by(deliveries.c.next_attempt_at)
_PUT_OFF = (
    update(deliveries)
    .where(deliveries.c.environment_id == bindparam("environment"), deliveries.c.id == bindparam("delivery"))
    .values(next_attempt_at=bindparam("until"))
)
_LEASE = (
    update(deliveries)
    .where(*_GIVEN)
    .values(lease=bindparam("held_by"), next_attempt_at=bindparam("until"))
    .returning(deliveries)
)


async def _lease(
    db: Database, due: DueEndpoint, at_most: int, lasting: timedelta
) -> tuple[list[LeasedDelivery | RowUnreadable], int]:
    """What was taken at one look, and how many deliveries were looked at."""
    named = {"environment": due.environment, "endpoint": due.id}
    async with db.begin_write() as connection:
        row = (await connection.execute(_ENABLED, named)).one_or_none()
        if row is None:
            return [], 0
        endpoint, lease = read_endpoint(row), uuid4().hex
        now = await load_present(connection, db.clock)
        look = {"now": now, "at_most": _LOOK if endpoint.is_ordered else at_most}
        # Read first: a subquery of the UPDATE is run again for every row under some plans of PostgreSQL.
        found = [each.id for each in await connection.execute(_DUE, named | look)]
        ids = await _first_of_customers(connection, due, found, now, lasting) if endpoint.is_ordered else found
        if not ids:
            return [], len(found)
        given = {"environment": due.environment, "deliveries": ids[:at_most], "held_by": lease, "until": now + lasting}
        taken = sorted((await connection.execute(_LEASE, given)).all(), key=_order)
        known = await try_to_load_events(connection, due.environment, [each.event_id for each in taken])
        return [_leased(each, known[each.event_id], endpoint, row.livemode) for each in taken], len(found)


async def _first_of_customers(
    connection: AsyncConnection, due: DueEndpoint, ids: Sequence[str], now: datetime, lasting: timedelta
) -> list[str]:
    """Of deliveries whose rows are locked, those that wait for no other; the others are put off.

    A statement of its own, after the locks: an end that it doesn't see yet waits for them to let the next one go.
    """
    rows = (await connection.execute(_PLACES, {"environment": due.environment, "deliveries": ids})).all()
    waiting = [
        {"environment": due.environment, "delivery": row.id, "until": max(row.first_at, now) + lasting}
        for row in rows
        if row.first_at is not None
    ]
    if waiting:
        await connection.execute(_PUT_OFF, waiting)
    return [row.id for row in rows if row.first_at is None]


def _order(row: AnyRow) -> tuple[object, ...]:
    """As events followed each other."""
    return row.created_at, row.event_id, row.revision, row.type


def _leased(
    row: AnyRow,
    event: Event | RowUnreadable,
    endpoint: WebhookEndpoint,
    livemode: bool,  # noqa: FBT001 - a column
) -> LeasedDelivery | RowUnreadable:
    if isinstance(event, RowUnreadable):
        return event
    type_ = WebhookEventType(row.type)
    told = WebhookEvent(webhook_event_id(event.id, type_), type_, event)
    return LeasedDelivery(read_delivery(row), told, endpoint, row.lease, livemode)

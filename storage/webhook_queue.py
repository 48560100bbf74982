"""Deliveries as a queue: leased to whoever attempts them, until they have ended.

A delivery is due at `next_attempt_at`. To lease it is to put that off to the end of the lease: whoever dies with it has
only delayed it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import ColumnElement, bindparam, exists, insert, select, tuple_, update

from entitlements.facts import EnvironmentId
from storage.columns import Instant
from storage.database import Database
from storage.dialect import AnyRow, AnySelect, one_of_given
from storage.events import load_events
from storage.records import Event
from storage.rows import environments, webhook_attempts
from storage.rows import webhook_deliveries as deliveries
from storage.rows import webhook_endpoints as endpoints
from storage.webhook_endpoints import read_endpoint
from storage.webhook_ids import webhook_event_id
from storage.webhook_lists import read_delivery
from storage.webhook_records import (
    LeasedDelivery,
    WebhookAttempt,
    WebhookDeliveryState,
    WebhookDisabledReason,
    WebhookEndpoint,
    WebhookEvent,
    WebhookEventType,
)


@dataclass(frozen=True, slots=True)
class DueEndpoint:
    """An endpoint for which something may be due."""

    environment: EnvironmentId
    id: str


async def find_due_endpoints(db: Database, now: datetime) -> list[DueEndpoint]:
    """Endpoints that are enabled and for which something may be due."""
    async with db.read() as connection:
        rows = await connection.execute(_DUE_ENDPOINTS, {"now": now})
        return [DueEndpoint(row.environment_id, row.id) for row in rows]


async def lease_deliveries(
    db: Database, due: DueEndpoint, now: datetime, *, at_most: int, lasting: timedelta
) -> list[LeasedDelivery]:
    """Takes deliveries that are due for an endpoint, the longest due first, so that for a while nobody else does.

    Where it goes by order, a customer's next one is taken once the one before has ended. None at all if the endpoint
    was disabled or deleted.
    """
    named = {"environment": due.environment, "endpoint": due.id}
    async with db.begin_write() as connection:
        row = (await connection.execute(_ENABLED, named)).one_or_none()
        if row is None:
            return []
        endpoint, lease = read_endpoint(row), uuid4().hex
        query = _FIRST_IN_ORDER if endpoint.is_ordered else _DUE
        # Read first: a subquery of the UPDATE is run again for every row under some plans of PostgreSQL.
        found = await connection.execute(query, named | {"now": now, "at_most": at_most})
        if ids := [each.id for each in found]:
            given = {"environment": due.environment, "deliveries": ids, "held_by": lease, "until": now + lasting}
            taken = (await connection.execute(_LEASE, given)).all()
            known = await load_events(connection, due.environment, [each.event_id for each in taken])
            return [
                _read_leased(each, known[each.event_id], endpoint, row.livemode) for each in sorted(taken, key=_order)
            ]
    return []


async def record_attempt(
    db: Database,
    leased: LeasedDelivery,
    attempt: WebhookAttempt,
    *,
    next_attempt_at: datetime | None,
    is_delivered: bool,
) -> bool:
    """Writes down how an attempt went, and what is to become of the delivery; False if the lease was lost meanwhile.

    `next_attempt_at`: None if there is to be no other attempt.
    """
    state = WebhookDeliveryState.DELIVERED if is_delivered else WebhookDeliveryState.FAILED
    ended = next_attempt_at is None
    environment, endpoint = leased.endpoint.environment, leased.endpoint.id
    async with db.begin_write() as connection:
        settled = await connection.execute(
            update(deliveries)
            .where(
                deliveries.c.environment_id == environment,
                deliveries.c.id == leased.delivery.id,
                deliveries.c.lease == leased.lease,
            )
            .values(
                state=state if ended else WebhookDeliveryState.PENDING,
                failures=deliveries.c.failures + (0 if is_delivered else 1),
                next_attempt_at=next_attempt_at,
                ended_at=attempt.at if ended else None,
                lease=None,
            )
        )
        if not settled.rowcount:
            return False
        await connection.execute(insert(webhook_attempts).values(_row_of(environment, attempt)))
        # Without a row to change this takes no lock, so attempts don't wait for each other.
        is_news = endpoints.c.failing_since.is_not(None) if is_delivered else endpoints.c.failing_since.is_(None)
        await connection.execute(
            update(endpoints)
            .where(endpoints.c.environment_id == environment, endpoints.c.id == endpoint, is_news)
            .values(failing_since=None if is_delivered else attempt.at)
        )
        return True


async def disable_if_failing(
    db: Database, endpoint: WebhookEndpoint, now: datetime, *, failing_since: datetime
) -> bool:
    """Disables an endpoint if every attempt has failed since an instant or longer; says whether it did so now."""
    async with db.begin_write() as connection:
        disabled = await connection.execute(
            update(endpoints)
            .where(
                endpoints.c.environment_id == endpoint.environment,
                endpoints.c.id == endpoint.id,
                endpoints.c.failing_since <= failing_since,
                endpoints.c.disabled_at.is_(None),
                endpoints.c.deleted_at.is_(None),
            )
            .values(disabled_at=now, disabled_reason=WebhookDisabledReason.FAILING)
        )
        return disabled.rowcount > 0


_IS_ENABLED = (endpoints.c.disabled_at.is_(None), endpoints.c.deleted_at.is_(None))
_NOW = bindparam("now", type_=Instant())
_DUE_ENDPOINTS = select(endpoints.c.environment_id, endpoints.c.id).where(
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


def _is_first_of_customer() -> ColumnElement[bool]:
    """Whether nothing told earlier of the same customer is still on its way to the endpoint."""
    return ~exists().where(
        _earlier.c.environment_id == deliveries.c.environment_id,
        _earlier.c.endpoint_id == deliveries.c.endpoint_id,
        _earlier.c.customer_id == deliveries.c.customer_id,
        _earlier.c.next_attempt_at.is_not(None),
        tuple_(_earlier.c.revision, _earlier.c.type) < tuple_(deliveries.c.revision, deliveries.c.type),
    )


_FIRST_IN_ORDER: AnySelect = _DUE.where(_is_first_of_customer())
_LEASE = (
    update(deliveries)
    .where(deliveries.c.environment_id == bindparam("environment"), one_of_given(deliveries.c.id, "deliveries"))
    .values(lease=bindparam("held_by"), next_attempt_at=bindparam("until"))
    .returning(deliveries)
)


def _order(row: AnyRow) -> tuple[object, ...]:
    """As events followed each other."""
    return row.created_at, row.event_id, row.revision, row.type


def _read_leased(row: AnyRow, event: Event, endpoint: WebhookEndpoint, livemode: bool) -> LeasedDelivery:  # noqa: FBT001 - a column
    type_ = WebhookEventType(row.type)
    told = WebhookEvent(webhook_event_id(event.id, type_), type_, event)
    return LeasedDelivery(read_delivery(row), told, endpoint, row.lease, livemode)


def _row_of(environment: EnvironmentId, attempt: WebhookAttempt) -> dict[str, object]:
    return {
        "environment_id": environment,
        "id": attempt.id,
        "delivery_id": attempt.delivery,
        "at": attempt.at,
        "duration_ms": attempt.duration_ms,
        "status_code": attempt.status_code,
        "failure": attempt.failure,
        "answer": attempt.answer,
    }

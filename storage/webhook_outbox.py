"""What is queued with every event: a delivery for each endpoint that wants it, or that is asked to have it again."""

from collections.abc import Sequence

from sqlalchemy import bindparam, insert, literal, or_, select, type_coerce, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from entitlements.facts import EnvironmentId
from storage.columns import Word
from storage.dialect import AnySelect, insert_into, one_of_given
from storage.rows import events
from storage.rows import webhook_deliveries as deliveries
from storage.rows import webhook_endpoints as endpoints
from storage.webhook_ids import delivery_id, delivery_id_in_sql
from storage.webhook_records import (
    EVERY_EVENT,
    WebhookDeliveryState,
    WebhookEvent,
    WebhookEventType,
)
from storage.work import RealTimeWork


async def queue_deliveries(connection: AsyncConnection, environment: EnvironmentId, made: Sequence[str]) -> None:
    """Makes deliveries of events for all who want them, in the transaction that writes the events. One statement.

    A disabled endpoint's wait with it. `made`: the events' ids.
    """
    await connection.execute(_QUEUE, {"environment": environment, "events": made})


async def queue_again(work: RealTimeWork, event: WebhookEvent, endpoint: str) -> str:
    """Has an event delivered to an endpoint, at once and as if it never had been; returns the delivery's id.

    Whatever the endpoint wants otherwise, and whether or not it had the event before.
    """
    id_ = delivery_id(event.event.id, event.type, endpoint)
    fresh = {
        "state": WebhookDeliveryState.PENDING,
        "failures": 0,
        "next_attempt_at": work.instant,
        "lease": None,
        "ended_at": None,
    }
    await work.connection.execute(
        insert_into(work.connection, deliveries)
        .values(
            environment_id=work.environment.id,
            id=id_,
            endpoint_id=endpoint,
            event_id=event.event.id,
            type=event.type,
            customer_id=event.event.customer,
            revision=event.event.revision,
            created_at=work.instant,
            **fresh,
        )
        .on_conflict_do_update(index_elements=["environment_id", "id"], set_=fresh)
    )
    return id_


def _wanting(type_: WebhookEventType) -> AnySelect:
    """One row for each endpoint that wants a type of each of the events given."""
    wanted = type_coerce(endpoints.c.enabled_events, Word())
    return (
        select(
            events.c.environment_id,
            delivery_id_in_sql(type_),
            endpoints.c.id,
            events.c.id,
            literal(type_.value, Word()),
            events.c.customer_id,
            events.c.revision,
            events.c.recorded_at,
            literal(WebhookDeliveryState.PENDING.value, Word()),
            literal(0),
            events.c.recorded_at,
        )
        .select_from(events)
        .join(endpoints, endpoints.c.environment_id == events.c.environment_id)
        .where(
            events.c.environment_id == bindparam("environment", type_=Word()),
            one_of_given(events.c.id, "events"),
            endpoints.c.deleted_at.is_(None),
            or_(*(wanted.contains(f" {word} ", autoescape=True) for word in (EVERY_EVENT, type_.value))),
        )
    )


_QUEUED = (
    "environment_id",
    "id",
    "endpoint_id",
    "event_id",
    "type",
    "customer_id",
    "revision",
    "created_at",
    "state",
    "failures",
    "next_attempt_at",
)
_QUEUE = insert(deliveries).from_select(_QUEUED, union_all(*map(_wanting, WebhookEventType)))

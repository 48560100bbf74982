"""Attempts written down: how each went, and what becomes of its delivery, of what waits for that, of the endpoint."""

from datetime import datetime, timedelta

from sqlalchemy import BigInteger, bindparam, insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from entitlements.facts import EnvironmentId
from storage.columns import Instant, Word
from storage.database import Database
from storage.instants import load_present
from storage.rows import webhook_attempts
from storage.rows import webhook_deliveries as deliveries
from storage.rows import webhook_endpoints as endpoints
from storage.webhook_records import (
    LeasedDelivery,
    WebhookAttempt,
    WebhookDeliveryState,
    WebhookDisabledReason,
    WebhookEndpoint,
)


async def record_attempt(
    db: Database,
    leased: LeasedDelivery,
    attempt: WebhookAttempt,
    *,
    pause: timedelta | None,
    is_delivered: bool,
) -> bool:
    """Writes down how an attempt went, and what is to become of the delivery.

    `pause`: until the next attempt; None if there is to be no other. False if the lease was lost meanwhile: then the
    attempt is written down, if the delivery is still there, and changes nothing.
    """
    ended = pause is None
    environment, event = leased.endpoint.environment, leased.event.event
    named = (deliveries.c.environment_id == environment, deliveries.c.id == leased.delivery.id)
    async with db.begin_write() as connection:
        now = await load_present(connection, db.clock)
        state = WebhookDeliveryState.DELIVERED if is_delivered else WebhookDeliveryState.FAILED
        settled = await connection.execute(
            update(deliveries)
            .where(*named, deliveries.c.lease == leased.lease)
            .values(
                state=state if ended else WebhookDeliveryState.PENDING,
                failures=deliveries.c.failures + (0 if is_delivered else 1),
                next_attempt_at=None if pause is None else now + pause,
                ended_at=attempt.at if ended else None,
                lease=None,
            )
        )
        is_ours = settled.rowcount > 0
        if not is_ours:
            # Held, as a row that refers to it is to be written.
            known = select(deliveries.c.id).where(*named).with_for_update(read=True, key_share=True)
            if (await connection.execute(known)).one_or_none() is None:
                return False
        await connection.execute(insert(webhook_attempts).values(_row_of(environment, attempt)))
        if is_ours:
            await _note_failing(connection, leased.endpoint, None if is_delivered else attempt.at)
        if is_ours and ended and leased.endpoint.is_ordered:
            given = {"environment": environment, "endpoint": leased.endpoint.id, "now": now}
            after = {"customer": event.customer, "ended": event.revision, "ended_type": leased.event.type}
            await connection.execute(_LET_NEXT_GO, given | after)
        return is_ours


async def disable_if_failing(db: Database, endpoint: WebhookEndpoint, *, lasting: timedelta) -> bool:
    """Disables an endpoint if every attempt has failed for some time or longer; says whether it did so now."""
    async with db.begin_write() as connection:
        now = await load_present(connection, db.clock)
        disabled = await connection.execute(
            update(endpoints)
            .where(
                endpoints.c.environment_id == endpoint.environment,
                endpoints.c.id == endpoint.id,
                endpoints.c.failing_since <= now - lasting,
                endpoints.c.disabled_at.is_(None),
                endpoints.c.deleted_at.is_(None),
            )
            .values(disabled_at=now, disabled_reason=WebhookDisabledReason.FAILING)
        )
        return disabled.rowcount > 0


_later = deliveries.alias("later")
_LET_NEXT_GO = (
    update(deliveries)
    .where(
        deliveries.c.environment_id == bindparam("environment"),
        deliveries.c.id
        == select(_later.c.id)
        .where(
            _later.c.environment_id == bindparam("environment"),
            _later.c.endpoint_id == bindparam("endpoint"),
            _later.c.customer_id == bindparam("customer"),
            _later.c.next_attempt_at.is_not(None),
            tuple_(_later.c.revision, _later.c.type)
            > tuple_(bindparam("ended", type_=BigInteger()), bindparam("ended_type", type_=Word())),
        )
        .order_by(_later.c.revision, _later.c.type)
        .limit(1)
        .scalar_subquery(),
        deliveries.c.lease.is_(None),
    )
    .values(next_attempt_at=bindparam("now", type_=Instant()))
)


async def _note_failing(connection: AsyncConnection, endpoint: WebhookEndpoint, since: datetime | None) -> None:
    # Without a row to change this takes no lock, so attempts don't wait for each other.
    is_news = endpoints.c.failing_since.is_not(None) if since is None else endpoints.c.failing_since.is_(None)
    named = (endpoints.c.environment_id == endpoint.environment, endpoints.c.id == endpoint.id)
    await connection.execute(update(endpoints).where(*named, is_news).values(failing_since=since))


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

"""Attempts at deliveries without anybody to deliver to: written down as a dispatcher would, had they failed."""

from datetime import timedelta

from sqlalchemy import insert, select, update

from storage.ids import new_id
from storage.rows import webhook_attempts, webhook_deliveries, webhook_endpoints
from storage.webhook_records import WebhookDeliveryState, WebhookFailure
from tests.operations.api import Api


async def fail_deliveries(api: Api, endpoint: str, *, times: int) -> str:
    """Has the endpoint's earliest delivery fail so many times, the last time for good; returns that attempt's id."""
    environment, now = api.environment.id, api.database.clock.now()
    deliveries = webhook_deliveries.c
    mine = deliveries.environment_id == environment, deliveries.endpoint_id == endpoint
    earliest = select(deliveries.id).where(*mine).order_by(deliveries.created_at, deliveries.id).limit(1)
    async with api.database.begin_write() as connection:
        delivery = (await connection.execute(earliest)).scalar_one()
        attempts = [
            {
                "environment_id": environment,
                "id": new_id("wha"),
                "delivery_id": delivery,
                "at": now + number * timedelta(milliseconds=1),
                "duration_ms": 5_000,
                "failure": WebhookFailure.NO_CONNECTION,
            }
            for number in range(times)
        ]
        await connection.execute(insert(webhook_attempts), attempts)
        ended = {"state": WebhookDeliveryState.FAILED, "next_attempt_at": None, "ended_at": now, "failures": times}
        await connection.execute(update(webhook_deliveries).where(*mine, deliveries.id == delivery).values(ended))
        failing = webhook_endpoints.c.environment_id == environment, webhook_endpoints.c.id == endpoint
        await connection.execute(update(webhook_endpoints).where(*failing).values(failing_since=now))
    return str(attempts[-1]["id"])

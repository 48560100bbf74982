"""Attempts at deliveries without anybody to deliver to: taken from the queue, and written down as failed."""

from datetime import timedelta

from storage.ids import new_id
from storage.webhook_queue import DueEndpoint, lease_deliveries, record_attempt
from storage.webhook_records import WebhookAttempt, WebhookFailure
from tests.operations.api import Api


async def fail_deliveries(api: Api, endpoint: str, *, times: int) -> str:
    """Has the endpoint's earliest delivery fail so many times, the last time for good; returns that attempt's id."""
    now = api.database.clock.now() + timedelta(hours=1)
    due = DueEndpoint(api.environment.id, endpoint)
    attempt = ""
    for number in range(times):
        [leased] = await lease_deliveries(api.database, due, now, at_most=1, lasting=timedelta(minutes=1))
        failed = WebhookAttempt(
            id=new_id("wha"),
            delivery=leased.delivery.id,
            at=now + number * timedelta(milliseconds=1),
            duration_ms=5_000,
            status_code=None,
            failure=WebhookFailure.NO_CONNECTION,
            answer=None,
        )
        # So long ago that it is the first one due again.
        again = None if number == times - 1 else now - timedelta(days=1)
        await record_attempt(api.database, leased, failed, next_attempt_at=again, is_delivered=False)
        attempt = failed.id
    return attempt

"""What a process does beside answering: it announces changes and delivers webhooks."""

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from prometheus_client import CollectorRegistry

from gateway.settings import Settings
from gateway.telemetry.webhooks import WebhookFigures
from gateway.telemetry.worker import WorkerFigures
from gateway.webhooks.delivering import delivering_webhooks
from gateway.worker import Worker
from resolvers.shared import SharedReads
from storage.database import Database


def working(
    settings: Settings, database: Database, shared: SharedReads, registry: CollectorRegistry
) -> AbstractAsyncContextManager[None]:
    """The worker and the delivering of webhooks, while a block lasts. Their figures are in the registry from now on."""
    figures, webhooks = WorkerFigures(registry), WebhookFigures(registry)
    worker = Worker(database, shared.wakeups, event_days=settings.event_days, kept=shared, figures=figures)

    @asynccontextmanager
    async def work() -> AsyncGenerator[None]:
        async with worker, delivering_webhooks(database, settings, observe=webhooks.note_attempt):
            yield

    return work()

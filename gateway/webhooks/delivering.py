"""Delivering webhooks beside whatever else a process does."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from gateway.setting_groups import WebhookSettings
from gateway.webhooks.addresses import NameService
from gateway.webhooks.dispatcher import Dispatcher, Observe
from gateway.webhooks.sending import Sender
from resolvers.webhook_targets import WebhookTargets
from storage.database import Database
from storage.unattended import keep_at


async def deliver_webhooks(database: Database, settings: WebhookSettings, *, observe: Observe | None = None) -> None:
    """Delivers until it is cancelled; what is under way then has a few seconds to be answered."""
    sender = Sender(WebhookTargets(private=settings.webhook_private_targets), NameService())
    await Dispatcher(database, settings, sender, observe=observe).run()


@asynccontextmanager
async def delivering_webhooks(
    database: Database, settings: WebhookSettings, *, observe: Observe | None = None
) -> AsyncGenerator[None]:
    """The same while a block lasts."""

    async def deliver() -> None:
        await deliver_webhooks(database, settings, observe=observe)

    task = asyncio.create_task(keep_at(deliver, "delivering webhooks"), name="delivering webhooks")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])

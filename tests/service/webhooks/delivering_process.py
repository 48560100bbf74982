"""A process that delivers webhooks until it is killed: `python delivering_process.py URL`."""

import asyncio
import sys

from gateway.setting_groups import WebhookSettings
from gateway.webhooks.delivering import deliver_webhooks
from storage.database import Database


async def _deliver(url: str) -> None:
    await deliver_webhooks(Database.open(url), WebhookSettings(webhook_private_targets=True))


if __name__ == "__main__":
    asyncio.run(_deliver(sys.argv[1]))

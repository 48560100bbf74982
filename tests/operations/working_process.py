"""A worker in a process of its own, which may be killed at any point."""

import asyncio
from multiprocessing.connection import Connection

from gateway.worker import Worker
from resolvers.shared import SharedReads
from storage.database import Database


def work(url: str, began: Connection) -> None:
    """Announces at a database until it is killed; says so as it begins."""
    asyncio.run(_work(url, began))


async def _work(url: str, began: Connection) -> None:
    database = Database.open(url)
    shared = SharedReads(database)
    async with Worker(database, shared.wakeups, event_days=30):
        began.send(None)
        await asyncio.Event().wait()

"""`admittance worker`."""

import asyncio
import logging
import signal

from gateway.commands.running import run
from gateway.console import err, out
from gateway.settings import Settings, masked
from gateway.telemetry.logs import configure_logging
from gateway.webhooks.delivering import delivering_webhooks
from gateway.worker import Worker
from resolvers.shared import SharedReads
from storage.database import Database


def worker() -> None:
    """Announce what time and the catalogue change and deliver webhooks, beside `serve` or in place of its own worker.

    Any number may run on one PostgreSQL database. With `worker = false` processes that serve leave it to them.
    """
    settings = Settings.read()
    run(lambda database: _work(database, settings), settings=settings)
    err.print("Stopped.")


async def _work(database: Database, settings: Settings) -> None:
    configure_logging(settings)
    logging.getLogger("alembic").setLevel(max(logging.WARNING, logging.root.level))
    interrupted = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, interrupted.set)
    shared = SharedReads(database, kept_bytes=settings.kept_bytes)
    try:
        worker = Worker(database, shared.wakeups, event_days=settings.event_days, kept=shared)
        async with worker, delivering_webhooks(database, settings):
            url = masked(settings.database_url.get_secret_value())
            out.print(f"\nAdmittance announces changes and delivers webhooks of {url}\n")
            out.print("Ctrl-C stops it.\n")
            await interrupted.wait()
    finally:
        await shared.close()

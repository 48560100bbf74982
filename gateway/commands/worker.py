"""`admittance worker`."""

import asyncio
import logging
import signal

from gateway.commands.running import run
from gateway.console import err, out
from gateway.settings import Settings, masked
from gateway.telemetry.logs import configure_logging
from gateway.worker import Worker
from resolvers.shared import SharedReads
from storage.database import Database


def worker() -> None:
    """Announce what time and the catalogue change, beside `serve` or in place of its own worker, until interrupted.

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
        async with Worker(database, shared.wakeups, event_days=settings.event_days, kept=shared):
            out.print(f"\nAdmittance announces changes in {masked(settings.database_url.get_secret_value())}\n")
            out.print("Ctrl-C stops it.\n")
            await interrupted.wait()
    finally:
        await shared.close()

"""`admittance worker`."""

import asyncio
import signal
import socket
from collections.abc import AsyncGenerator, Generator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, nullcontext
from typing import Annotated

import typer
import uvicorn
from starlette.applications import Starlette

from gateway.commands.listening import http_address, listen
from gateway.commands.running import run
from gateway.connections.server import server_config
from gateway.console import err, out
from gateway.settings import Settings, masked
from gateway.telemetry.health import Readiness, health_routes
from gateway.telemetry.logs import configure_logging
from gateway.telemetry.metrics import Metrics, metrics_routes
from gateway.working import working
from resolvers.shared import SharedReads
from storage.database import Database


def worker(
    host: Annotated[str | None, typer.Option(help="The address to listen on, instead of the setting's.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Answer /health and /metrics there; without it nothing.")
    ] = None,
) -> None:
    """Announce what time and the catalogue change and deliver webhooks, beside `serve` or in place of its own worker.

    Any number may run on one PostgreSQL database. With `worker = false` processes that serve leave it to them.
    """
    settings = Settings.read()
    settings = settings if host is None else settings.model_copy(update={"host": host})
    with nullcontext() if port is None else listen(settings.host, port) as listening:
        run(lambda database: _work(database, settings, listening), settings=settings)
    err.print("Stopped.")


async def _work(database: Database, settings: Settings, listening: socket.socket | None) -> None:
    configure_logging(settings)
    interrupted = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, interrupted.set)
    metrics = Metrics()
    async with AsyncExitStack() as stack:
        shared = SharedReads(database, kept_bytes=settings.kept_bytes)
        stack.push_async_callback(shared.close)
        if listening is not None:
            await stack.enter_async_context(_answering(database, settings, metrics, listening))
        await stack.enter_async_context(working(settings, database, shared, metrics.registry))
        _greet(settings, listening)
        await interrupted.wait()


def _greet(settings: Settings, listening: socket.socket | None) -> None:
    url = masked(settings.database_url.get_secret_value())
    out.print(f"\nAdmittance announces changes and delivers webhooks of {url}\n")
    if listening is not None:
        address = http_address(settings.host, listening.getsockname()[1])
        out.print(f"Whether it is well: {address}/health/ready and {address}/metrics\n")
    out.print("Ctrl-C stops it.\n")


@asynccontextmanager
async def _answering(
    database: Database, settings: Settings, metrics: Metrics, listening: socket.socket
) -> AsyncGenerator[None]:
    """Answers /health and /metrics while a block lasts."""
    readiness = Readiness(database)
    app = Starlette(routes=[*health_routes(readiness), *metrics_routes(metrics, database, settings)])
    server = _Server(server_config(app, settings))
    serving = asyncio.create_task(server.serve(sockets=[listening]), name="answering for the worker")
    try:
        yield
    finally:
        readiness.stop()
        server.should_exit = True
        await asyncio.wait([serving])


class _Server(uvicorn.Server):
    """Leaves signals to whoever runs it."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield

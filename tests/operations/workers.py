"""Workers that announce beside a test, at a database of its own for each, as processes have."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

from sqlalchemy import select

from gateway.telemetry.worker import WorkerFigures
from gateway.worker import Worker
from storage.advancing import find_advancing
from storage.agenda import load_agendas
from storage.database import Database
from storage.rows import attachment_changes
from tests.operations.keeping import process

Announcing = Callable[[str, WorkerFigures], AbstractAsyncContextManager[None]]


@asynccontextmanager
async def one_worker(url: str, figures: WorkerFigures) -> AsyncGenerator[None]:
    async with AsyncExitStack() as stack:
        database = Database.open(url)
        stack.push_async_callback(database.close)
        shared = await stack.enter_async_context(process(database))
        await stack.enter_async_context(Worker(database, shared.wakeups, event_days=30, figures=figures))
        yield


@asynccontextmanager
async def four_workers(url: str, figures: WorkerFigures) -> AsyncGenerator[None]:
    async with AsyncExitStack() as stack:
        for _ in range(4):
            await stack.enter_async_context(one_worker(url, figures))
        yield


@asynccontextmanager
async def now_and_then(url: str, figures: WorkerFigures) -> AsyncGenerator[None]:
    """A worker that is on for a while, and then off for longer."""
    stopping = asyncio.Event()

    async def come_and_go() -> None:
        while not stopping.is_set():
            async with one_worker(url, figures):
                await asyncio.sleep(0.1)
            await asyncio.sleep(0.3)

    going = asyncio.create_task(come_and_go())
    try:
        yield
    finally:
        stopping.set()
        await going


async def all_announced(database: Database) -> None:
    """Returns when a worker has announced all that is due."""
    async with asyncio.timeout(300):
        while not await _is_all_announced(database):  # noqa: ASYNC110 - the tables alone tell of it
            await asyncio.sleep(0.02)


async def _is_all_announced(database: Database) -> bool:
    # In this order, as the first makes customers due.
    async with database.read() as connection:
        if (await connection.execute(select(attachment_changes).limit(1))).first() is not None:
            return False
    if await find_advancing(database):
        return False
    return not any(agenda.is_due for agenda in await load_agendas(database))

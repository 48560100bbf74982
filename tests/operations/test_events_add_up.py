"""Every effective change of every customer is one event, however it is announced: the events of generated lives add up.

`EVENT_LIVES=1000 EVENT_KILLS=200 pytest -o timeout=0` takes half an hour; `make proofs` does.
"""

import asyncio
import multiprocessing
import os
import sys
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from itertools import chain, count, takewhile
from random import Random
from signal import SIGKILL

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import select

from gateway.telemetry.worker import WorkerFigures
from gateway.worker import Worker
from resolvers.shared import SharedReads
from storage.advancing import find_advancing
from storage.agenda import load_agendas
from storage.database import Database
from storage.rows import attachment_changes
from tests.operations import working_process
from tests.operations.keeping import process
from tests.operations.lives import Life
from tests.operations.reckoning import check_life

LIVES = int(os.environ.get("EVENT_LIVES", "51"))
"""Histories, in three parts: with a worker all the time, with one now and then, and with four at once."""

KILLS = int(os.environ.get("EVENT_KILLS", "5"))
"""How many worker processes are killed."""

AT_ONCE = 4
"""Lives that go on side by side."""

LIFE_OF_A_PROCESS_SECONDS = 0.2

KINDS = 11
"""Of mutations that happen in lives."""

Announcing = Callable[[str, WorkerFigures], AbstractAsyncContextManager[None]]


@asynccontextmanager
async def _one_worker(url: str, figures: WorkerFigures) -> AsyncGenerator[None]:
    async with AsyncExitStack() as stack:
        database = Database.open(url)
        stack.push_async_callback(database.close)
        shared = await stack.enter_async_context(process(database))
        await stack.enter_async_context(Worker(database, shared.wakeups, event_days=30, figures=figures))
        yield


@asynccontextmanager
async def _four_workers(url: str, figures: WorkerFigures) -> AsyncGenerator[None]:
    async with AsyncExitStack() as stack:
        for _ in range(4):
            await stack.enter_async_context(_one_worker(url, figures))
        yield


@asynccontextmanager
async def _now_and_then(url: str, figures: WorkerFigures) -> AsyncGenerator[None]:
    """A worker that is on for a while, and then off for longer."""
    stopping = asyncio.Event()

    async def come_and_go() -> None:
        while not stopping.is_set():
            async with _one_worker(url, figures):
                await asyncio.sleep(0.1)
            await asyncio.sleep(0.3)

    going = asyncio.create_task(come_and_go())
    try:
        yield
    finally:
        stopping.set()
        await going


@pytest.mark.parametrize("announcing", [_one_worker, _now_and_then, _four_workers])
async def test_the_events_of_a_life_add_up(database: Database, database_url: str, announcing: Announcing) -> None:
    registry = CollectorRegistry()
    figures = WorkerFigures(registry)
    async with process(database) as shared:
        async with announcing(database_url, figures):
            lives = await _live(database, shared, iter(range(LIVES // 3)))
        async with _one_worker(database_url, figures):
            await _all_announced(database)

        events = await _check(lives)

    done = sum((life.done for life in lives), Counter[str]())
    assert len(done) == KINDS, "every kind of write happens"
    announced = registry.get_sample_value("admittance_events_announced_total")
    assert announced, "the workers have their share"
    sys.stdout.write(f"\n{len(lives)} lives, {events} events, of which workers announced {announced:.0f}\n")


async def test_the_events_of_a_life_add_up_though_workers_are_killed(database: Database, database_url: str) -> None:
    killed = asyncio.Event()

    async def kill() -> None:
        lot = Random(1)  # noqa: S311 (no secret)
        for _ in range(KILLS):
            await asyncio.to_thread(_work_and_be_killed, database_url, lot.random() * LIFE_OF_A_PROCESS_SECONDS)
        killed.set()

    async with process(database) as shared:
        async with asyncio.TaskGroup() as group:
            group.create_task(kill())
            lives = await _live(database, shared, _until(killed))
        async with _one_worker(database_url, WorkerFigures()):
            await _all_announced(database)

        events = await _check(lives)

    sys.stdout.write(f"\n{KILLS} workers killed, {len(lives)} lives, {events} events\n")


async def _live(database: Database, shared: SharedReads, numbers: Iterator[int]) -> list[Life]:
    """The lives of these numbers, some at a time."""

    async def one_after_the_other() -> list[Life]:
        return [await Life.lived(database, shared, number) for number in numbers]

    return list(chain.from_iterable(await asyncio.gather(*(one_after_the_other() for _ in range(AT_ONCE)))))


def _until(event: asyncio.Event) -> Iterator[int]:
    """Numbers of lives until something has happened."""
    return takewhile(lambda _: not event.is_set(), count())


async def _all_announced(database: Database) -> None:
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


async def _check(lives: list[Life]) -> int:
    """How many events the lives have."""
    return sum([await check_life(life) for life in lives])


def _work_and_be_killed(url: str, seconds: float) -> None:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([working_process.__name__])
    began, ours = context.Pipe(duplex=False)
    worker = context.Process(target=working_process.work, args=(url, ours), daemon=True)
    worker.start()
    began.recv()
    worker.join(seconds)
    worker.kill()
    worker.join()
    assert worker.exitcode == -SIGKILL
    for each in (worker, began, ours):
        each.close()

"""Every effective change of every customer is one event, however it is announced: the events of generated lives add up.

`EVENT_LIVES=1000 EVENT_KILLS=200 pytest -o timeout=0` takes half an hour; `make proofs` does.
"""

import asyncio
import multiprocessing
import os
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import chain, count, takewhile
from random import Random
from signal import SIGKILL

import pytest
from prometheus_client import CollectorRegistry

from gateway.telemetry.worker import WorkerFigures
from resolvers.shared import SharedReads
from storage.database import Database
from tests.operations import working_process
from tests.operations.keeping import process
from tests.operations.lives import Life
from tests.operations.reckoning import check_life
from tests.operations.workers import Announcing, all_announced, four_workers, now_and_then, one_worker

LIVES = int(os.environ.get("EVENT_LIVES", "51"))
"""Histories, in three parts: with a worker all the time, with one now and then, and with four at once."""

KILLS = int(os.environ.get("EVENT_KILLS", "5"))
"""How many worker processes are killed."""

AT_ONCE = 4
"""Lives that go on side by side."""

LIFE_OF_A_PROCESS_SECONDS = 0.2

KINDS = 11
"""Of mutations that happen in lives."""


@pytest.mark.parametrize("announcing", [one_worker, now_and_then, four_workers])
async def test_the_events_of_a_life_add_up(database: Database, database_url: str, announcing: Announcing) -> None:
    registry = CollectorRegistry()
    figures = WorkerFigures(registry)
    async with process(database) as shared:
        async with announcing(database_url, figures):
            lives = await _live(database, shared, iter(range(LIVES // 3)))
        async with one_worker(database_url, figures):
            await all_announced(database)

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
        async with one_worker(database_url, WorkerFigures()):
            await all_announced(database)

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

"""Every effective change of every customer is one event, however it is announced: the events of generated lives add up.

`EVENT_LIVES=1000 EVENT_KILLS=200 pytest -o timeout=0` takes an hour; `make proofs-live` does. What came of it
is printed.
"""

import asyncio
import multiprocessing
import os
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from itertools import chain
from random import Random
from signal import SIGKILL

import pytest
from prometheus_client import CollectorRegistry

from gateway.telemetry.worker import WorkerFigures
from storage.database import Database
from tests.operations import working_process
from tests.operations.keeping import process
from tests.operations.lives import Life
from tests.operations.reckoning import Reckoned, check_life
from tests.operations.workers import Announcing, all_announced, four_workers, now_and_then, one_worker

LIVES = int(os.environ.get("EVENT_LIVES", "17"))
"""Histories for each way of announcing: by a worker all the time, by one now and then, and by four at once."""

KILLS = int(os.environ.get("EVENT_KILLS", "5"))
"""How many worker processes are killed, each while a life goes on."""

AT_ONCE = 4
"""Lives that go on side by side."""

LONGEST_WORK_SECONDS = 1.0
"""How long a process works at the most before it is killed; about as long as a life."""

KINDS = 11
"""Of mutations that happen in lives."""


@pytest.mark.parametrize("announcing", [one_worker, now_and_then, four_workers])
async def test_the_events_of_a_life_add_up(database: Database, database_url: str, announcing: Announcing) -> None:
    registry = CollectorRegistry()
    figures = WorkerFigures(registry)
    async with process(database) as shared:
        async with announcing(database_url, figures):
            lives = await _side_by_side(partial(Life.lived, database, shared), range(LIVES))
        async with one_worker(database_url, figures):
            await all_announced(database)

        reckoned = await _check(lives)

    done = sum((life.done for life in lives), Counter[str]())
    assert len(done) == KINDS, "every kind of write happens"
    announced = registry.get_sample_value("admittance_events_announced_total")
    assert announced, "the workers have their share"
    sys.stdout.write(f"\n{reckoned}, of which workers announced {announced:.0f}\n")


async def test_the_events_of_a_life_add_up_though_workers_are_killed(database: Database, database_url: str) -> None:
    lot = Random(1)  # noqa: S311 (no secret)

    async def live(number: int) -> Life:
        seconds = lot.random() * LONGEST_WORK_SECONDS
        life, _ = await asyncio.gather(Life.lived(database, shared, number), _work_and_be_killed(database_url, seconds))
        return life

    async with process(database) as shared:
        lives = await _side_by_side(live, range(KILLS))
        async with one_worker(database_url, WorkerFigures()):
            await all_announced(database)

        reckoned = await _check(lives)

    sys.stdout.write(f"\n{KILLS} workers killed; {reckoned}\n")


async def _side_by_side(live: Callable[[int], Awaitable[Life]], numbers: Iterable[int]) -> list[Life]:
    """The lives of these numbers, some at a time."""
    waiting = iter(numbers)

    async def one_after_the_other() -> list[Life]:
        return [await live(number) for number in waiting]

    return list(chain.from_iterable(await asyncio.gather(*(one_after_the_other() for _ in range(AT_ONCE)))))


async def _check(lives: list[Life]) -> Reckoned:
    reckoned = Reckoned()
    for life in lives:
        await check_life(life, reckoned)
    assert reckoned.queried, "what was there at the instants of events is asked"
    assert reckoned.arrivals, "clocks come to stand at the instants of events"
    return reckoned


async def _work_and_be_killed(url: str, seconds: float) -> None:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([working_process.__name__])
    began, ours = context.Pipe(duplex=False)
    worker = context.Process(target=working_process.work, args=(url, ours), daemon=True)
    # In one thread all of it: who starts a process also asks for the end of all others, and only one may be told.
    worker.start()
    await asyncio.to_thread(began.recv)
    await asyncio.sleep(seconds)
    worker.kill()
    worker.join()
    assert worker.exitcode == -SIGKILL
    for each in (worker, began, ours):
        each.close()

"""Every effective change of every customer is one event, however it is announced: the events of generated lives add up.

`EVENT_LIVES=1000 EVENT_KILLS=200 pytest -o timeout=0` takes an hour; `make proofs-live` does. What came of it
is printed.
"""

import asyncio
import os
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from itertools import chain
from random import Random

import pytest
from prometheus_client import CollectorRegistry

from gateway.telemetry.worker import WorkerFigures
from storage.database import Database
from tests.killing import announce, doomed
from tests.operations.keeping import process
from tests.operations.lives import Life
from tests.operations.reckoning import Reckoned, check_life
from tests.operations.workers import Announcing, all_announced, four_workers, now_and_then, one_worker

LIVES = int(os.environ.get("EVENT_LIVES", "17"))
"""Histories for each way of announcing: by a worker all the time, by one now and then, and by four at once."""

KILLS = int(os.environ.get("EVENT_KILLS", "5"))
"""How many worker processes are killed, each while a life goes on."""

MANY = 50
"""Workers among whom some have announced something before they are killed, whatever else the machine does."""

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
    announced = list[int]()

    async def work_and_be_killed(seconds: float) -> None:
        async with doomed(announce, database_url) as worker:
            await asyncio.sleep(seconds)
            assert worker.kill(), "it was at work"
            announced.append(worker.done)

    async def live(number: int) -> Life:
        seconds = lot.random() * LONGEST_WORK_SECONDS
        life, _ = await asyncio.gather(Life.lived(database, shared, number), work_and_be_killed(seconds))
        return life

    async with process(database) as shared:
        # Other lives than those of the test above.
        lives = await _side_by_side(live, range(LIVES, LIVES + KILLS))
        async with one_worker(database_url, WorkerFigures()):
            await all_announced(database)

        reckoned = await _check(lives)

    had_announced = sum(each > 0 for each in announced)
    sys.stdout.write(f"\n{KILLS} workers killed, {had_announced} of which had announced something; {reckoned}\n")
    assert had_announced or KILLS < MANY


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

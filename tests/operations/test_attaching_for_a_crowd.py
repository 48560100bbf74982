"""A feature attached to what very many have: done at once, right at once, and announced to all in bounded batches.

`ATTACH_CUSTOMERS=100000 pytest -o timeout=0` takes ten minutes; `make proofs-live` does. What was measured is printed.
"""

import os
import statistics
import sys
import time
from itertools import pairwise

import pytest
from sqlalchemy import func, select, update

from gateway.telemetry.worker import WorkerFigures
from storage.announcing import ITEMS_AT_ONCE, tell_of_attachment_change
from storage.database import Database
from storage.rows import customers, events
from tests.memory import peak, reset_peak
from tests.operations.api import Api, Json
from tests.operations.conftest import START
from tests.operations.crowd import add_customers, counting, fill_catalogue
from tests.operations.workers import all_announced, one_worker

CROWD = int(os.environ.get("ATTACH_CUSTOMERS", "2000"))
"""Customers with the product."""

TIMED_CROWD = 50_000
"""From how many on it is held to its time: then nothing else runs beside it."""

NEW = {"lookupKey": "new"}


@pytest.fixture
async def crowded(api: Api) -> Api:
    """Everybody has product 000, and nobody 001; there is a new feature."""
    await fill_catalogue(api, START)
    await add_customers(api, START, CROWD, products=1)
    await api.feature("new")
    return api


async def test_attaching_takes_no_more_statements_however_many_have_the_product_and_reads_are_right_at_once(
    crowded: Api,
) -> None:
    with counting(crowded.database) as for_nobody:
        await _attach(crowded, "001")
    began = time.perf_counter()
    with counting(crowded.database) as for_everybody:
        await _attach(crowded, "000")
    seconds = time.perf_counter() - began
    one_transaction = await _time_transaction(crowded)

    seen = [await crowded.of_customer(name, 'revision hasAccess(lookupKey: "new")') for name in _some()]

    sys.stdout.write(
        f"\nAttached for {CROWD:,} customers in {seconds * 1000:.1f} ms; one transaction "
        f"takes {one_transaction * 1000:.1f} ms\n"
    )
    assert len(for_everybody) == len(for_nobody)
    assert seen == [{"revision": 2, "hasAccess": True}] * len(seen)
    assert seconds < 0.05 + one_transaction or CROWD < TIMED_CROWD


async def test_a_crowd_is_told_in_bounded_batches_and_each_of_them_once(crowded: Api, database_url: str) -> None:
    await _attach(crowded, "000")
    due, seconds = [0], [0.0]
    while await _timed(crowded.database, seconds):
        due.append(await _count_due(crowded.database))
    memory, began = reset_peak(), time.perf_counter()

    async with one_worker(database_url, WorkerFigures()):
        await all_announced(crowded.database)

    took = time.perf_counter() - began
    sys.stdout.write(
        f"\n{CROWD:,} customers made due in {sum(seconds):.2f} s, {max(seconds) * 1000:.0f} ms the longest of "
        f"{len(due) - 1} transactions; announced in {took:.1f} s, {CROWD / took:,.0f} a second, "
        f"with {(peak() - memory) / 2**20:.0f} MiB more\n"
    )
    assert due[-1] == CROWD
    assert max(later - earlier for earlier, later in pairwise(due)) <= ITEMS_AT_ONCE
    assert await _revisions(crowded.database) == {2: CROWD}


async def _attach(api: Api, product: str) -> None:
    given: Json = {"product": {"lookupKey": product}, "feature": NEW, "rollout": "IMMEDIATE"}
    await api.mutate("attachFeature", **given)


async def _time_transaction(api: Api) -> float:
    """The seconds that a write of one row takes, in a transaction of its own: the median of several."""
    seconds: list[float] = []
    for number in range(9):
        began = time.perf_counter()
        async with api.database.begin_write() as connection:
            mine = customers.c.environment_id == api.environment.id, customers.c.external_id == f"{number:03}"
            await connection.execute(update(customers).where(*mine).values(name="A name"))
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)


async def _timed(database: Database, seconds: list[float]) -> bool:
    """Tells of the change once more, and notes how long that took."""
    began = time.perf_counter()
    is_left = await tell_of_attachment_change(database)
    seconds.append(time.perf_counter() - began)
    return is_left


async def _count_due(database: Database) -> int:
    async with database.read() as connection:
        query = select(func.count()).select_from(customers).where(customers.c.due_at.is_not(None))
        return (await connection.execute(query)).scalar_one()


async def _revisions(database: Database) -> dict[int, int]:
    """How many events there are of each revision."""
    async with database.read() as connection:
        query = select(events.c.revision, func.count().label("number")).group_by(events.c.revision)
        return {row.revision: row.number for row in await connection.execute(query)}


def _some() -> list[str]:
    """External ids of a few, from the first to the last."""
    return [f"{number:03}" for number in range(0, CROWD, CROWD // 10)] + [f"{CROWD - 1:03}"]

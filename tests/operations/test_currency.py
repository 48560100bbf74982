"""A read that begins after a write was acknowledged sees it, whichever process wrote, and whatever the reader keeps.

`CURRENCY_PAIRS=10000 pytest -o timeout=0` takes an hour; `make proofs` does, here and in tests/service.
"""

import asyncio
import os
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from resolvers.shared import SharedReads
from storage.database import Database
from tests.operations.currency import Reader, Writer, dice

ROOT = Path(__file__).parents[2]
PAIRS = int(os.environ.get("CURRENCY_PAIRS", "80"))
"""Writes, each with a read of everything after it, and another that keeps nothing to compare with."""

MEGABYTE = 2**20

BOUNDS = {
    "everything is kept": (1_000, 16 * MEGABYTE),
    "what is kept goes all the time": (3, 16_000),
    "nothing is kept": (0, 0),
}


@asynccontextmanager
async def _reading(database_url: str, bounds: tuple[int, int]) -> AsyncGenerator[Reader]:
    """A process that reads; two of its clients ask it all the time."""
    database = Database.open(database_url)
    shared = SharedReads(database, kept_customers=bounds[0], kept_bytes=bounds[1])
    reader = Reader(database, shared, "sandbox")
    stopping = asyncio.Event()
    clients = [asyncio.create_task(reader.keep_busy(stopping, seed)) for seed in range(2)]
    try:
        yield reader
    finally:
        stopping.set()
        await asyncio.gather(*clients)
        await shared.close()
        await database.close()


@pytest.mark.parametrize("bounds", BOUNDS.values(), ids=BOUNDS)
async def test_no_read_is_stale(database: Database, database_url: str, bounds: tuple[int, int]) -> None:
    writer = await Writer.begin(database, seed=1)
    choice = dice(2)
    written: list[str] = []

    async with _reading(database_url, bounds) as reader:
        for number in range(PAIRS):
            written.append(await writer.write())

            seen = await reader.seen(choice)

            assert seen == await reader.true(), f"write {number}: {written[-1]}"
        kept = len(reader.shared.customers)

    assert len(set(written)) == 9, "every kind of write is tried"
    assert kept <= bounds[0]
    assert (kept == 0) == (bounds[0] == 0)


async def test_no_read_is_stale_when_another_process_writes(database: Database, database_url: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.operations.writing_process", database_url),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    choice = dice(3)
    assert await process.stdout.readline() == b"ready\n"

    async with _reading(database_url, BOUNDS["everything is kept"]) as reader:
        for number in range(PAIRS):
            process.stdin.write(b"write\n")
            written = await process.stdout.readline()

            seen = await reader.seen(choice)

            assert written, "the other process ended"
            assert seen == await reader.true(), f"write {number}: {written.decode()}"
    process.stdin.close()
    assert await process.wait() == 0


async def test_an_operation_sees_its_own_write_and_the_next_one_too(database: Database) -> None:
    writer = await Writer.begin(database, seed=4)
    shared = SharedReads(database, kept_customers=100, kept_bytes=MEGABYTE)
    reader = Reader(database, shared, writer.stage.name)
    choice = dice(5)
    await reader.seen(choice)

    # Those who write and read in one process share what is kept.
    both = [await writer.grant(), await reader.seen(choice), await writer.rename(), await reader.seen(choice)]

    assert both[1] != both[3]
    assert both[3] == await reader.true()

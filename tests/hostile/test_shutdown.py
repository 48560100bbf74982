"""`admittance serve` told to stop: what is in flight is answered, and nothing new is begun."""

import asyncio
import json
import os
import re
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, text
from sqlalchemy.ext.asyncio import AsyncConnection

from resolvers.callers import EVERY_SCOPE
from storage.credentials import create_key
from storage.database import Database
from storage.environments import create_environment
from tests.databases import postgresql_database
from tests.hostile.sockets import Streams, address, connected, read_answer, request

ROOT = Path(__file__).parents[2]
CREATE = 'mutation { createFeature(input: {lookupKey: "a", name: "A"}) { userErrors { code } } }'


@dataclass(frozen=True, slots=True)
class Running:
    """The command in a process of its own, and a request of it that waits for a lock."""

    process: Process
    url: str
    streams: Streams


async def test_a_request_in_flight_is_answered_and_no_other_is_taken(postgresql_url: URL, tmp_path: Path) -> None:
    async with (
        postgresql_database(postgresql_url) as url,
        _database(url) as database,
        database.begin_write() as holder,
        _asked(database, url, tmp_path, holder) as running,
    ):
        async with connected(running.url) as (resting, writer):
            writer.write(request("/health/live", method="GET"))
            before = await read_answer(resting)
            running.process.send_signal(signal.SIGTERM)
            rest = await asyncio.wait_for(resting.read(), 5)
        await _refused(running.url)
        await holder.rollback()
        answer = await read_answer(running.streams[0])
        ended = await running.streams[0].read()
        await asyncio.wait_for(running.process.wait(), 5)
        said = await _errors(running.process)

    assert (before.status, rest) == (200, b"")
    assert (answer.status, answer.headers["connection"]) == (200, "close")
    assert json.loads(answer.body)["data"] == {"createFeature": {"userErrors": []}}
    assert ended == b""
    assert "Traceback" not in said


async def test_what_outlasts_the_time_to_stop_is_told_so_and_rolled_back(postgresql_url: URL, tmp_path: Path) -> None:
    async with postgresql_database(postgresql_url) as url, _database(url) as database:
        async with database.begin_write() as holder, _asked(database, url, tmp_path, holder, seconds=1) as running:
            running.process.send_signal(signal.SIGTERM)
            answer = await read_answer(running.streams[0])
            await asyncio.wait_for(running.process.wait(), 5)
            said = await _errors(running.process)
        async with database.read() as connection:
            features = await connection.scalar(text("SELECT count(*) FROM features"))

    assert (answer.status, answer.code) == (503, "SERVICE_UNAVAILABLE")
    assert answer.headers["retry-after"] == "1"
    assert features == 0
    assert "Traceback" not in said


@asynccontextmanager
async def _database(url: str) -> AsyncGenerator[Database]:
    database = Database.open(url)
    yield database
    await database.close()


@asynccontextmanager
async def _asked(
    database: Database, database_url: str, folder: Path, holder: AsyncConnection, *, seconds: int = 10
) -> AsyncGenerator[Running]:
    """The command, with a mutation that waits for a lock of the holder's; ended whatever happens."""
    environment = await create_environment(database, "sandbox", livemode=False)
    _, secret = await create_key(database, environment.id, "tests", (EVERY_SCOPE,))
    await holder.execute(text("LOCK TABLE features IN ACCESS EXCLUSIVE MODE"))
    variables = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "DATABASE_URL": database_url,
        "ADMITTANCE_SHUTDOWN_SECONDS": str(seconds),
    }
    command = (sys.executable, "-c", "from gateway.cli import main; main()", "serve", "--port", "0")
    process = await asyncio.create_subprocess_exec(*command, cwd=folder, env=variables, stdout=PIPE, stderr=PIPE)
    try:
        url = await _url(process)
        async with connected(url) as streams:
            body = json.dumps({"query": CREATE}).encode()
            streams[1].write(request("/graphql", body, Authorization=f"Bearer {secret}"))
            async with asyncio.timeout(10), database.read() as watcher:
                await _waiting(watcher)
            yield Running(process, url, streams)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _url(process: Process) -> str:
    assert process.stdout is not None
    async with asyncio.timeout(20):
        while line := (await process.stdout.readline()).decode():
            if found := re.search(r"http://[\d.]+:\d+", line):
                return found.group()
    raise AssertionError(await _errors(process))


async def _waiting(watcher: AsyncConnection) -> None:
    waiting = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    # PostgreSQL tells nobody by itself.
    while not await watcher.scalar(waiting):  # noqa: ASYNC110
        await asyncio.sleep(0.01)


async def _refused(url: str) -> None:
    """Returns once nobody listens there any more."""
    async with asyncio.timeout(5):
        while True:
            try:
                _, writer = await asyncio.open_connection(*address(url))
            except ConnectionRefusedError:
                return
            writer.transport.abort()
            await asyncio.sleep(0.01)


async def _errors(process: Process) -> str:
    assert process.stderr is not None
    return (await process.stderr.read()).decode()

"""A client that goes away takes its work with it."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager

import httpx2
import pytest
from sqlalchemy import URL, Engine, event, text
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive

from gateway.http.disconnects import run_while_connected
from storage.database import Database
from tests.databases import postgresql_database
from tests.hostile.sockets import connected, request
from tests.processor import timed
from tests.service.serving import NO_TLS, Caller, serving

STOPPED_WITHIN_SECONDS = 1

QUERIES = {
    # One by a statement of its own, one by a loader, whose batches run in tasks of their own.
    "a list": ("features", "{ features(first: 1) { totalCount } }"),
    "a loader": ("customers", '{ customer(by: {externalId: "nobody"}) { id } }'),
}
CREATE = 'mutation { createFeature(input: {lookupKey: "a", name: "A"}) { userErrors { code } } }'


class Client:
    """What an application can read of a client."""

    def __init__(self) -> None:
        self._messages: asyncio.Queue[Message] = asyncio.Queue()

    async def receive(self) -> Message:
        return await self._messages.get()

    def sends_more(self) -> None:
        self._messages.put_nowait({"type": "http.request", "body": b"", "more_body": False})

    def leaves(self) -> None:
        self._messages.put_nowait({"type": "http.disconnect"})


async def test_work_is_answered_as_if_nobody_listened() -> None:
    client, before = Client(), asyncio.all_tasks()
    client.sends_more()

    assert await run_while_connected(client.receive, asyncio.sleep(0.01, "answer")) == "answer"
    assert asyncio.all_tasks() == before


@pytest.mark.parametrize("error", [ValueError("its own"), TimeoutError("its own")])
async def test_what_the_work_raises_is_raised(error: Exception) -> None:
    async def work() -> None:
        await asyncio.sleep(0)
        raise error

    with pytest.raises(type(error), match="its own"):
        await run_while_connected(Client().receive, work())


async def test_work_ends_when_the_client_leaves() -> None:
    client, before, ended = Client(), asyncio.all_tasks(), asyncio.Event()

    async def work() -> None:
        try:
            client.leaves()
            await asyncio.Event().wait()
        finally:
            ended.set()

    with pytest.raises(ClientDisconnect):
        await run_while_connected(client.receive, work())

    assert ended.is_set()
    assert asyncio.all_tasks() == before


async def test_a_cancellation_from_outside_stays_one() -> None:
    before = asyncio.all_tasks()
    waiting = asyncio.create_task(run_while_connected(Client().receive, asyncio.sleep(60)))
    await asyncio.sleep(0)

    waiting.cancel()

    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert asyncio.all_tasks() == before


async def test_a_cancellation_from_outside_wins_over_a_client_that_leaves() -> None:
    client = Client()
    waiting = asyncio.create_task(run_while_connected(client.receive, asyncio.sleep(60)))
    await asyncio.sleep(0.01)

    client.leaves()
    waiting.cancel()

    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_honest_requests_hardly_notice() -> None:
    async def took(run: Callable[[Receive, Awaitable[None]], Awaitable[None]]) -> float:
        receive = Client().receive
        with timed(time.thread_time) as stopwatch:
            for _ in range(2_000):
                await run(receive, asyncio.sleep(0))
        return stopwatch.seconds / 2_000

    async def alone(_: Receive, work: Awaitable[None]) -> None:
        await work

    costs = [await took(run_while_connected) - await took(alone) for _ in range(5)]

    # A small operation takes a thousand of these.
    assert min(costs) < 0.000_1


@pytest.fixture
def statements() -> Generator[list[str]]:
    """Every statement that is sent to any database from now on, by whichever thread."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        sent.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield sent
    event.remove(Engine, "before_cursor_execute", note)


@pytest.mark.parametrize(("table", "query"), QUERIES.values(), ids=QUERIES.keys())
async def test_a_query_stops_when_its_client_has_gone(postgresql_url: URL, table: str, query: str) -> None:
    # On PostgreSQL alone: SQLite's readers wait for nobody.
    async with (
        postgresql_database(postgresql_url) as url,
        _served(url) as (caller, administrator),
        administrator.begin_write() as holder,
        administrator.read() as watcher,
    ):
        await holder.execute(text(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"))
        async with _asking(caller, query):
            await _until(lambda: _are_waiting(watcher, True))
        left_at = time.monotonic()
        await _until(lambda: _are_waiting(watcher, False))
        stopped_after = time.monotonic() - left_at

    assert stopped_after < STOPPED_WITHIN_SECONDS


async def test_a_mutation_whose_client_has_gone_goes_no_further(database_url: str, statements: list[str]) -> None:
    async with _served(database_url) as (caller, administrator):
        is_sqlite = administrator.engine.dialect.name == "sqlite"
        async with administrator.begin_write() as holder, administrator.read() as watcher:
            if not is_sqlite:
                await holder.execute(text("LOCK TABLE features IN ACCESS EXCLUSIVE MODE"))

            async def is_waiting() -> bool:
                return "BEGIN IMMEDIATE" in statements if is_sqlite else await _are_waiting(watcher, True)

            statements.clear()
            async with _asking(caller, CREATE):
                await _until(is_waiting)
            # On SQLite the statement itself can't be stopped: it ends with the lock it waits for.
            await asyncio.sleep(0.2)
            statements.clear()
        await asyncio.sleep(0.2)
        sent_since = list(statements)

        assert sent_since == []
        assert await caller.ask("{ features { totalCount } }") == {"features": {"totalCount": 0}}
        assert await caller.ask(CREATE) == {"createFeature": {"userErrors": []}}


@asynccontextmanager
async def _served(database_url: str) -> AsyncGenerator[tuple[Caller, Database]]:
    """A caller of the application, and its database by connections whose locks are in the application's way."""
    administrator = Database.open(database_url)
    with serving(database_url) as url:
        async with httpx2.AsyncClient(base_url=url, verify=NO_TLS) as client:
            yield await Caller.arrive(client, administrator), administrator
    await administrator.close()


@asynccontextmanager
async def _asking(caller: Caller, query: str) -> AsyncGenerator[None]:
    """A client that has asked, and that is gone at the end."""
    async with connected(str(caller.client.base_url)) as (_, writer):
        body = json.dumps({"query": query}).encode()
        writer.write(request("/graphql", body, Authorization=f"Bearer {caller.secret}"))
        yield


async def _until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(10):
        # Another process is asked, which tells nobody by itself.
        while not await condition():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def _are_waiting(watcher: AsyncConnection, expected: bool) -> bool:
    """Whether any statement waits for a lock, or none does."""
    found = await watcher.scalar(text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"))
    return bool(found) is expected

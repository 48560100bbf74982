"""What becomes of WebSockets when the server stops, and of the server when WebSockets are gone."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, suppress

import httpx2
import pytest
from pydantic import SecretStr
from starlette.types import Receive, Scope, Send

from gateway.app import build_app
from gateway.settings import Settings
from storage.database import Database
from tests.either import only_postgresql
from tests.hostile.sockets import address
from tests.service.serving import NO_TLS, Caller, running
from tests.service.test_websocket import CREATE, DONE, SANDBOX, VIEWER, writes_held
from tests.service.websockets import Json, greeted

RESTARTS = "The server is restarting. Connect again."


async def test_a_server_that_stops_first_answers_what_is_in_flight(database_url: str, database: Database) -> None:
    async with _stoppable(database_url) as server:
        caller = await Caller.arrive(server.client, database)
        async with greeted(server.url, caller.secret) as socket, greeted(server.url, caller.secret) as idle:
            async with writes_held(caller):
                await socket.subscribe(CREATE, variables={"key": "sso"})
                # Once this is answered, the one before has begun.
                assert (await socket.ask(VIEWER))["data"] == SANDBOX
                stopped = await server.stop()
                assert await idle.closed() == (1012, RESTARTS)
            answers = [await socket.receive(), await socket.receive()]
            ending = await socket.closed()
        await stopped

    assert answers[0]["payload"]["data"] == DONE
    assert answers[1]["type"] == "complete"
    assert ending == (1012, RESTARTS)


# SQLite's driver waits for the lock in a thread that nothing can stop.
@only_postgresql
async def test_a_server_that_stops_gives_up_what_takes_too_long(
    database_url: str, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    async with _stoppable(database_url, shutdown_seconds=2) as server:
        caller = await Caller.arrive(server.client, database)
        async with greeted(server.url, caller.secret) as socket, writes_held(caller):
            await socket.subscribe(CREATE, variables={"key": "sso"})
            stopped = await server.stop()
            ending = await socket.closed()
            await stopped

    assert ending == (1012, RESTARTS)
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_a_connection_leaves_nothing_behind(database_url: str, database: Database) -> None:
    async with _stoppable(database_url) as server:
        caller = await Caller.arrive(server.client, database)
        before = await server.tasks()
        async with AsyncExitStack() as stack:
            enter = stack.enter_async_context
            sockets = [await enter(greeted(server.url, caller.secret)) for _ in range(4)]
            during = await server.figure("admittance_websockets")
            await enter(writes_held(caller))
            for socket in sockets:
                await socket.subscribe(CREATE, variables={"key": "sso"}, id_="mine")
            # One ends by a mistake, one without a word; the others say goodbye.
            await sockets[0].subscribe(VIEWER, id_="mine")
            sockets[1].connection.transport.abort()
        async with asyncio.timeout(10):
            while await server.figure("admittance_websockets") or await server.tasks() > before:
                await server.client.get("/health/live")

    assert during == 4


class _Server:
    """The application in a thread of its own, to be stopped while the test goes on."""

    def __init__(self, url: str, client: httpx2.AsyncClient, loop: asyncio.AbstractEventLoop, stack: ExitStack) -> None:
        self.url = url
        self.client = client
        self._loop = loop
        self._stack = stack

    async def stop(self) -> "asyncio.Task[None]":
        """Tells it to stop, and waits until it has heard; the task ends when it has stopped."""
        stopping = asyncio.create_task(asyncio.to_thread(self._stack.close))
        host, port = address(self.url)
        with suppress(ConnectionError):
            while True:
                _, writer = await asyncio.open_connection(host, port)
                writer.close()
                await asyncio.sleep(0.01)
        return stopping

    async def tasks(self) -> int:
        """How many tasks there are in it, the asking one and this request's not counted."""

        async def names() -> list[str]:
            return [task.get_name() for task in asyncio.all_tasks() if task is not asyncio.current_task()]

        return len(await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(names(), self._loop)))

    async def figure(self, name: str) -> float:
        """One of its metrics."""
        lines = (await self.client.get("/metrics")).text.splitlines()
        [value] = [line.split(" ")[1] for line in lines if line.startswith(f"{name} ")]
        return float(value)


@asynccontextmanager
async def _stoppable(database_url: str, **given: Json) -> AsyncGenerator[_Server]:
    settings = Settings(database_url=SecretStr(database_url), **given)
    app = build_app(settings)
    loops: list[asyncio.AbstractEventLoop] = []

    async def observed(scope: Scope, receive: Receive, send: Send) -> None:
        if not loops:
            loops.append(asyncio.get_running_loop())
        await app(scope, receive, send)

    with ExitStack() as stack:
        url = stack.enter_context(running(observed, settings))
        async with httpx2.AsyncClient(base_url=url, verify=NO_TLS) as client:
            yield _Server(url, client, loops[0], stack)
        # Not in this thread: clients of this one may still have to say goodbye.
        await asyncio.to_thread(stack.close)

"""The whole application over a real socket, and a client that speaks to it as anybody would."""

import asyncio
import socket
import ssl
import threading
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

import httpx2
import uvicorn
from pydantic import SecretStr
from starlette.types import ASGIApp

from gateway.app import build_app
from gateway.connections.server import server_config
from gateway.settings import Settings
from resolvers.callers import EVERY_SCOPE
from storage.credentials import create_key
from storage.database import Database
from storage.environments import create_environment, set_clock
from storage.records import Environment

Json = Any

NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""What a client that speaks plain HTTP may `verify` by: to read the machine's certificates takes each of them 30 ms."""


@contextmanager
def serving(database_url: str, **given: Json) -> Generator[str]:
    """The application with these settings, served as `running` does; yields its URL.

    Without a worker, unless it is asked for: so that what the database is asked is what the test asked for.
    """
    given.setdefault("worker", False)
    settings = Settings(database_url=SecretStr(database_url), **given)
    with running(build_app(settings), settings) as url:
        yield url


@contextmanager
def running(app: ASGIApp, settings: Settings) -> Generator[str]:
    """An application as `serve` runs it, on a free port of the loopback; yields its URL."""
    with answering(server_config(app, settings)) as url:
        yield url


@contextmanager
def answering(config: uvicorn.Config) -> Generator[str]:
    """A server on a free port of the loopback, in a thread with an event loop of its own; yields its URL."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=2048)
    server = _Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the application didn't start"
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.stop()
        thread.join()
        listening.close()


class _Server(uvicorn.Server):
    """One that stops as soon as it is told to, and without a pause if nobody is connected: there are many of them."""

    _wake: Callable[[], object] | None = None

    async def main_loop(self) -> None:
        told, ticks = asyncio.Event(), 0
        self._wake = partial(asyncio.get_running_loop().call_soon_threadsafe, told.set)
        while not await self.on_tick(ticks):
            ticks += 1
            with suppress(TimeoutError):
                await asyncio.wait_for(told.wait(), 0.1)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self.server_state.connections or self.server_state.tasks:
            await super().shutdown(sockets)
            return
        for each in (*self.servers, *(sockets or ())):
            each.close()
        self._wake = None
        await self.lifespan.shutdown()

    def stop(self) -> None:
        """Tells it, from another thread."""
        self.should_exit = True
        if self._wake:
            self._wake()


class Caller:
    """A holder of a key to one environment, whose clock can be moved."""

    def __init__(self, client: httpx2.AsyncClient, database: Database, environment: Environment, secret: str) -> None:
        self.client = client
        self.database = database
        self.environment = environment
        self.secret = secret

    @classmethod
    async def arrive(cls, client: httpx2.AsyncClient, database: Database, name: str = "sandbox") -> "Caller":
        """In a fresh environment, with a fresh key."""
        environment = await create_environment(database, name, livemode=False)
        _, secret = await create_key(database, environment.id, "tests", (EVERY_SCOPE,))
        return cls(client, database, environment, secret)

    async def move_to(self, at: Json) -> None:
        """Freezes the environment's clock at an instant."""
        self.environment = await set_clock(self.database, self.environment.id, at)

    async def post(self, body: Json, **headers: str) -> httpx2.Response:
        """The answer to a body: bytes as they are, anything else as JSON."""
        given = {"Authorization": f"Bearer {self.secret}", "Content-Type": "application/json", **headers}
        if isinstance(body, bytes):
            return await self.client.post("/graphql", content=body, headers=given)
        return await self.client.post("/graphql", json=body, headers=given)

    async def ask(self, query: str, variables: Mapping[str, Json] | None = None) -> Json:
        """The data of an operation that must succeed."""
        response = await self.post({"query": query, "variables": variables})
        answer = response.json()
        assert response.status_code == 200, answer
        assert "errors" not in answer, answer
        return answer["data"]

    async def do(self, mutation: str, selection: str, **given: Json) -> Json:
        """The payload of a mutation that must not be refused."""
        kind = f"{mutation[0].upper()}{mutation[1:]}Input"
        document = f"mutation($in: {kind}!) {{ {mutation}(input: $in) {{ {selection} userErrors {{ code field }} }} }}"
        payload = (await self.ask(document, {"in": given}))[mutation]
        assert payload["userErrors"] == [], payload
        return payload

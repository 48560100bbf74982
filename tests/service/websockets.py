"""A small client of `graphql-transport-ws`, which speaks to the application as anybody would."""

import asyncio
import itertools
import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import websockets
from websockets.asyncio.client import ClientConnection
from websockets.typing import Subprotocol

Json = Any

PATIENCE_SECONDS = 10.0
"""How long anything is waited for before a test fails."""


class Socket:
    """One connection. What it receives is left to be read, in the order it came."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self._ids = itertools.count(1)

    async def send(self, message: Json) -> None:
        """Sends a message: a text or bytes as they are, anything else as JSON."""
        is_raw = isinstance(message, str | bytes)
        await self.connection.send(message if is_raw else json.dumps(message))

    async def receive(self) -> Json:
        """The next message, which must be JSON in a text frame."""
        text = await asyncio.wait_for(self.connection.recv(), PATIENCE_SECONDS)
        assert isinstance(text, str), "answers come as text frames"
        return json.loads(text)

    async def greet(self, secret: str | None) -> None:
        """Sends a credential and waits to be let in."""
        await self.send(init(secret))
        assert await self.receive() == {"type": "connection_ack"}

    async def subscribe(self, query: str | None = None, *, id_: str | None = None, **more: Json) -> str:
        """Asks for an operation; returns its id."""
        id_ = id_ or str(next(self._ids))
        payload = {**({"query": query} if query is not None else {}), **more}
        await self.send({"id": id_, "type": "subscribe", "payload": payload})
        return id_

    async def ask(self, query: str | None = None, **more: Json) -> Json:
        """The payload of the one answer to an operation: a body, or a list of errors if it was refused."""
        id_ = await self.subscribe(query, **more)
        first = await self.receive()
        assert first["id"] == id_, first
        if first["type"] == "error":
            return first["payload"]
        assert await self.receive() == {"id": id_, "type": "complete"}
        assert first["type"] == "next", first
        return first["payload"]

    async def closed(self) -> tuple[int, str]:
        """The code and the reason it is closed with, once it is. What was said before is dropped."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while True:
                    await self.connection.recv()
        except websockets.ConnectionClosed as ended:
            received = ended.rcvd
            assert received is not None, "it broke off without a word"
            return received.code, received.reason


def init(secret: str | None) -> Json:
    """A greeting, with a credential or without."""
    payload = {} if secret is None else {"payload": {"authorization": f"Bearer {secret}"}}
    return {"type": "connection_init", **payload}


@asynccontextmanager
async def opened(
    url: str, *, subprotocols: Sequence[str] = ("graphql-transport-ws",), **given: Json
) -> AsyncGenerator[Socket]:
    """A connection to a server's URL, not greeted yet. `given` is for the library."""
    address = f"{url.replace('http', 'ws', 1)}/graphql"
    offered = [Subprotocol(each) for each in subprotocols] or None
    async with websockets.connect(address, subprotocols=offered, proxy=None, **given) as connection:
        yield Socket(connection)


@asynccontextmanager
async def greeted(url: str, secret: str, **given: Json) -> AsyncGenerator[Socket]:
    """A connection whose credential was taken."""
    async with opened(url, **given) as socket:
        await socket.greet(secret)
        yield socket

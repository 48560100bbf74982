"""A small client of server-sent events, which reads them as they come."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2

from tests.service.websockets import PATIENCE_SECONDS

Json = Any

EVENTS = "text/event-stream"


class EventStream:
    """One answer that is a stream. Its frames are left to be read, in the order they came."""

    def __init__(self, response: httpx2.Response) -> None:
        self.response = response
        self._pieces: AsyncIterator[bytes] = response.aiter_raw()
        self._read = b""

    async def frame(self) -> str:
        """The next frame as it was sent, comments too; empty at the end of the answer."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while b"\n\n" not in self._read:
                piece = await anext(self._pieces, None)
                if piece is None:
                    assert not self._read, "it ends within a frame"
                    return ""
                self._read += piece
        frame, _, self._read = self._read.partition(b"\n\n")
        return frame.decode()

    async def next(self) -> Json:
        """The body of the next event; None once the stream has said that it is complete."""
        while True:
            frame = await self.frame()
            if frame.startswith(":"):
                continue
            kind, _, data = frame.partition("\n")
            if kind == "event: complete":
                assert data == "data:"
                assert await self.frame() == "", "nothing comes after the end"
                return None
            assert kind == "event: next", frame
            return json.loads(data.removeprefix("data: "))


@asynccontextmanager
async def event_stream(
    url: str, secret: str, query: str, *, headers: dict[str, str] | None = None, **variables: Json
) -> AsyncGenerator[EventStream]:
    """A stream of the answers to an operation, once its head is there."""
    given = {"Authorization": f"Bearer {secret}", "Accept": EVENTS, **(headers or {})}
    body = {"query": query, "variables": variables}
    async with (
        httpx2.AsyncClient(base_url=url, timeout=PATIENCE_SECONDS, headers=given) as client,
        client.stream("POST", "/graphql", json=body) as response,
    ):
        yield EventStream(response)

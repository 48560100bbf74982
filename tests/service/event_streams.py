"""A small client of server-sent events, which reads them as they come."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2

from tests.service.serving import NO_TLS
from tests.service.websockets import PATIENCE_SECONDS

Json = Any

EVENTS = "text/event-stream"
OF_URQL = f"application/graphql-response+json, application/graphql+json, application/json, {EVENTS}, multipart/mixed"
"""What it accepts, with every operation."""


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
    body = {"query": query, "variables": variables}
    async with stream_of(url, secret, "POST", "/graphql", headers=headers, json=body) as stream:
        yield stream


@asynccontextmanager
async def stream_of(
    url: str, secret: str, method: str, path: str, *, headers: dict[str, str] | None = None, **request: Json
) -> AsyncGenerator[EventStream]:
    """A stream of the answers to a request of any kind, once its head is there; `request` is for the library."""
    given = {"Authorization": f"Bearer {secret}", "Accept": EVENTS, **(headers or {})}
    async with (
        httpx2.AsyncClient(base_url=url, timeout=PATIENCE_SECONDS, headers=given, verify=NO_TLS) as client,
        client.stream(method, path, **request) as response,
    ):
        yield EventStream(response)


def event_stream_request(secret: str, query: str, **variables: Json) -> bytes:
    """The request for a stream as it goes over the wire, for those who write to a socket themselves."""
    body = json.dumps({"query": query, "variables": variables}).encode()
    head = (
        f"POST /graphql HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {secret}\r\nAccept: {EVENTS}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body

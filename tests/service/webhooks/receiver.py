"""A receiver of webhooks that behaves as a test tells it, over raw sockets: well, badly or not at all."""

import asyncio
import json
import socket
import ssl
import struct
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

Json = Any


@dataclass(frozen=True)
class Arrival:
    """A delivery as it arrived, whatever was answered then."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def event(self) -> Json:
        return json.loads(self.body)


Behaviour = Callable[["Connection"], Awaitable[None]]
"""What is made of a delivery that has arrived."""


@dataclass
class Connection:
    """The connection of a delivery, to be answered on."""

    arrival: Arrival
    writer: asyncio.StreamWriter

    async def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        self.writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n{head}\r\n".encode() + body)
        await self.writer.drain()


async def confirm(connection: Connection) -> None:
    await connection.answer(200, b"thanks")


async def fail(connection: Connection) -> None:
    await connection.answer(500, b"oops")


async def refuse_for_now(connection: Connection) -> None:
    await connection.answer(429, Retry_After="0")


async def redirect(connection: Connection) -> None:
    await connection.answer(307, Location="/elsewhere")


async def hang(connection: Connection) -> None:
    del connection
    await asyncio.Event().wait()


async def close_early(connection: Connection) -> None:
    connection.writer.close()


async def close_within(connection: Connection) -> None:
    connection.writer.write(b"HTTP/1.1 200 O")


async def reset(connection: Connection) -> None:
    raw: socket.socket = connection.writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.writer.transport.abort()


async def talk_nonsense(connection: Connection) -> None:
    connection.writer.write(b"220 mail.example.com ESMTP\r\n")
    await connection.writer.drain()


async def trickle(connection: Connection) -> None:
    """A head that never ends, a byte at a time."""
    while True:
        connection.writer.write(
            b"H" if connection.writer.transport.get_write_buffer_size() else b"HTTP/1.1 200 X\r\nA: "
        )
        await connection.writer.drain()
        await asyncio.sleep(0.02)


async def flood(connection: Connection) -> None:
    """A failure with a body that never ends."""
    connection.writer.write(b"HTTP/1.1 500 X\r\n\r\n")
    while True:
        connection.writer.write(b"x" * 65_536)
        await connection.writer.drain()


async def hold_out(connection: Connection) -> None:
    """One provisional answer after the other, and never one that settles it."""
    while True:
        connection.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)
        await connection.writer.drain()


async def crumble(connection: Connection) -> None:
    """A failure with a body that never ends, a byte to the chunk."""
    connection.writer.write(b"HTTP/1.1 500 X\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        connection.writer.write(b"1\r\nx\r\n" * 100)
        await connection.writer.drain()


async def name_a_day_past_all_days(connection: Connection) -> None:
    """Asks to be left alone until no calendar knows when."""
    await connection.answer(503, Retry_After="Mon, 01 Jan 99999999999 00:00:00 GMT")


async def name_a_zone_past_all_zones(connection: Connection) -> None:
    """Asks to be left alone until a time of nowhere on earth."""
    await connection.answer(503, Retry_After="Mon, 01 Jan 2035 00:00:00 +999999999999")


@dataclass
class Receiver:
    """What has arrived so far, and what is done with what arrives next."""

    port: int
    behave: Behaviour = confirm
    arrivals: list[Arrival] = field(default_factory=list[Arrival])
    connections: int = 0
    has_news: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks"

    async def until(self, holds: Callable[[list[Arrival]], bool]) -> None:
        """Waits until what has arrived is as it should be."""
        async with self.has_news:
            await self.has_news.wait_for(lambda: holds(self.arrivals))

    async def until_connected(self, times: int) -> None:
        """Waits until so many deliveries have come, answered or not."""
        async with self.has_news:
            await self.has_news.wait_for(lambda: self.connections >= times)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        async with self.has_news:
            self.has_news.notify_all()
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                arrival = await _read(reader)
                self.arrivals.append(arrival)
                await self.behave(Connection(arrival, writer))
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()
            async with self.has_news:
                self.has_news.notify_all()


@asynccontextmanager
async def receiving(
    behave: Behaviour = confirm, *, port: int = 0, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None
) -> AsyncGenerator[Receiver]:
    """A receiver on a port of the loopback."""
    receiver = Receiver(port, behave)
    handling: set[asyncio.Task[None]] = set()

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(receiver.serve(reader, writer))
        handling.add(task)
        task.add_done_callback(handling.discard)

    server = await asyncio.start_server(begin, host, port, ssl=tls)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
        for task in handling:
            task.cancel()
        await asyncio.gather(*handling, return_exceptions=True)


async def _read(reader: asyncio.StreamReader) -> Arrival:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
    body = await reader.readexactly(int(headers["content-length"]))
    return Arrival(head[0].split()[1], headers, body)

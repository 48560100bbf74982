"""Load at a steady rate: requests start when they are due, whether or not the ones before have been answered.

wrk asks again only when it is answered, so a server that stalls is asked less and looks quick. Here a request that
finds every connection busy waits, and its wait counts.
"""

import asyncio
import random
import statistics
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from benchmarks.data import Size
from benchmarks.operations import Operation
from benchmarks.servers import Server

_VARIETY = 500

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(slots=True)
class _Connections:
    """Open connections that nobody uses at the moment, and how long each request took so far."""

    idle: asyncio.Queue[Connection] = field(default_factory=asyncio.Queue[Connection])
    seconds: list[float] = field(default_factory=list[float])

    async def ask(self, request: bytes, due: float) -> None:
        """One request, timed from when it was due."""
        reader, writer = await self.idle.get()
        writer.write(request)
        await read_answer(reader)
        self.seconds.append(time.perf_counter() - due)
        self.idle.put_nowait((reader, writer))


async def measure_p99(
    server: Server, operation: Operation, size: Size, *, rate: float, seconds: float, connections: int
) -> float:
    """The 99th percentile in milliseconds, of requests that come at random so many a second."""
    lots = random.Random(1)  # noqa: S311 - no secret
    bodies = (operation.body(server.kind.dialect, lots.randint(1, size.customers), size) for _ in range(_VARIETY))
    requests = [request_of(server, body) for body in bodies]
    open_ones = _Connections()
    for _ in range(connections):
        open_ones.idle.put_nowait(await connect(server))
    began = time.perf_counter()
    due = began
    async with asyncio.TaskGroup() as asking:
        while (due := due + lots.expovariate(rate)) < began + seconds:
            # The loop's timers are a millisecond coarse; requests that are due at once start at once.
            if (wait := due - time.perf_counter()) > 0:
                await asyncio.sleep(wait)
            asking.create_task(open_ones.ask(lots.choice(requests), due))
    while not open_ones.idle.empty():
        open_ones.idle.get_nowait()[1].close()
    return statistics.quantiles(open_ones.seconds, n=100)[98] * 1000


async def ask_for_each(
    server: Server, operation: Operation, size: Size, *, connections: int, at_most_seconds: float
) -> None:
    """Asks for every customer once, until the time is up: what a server keeps of them, it then has."""
    requests = (
        request_of(server, operation.body(server.kind.dialect, customer, size))
        for customer in range(1, size.customers + 1)
    )
    until = time.perf_counter() + at_most_seconds

    async def ask_on() -> None:
        reader, writer = await connect(server)
        for request in requests:
            if time.perf_counter() > until:
                break
            writer.write(request)
            await read_answer(reader)
        writer.close()

    async with asyncio.TaskGroup() as asking:
        for _ in range(connections):
            asking.create_task(ask_on())


async def connect(server: Server) -> Connection:
    """An open connection."""
    address = urlsplit(server.url)
    return await asyncio.open_connection(address.hostname, address.port)


def request_of(server: Server, body: bytes) -> bytes:
    """A whole request, as it is sent."""
    headers = {
        "Host": urlsplit(server.url).netloc,
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        **server.headers,
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST {server.kind.path} HTTP/1.1\r\n{lines}\r\n".encode() + body


async def read_answer(reader: asyncio.StreamReader) -> bytes:
    """An answer's body. Raises SystemExit for any status but 200."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if not head.startswith(b"http/1.1 200"):
        raise SystemExit(f"Refused: {head.decode()}")
    _, found, rest = head.partition(b"\r\ncontent-length:")
    if found:
        return await reader.readexactly(int(rest.partition(b"\r\n")[0]))
    body = b""
    while length := int(await reader.readline(), 16):
        body += (await reader.readexactly(length + 2))[:length]
    await reader.readline()
    return body

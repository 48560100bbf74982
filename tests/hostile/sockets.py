"""Bare sockets: clients that send what no HTTP library would, or don't send, or don't read."""

import asyncio
import json
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer as it came over the wire; the names of headers in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def code(self) -> str:
        """The code of its one GraphQL error."""
        [error] = json.loads(self.body)["errors"]
        assert error["message"]
        return error["extensions"]["code"]


@asynccontextmanager
async def connected(url: str) -> AsyncGenerator[Streams]:
    """A connection to a server, torn down at the end whatever it still holds."""
    reader, writer = await asyncio.open_connection(*address(url))
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def exchange(url: str, sent: bytes) -> list[Answer]:
    """Everything a server answers to some bytes until it closes the connection, which it must do by itself."""
    async with connected(url) as (reader, writer):
        writer.write(sent)
        return read_answers(await asyncio.wait_for(reader.read(), 10))


async def read_answer(reader: asyncio.StreamReader) -> Answer:
    """The next answer of a connection that may go on."""
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
    status, headers = _read_head(head)
    return Answer(status, headers, await asyncio.wait_for(reader.readexactly(int(headers["content-length"])), 10))


def read_answers(received: bytes) -> list[Answer]:
    """Every answer among some bytes, which must be answers to the last of them."""
    answers: list[Answer] = []
    while received:
        head, separator, rest = received.partition(b"\r\n\r\n")
        assert separator, received
        status, headers = _read_head(head)
        length = int(headers["content-length"])
        assert len(rest) >= length, received
        answers.append(Answer(status, headers, rest[:length]))
        received = rest[length:]
    return answers


def request(path: str = "/graphql", body: bytes = b"", *, method: str = "POST", **headers: str) -> bytes:
    """An honest request. Names of headers have _ for -."""
    given = {"Host": "test", "Content-Type": "application/json", "Content-Length": str(len(body))}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in given.items())]
    return "\r\n".join((*lines, "", "")).encode() + body


def address(url: str) -> tuple[str, int]:
    """A URL's host and port."""
    parts = urlsplit(url)
    assert parts.hostname
    assert parts.port
    return parts.hostname, parts.port


def small_window() -> socket.socket:
    """A socket that takes so little at once that a server's answer stays with the server."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    sock.setblocking(False)
    return sock


def _read_head(head: bytes) -> tuple[int, dict[str, str]]:
    first, *lines = head.decode("ascii").rstrip().split("\r\n")
    protocol, status, *_ = first.split(" ")
    assert protocol == "HTTP/1.1", first
    pairs = (line.partition(": ") for line in lines)
    return int(status), {name.lower(): value for name, _, value in pairs}

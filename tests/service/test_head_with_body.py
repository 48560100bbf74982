"""Answers on the wire: a head goes with the first of its body, and nobody waits for what doesn't come."""

import asyncio
from collections.abc import AsyncGenerator, Generator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from gateway.settings import Settings
from tests.hostile.sockets import connected, read_answer, request
from tests.service.serving import running


async def _greet(request: Request) -> Response:
    return PlainTextResponse((await request.body()).decode() or "hello")


async def _stream(_: Request) -> Response:
    async def pieces() -> AsyncGenerator[bytes]:
        yield b"first"
        await asyncio.Event().wait()

    return StreamingResponse(pieces(), headers={"Content-Length": "1000"})


async def _say_nothing(_: Request) -> Response:
    return Response(status_code=204)


class _BreaksOff:
    """An ASGI application that fails between the head and the body."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
        message = "broken"
        raise RuntimeError(message)


@pytest.fixture(scope="module")
def url() -> Generator[str]:
    routes = [
        Route("/", _greet, methods=["GET", "POST"]),
        Route("/stream", _stream),
        Route("/broken", _BreaksOff()),
        Route("/nothing", _say_nothing),
    ]
    with running(Starlette(routes=routes), Settings(shutdown_seconds=0)) as url:
        yield url


@pytest.mark.parametrize(("path", "end"), [("/", b"\r\n\r\nhello"), ("/stream", b"\r\n\r\nfirst")])
async def test_the_head_and_what_there_is_of_the_body_come_together(url: str, path: str, end: bytes) -> None:
    async with connected(url) as (reader, writer):
        writer.write(request(path, method="GET"))

        received = await reader.read(65_536)

    assert received.startswith(b"HTTP/1.1 200 OK\r\n")
    assert received.endswith(end)


@pytest.mark.parametrize(
    ("method", "path", "status"), [("HEAD", "/", b"200"), ("GET", "/nothing", b"204"), ("HEAD", "/nothing", b"204")]
)
async def test_an_answer_without_a_body_comes_too_and_the_connection_goes_on(
    url: str, method: str, path: str, status: bytes
) -> None:
    async with connected(url) as (reader, writer):
        writer.write(request(path, method=method))
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
        writer.write(request(method="GET", path="/"))
        after = await read_answer(reader)

    assert head.startswith(b"HTTP/1.1 %s " % status)
    assert (after.status, after.body) == (200, b"hello")


async def test_a_client_that_waits_to_be_told_so_is_told_to_go_on(url: str) -> None:
    async with connected(url) as (reader, writer):
        writer.write(request("/", Content_Length="2", Expect="100-continue"))
        told = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
        writer.write(b"on")
        answer = await read_answer(reader)

    assert told == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert answer.body == b"on"


async def test_an_answer_that_breaks_off_ends_the_connection(url: str) -> None:
    async with connected(url) as (reader, writer):
        writer.write(request("/broken", method="GET"))

        received = await asyncio.wait_for(reader.read(), 10)

    assert received.startswith(b"HTTP/1.1 200 OK\r\n")
    assert received.endswith(b"\r\n\r\n")

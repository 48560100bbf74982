"""Bodies without an end, or with more in them than it seems: refused once the limit is read, and never kept."""

import asyncio
import gzip
import json
from collections.abc import AsyncGenerator, Generator

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gateway.http.body import read_body
from gateway.http.request import HttpRequest
from gateway.refusals import BadRequest, bad_request
from gateway.settings import Settings
from tests.hostile.sockets import connected, read_answer, request
from tests.memory import peak, reset_peak
from tests.service.serving import NO_TLS, running

SETTINGS = Settings()
LIMIT = SETTINGS.max_body_bytes
MEGABYTE = 1_048_576


@pytest.fixture(scope="module")
def url() -> Generator[str]:
    """An application that answers how long a body is."""

    async def respond(asked: Request) -> Response:
        try:
            return JSONResponse(len(await read_body(HttpRequest.of(asked.scope, asked.receive), LIMIT)))
        except BadRequest as refusal:
            return bad_request(refusal)

    with running(Starlette(routes=[Route("/", respond, methods=["POST"])]), SETTINGS) as url:
        yield url


async def _pieces(count: int, size: int) -> AsyncGenerator[bytes]:
    for _ in range(count):
        yield b"x" * size


async def test_a_body_up_to_the_limit_is_read(url: str) -> None:
    async with httpx2.AsyncClient(base_url=url, verify=NO_TLS) as client:
        declared = await client.post("/", content=b"x" * LIMIT)
        chunked = await client.post("/", content=_pieces(LIMIT // 1_024, 1_024))

    assert (declared.json(), chunked.json()) == (LIMIT, LIMIT)


@pytest.mark.parametrize("size", [LIMIT + 1, 10 * MEGABYTE, 200 * MEGABYTE])
async def test_a_longer_body_is_refused_however_it_comes(url: str, size: int) -> None:
    async with httpx2.AsyncClient(base_url=url, timeout=30, verify=NO_TLS) as client:
        before = reset_peak()
        whole, rest = divmod(size, MEGABYTE)
        declared = await client.post(
            "/", content=_and(_pieces(whole, MEGABYTE), rest), headers={"Content-Length": f"{size}"}
        )
        chunked = await client.post("/", content=_and(_pieces(whole, MEGABYTE), rest))
        grown = peak() - before

    for answer in (declared, chunked):
        assert answer.status_code == 413
        assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
    assert grown < 50_000_000


async def _and(pieces: AsyncGenerator[bytes], rest: int) -> AsyncGenerator[bytes]:
    async for piece in pieces:
        yield piece
    yield b"x" * rest


async def test_a_declared_length_is_refused_before_the_body_comes(url: str) -> None:
    async with connected(url) as (reader, writer):
        writer.write(request("/", Content_Length="999999999999", Expect="100-continue"))
        answer = await read_answer(reader)

    assert (answer.status, answer.code) == (413, "BAD_REQUEST")


async def test_chunks_without_an_end_are_refused_as_they_come(url: str) -> None:
    async with connected(url) as (reader, writer):
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        answer = asyncio.create_task(read_answer(reader))
        sent = 0
        while not answer.done():
            writer.write(b"1000\r\n" + b"x" * 4_096 + b"\r\n")
            await writer.drain()
            await asyncio.sleep(0)
            sent += 4_096

    assert (answer.result().status, answer.result().code) == (413, "BAD_REQUEST")
    assert sent > LIMIT


async def test_a_refused_body_leaves_the_connection_usable(url: str) -> None:
    async with connected(url) as (reader, writer):
        writer.write(request("/", b"x" * (LIMIT + 1)) + request("/", b"hello"))
        refused, answered = await read_answer(reader), await read_answer(reader)

    assert (refused.status, answered.status, json.loads(answered.body)) == (413, 200, 5)


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "identity, gzip", "x"])
async def test_a_compressed_body_is_refused_unread(url: str, encoding: str) -> None:
    bomb = gzip.compress(bytes(100 * MEGABYTE))
    async with httpx2.AsyncClient(base_url=url, verify=NO_TLS) as client:
        answer = await client.post("/", content=bomb, headers={"Content-Encoding": encoding})
        plain = await client.post("/", content=b"hello", headers={"Content-Encoding": "identity"})

    assert answer.status_code == 415
    assert answer.headers["accept-encoding"] == "identity"
    assert plain.json() == 5

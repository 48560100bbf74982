"""What isn't HTTP, or is HTTP to one reader and something else to another: one answer, as JSON, and the end."""

import asyncio
import json
from collections.abc import Generator
from pathlib import Path

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gateway.connections.request_head import MAX_HEAD_BYTES
from gateway.settings import Settings
from storage.database import Database
from tests.databases import sqlite_database
from tests.hostile.sockets import connected, exchange, read_answer, request
from tests.service.serving import NO_TLS, Caller, running, serving

POST = b"POST /graphql HTTP/1.1\r\nHost: x\r\n"
GET = b"GET / HTTP/1.1\r\nHost: x\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"

MALFORMED = {
    "noise": b"\x00\x01\x02\x03" * 64,
    "TLS on the plain port": bytes.fromhex("16030100a5010000a10303") + b"x" * 160,
    "the preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "another protocol": b"HELO mail.example.com\r\n",
    "a method there isn't": b"TAKE / HTTP/1.1\r\nHost: x\r\n\r\n",
    "a version there isn't": b"GET / HTTP/1.9\r\nHost: x\r\n\r\n",
    "no version": b"GET /\r\n\r\n",
    "a path with bytes beyond ASCII": b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
    "a proxy's request": b"CONNECT example.com:443 HTTP/1.1\r\nHost: x\r\n\r\n",
    "a bare LF after the request line": b"GET / HTTP/1.1\nHost: x\r\n\r\n",
    "a bare LF after a header": b"GET / HTTP/1.1\r\nHost: x\nA: b\r\n\r\n",
    "a bare LF at the end of the head": GET + b"\n",
    "a bare CR in a header": GET + b"A: b\rC: d\r\n\r\n",
    "a folded header": GET + b"A: b\r\n c\r\n\r\n",
    "a blank before the colon": GET + b"Content-Length : 5\r\n\r\nhello",
    "a header without a name": GET + b": b\r\n\r\n",
    "a NUL in a header": GET + b"A: b\x00c\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\nA: b\r\n\r\n",
    "two hosts": GET + b"Host: y\r\n\r\n",
    "a length and chunks": POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks and a length": POST + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "two lengths": POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
    "one length twice": POST + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
    "a list of lengths": POST + b"Content-Length: 5, 5\r\n\r\nhello",
    "a negative length": POST + b"Content-Length: -1\r\n\r\n",
    "a length with a sign": POST + b"Content-Length: +5\r\n\r\nhello",
    "a hexadecimal length": POST + b"Content-Length: 0x5\r\n\r\nhello",
    "a length without digits": POST + b"Content-Length: \r\n\r\n",
    "a length beyond all numbers": POST + b"Content-Length: " + b"9" * 40 + b"\r\n\r\n",
    "chunks in chunks": POST + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "chunks twice": POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "compressed chunks": POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "a coding like chunks": POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "a coding that is none": POST + b"Transfer-Encoding: identity\r\n\r\n",
    "chunks before there were any": b"POST /graphql HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a chunk without a size": CHUNKED + b"\r\nhello\r\n0\r\n\r\n",
    "a chunk's size in words": CHUNKED + b"five\r\nhello\r\n0\r\n\r\n",
    "a negative chunk": CHUNKED + b"-5\r\nhello\r\n0\r\n\r\n",
    "a chunk beyond all numbers": CHUNKED + b"f" * 20 + b"\r\nhello\r\n0\r\n\r\n",
    "a chunk longer than its size": CHUNKED + b"5\r\nhello!!\r\n0\r\n\r\n",
    "a bare LF after a chunk's size": CHUNKED + b"5\nhello\r\n0\r\n\r\n",
    "a bare LF after a chunk": CHUNKED + b"5\r\nhello\n0\r\n\r\n",
}

TOO_LARGE = {
    "one header": GET + b"A: " + b"a" * 65_536 + b"\r\n\r\n",
    "a header without an end": GET + b"A: " + b"a" * 65_536,
    "a name without an end": GET + b"a" * 65_536,
    "many headers": GET + b"A: b\r\n" * 10_000 + b"\r\n",
    "a path": b"GET /" + b"a" * 65_536 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "headers after the body": CHUNKED + b"5\r\nhello\r\n0\r\n" + b"A: b\r\n" * 100_000,
    "a header after the body": CHUNKED + b"5\r\nhello\r\n0\r\nA: " + b"a" * 1_000_000,
    "a remark in a chunk's size": CHUNKED + b"5;" + b"a" * 1_000_000,
    "blank lines before the request": b"\r\n" * 500_000,
}


@pytest.fixture(scope="module")
def url(sqlite_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    """The whole application; none of these requests reaches a database."""
    with serving(f"sqlite:///{sqlite_path}") as url:
        yield url


@pytest.fixture(scope="module")
def echo() -> Generator[str]:
    """An application that answers what it was asked, the headers as they are once the body is read."""

    async def respond(asked: Request) -> Response:
        body = await asked.body()
        return JSONResponse({"path": asked.url.path, "headers": dict(asked.headers), "body": body.decode()})

    with running(Starlette(routes=[Route("/{path:path}", respond, methods=["GET", "POST"])]), Settings()) as url:
        yield url


@pytest.mark.parametrize("sent", MALFORMED.values(), ids=MALFORMED.keys())
async def test_malformed_requests_get_one_answer_and_the_connection_ends(url: str, sent: bytes) -> None:
    [answer] = await exchange(url, sent)

    assert (answer.status, answer.code) == (400, "BAD_REQUEST")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["connection"] == "close"
    assert "server" not in answer.headers


@pytest.mark.parametrize("sent", TOO_LARGE.values(), ids=TOO_LARGE.keys())
async def test_what_is_no_body_has_a_limit(echo: str, sent: bytes) -> None:
    [answer] = await exchange(echo, sent)

    assert (answer.status, answer.code) == (431, "BAD_REQUEST")


async def test_a_head_up_to_the_limit_is_read(echo: str) -> None:
    async with connected(echo) as (reader, writer):
        writer.write(_with_head_of(MAX_HEAD_BYTES))
        largest = await read_answer(reader)
    [larger] = await exchange(echo, _with_head_of(MAX_HEAD_BYTES + 1))

    assert (largest.status, larger.status) == (200, 431)


async def test_a_malformed_request_waits_for_the_answer_to_the_one_before(echo: str) -> None:
    answers = await exchange(echo, request("/first") + request("/second") + MALFORMED["two lengths"] + request("/last"))

    assert [(answer.status, _path(answer.body)) for answer in answers] == [
        (200, "/first"),
        (200, "/second"),
        (400, None),
    ]


async def test_a_request_answered_before_it_went_wrong_gets_no_second_answer(url: str) -> None:
    async with connected(url) as (reader, writer):
        # Without a credential nobody waits for the body.
        writer.write(CHUNKED + b"5\r\nhello\r\n")
        answer = await read_answer(reader)
        writer.write(b"five" + b"x" * 100_000)
        rest = await asyncio.wait_for(reader.read(), 10)

    assert (answer.status, answer.code) == (401, "UNAUTHENTICATED")
    assert rest == b""


async def test_nothing_after_a_malformed_request_is_carried_out(echo: str) -> None:
    smuggled = request("/smuggled")

    [answer] = await exchange(echo, MALFORMED["a length and chunks"] + smuggled)

    assert answer.status == 400


async def test_requests_sent_ahead_are_answered_in_turn_up_to_a_limit(echo: str) -> None:
    answers = await exchange(echo, b"".join(request(f"/{n}") for n in range(200)))

    paths = [_path(answer.body) for answer in answers]
    assert paths == [*(f"/{n}" for n in range(101)), None]
    assert answers[-1].status == 400


async def test_headers_after_a_body_change_nothing(echo: str) -> None:
    async with connected(echo) as (reader, writer):
        writer.write(CHUNKED + b"5\r\nhello\r\n0\r\nAuthorization: Bearer forged\r\nHost: forged\r\n\r\n")
        answer = await read_answer(reader)

    assert json.loads(answer.body) == {
        "path": "/graphql",
        "headers": {"host": "x", "transfer-encoding": "chunked"},
        "body": "hello",
    }


@pytest.mark.parametrize("pieces", [1, 2], ids=["at once", "body apart"])
async def test_an_offer_of_another_protocol_is_ignored(echo: str, pieces: int) -> None:
    # Java's HTTP client makes it with every request, bodies and all.
    offer = request(
        "/", b"hello", Connection="Upgrade, HTTP2-Settings", Upgrade="h2c", HTTP2_Settings="AAEAAEAAAAIAAAAB"
    )
    async with connected(echo) as (reader, writer):
        writer.write(offer if pieces == 1 else offer[:-5])
        if pieces == 2:
            await asyncio.sleep(0.05)
            writer.write(offer[-5:])
        first = await read_answer(reader)
        writer.write(request("/next"))
        second = await read_answer(reader)

    assert json.loads(first.body)["body"] == "hello"
    assert _path(second.body) == "/next"


async def test_an_honest_request_among_them_is_answered(sqlite_path: Path, tmp_path: Path) -> None:
    async with sqlite_database(sqlite_path, tmp_path) as database_url:
        database = Database.open(database_url)
        with serving(database_url) as url:
            async with httpx2.AsyncClient(base_url=url, verify=NO_TLS) as client:
                caller = await Caller.arrive(client, database)
                for sent in MALFORMED.values():
                    await exchange(url, sent)

                answer = await caller.ask("{ viewer { environment { name } } }")
        await database.close()

    assert answer == {"viewer": {"environment": {"name": "sandbox"}}}


def _with_head_of(size: int) -> bytes:
    others = len(request("/", method="GET", A="")) - len("GET  HTTP/1.1\r\n\r\n")
    return request("/", method="GET", A="a" * (size - others))


def _path(body: bytes) -> str | None:
    return json.loads(body).get("path")

"""The id of a request: where it comes from, where it is shown, and the line that a request leaves in the log."""

import io
import json
import logging
import re
from collections.abc import Generator
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from gateway.telemetry.logs import LineHandler, log_formatter
from gateway.telemetry.request_ids import RequestIds, current_request_id, note_credential
from tests.service.serving import NO_TLS

MADE = re.compile(r"req_[0-9a-f]{32}")


async def _say_id(request: Request) -> Response:
    note_credential("key_1")
    logging.getLogger("admittance.tests").info("working")
    return PlainTextResponse(current_request_id() or "none")


async def _fail(_: Request) -> Response:
    message = "broken"
    raise RuntimeError(message)


async def _greet(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text(current_request_id() or "none")
    await socket.close()


async def _turn_away(socket: WebSocket) -> None:
    await socket.close()


def _app(*, access_log: bool = False) -> RequestIds:
    routes = [
        Route("/{path:path}", _say_id),
        WebSocketRoute("/greet", _greet),
        WebSocketRoute("/away", _turn_away),
    ]
    return RequestIds(Starlette(routes=[Route("/fail", _fail), *routes]), access_log=access_log)


def _client(app: RequestIds) -> httpx2.AsyncClient:
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    return httpx2.AsyncClient(transport=transport, base_url="http://test", verify=NO_TLS)


@pytest.fixture
def lines() -> Generator[io.StringIO]:
    """What the program logs, as JSON."""
    written = io.StringIO()
    handler = LineHandler(written)
    handler.setFormatter(log_formatter(as_json=True))
    logger = logging.getLogger("admittance")
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield written
    logger.removeHandler(handler)
    logger.setLevel(before)


def _read(lines: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines.getvalue().splitlines()]


@pytest.mark.parametrize("given", ["a", "0af7-651_9.16", "x" * 128])
async def test_the_callers_id_is_taken(given: str) -> None:
    async with _client(_app()) as client:
        answer = await client.get("/", headers={"X-Request-Id": given})

    assert (answer.headers["x-request-id"], answer.text) == (given, given)


@pytest.mark.parametrize("given", ["", "x" * 129, "a b", "a\tb", "é", "a,b", '"a"'])
async def test_an_id_that_could_do_harm_is_not_taken(given: str) -> None:
    async with _client(_app()) as client:
        answer = await client.get("/", headers=[(b"X-Request-Id", given.encode())])

    assert MADE.fullmatch(answer.headers["x-request-id"])
    assert answer.text == answer.headers["x-request-id"]


async def test_two_ids_are_none() -> None:
    async with _client(_app()) as client:
        answer = await client.get("/", headers=[("X-Request-Id", "a"), ("X-Request-Id", "b")])

    assert MADE.fullmatch(answer.headers["x-request-id"])


async def test_each_request_has_an_id_of_its_own_and_leaves_none_behind() -> None:
    async with _client(_app()) as client:
        first, second = await client.get("/"), await client.get("/")

    assert first.text != second.text
    assert current_request_id() is None


def test_a_websocket_has_one_too() -> None:
    with TestClient(_app()) as client, client.websocket_connect("/greet", headers={"X-Request-Id": "mine"}) as socket:
        said = socket.receive_text()
        answered = dict(socket.extra_headers or [])

    assert said == "mine"
    assert answered[b"x-request-id"] == b"mine"


async def test_every_line_of_a_request_holds_its_id(lines: io.StringIO) -> None:
    async with _client(_app()) as client:
        await client.get("/", headers={"X-Request-Id": "mine"})

    [line] = _read(lines)
    assert (line["event"], line["request_id"]) == ("working", "mine")


async def test_the_access_log_says_who_asked_for_what_and_no_variables(lines: io.StringIO) -> None:
    async with _client(_app(access_log=True)) as client:
        await client.get("/graphql?query=secret", headers={"X-Request-Id": "mine"})

    line = _read(lines)[-1]
    assert line.pop("timestamp").endswith("Z")
    assert 0 <= line.pop("ms") < 10_000
    assert line == {
        "level": "info",
        "logger": "admittance.access",
        "event": "request",
        "request_id": "mine",
        "method": "GET",
        "path": "/graphql",
        "status": 200,
        "credential_id": "key_1",
    }


@pytest.mark.parametrize("sent", ["/a%0d%0ab%1b%5b31m", "/a%00", "/%ff%fe", "/%C3%A9", "/a%20b"])
async def test_a_path_is_one_word_in_it_whatever_was_sent(lines: io.StringIO, sent: str) -> None:
    async with _client(_app(access_log=True)) as client:
        await client.get(sent)

    path = _read(lines)[-1]["path"]
    assert re.fullmatch(r"/[!-~]+", path)


async def test_a_request_that_broke_is_in_it_as_a_500(lines: io.StringIO) -> None:
    async with _client(_app(access_log=True)) as client:
        answer = await client.get("/fail")

    line = _read(lines)[-1]
    assert MADE.fullmatch(answer.headers["x-request-id"])
    assert (line["path"], line["status"], line["request_id"]) == ("/fail", 500, answer.headers["x-request-id"])


def test_a_websocket_is_one_line_of_it_when_it_is_over(lines: io.StringIO) -> None:
    with TestClient(_app(access_log=True)) as client:
        with client.websocket_connect("/greet"):
            pass
        with pytest.raises(WebSocketDisconnect), client.websocket_connect("/away"):
            pass

    logged = [(line["method"], line["path"], line["status"]) for line in _read(lines)]
    assert logged == [("WEBSOCKET", "/greet", 101), ("WEBSOCKET", "/away", 403)]


async def test_every_answer_of_the_application_has_an_id(client: httpx2.AsyncClient) -> None:
    for path in ("/graphql", "/nowhere", "/health/live", "/metrics"):
        answer = await client.get(path, headers={"X-Request-Id": "mine"})

        assert answer.headers["x-request-id"] == "mine", path

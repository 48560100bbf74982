"""How long a WebSocket is open: from a handshake that is taken, with a credential that holds, to the end."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path

import pytest
import websockets
from sqlalchemy import URL, make_url, text

from gateway.websocket.closing import CloseCode
from resolvers.callers import EVERY_SCOPE
from storage.credentials import create_key, list_keys, revoke_key
from tests.databases import postgresql_away, sqlite_database
from tests.either import only_postgresql
from tests.service.serving import Caller, serving
from tests.service.test_websocket import CREATE, DONE, SANDBOX, VIEWER, writes_held
from tests.service.websockets import Json, greeted, init, opened

MISSING = 'Send a credential, as the payload of connection_init: {"authorization": "Bearer <API key or token>"}'
INVALID = "This API key is not valid: it is unknown or was revoked."


@pytest.fixture
async def sqlite_url(sqlite_path: Path, tmp_path: Path) -> AsyncGenerator[str]:
    """A migrated, empty SQLite database, for what has nothing to do with databases."""
    async with sqlite_database(sqlite_path, tmp_path) as url:
        yield url


async def _key(caller: Caller, *, seconds: float) -> str:
    """The secret of a key that ends so many seconds from now."""
    expires_at = caller.database.clock.now() + timedelta(seconds=seconds)
    _, secret = await create_key(caller.database, caller.environment.id, "brief", (EVERY_SCOPE,), expires_at=expires_at)
    return secret


async def _answer_to(url: str, message: Json) -> Json:
    """What a greeting is answered: a message, or the code and reason of the end."""
    async with opened(url) as socket:
        await socket.send(message)
        try:
            return await socket.receive()
        except websockets.ConnectionClosed:
            return await socket.closed()


async def test_the_subprotocol_is_taken_wherever_it_stands(server: str, caller: Caller) -> None:
    async with opened(server, subprotocols=("graphql-ws", "graphql-transport-ws")) as socket:
        await socket.greet(caller.secret)

        assert socket.connection.subprotocol == "graphql-transport-ws"
        assert socket.connection.response is not None
        assert socket.connection.response.headers["x-request-id"].startswith("req_")


@pytest.mark.parametrize("offered", [(), ("graphql-ws",), ("soap", "wamp")], ids=["none", "the legacy one", "others"])
async def test_another_subprotocol_is_refused_by_a_code_that_browsers_show(
    server: str, offered: tuple[str, ...]
) -> None:
    async with opened(server, subprotocols=offered) as socket:
        # A browser takes the connection only if one of those it offered was chosen.
        assert socket.connection.subprotocol == (offered[0] if offered else None)
        assert await socket.closed() == (4406, "The subprotocol must be graphql-transport-ws.")


@pytest.mark.parametrize(
    ("cors_origins", "headers", "taken"),
    [
        ((), {}, True),
        ((), {"Origin": "SERVER"}, True),
        ((), {"Origin": "https://app.example.com"}, False),
        ((), {"Origin": "null"}, False),
        ((), {"Origin": "https://app.example.com", "Sec-Fetch-Site": "same-origin"}, True),
        ((), {"Origin": "https://app.example.com", "Sec-Fetch-Site": "same-site"}, False),
        (("https://app.example.com",), {"Origin": "https://app.example.com"}, True),
        (("https://app.example.com",), {"Origin": "https://app.example.com.evil.test"}, False),
        (("https://app.example.com",), {"Origin": "http://app.example.com"}, False),
        (("*",), {"Origin": "https://anybody.example"}, True),
    ],
)
async def test_pages_of_other_origins_connect_only_if_they_are_listed(
    cors_origins: tuple[str, ...], headers: dict[str, str], taken: bool, sqlite_url: str
) -> None:
    with serving(sqlite_url, cors_origins=cors_origins) as url:
        given = {name: url if value == "SERVER" else value for name, value in headers.items()}
        if taken:
            async with opened(url, additional_headers=given) as socket:
                await socket.send({"type": "ping"})
                assert await socket.receive() == {"type": "pong"}
            return
        with pytest.raises(websockets.InvalidStatus) as refused:
            async with opened(url, additional_headers=given):
                pass

    response = refused.value.response
    assert (response.status_code, response.headers["content-type"]) == (403, "application/json")
    [error] = json.loads(response.body)["errors"]
    assert error["extensions"] == {"code": "FORBIDDEN"}


async def test_a_credential_comes_with_the_greeting_or_with_the_handshake(server: str, caller: Caller) -> None:
    bearer = f"Bearer {caller.secret}"
    for name in ("authorization", "Authorization"):
        answer = await _answer_to(server, {"type": "connection_init", "payload": {name: bearer}})
        assert answer == {"type": "connection_ack"}

    async with opened(server, additional_headers={"Authorization": bearer}) as socket:
        await socket.greet(None)
        answer = await socket.ask(VIEWER)

    assert answer["data"] == SANDBOX


async def test_wrong_credentials_are_refused_by_what_would_help(server: str, caller: Caller) -> None:
    expired = await _key(caller, seconds=-1)
    revoked = await _key(caller, seconds=60)
    for key in await list_keys(caller.database, caller.environment.id):
        if key.hint == revoked[-4:]:
            await revoke_key(caller.database, key.id)

    assert await _answer_to(server, init(None)) == (4401, MISSING)
    assert await _answer_to(server, {"type": "connection_init", "payload": {"authorization": ""}}) == (4401, MISSING)
    assert await _answer_to(server, init("adm_test_wrong")) == (4401, INVALID)
    assert await _answer_to(server, init(revoked)) == (4401, INVALID)
    # Clients try again after this one, and may have a fresh token by then.
    assert await _answer_to(server, init(expired)) == (4403, "This token has expired.")


async def test_an_address_that_guesses_credentials_is_told_to_stop(sqlite_url: str) -> None:
    with serving(sqlite_url, failure_rate="3/day") as url:
        codes = [(await _answer_to(url, init("adm_test_wrong")))[0] for _ in range(5)]

    assert codes == [4401, 4401, 4401, 4429, 4429]


async def test_nothing_is_carried_out_before_the_greeting(server: str) -> None:
    async with opened(server) as socket:
        await socket.send({"type": "ping"})
        assert await socket.receive() == {"type": "pong"}
        await socket.subscribe(VIEWER)

        assert await socket.closed() == (4401, "Send connection_init and wait for connection_ack.")


async def test_one_greeting_is_enough(server: str, caller: Caller) -> None:
    async with greeted(server, caller.secret) as socket:
        await socket.send(init(caller.secret))

        assert await socket.closed() == (4429, "Too many initialisation requests")


async def test_a_client_that_never_greets_is_cut(sqlite_url: str) -> None:
    with serving(sqlite_url, request_seconds=0.3) as url:
        async with opened(url) as socket:
            await socket.send({"type": "ping"})

            assert await socket.closed() == (4408, "No connection_init within 0.3 seconds")


async def test_a_connection_without_operations_is_cut(
    server: str, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.websocket.conversation.IDLE_SECONDS", 0.5)
    async with greeted(server, caller.secret) as socket:
        async with writes_held(caller):
            await socket.subscribe(CREATE, variables={"key": "sso"})
            # An operation that takes longer is no idleness.
            await asyncio.sleep(0.7)
        answers = [await socket.receive(), await socket.receive()]
        began = time.monotonic()
        ending = await socket.closed()

    assert answers[0]["payload"]["data"] == DONE
    assert ending == (4408, "No operation for 0.5 seconds")
    assert time.monotonic() - began > 0.4


async def test_a_connection_ends_with_its_credential(server: str, caller: Caller) -> None:
    secret = await _key(caller, seconds=1)
    async with writes_held(caller), greeted(server, secret) as socket:
        assert (await socket.ask(VIEWER))["data"] == SANDBOX
        await socket.subscribe(CREATE, variables={"key": "sso"})
        began = time.monotonic()

        # The operation in flight is not answered any more.
        with pytest.raises(websockets.ConnectionClosed):
            await socket.receive()
        ending = await socket.closed()

    assert ending == (4403, "Credential expired")
    assert time.monotonic() - began < 2


async def test_a_revoked_credential_ends_its_connections_within_five_seconds(server: str, caller: Caller) -> None:
    async with greeted(server, caller.secret) as silent, greeted(server, caller.secret) as asking:
        assert (await silent.ask(VIEWER))["data"] == SANDBOX
        [key] = await list_keys(caller.database, caller.environment.id)
        await revoke_key(caller.database, key.id)
        began = time.monotonic()
        await asking.subscribe(VIEWER)

        # Whoever asks is told at once, and not answered.
        with pytest.raises(websockets.ConnectionClosed):
            await asking.receive()
        endings = [await asking.closed(), await silent.closed()]
        lasted = time.monotonic() - began

    assert endings == [(4403, "Credential revoked")] * 2
    assert lasted < 5


@only_postgresql
async def test_while_the_database_is_away_a_credential_is_believed_until_it_expires(
    server: str, caller: Caller, postgresql_url: URL, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.identity.holder.RECHECK_SECONDS", 0.1)
    secret = await _key(caller, seconds=1.5)
    away = postgresql_away(postgresql_url, make_url(database_url))
    async with greeted(server, secret) as socket, opened(server) as late, away:
        [error] = await socket.ask(VIEWER)
        await late.send(init(secret))
        not_let_in = await late.closed()
        ending = await socket.closed()

    assert error["extensions"] == {"code": "SERVICE_UNAVAILABLE", "retryable": True}
    assert not_let_in[0] == 1013
    assert ending == (4403, "Credential expired")


@only_postgresql
async def test_a_database_that_hangs_keeps_no_credential_alive(
    server: str, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.identity.holder.RECHECK_SECONDS", 0.2)
    secret = await _key(caller, seconds=1)
    async with greeted(server, secret) as socket, caller.database.begin_write() as connection:
        await connection.execute(text("LOCK TABLE api_keys IN ACCESS EXCLUSIVE MODE"))
        began = time.monotonic()
        ending = await socket.closed()

    assert ending == (4403, "Credential expired")
    assert time.monotonic() - began < 2


def test_every_code_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs" / "websocket.md").read_text()

    documented = {
        int(line.split("|")[1]) for line in page.splitlines() if line[:3].startswith("| ") and line[2].isdigit()
    }

    # The parser of frames says 1009 by itself.
    assert documented == {1009, *CloseCode}

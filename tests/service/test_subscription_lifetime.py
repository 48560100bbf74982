"""How long a subscription is open: as long as its credential, its client, its budget and the server are there."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

import httpx2
import pytest
import websockets
from sqlalchemy import URL, make_url

from resolvers.callers import EVERY_SCOPE
from storage.credentials import create_key, list_keys, revoke_key
from storage.database import Database
from tests.databases import postgresql_away
from tests.either import only_postgresql
from tests.service.serving import NO_TLS, Caller, Json, serving
from tests.service.watching import (
    ACME,
    CHANGES,
    Watch,
    Watcher,
    by_either,
    grant,
    keys,
    revoke,
    session_of,
    set_up,
    until_open,
    watch_by_socket,
)
from tests.service.websockets import greeted


@asynccontextmanager
async def arrived(database_url: str, database: Database, **given: Json) -> AsyncGenerator[tuple[str, Caller]]:
    """The shop at an application with settings of its own."""
    with serving(database_url, **given) as url:
        async with httpx2.AsyncClient(base_url=url, verify=NO_TLS) as client:
            caller = await Caller.arrive(client, database)
            await set_up(caller)
            yield url, caller


async def _ending(watcher: Watcher) -> Json:
    """What a subscription whose credential has come to its end says last."""
    try:
        body = await watcher.next()
    except websockets.ConnectionClosed as closed:
        return (closed.rcvd.code, closed.rcvd.reason) if closed.rcvd else "it broke off without a word"
    assert await watcher.next() is None
    [error] = body["errors"]
    return error["extensions"]["code"], error["message"]


@by_either
@pytest.mark.parametrize("held_by", ["key", "session"])
async def test_a_revoked_credential_ends_it_within_five_seconds_and_nothing_is_sent_after(
    shop: Caller, server: str, watch: Watch, held_by: str
) -> None:
    held, secret = await create_key(shop.database, shop.environment.id, "theirs", (EVERY_SCOPE,))
    session, token = await session_of(shop)
    async with watch(server, secret if held_by == "key" else token, customer=ACME, after=0) as watcher:
        await grant(shop, "sso")
        assert keys((await watcher.change())["added"]) == ["sso"]
        if held_by == "key":
            await revoke_key(shop.database, held.id)
        else:
            await shop.do("revokeCustomerSession", "customerSession { id }", id=session)
        began = time.monotonic()
        await grant(shop, "audit")

        ending = await _ending(watcher)

    assert ending in {(4403, "Credential revoked"), ("UNAUTHENTICATED", "Credential revoked.")}
    assert time.monotonic() - began < 5


@by_either
async def test_a_silent_one_ends_with_its_revoked_credential_too(
    shop: Caller, server: str, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.identity.holder.RECHECK_SECONDS", 0.2)
    async with watch(server, shop.secret, customer=ACME) as watcher:
        await until_open(shop, 1)
        [key] = await list_keys(shop.database, shop.environment.id)
        await revoke_key(shop.database, key.id)

        ending = await _ending(watcher)

    assert ending in {(4403, "Credential revoked"), ("UNAUTHENTICATED", "Credential revoked.")}


@by_either
async def test_it_ends_with_the_expiry_of_its_credential(shop: Caller, server: str, watch: Watch) -> None:
    expires_at = shop.database.clock.now() + timedelta(seconds=1)
    _, secret = await create_key(shop.database, shop.environment.id, "brief", (EVERY_SCOPE,), expires_at=expires_at)
    async with watch(server, secret, customer=ACME) as watcher:
        ending = await _ending(watcher)
        late = (shop.database.clock.now() - expires_at).total_seconds()

    assert ending in {(4403, "Credential expired"), ("UNAUTHENTICATED", "Credential expired.")}
    assert 0 <= late < 1


@by_either
async def test_each_change_is_paid_for_and_a_caller_over_its_rate_is_told_so(
    database_url: str, database: Database, watch: Watch
) -> None:
    async with arrived(database_url, database, session_rate="60/day") as (url, shop):
        _, token = await session_of(shop)
        query = "subscription { entitlementsChanged(afterRevision: 0) { revision added { lookupKey } } }"
        for _ in range(6):
            await revoke(shop, await grant(shop, "sso"))
        async with watch(url, token, query) as watcher:
            revisions: list[int] = []
            while (body := await watcher.next()) and "errors" not in body:
                revisions.append(body["data"]["entitlementsChanged"]["revision"])
            ending = await watcher.next()

    # To begin costs 8, and so does each change.
    assert revisions == [1, 2, 3, 4, 5, 6]
    assert body["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
    assert ending is None


@by_either
@pytest.mark.parametrize("bound", ["max_subscriptions", "key_subscriptions", "session_subscriptions"])
async def test_no_more_are_open_than_may_be(database_url: str, database: Database, watch: Watch, bound: str) -> None:
    async with arrived(database_url, database, **{bound: 2}) as (url, shop):
        _, token = await session_of(shop)
        _, other = await session_of(shop)
        secrets = [token, other, token] if bound == "session_subscriptions" else [shop.secret] * 3
        async with AsyncExitStack() as stack:
            for count, secret in enumerate(secrets[:2], 1):
                await stack.enter_async_context(watch(url, secret, customer=ACME))
                await until_open(shop, count)
            async with watch(url, secrets[2], customer=ACME) as third:
                refused = await third.refusal()
        await until_open(shop, 0)
        async with watch(url, secrets[2], customer=ACME, after=0) as again:
            await grant(shop, "sso")
            change = await again.change()

    assert refused == "TOO_MANY_OPERATIONS"
    assert change["revision"] == 1


async def test_what_the_client_completes_is_followed_no_longer(shop: Caller, server: str) -> None:
    async with greeted(server, shop.secret) as socket:
        id_ = await socket.subscribe(CHANGES, variables={"customer": ACME})
        await until_open(shop, 1)
        await socket.send({"id": id_, "type": "complete"})
        async with asyncio.timeout(5):
            await until_open(shop, 0)
        await grant(shop, "sso")

        # Nothing of it is heard any more, and its id is free.
        assert (await socket.ask("{ viewer { kind } }", id_=id_))["data"] == {"viewer": {"kind": "API_KEY"}}


async def test_a_connection_with_a_subscription_is_not_idle(
    shop: Caller, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.websocket.conversation.IDLE_SECONDS", 0.3)
    async with watch_by_socket(server, shop.secret, customer=ACME) as watcher:
        await until_open(shop, 1)
        await asyncio.sleep(0.6)
        await grant(shop, "sso")

        assert (await watcher.change())["revision"] == 1


@by_either
async def test_a_server_that_stops_completes_them(
    database_url: str, database: Database, watch: Watch, caplog: pytest.LogCaptureFixture
) -> None:
    async with AsyncExitStack() as stack:
        serving_ = serving(database_url, shutdown_seconds=8)
        url = serving_.__enter__()
        client = await stack.enter_async_context(httpx2.AsyncClient(base_url=url, verify=NO_TLS))
        shop = await Caller.arrive(client, database)
        await set_up(shop)
        watchers = [await stack.enter_async_context(watch(url, shop.secret, customer=ACME)) for _ in range(3)]
        await until_open(shop, 3)
        began = time.monotonic()
        stopping = asyncio.create_task(asyncio.to_thread(serving_.__exit__, None, None, None))
        endings = [await watcher.next() for watcher in watchers]
        await stack.aclose()
        await stopping

    assert endings == [None] * 3
    assert time.monotonic() - began < 4
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


@only_postgresql
@by_either
async def test_while_the_database_is_away_it_waits(
    shop: Caller,
    server: str,
    watch: Watch,
    postgresql_url: URL,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("resolvers.live.PAUSE_SECONDS", 0.05)
    monkeypatch.setattr("gateway.operations.RETRY_SECONDS", 0.05)
    async with watch(server, shop.secret, customer=ACME, after=0) as watcher:
        await grant(shop, "sso")
        before = await watcher.change()
        async with postgresql_away(postgresql_url, make_url(database_url)):
            await asyncio.sleep(0.5)
        await grant(shop, "audit")
        after = await watcher.change()

    assert [before["revision"], after["revision"]] == [1, 2]

"""Followers that take nothing of what they follow: bounded, cut off, and in nobody's way."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest

from storage.database import Database
from tests.databases import sqlite_database
from tests.hostile.slow_clients import small_window
from tests.memory import peak, reset_peak
from tests.service.event_streams import event_stream_request
from tests.service.serving import NO_TLS, Caller, serving
from tests.service.watching import (
    ACME,
    CHANGES,
    Watch,
    open_subscriptions,
    set_up,
    until_open,
    watch_by_events,
    watch_by_socket,
)
from tests.service.websockets import greeted

FEATURES = 60
TOGGLES = 60
"""So a follower of everything so far is sent a megabyte: more than is kept anywhere for one who reads nothing."""

FOLLOWED = 20


@pytest.fixture
async def shop(
    sqlite_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[tuple[str, Caller]]:
    """The URL of a server that waits half a second for its clients, and a customer of whom there is much to tell."""
    # However busy the machine, the last word is still there for the one who looks now.
    monkeypatch.setattr("gateway.connections.kernel_buffers.LINGER_SECONDS", 60)
    async with sqlite_database(sqlite_path, tmp_path) as database_url:
        database = Database.open(database_url)
        with serving(database_url, request_seconds=0.5) as url:
            async with httpx2.AsyncClient(base_url=url, verify=NO_TLS) as client:
                caller = await Caller.arrive(client, database)
                await _have_much_happen(caller)
                yield url, caller
        await database.close()


async def _have_much_happen(caller: Caller) -> None:
    await set_up(caller)
    keys = [f"{number:080}" for number in range(FEATURES)]
    for key in keys:
        await caller.do("createFeature", "feature { id }", name=key, lookupKey=key)
    named = [{"lookupKey": key} for key in keys]
    await caller.do("createProduct", "product { id }", name="all", lookupKey="all", features=named)
    items = [{"product": {"lookupKey": "all"}}]
    made = await caller.do("createSubscription", "subscription { id items { id } }", customer=ACME, items=items)
    [item] = made["subscription"]["items"]
    for number in range(TOGGLES):
        change = {"update": {"id": item["id"], "quantity": number % 2}}
        given = {"id": made["subscription"]["id"], "items": [change]}
        await caller.do("updateSubscription", "subscription { id }", **given)


@asynccontextmanager
async def _deaf_by_socket(url: str, caller: Caller) -> AsyncGenerator[None]:
    sock = small_window()
    await asyncio.get_running_loop().sock_connect(sock, (caller.client.base_url.host, caller.client.base_url.port))
    async with greeted(url, caller.secret, sock=sock, compression=None, max_queue=1) as socket:
        for _ in range(FOLLOWED):
            await socket.subscribe(CHANGES, variables={"customer": ACME, "after": 0})
        while not await open_subscriptions(caller):
            pass
        await until_open(caller, 0)
        assert (await socket.closed())[0] == 4413
        yield


@asynccontextmanager
async def _deaf_by_events(url: str, caller: Caller) -> AsyncGenerator[None]:
    del url
    request = event_stream_request(caller.secret, CHANGES, customer=ACME, after=0)
    loop = asyncio.get_running_loop()
    with small_window() as sock:
        await loop.sock_connect(sock, (caller.client.base_url.host, caller.client.base_url.port))
        await loop.sock_sendall(sock, request)
        await until_open(caller, 1)
        await until_open(caller, 0)
        yield


@pytest.mark.parametrize(
    ("deaf", "watch"),
    [(_deaf_by_socket, watch_by_events), (_deaf_by_events, watch_by_socket)],
    ids=["socket", "events"],
)
async def test_one_who_takes_nothing_is_cut_off(shop: tuple[str, Caller], deaf: Watch, watch: Watch) -> None:
    url, caller = shop
    before = reset_peak()
    async with asyncio.timeout(20), deaf(url, caller):
        grown = peak() - before
        async with watch(url, caller.secret, customer=ACME, after=0) as watcher:
            changes = await watcher.changes(TOGGLES)

    assert [change["revision"] for change in changes] == list(range(1, TOGGLES + 1))
    assert grown < 50_000_000

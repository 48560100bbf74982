"""Clients that lose their server or their network, again and again, and neither lose a change nor see one twice.

FOLLOW_ROUNDS says how often; it is 10 unless it is told. `make proofs-live` tells 500.
"""

import asyncio
import os
import random
import signal
import subprocess
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import pytest

from storage.database import Database
from tests.clients.cutting import Way, a_way
from tests.clients.followers import KEEP_ALIVE_SECONDS, TRANSPORTS, following
from tests.operations.api import Api, Json
from tests.service.processes import address, started

ROUNDS = int(os.environ.get("FOLLOW_ROUNDS", "10"))
ENDINGS = ("killed", "stopped", "cut", "silent", "cut")
"""What becomes of the connections, in turns."""

ACME: Json = {"externalId": "acme"}


class Server:
    """`admittance serve` at the end of a way; there is always one, or about to be."""

    def __init__(self, way: Way, folder: Path, database_url: str) -> None:
        self._way = way
        self._folder = folder
        self._database_url = database_url
        self._stack = ExitStack()
        self._process: subprocess.Popen[str] | None = None

    async def start(self) -> None:
        """Starts one, and leads the way to it."""
        given = {"DATABASE_URL": self._database_url, "ADMITTANCE_KEEP_ALIVE_SECONDS": f"{KEEP_ALIVE_SECONDS}"}
        self._process = self._stack.enter_context(started(self._folder, **given))
        url = await asyncio.to_thread(address, self._process)
        self._way.target = urlsplit(url).port or 0

    async def restart(self, how: signal.Signals) -> None:
        """Ends it by a signal, and starts another."""
        assert self._process is not None
        self._process.send_signal(how)
        await asyncio.to_thread(self._process.wait)
        await self.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()


class Customer:
    """A customer who is given a feature and loses it again, in turns: at odd revisions it may be used."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._grant = ""
        self.revision = 0

    async def change(self) -> None:
        """The next change."""
        if self.revision % 2 == 0:
            given: Json = {"customer": ACME, "feature": {"lookupKey": "sso"}}
            payload = await self._api.mutate("grantEntitlement", "grant { id } change { revision }", **given)
            self._grant = payload["grant"]["id"]
        else:
            payload = await self._api.mutate("revokeGrant", "change { revision }", grantId=self._grant)
        self.revision = payload["change"]["revision"]


@pytest.mark.timeout(120 + 10 * ROUNDS)
async def test_nothing_is_lost_and_nothing_repeated(database_url: str, database: Database, tmp_path: Path) -> None:
    chance = random.Random(5)  # noqa: S311 (no secret)
    api = await Api.open(database)
    await api.feature("sso")
    await api.customer("acme")
    # Five hundred rounds may take more than the hour that a session has by itself.
    session = await api.mutate("createCustomerSession", "token", customer=ACME, expiresIn=86_400)
    customer = Customer(api)
    seen: dict[str, list[Json]] = {transport: [] for transport in TRANSPORTS}

    async with a_way() as way, AsyncExitStack() as stack:
        server = stack.enter_context(Server(way, tmp_path, database_url))
        await server.start()
        followers = [
            await stack.enter_async_context(following(f"http://127.0.0.1:{way.port}", session["token"], transport))
            for transport in TRANSPORTS
        ]
        for number in range(ROUNDS):
            ending = asyncio.create_task(_end(ENDINGS[number % len(ENDINGS)], chance, way, server))
            for _ in range(chance.randrange(1, 4)):
                await asyncio.sleep(chance.random() * 0.2)
                await customer.change()
            await ending
            # So whoever hadn't noticed would not hear of this one.
            await customer.change()
            for transport, follower in zip(TRANSPORTS, followers, strict=True):
                seen[transport] += await follower.read(customer.revision)

    expected = [
        {"revision": number, "snapshot": False, "keys": ["sso"] if number % 2 else []}
        for number in range(1, customer.revision + 1)
    ]
    assert customer.revision >= 2 * ROUNDS
    assert seen == dict.fromkeys(TRANSPORTS, expected)


async def _end(how: str, chance: random.Random, way: Way, server: Server) -> None:
    """Ends the server in one way or the other, or the network, at some time."""
    await asyncio.sleep(chance.random() * 0.2)
    match how:
        case "killed":
            await server.restart(signal.SIGKILL)
        case "stopped":
            await server.restart(signal.SIGTERM)
        case "silent":
            way.fall_silent()
            await asyncio.sleep(chance.uniform(1, 4))
            way.lead_on()
        case _:
            way.cut()

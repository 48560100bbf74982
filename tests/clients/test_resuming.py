"""Clients that lose their server, again and again, and neither lose a change nor see one twice.

FOLLOW_ROUNDS says how often; it is 25 unless it is told.
"""

import asyncio
import json
import os
import random
import signal
import subprocess
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import pytest

from storage.database import Database
from tests.clients.conftest import FOLDER
from tests.clients.cutting import Way, a_way
from tests.operations.api import Api, Json
from tests.service.processes import address, started

ROUNDS = int(os.environ.get("FOLLOW_ROUNDS", "25"))
TRANSPORTS = ("websocket", "events")
PATIENCE_SECONDS = 60.0
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
        self._process = self._stack.enter_context(started(self._folder, DATABASE_URL=self._database_url))
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


@asynccontextmanager
async def _follower(way: Way, token: str, transport: str) -> AsyncGenerator[Process]:
    given = {
        "PATH": os.environ["PATH"],
        "ADMITTANCE_URL": f"http://127.0.0.1:{way.port}/graphql",
        "ADMITTANCE_KEY": token,
        "ADMITTANCE_TRANSPORT": transport,
    }
    command = ["node", "--experimental-websocket", "following.mjs"]
    process = await asyncio.create_subprocess_exec(*command, cwd=FOLDER, env=given, stdout=PIPE, stderr=PIPE)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _read(process: Process, until: int) -> list[Json]:
    """What a follower printed, up to a revision."""
    assert process.stdout is not None
    seen: list[Json] = []
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not seen or seen[-1]["revision"] < until:
            line = await process.stdout.readline()
            if not line:
                _, said = await process.communicate()
                raise AssertionError(f"it ended with {process.returncode} after {seen}: {said.decode()}")
            seen.append(json.loads(line))
    return seen


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
    session = await api.mutate("createCustomerSession", "token", customer=ACME)
    customer = Customer(api)
    seen: dict[str, list[Json]] = {transport: [] for transport in TRANSPORTS}

    async with a_way() as way, AsyncExitStack() as stack:
        server = stack.enter_context(Server(way, tmp_path, database_url))
        await server.start()
        followers = [
            await stack.enter_async_context(_follower(way, session["token"], transport)) for transport in TRANSPORTS
        ]
        for _ in range(ROUNDS):
            ending = asyncio.create_task(_end(chance, way, server))
            for _ in range(chance.randrange(1, 4)):
                await asyncio.sleep(chance.random() * 0.2)
                await customer.change()
            await ending
            for transport, process in zip(TRANSPORTS, followers, strict=True):
                seen[transport] += await _read(process, customer.revision)

    expected = [
        {"revision": number, "snapshot": False, "keys": ["sso"] if number % 2 else []}
        for number in range(1, customer.revision + 1)
    ]
    assert customer.revision >= ROUNDS
    assert seen == dict.fromkeys(TRANSPORTS, expected)


async def _end(chance: random.Random, way: Way, server: Server) -> None:
    """Cuts the network, or ends the server in one way or the other, at some time."""
    await asyncio.sleep(chance.random() * 0.2)
    match chance.randrange(4):
        case 0:
            await server.restart(signal.SIGKILL)
        case 1:
            await server.restart(signal.SIGTERM)
        case _:
            way.cut()

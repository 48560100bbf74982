"""Followers: processes of Node that follow a customer with the code of docs/subscriptions.md."""

import asyncio
import json
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from tests.clients.conftest import FOLDER, Json, node

TRANSPORTS = ("websocket", "events")
KEEP_ALIVE_SECONDS = 1.5
"""Of the servers of followers, whose patience is a tenth of what the page has."""

PATIENCE_SECONDS = 60.0


class Follower:
    """One of them, and what it prints."""

    def __init__(self, process: Process) -> None:
        self._process = process

    async def read(self, until: int) -> list[Json]:
        """The changes it tells of next, up to a revision."""
        seen: list[Json] = []
        while not seen or seen[-1]["revision"] < until:
            line = await self._line()
            assert line is not None, f"it ended after {seen}"
            assert "ended" not in line, f"it ended with {line} after {seen}"
            seen.append(line)
        return seen

    async def ending(self) -> Json:
        """What ended it, before it had told of anything."""
        line = await self._line()
        assert await self._line() is None
        return line["ended"]

    async def _line(self) -> Json:
        """What it prints next; None once it has ended well."""
        assert self._process.stdout is not None
        async with asyncio.timeout(PATIENCE_SECONDS):
            line = await self._process.stdout.readline()
            if line:
                return json.loads(line)
            _, said = await self._process.communicate()
        assert self._process.returncode == 0, said.decode()
        return None


@asynccontextmanager
async def following(url: str, secret: str, transport: str, **more: str) -> AsyncGenerator[Follower]:
    """One, of a server, with a credential and by a transport; `more`: what else following.mjs is told."""
    command, given = node("following.mjs", url, secret, ADMITTANCE_TRANSPORT=transport, **more)
    process = await asyncio.create_subprocess_exec(*command, cwd=FOLDER, env=given, stdout=PIPE, stderr=PIPE)
    try:
        yield Follower(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()

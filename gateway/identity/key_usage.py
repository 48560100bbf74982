"""When keys were last used: remembered here request by request, and written down for all of them now and then."""

import asyncio
import logging
from contextlib import suppress
from datetime import datetime
from typing import Self

from storage.credentials import record_key_uses
from storage.database import Database
from storage.errors import DatabaseUnavailable

log = logging.getLogger("admittance.keys")

FLUSH_SECONDS = 60.0
"""How far behind the record of a key's last use may be."""

KEYS_AT_MOST = 10_000
"""How many keys are remembered between two writes; a use of one more isn't recorded."""


class KeyUsage:
    """Collects uses of keys. Within `async with` they are written down once a minute, and a last time at its end."""

    def __init__(
        self, database: Database, *, flush_seconds: float = FLUSH_SECONDS, at_most: int = KEYS_AT_MOST
    ) -> None:
        self._database = database
        self._flush_seconds = flush_seconds
        self._at_most = at_most
        self._uses: dict[str, datetime] = {}
        self._stopping = asyncio.Event()
        self._flushing: asyncio.Task[None] | None = None

    def noted(self, key_id: str) -> None:
        """Notes that a key is used at this moment; costs no write."""
        if key_id in self._uses or len(self._uses) < self._at_most:
            self._uses[key_id] = self._database.clock.now()

    async def flush(self) -> None:
        """Writes down what was noted. If the database can't be had, that is kept for the next time."""
        uses = dict(self._uses)
        try:
            await record_key_uses(self._database, uses)
        except DatabaseUnavailable as error:
            log.warning("the last use of %d keys isn't recorded yet: %s", len(uses), error)
            return
        # A key that was used again meanwhile stays for the next time.
        for key, at in uses.items():
            if self._uses[key] == at:
                del self._uses[key]

    async def __aenter__(self) -> Self:
        self._flushing = asyncio.create_task(self._flush_until_stopped(), name="recording the use of keys")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stopping.set()
        if self._flushing is not None:
            await self._flushing

    async def _flush_until_stopped(self) -> None:
        is_over = False
        while not is_over:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._flush_seconds):
                    is_over = await self._stopping.wait()
            await self.flush()

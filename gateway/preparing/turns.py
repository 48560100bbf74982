"""Turns at work that nothing interrupts, so that whoever wants much of it keeps nobody waiting but itself."""

import asyncio
import time
from collections.abc import AsyncGenerator, Hashable
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary


class Turns:
    """One turn at a time for each of those who want some, in the order in which they ask."""

    def __init__(self) -> None:
        # Kept by those who hold or await them: nothing stays behind for who was here once.
        self._locks: WeakValueDictionary[Hashable, asyncio.Lock] = WeakValueDictionary()

    def __len__(self) -> int:
        """Those who have a turn, wait for one, or may not have the next one yet."""
        return len(self._locks)

    @asynccontextmanager
    async def of(self, who: Hashable) -> AsyncGenerator[None]:
        """A turn. It is over at once, but the next one of the same comes only after a pause as long as this one was.

        Without the pause one turn would follow the other at every step of the event loop, and a request has many steps:
        each of somebody else's would wait for a whole turn.
        """
        lock = self._locks.setdefault(who, asyncio.Lock())
        await lock.acquire()
        began = time.perf_counter()
        try:
            yield
        finally:
            asyncio.get_running_loop().call_later(time.perf_counter() - began, lock.release)

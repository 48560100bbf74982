"""The subscriptions that are open in a process: how many there may be, and how they end when it stops."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Generator
from contextlib import contextmanager
from typing import TypeVar

from prometheus_client import Gauge

from entitlements.facts import EnvironmentId
from gateway.settings import Settings
from resolvers.callers import Caller

T = TypeVar("T")


class TooManySubscriptions(Exception):
    """There are as many as there may be. The message is for the caller."""


class Streams:
    """All of one process."""

    def __init__(self, settings: Settings, gauge: Gauge) -> None:
        self._most = settings.max_subscriptions
        self._most_of_keys = settings.key_subscriptions
        self._most_of_sessions = settings.session_subscriptions
        self._gauge = gauge
        self._open: set[OpenStream] = set()
        self._held: Counter[tuple[EnvironmentId, str]] = Counter()
        self._is_stopping = False

    @contextmanager
    def opened(self, caller: Caller) -> "Generator[OpenStream]":
        """A place for one more. Raises: TooManySubscriptions."""
        holder = caller.counted_as
        self._check_room(caller)
        stream = OpenStream(is_stopping=self._is_stopping)
        self._open.add(stream)
        self._held[holder] += 1
        self._gauge.inc()
        try:
            yield stream
        finally:
            self._gauge.dec()
            self._open.remove(stream)
            self._held[holder] -= 1
            if not self._held[holder]:
                del self._held[holder]

    def stop(self) -> None:
        """Lets all of them come to their end: what is being said is said, and nothing waited for any more."""
        self._is_stopping = True
        for stream in self._open:
            stream.stop()

    def _check_room(self, caller: Caller) -> None:
        most = self._most_of_sessions if caller.is_session else self._most_of_keys
        if self._held[caller.counted_as] >= most:
            raise TooManySubscriptions(f"At most {most:,} subscriptions may be open at once; close one.")
        if len(self._open) >= self._most:
            raise TooManySubscriptions("This process holds as many subscriptions open as it may. Try again later.")


class OpenStream:
    """One of them, while it is open."""

    __slots__ = ("_is_stopping", "_waiting")

    def __init__(self, *, is_stopping: bool) -> None:
        self._is_stopping = is_stopping
        self._waiting: asyncio.Timeout | None = None

    async def next_of(self, source: AsyncGenerator[T]) -> T | None:
        """What a source gives next; None when it has come to its end, or the process is about to."""
        if self._is_stopping:
            return None
        waiting = self._waiting = asyncio.timeout(None)
        try:
            async with waiting:
                return await anext(source, None)
        except TimeoutError:
            # The source may have raised one of its own.
            if not waiting.expired():
                raise
            return None
        finally:
            self._waiting = None

    def stop(self) -> None:
        """Nothing is waited for any more."""
        self._is_stopping = True
        if self._waiting is not None:
            # As a timeout that is due now it is told apart from any other cancellation.
            self._waiting.reschedule(asyncio.get_running_loop().time())

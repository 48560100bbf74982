"""Where spending is counted: in this process, or in a Redis that several processes share.

Counted by the `limits` library in windows that slide: what was spent in the window before counts for less the longer
that window is gone. It is two numbers a caller, however much is spent.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar, cast

from limits import RateLimitItem
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.storage.redis.redispy import RedispyBridge
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from limits.errors import ConfigurationError, StorageError

from gateway.settings import SettingsInvalid

T = TypeVar("T")

log = logging.getLogger("admittance.rate_limits")

MEMORY = "memory://"
SHARED_PATIENCE_SECONDS = 0.25
"""How long an operation waits for the shared counters before it is counted here."""
SHARED_PAUSE_SECONDS = 5.0
"""How long the shared counters are left alone once they failed: otherwise every operation would wait for them."""
WARNING_SECONDS = 60.0

_SHARED_SCHEMES = ("redis://", "rediss://", "redis+unix://")


@dataclass(frozen=True, slots=True)
class Window:
    """What was spent in the window before, in seconds until it counts for nothing, and what in this one."""

    previous: int
    previous_left: float
    current: int
    current_left: float


class BoundedMemory(MemoryStorage):
    """The library's counters in memory, with a bound and no timer.

    The library's own looks at every counter there is on each operation, in a task it leaves behind at the end. Here the
    oldest make way: those that ended, and past the bound those that didn't.
    """

    # A scheme of its own: without one this class would take the place of its parent in the library's register.
    STORAGE_SCHEME = ("async+bounded-memory",)  # pyright: ignore[reportAssignmentType] - the library only iterates it

    def __init__(self, at_most: int) -> None:
        super().__init__()
        self._at_most = at_most

    async def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Adds to a counter, begun where there is none. It awaits nothing, so nobody comes between."""
        now = time.time()
        if self.expirations.get(key, 0) <= now:
            self._forget(key)
            self._make_room(now)
            self.storage[key] = 0
            self.expirations[key] = now + expiry
        self.storage[key] += amount
        return self.storage[key]

    async def decr(self, key: str, amount: int = 1) -> int:
        """Takes back from a counter, never below 0."""
        if key in self.storage:
            self.storage[key] = max(0, self.storage[key] - amount)
        return self.storage.get(key, 0)

    def _make_room(self, now: float) -> None:
        # Counters stand in the order in which they began.
        while self.expirations:
            oldest = next(iter(self.expirations))
            if self.expirations[oldest] > now and len(self.expirations) < self._at_most:
                return
            self._forget(oldest)

    def _forget(self, key: str) -> None:
        self.storage.pop(key, None)
        self.expirations.pop(key, None)


class SharedCounters:
    """Counters in Redis, left alone for a while whenever they can't be had."""

    def __init__(self, storage: RedisStorage) -> None:
        self._storage = storage
        self.limiter = SlidingWindowCounterRateLimiter(storage)
        self._away_until = 0.0
        self._warned_at = -WARNING_SECONDS

    @classmethod
    def of(cls, url: str) -> "SharedCounters | None":
        """Those a setting names; None for this process's own. Raises: SettingsInvalid."""
        if url == MEMORY:
            return None
        if not url.startswith(_SHARED_SCHEMES):
            raise SettingsInvalid([_problem("it must be memory://, or a redis:// or rediss:// URL")])
        try:
            # The library's own choice among Redis clients is another than the extra installs.
            return cls(RedisStorage(f"async+{url}", wrap_exceptions=True, implementation="redispy"))
        except ConfigurationError:
            # The error itself may quote the URL, which holds a password.
            raise SettingsInvalid([_problem("Redis needs the extra `redis`: install `admittance[redis]`")]) from None
        except ValueError:
            raise SettingsInvalid([_problem("that is not a Redis URL")]) from None

    async def ask(self, question: "Question[T]") -> T | None:
        """The answer of the shared counters; None if there is none in time."""
        if time.monotonic() < self._away_until:
            return None
        try:
            async with asyncio.timeout(SHARED_PATIENCE_SECONDS):
                return await question(self.limiter)
        except (StorageError, TimeoutError, OSError) as error:
            self._note_absence(error)
            return None

    async def close(self) -> None:
        """Closes the connections."""
        client = cast("RedispyBridge", self._storage.bridge).get_connection()
        # The library's protocol of a client leaves out that it can be closed.
        await client.aclose()  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]

    def _note_absence(self, error: Exception) -> None:
        now = time.monotonic()
        self._away_until = now + SHARED_PAUSE_SECONDS
        if now - self._warned_at >= WARNING_SECONDS:
            self._warned_at = now
            cause = error.storage_error if isinstance(error, StorageError) else error
            log.warning(
                "The shared rate limits can't be had (%s): until they can, each process counts by itself.",
                type(cause).__name__,
            )


Question = Callable[[SlidingWindowCounterRateLimiter], Awaitable[T]]


class Counters:
    """What a kind of callers spent: in the shared counters, or here if there are none or they can't be had."""

    def __init__(self, shared: SharedCounters | None, *, at_most: int) -> None:
        self._shared = shared
        self._local = SlidingWindowCounterRateLimiter(BoundedMemory(at_most))

    async def spend(self, rate: RateLimitItem, cost: int, *key: str) -> tuple[bool, Window]:
        """Spends if it fits, and says whether it did and what is spent now."""

        async def spend(counters: SlidingWindowCounterRateLimiter) -> tuple[bool, Window]:
            fits = await counters.hit(rate, *key, cost=cost)
            return fits, await _window(counters, rate, *key)

        return await self._ask(spend)

    async def _ask(self, question: Question[T]) -> T:
        answer = await self._shared.ask(question) if self._shared else None
        return await question(self._local) if answer is None else answer


async def _window(counters: SlidingWindowCounterRateLimiter, rate: RateLimitItem, *key: str) -> Window:
    storage = cast("MemoryStorage | RedisStorage", counters.storage)
    return Window(*await storage.get_sliding_window(rate.key_for(*key), rate.get_expiry()))


def _problem(message: str) -> str:
    return f"The setting `rate_limit_storage` (ADMITTANCE_RATE_LIMIT_STORAGE): {message}."

"""Where spending is counted: in this process, or by the `limits` library in a Redis that several processes share."""

import asyncio
import logging
import time
from typing import cast

from limits import RateLimitItem
from limits.aio.storage import RedisStorage
from limits.aio.storage.redis.redispy import RedispyBridge
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from limits.errors import ConfigurationError, StorageError

from gateway.rates.memory import LocalCounters, Window
from gateway.settings import SettingsInvalid

log = logging.getLogger("admittance.rate_limits")

MEMORY = "memory://"
SHARED_PATIENCE_SECONDS = 0.25
"""How long an operation waits for the shared counters before it is counted here."""
SHARED_PAUSE_SECONDS = 5.0
"""How long the shared counters are left alone once they failed: otherwise every operation would wait for them."""
WARNING_SECONDS = 60.0

_SHARED_SCHEMES = ("redis://", "rediss://", "redis+unix://")


class SharedCounters:
    """Counters in Redis, left alone for a while whenever they can't be had."""

    def __init__(self, storage: RedisStorage) -> None:
        self._storage = storage
        self._limiter = SlidingWindowCounterRateLimiter(storage)
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

    async def spend(self, rate: RateLimitItem, cost: int, key: str) -> tuple[bool, Window] | None:
        """Spends if it fits, and says whether it did and what is spent now; None if they can't say so in time."""
        if time.monotonic() < self._away_until:
            return None
        try:
            async with asyncio.timeout(SHARED_PATIENCE_SECONDS):
                fits = await self._limiter.hit(rate, key, cost=cost)
                return fits, Window(*await self._storage.get_sliding_window(rate.key_for(key), rate.get_expiry()))
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


class Counters:
    """What a kind of callers spent: in the shared counters, or here if there are none or they can't be had."""

    def __init__(self, shared: SharedCounters | None, *, at_most: int) -> None:
        self._shared = shared
        self._local = LocalCounters(at_most)

    async def spend(self, rate: RateLimitItem, cost: int, *key: str) -> tuple[bool, Window]:
        """Spends if it fits, and says whether it did and what is spent now."""
        name = "/".join(key)
        answer = await self._shared.spend(rate, cost, name) if self._shared else None
        return self._local.spend(rate, cost, name) if answer is None else answer


def _problem(message: str) -> str:
    return f"The setting `rate_limit_storage` (ADMITTANCE_RATE_LIMIT_STORAGE): {message}."

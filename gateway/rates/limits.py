"""How much a caller may spend, and how often an address may be wrong about its credential. See docs/rate-limits.md."""

from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network, ip_address
from math import ceil, floor
from typing import Literal

from limits import RateLimitItem, parse

from gateway.rates.counters import Counters, SharedCounters
from gateway.rates.memory import Window
from gateway.settings import Settings

MAX_CALLERS = 100_000
"""Counters of callers that a process keeps, two at most for each; past it the oldest are forgotten."""
MAX_SOURCES = 50_000
"""The same for addresses. Apart from the callers', so that no flood of strangers makes their counters go."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What became of a wish to spend, in units of cost.

    `reset_seconds`: until nothing that was spent counts any more. `retry_seconds`: until what was refused will fit;
    None if it was allowed, or if it never will because it is more than the whole limit. `limit` 0: nothing is limited.
    """

    allowed: bool
    limit: int
    remaining: int
    reset_seconds: int
    retry_seconds: int | None = None


_UNLIMITED = Spent(allowed=True, limit=0, remaining=0, reset_seconds=0)


class RateLimits:
    """The limits of an installation. To be closed at the end.

    Raises: SettingsInvalid, if the counters the settings name can't be used.
    """

    def __init__(self, settings: Settings) -> None:
        self._enabled = settings.rate_limits
        self._rates = {"key": parse(settings.key_rate), "session": parse(settings.session_rate)}
        self._failure_rate = parse(settings.failure_rate)
        self._shared = SharedCounters.of(settings.rate_limit_storage.get_secret_value()) if self._enabled else None
        self._callers = Counters(self._shared, at_most=MAX_CALLERS)
        self._sources = Counters(self._shared, at_most=MAX_SOURCES)

    async def spend(self, caller_id: str, kind: Literal["key", "session"], cost: int) -> Spent:
        """Spends a caller's cost if it fits; otherwise nothing is spent. An operation costs 1 at least."""
        if not self._enabled:
            return _UNLIMITED
        rate, cost = self._rates[kind], max(1, cost)
        allowed, window = await self._callers.spend(rate, cost, kind, caller_id)
        return _spent(rate, window, cost, allowed=allowed)

    async def note_failure(self, source: str | None) -> Spent:
        """Counts a wrong credential against an address. Not allowed: that is one too many, and is to be told so."""
        if not self._enabled:
            return _UNLIMITED
        allowed, window = await self._sources.spend(self._failure_rate, 1, "failure", source_of(source))
        return _spent(self._failure_rate, window, 1, allowed=allowed)

    async def close(self) -> None:
        """Closes the connections to shared counters."""
        if self._shared is not None:
            await self._shared.close()


def rate_headers(spent: Spent) -> dict[str, str]:
    """The headers that tell a caller where it stands; none if nothing is limited."""
    if not spent.limit:
        return {}
    headers = {
        "RateLimit-Limit": str(spent.limit),
        "RateLimit-Remaining": str(spent.remaining),
        "RateLimit-Reset": str(spent.reset_seconds),
    }
    if spent.retry_seconds is not None:
        headers["Retry-After"] = str(spent.retry_seconds)
    return headers


def source_of(host: str | None) -> str:
    """What stands for a client's address: itself, or the /64 of an IPv6 one, as any subscriber has a whole /64.

    An IPv4 address written as IPv6 is that IPv4 address. What has no address, as a Unix socket, is one source.
    """
    try:
        address = ip_address(host or "")
    except ValueError:
        return "unknown"
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(IPv6Network((int(address), 64), strict=False))


def _spent(rate: RateLimitItem, window: Window, cost: int, *, allowed: bool) -> Spent:
    fits_some_day = cost <= rate.amount
    return Spent(
        allowed=allowed,
        limit=rate.amount,
        remaining=max(0, rate.amount - _in_window(rate, window)),
        reset_seconds=ceil(_seconds_until(rate, window, 0)),
        retry_seconds=None
        if allowed or not fits_some_day
        else max(1, ceil(_seconds_until(rate, window, rate.amount - cost))),
    )


def _in_window(rate: RateLimitItem, window: Window) -> int:
    return floor(window.previous * window.previous_left / rate.get_expiry()) + window.current


def _seconds_until(rate: RateLimitItem, window: Window, at_most: int) -> float:
    """When no more than `at_most` of what was spent counts any more, if nothing else is spent meanwhile."""
    length = rate.get_expiry()
    if _in_window(rate, window) <= at_most:
        return 0
    if window.current <= at_most:
        return window.previous_left - (at_most - window.current) * length / window.previous
    # This window becomes the one before, at whose end nothing of it counts: `current_left` lasts until then.
    return window.current_left - at_most * length / window.current

"""What was spent in windows that slide, counted in this process.

The rule is that of the `limits` library, which counts in Redis: two numbers for each caller, and what was spent in the
window before counts for less the longer that window is gone. The library's own counters in memory await a dozen
coroutines for each operation, look at every counter there is, and leave a task behind at the end.
"""

import time
from dataclasses import dataclass
from math import floor

from limits import RateLimitItem


@dataclass(frozen=True, slots=True)
class Window:
    """What was spent in the window before, in seconds until it counts for nothing, and what in this one."""

    previous: int
    previous_left: float
    current: int
    current_left: float


@dataclass(slots=True)
class _Counter:
    spent: int
    ends_at: float


class LocalCounters:
    """Counters with a bound and no timer. The oldest make way: those that ended, and past the bound those that didn't.

    Nothing is awaited, so nobody comes between the question whether a cost fits and its spending.
    """

    def __init__(self, at_most: int) -> None:
        self._at_most = at_most
        # In the order in which they began.
        self._counters: dict[str, _Counter] = {}

    def __len__(self) -> int:
        """The counters that are kept."""
        return len(self._counters)

    def spend(self, rate: RateLimitItem, cost: int, key: str) -> tuple[bool, Window]:
        """Spends if it fits, and says whether it did and what is spent now."""
        now, length = time.time(), rate.get_expiry()
        number = int(now / length)
        previous, current = self._find(f"{key}/{number - 1}", now), self._find(f"{key}/{number}", now)
        before = previous.spent if previous else 0
        before_left = (1 - (((now - length) / length) % 1)) * length if before else 0.0
        spent = current.spent if current else 0
        fits = cost <= rate.amount and floor(before * before_left / length + spent) + cost <= rate.amount
        if fits:
            current = current or self._begin(f"{key}/{number}", now, now + 2 * length)
            current.spent = spent = spent + cost
        return fits, Window(before, before_left, spent, (1 - ((now / length) % 1)) * length + length)

    def _find(self, name: str, now: float) -> _Counter | None:
        counter = self._counters.get(name)
        return counter if counter and counter.ends_at > now else None

    def _begin(self, name: str, now: float, ends_at: float) -> _Counter:
        self._counters.pop(name, None)
        self._make_room(now)
        counter = self._counters[name] = _Counter(0, ends_at)
        return counter

    def _make_room(self, now: float) -> None:
        while self._counters:
            oldest = next(iter(self._counters))
            if self._counters[oldest].ends_at > now and len(self._counters) < self._at_most:
                return
            del self._counters[oldest]

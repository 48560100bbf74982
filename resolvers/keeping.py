"""What is kept in the process: as much as it may be, the most recently used, each under the stamp it was true for."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Kept(Generic[K, V]):
    """Values by key, bounded by their number and their bytes; whichever is reached first, the least recent go.

    A value is found under the very stamp it was kept under. The stamp is what the database says has changed whenever
    the value may have: so whoever has asked the database for it can't be given anything stale.

    `weigh`: about how many bytes a value takes, its key and place here included. `found`: how often a value was given.
    `missed`: how often the database had to be asked instead, which whoever asks it counts. `dropped`: how many values
    had to make way for others. These are plain numbers, as a look-up is far too frequent for a metric of its own.
    """

    def __init__(self, *, entries: int, size_bytes: int, weigh: Callable[[V], int]) -> None:
        self._entries = entries
        self._most_bytes = size_bytes
        self._weigh = weigh
        self._values: OrderedDict[K, tuple[Hashable, V, int]] = OrderedDict()
        self.size_bytes = 0
        self.found = 0
        self.missed = 0
        self.dropped = 0

    @property
    def is_off(self) -> bool:
        """Whether nothing may be kept."""
        return self._entries == 0 or self._most_bytes == 0

    def __len__(self) -> int:
        return len(self._values)

    def find(self, key: K, stamp: Hashable) -> V | None:
        """The value of a key under a stamp; None if there is none, or one under another stamp."""
        return self.find_all((key,), stamp)[0]

    def find_all(self, keys: Iterable[K], stamp: Hashable) -> list[V | None]:
        """The values of several keys under one stamp, in their order."""
        values = self._values
        found: list[V | None] = []
        for key in keys:
            kept = values.get(key)
            if kept is None or kept[0] != stamp:
                found.append(None)
            else:
                values.move_to_end(key)
                found.append(kept[1])
                self.found += 1
        return found

    def keep(self, key: K, stamp: Hashable, value: V) -> None:
        """Keeps a value in the place of what was there. One that is too large by itself isn't kept."""
        if self.is_off:
            return
        self.forget(key)
        weight = self._weigh(value)
        if weight > self._most_bytes:
            return
        self._values[key] = (stamp, value, weight)
        self.size_bytes += weight
        while len(self._values) > self._entries or self.size_bytes > self._most_bytes:
            _, (_, _, freed) = self._values.popitem(last=False)
            self.size_bytes -= freed
            self.dropped += 1

    def forget(self, key: K) -> None:
        """Keeps a key's value no longer."""
        kept = self._values.pop(key, None)
        if kept is not None:
            self.size_bytes -= kept[2]

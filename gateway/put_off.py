"""What couldn't be done, and is left alone for a while before it is tried again."""

import time
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)

REMEMBERED_SECONDS = 600.0
"""How long it is known afterwards that something was put off: by then it was tried again, or is no longer there."""


class PutOff(Generic[K]):
    """All that is put off, each for the same time. `seconds`: how long."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._until: dict[K, float] = {}

    def add(self, what: K) -> bool:
        """Puts something off; whether that is news, as it was not just tried in vain already."""
        is_news = what not in self._until
        self._until[what] = time.monotonic() + self._seconds
        return is_news

    def remove(self, what: K) -> None:
        """Forgets about something: it is done."""
        self._until.pop(what, None)

    def now(self) -> set[K]:
        """What is to be left alone for now."""
        now = time.monotonic()
        self._until = {what: until for what, until in self._until.items() if until > now - REMEMBERED_SECONDS}
        return {what for what, until in self._until.items() if until > now}

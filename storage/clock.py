"""The one way the present enters: a clock that is handed down, never read from the world below."""

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the present instant: aware, UTC, whole milliseconds."""

    def now(self) -> datetime:
        """The present instant."""
        ...


class SystemClock:
    """The clock of the machine, cut to whole milliseconds."""

    def now(self) -> datetime:
        """The machine's time, in UTC."""
        return cut(datetime.now(UTC))


def cut(instant: datetime) -> datetime:
    """An instant without what is finer than a millisecond: what a browser's Date can hold."""
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)

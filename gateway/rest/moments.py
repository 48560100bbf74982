"""Instants as Stripe writes them: whole seconds since 1970."""

from datetime import UTC, datetime, timedelta
from typing import overload

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = 253_402_300_799
"""The last second of the year 9999."""

_SECOND = timedelta(seconds=1)
_LAST = EPOCH + timedelta(seconds=LATEST, milliseconds=999)


@overload
def seconds(instant: datetime) -> int: ...
@overload
def seconds(instant: datetime | None) -> int | None: ...
def seconds(instant: datetime | None) -> int | None:
    """An instant as it is shown, what is finer than a second cut off; nothing for none."""
    return None if instant is None else (instant - EPOCH) // _SECOND


def instant_of(number: int) -> datetime:
    """The instant that a number of seconds means, from 0 to `LATEST`."""
    return EPOCH + number * _SECOND


def later(instant: datetime, by: timedelta) -> datetime:
    """The instant so much after one; the last that can be stored, where that is earlier."""
    return min(instant, _LAST - by) + by


def next_second(instant: datetime) -> datetime:
    """The second after one."""
    return later(instant, _SECOND)

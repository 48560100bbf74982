"""Billing boundaries the slow way, for the oracle: one after the other, each counted from the anchor."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from entitlements.facts import BillingInterval, Interval

TICK = timedelta(milliseconds=1)
"""The smallest step of time there is: instants are whole milliseconds."""


def walk(anchor: datetime, interval: Interval, until: datetime) -> Iterator[datetime]:
    """The boundaries n = 0, 1, 2 ... of an anchor, up to and including the first one after `until`."""
    n = 0
    while (boundary := nth(anchor, interval, n)) is not None:
        yield boundary
        if boundary > until:
            return
        n += 1


def nth(anchor: datetime, interval: Interval, n: int) -> datetime | None:
    """Boundary n of an anchor in UTC; None if that is beyond year 9999."""
    match interval.unit:
        case BillingInterval.DAY:
            return _days_later(anchor, n * interval.count)
        case BillingInterval.WEEK:
            return _days_later(anchor, 7 * n * interval.count)
        case BillingInterval.MONTH:
            return _months_later(anchor, n * interval.count)
        case BillingInterval.YEAR:
            return _months_later(anchor, 12 * n * interval.count)


def _days_later(anchor: datetime, days: int) -> datetime | None:
    try:
        return anchor + timedelta(days=days)
    except OverflowError:
        return None


def _months_later(anchor: datetime, months: int) -> datetime | None:
    year, month = anchor.year, anchor.month
    for _ in range(months):
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    if year > 9999:
        return None
    for day in range(anchor.day, 27, -1):
        try:
            return anchor.replace(year=year, month=month, day=day)
        except ValueError:
            continue  # The month has no such day: the one before it is tried.
    return anchor.replace(year=year, month=month)

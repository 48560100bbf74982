"""Billing periods: where their boundaries lie.

Boundary n is anchor + n x interval, computed from the anchor and never from the boundary before, so that a period
anchored on the 31st comes back to the 31st after every short month. All arithmetic is in UTC. There is no boundary
beyond year 9999.
"""

from calendar import monthrange
from datetime import datetime, timedelta

from entitlements.facts import BillingInterval, Interval

_FIXED = {BillingInterval.DAY: timedelta(days=1), BillingInterval.WEEK: timedelta(weeks=1)}
_MONTHS = {BillingInterval.MONTH: 1, BillingInterval.YEAR: 12}


def boundary(anchor: datetime, interval: Interval, n: int) -> datetime | None:
    """The nth boundary, `n >= 0`; boundary 0 is the anchor. None beyond year 9999.

    A day that the month doesn't have is clamped to the month's last: Jan 31, Feb 28, Mar 31.
    Source: Stripe's billing cycle anchor; DESIGN, The rule, 3.
    """
    try:
        return _nth(anchor, interval, n)
    except (OverflowError, ValueError):
        return None


def first_boundary(anchor: datetime, interval: Interval, at: datetime) -> datetime | None:
    """The first boundary at or after an instant; None if it lies beyond year 9999."""
    if at <= anchor:
        return anchor
    n = _last_begun(anchor, interval, at)
    found = _nth(anchor, interval, n)
    return found if found == at else boundary(anchor, interval, n + 1)


def period_at(anchor: datetime, interval: Interval, at: datetime, opened: datetime) -> tuple[datetime, datetime | None]:
    """Start and end of the period that holds an instant.

    The time before the anchor is the first period; it starts at `opened`. The end is None beyond year 9999.
    """
    if at < anchor:
        return opened, anchor
    n = _last_begun(anchor, interval, at)
    return _nth(anchor, interval, n), boundary(anchor, interval, n + 1)


def _nth(anchor: datetime, interval: Interval, n: int) -> datetime:
    if interval.unit in _FIXED:
        return anchor + _FIXED[interval.unit] * interval.count * n
    month = anchor.month - 1 + _MONTHS[interval.unit] * interval.count * n
    year, month = anchor.year + month // 12, month % 12 + 1
    return anchor.replace(year=year, month=month, day=min(anchor.day, monthrange(year, month)[1]))


def _last_begun(anchor: datetime, interval: Interval, at: datetime) -> int:
    """The n of the last boundary at or before an instant, which is at or after the anchor."""
    if interval.unit in _FIXED:
        return (at - anchor) // (_FIXED[interval.unit] * interval.count)
    months = (at.year - anchor.year) * 12 + at.month - anchor.month
    n = months // (_MONTHS[interval.unit] * interval.count)
    # The nth boundary lies in the instant's month or before it; in the same month it may still be ahead.
    return n if _nth(anchor, interval, n) <= at else n - 1

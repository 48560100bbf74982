"""Histories that a customer and a catalogue might have had, for Hypothesis.

Plain strategies rarely make two things meet. These walk forward in time, each write strictly later than the one
before, and land more often than not on the very instant of something that is bound to happen (a boundary, the end of
a trial), or a millisecond beside it; they detach soon after they attach and change segments often.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from entitlements.facts import BillingInterval, Interval, SubscriptionStatus
from tests.rules.calendar_walk import TICK
from tests.rules.operations import (
    CATALOGUE_WRITES,
    ENDINGS,
    OPERATIONS,
    Choose,
    Operation,
    Pace,
    Scene,
    attach,
    instants_ahead,
    later,
    report_status,
    subscribe,
)
from tests.rules.status_replay import status_at
from tests.rules.world import DAILY, HOUR, MONTHLY, WEEKLY, YEARLY, World, on

T = TypeVar("T")

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Write:
    """The world as a write left it. `own` writes are the customer's, the others the catalogue's."""

    at: datetime
    own: bool
    world: World


History = tuple[Write, ...]

# The same examples on every run: a difference found once is found again.
reproducible = settings(
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

DAYS = Pace(
    starts=(on("2024-02-27"), on("2025-12-30", "23:30")),
    intervals=(DAILY, Interval(BillingInterval.DAY, 3), WEEKLY),
    strides=(HOUR, 23 * HOUR, DAY, 3 * DAY),
    span=30 * DAY,
    subscriptions=1,
)
MONTHS = Pace(
    starts=(on("2023-10-31", "04:30"), on("2024-01-29"), on("2024-01-30")),
    intervals=(MONTHLY, MONTHLY, Interval(BillingInterval.MONTH, 3), YEARLY, Interval(BillingInterval.DAY, 30)),
    strides=(10 * DAY, HOUR, 31 * DAY, 59 * DAY),
    span=800 * DAY,
    subscriptions=1,
)
PACES = (DAYS, MONTHS, MONTHS)
AT_THE_END_OF_TIME = replace(MONTHS, starts=(on("9998-03-31"),), span=600 * DAY)
"""Boundaries stop with the year 9999: what waits for one beyond it waits for ever."""


@st.composite
def histories(draw: st.DrawFn, *, subscriptions: int) -> History:
    """Histories chosen by Hypothesis, which finds the simplest one that fails."""

    def choose(options: Sequence[T], /) -> T:
        return draw(st.sampled_from(options))

    return walk(choose, subscriptions=subscriptions)


@st.composite
def worlds(draw: st.DrawFn, *, subscriptions: int) -> World:
    """What a history came to."""
    return draw(histories(subscriptions=subscriptions))[-1].world


def walk(one_of: Choose, *, subscriptions: int) -> History:
    """A history of legal writes, up to a number of subscriptions; begins with a catalogue and one of them."""
    pace = replace(one_of((*PACES, *PACES, *PACES, AT_THE_END_OF_TIME)), subscriptions=subscriptions)
    start = now = one_of(pace.starts)
    opening: list[Operation] = [*[attach] * one_of((1, 2, 3)), subscribe]
    history: list[Write] = []
    world, due = World(), False
    for step in range(one_of(range(12, 30))):
        operation = opening[step] if step < len(opening) else one_of(_fitting(world, now, due=due))
        changed = operation(Scene(one_of, pace, world, now))
        if changed is not None:
            world = changed
            history.append(Write(now, operation not in CATALOGUE_WRITES, world))
            ahead = instants_ahead(world, now)
            # What comes first comes at once, so that anchors stay at the month's end at which a history starts.
            at_once = step < len(opening)
            now = now + TICK if at_once else _later(one_of, pace, ahead, now, waiting=_is_incomplete(world, now))
            due = now in ahead
        if now > start + pace.span:
            break
    return tuple(history)


def _fitting(world: World, now: datetime, *, due: bool) -> tuple[Operation, ...]:
    """Operations to choose from.

    While a first payment is waited for, it is likely to be heard of, or the catalogue changes. Where something is due
    at the very instant, a write that ends something is more likely: that is how two ends come to coincide.
    """
    if _is_incomplete(world, now):
        return (*OPERATIONS, *[report_status] * 10, *CATALOGUE_WRITES * 4)
    return (*OPERATIONS, *ENDINGS, *ENDINGS) if due else OPERATIONS


def _later(one_of: Choose, pace: Pace, ahead: Sequence[datetime], now: datetime, *, waiting: bool) -> datetime:
    """The instant of the next write: a stride on, or at something that is due, or a millisecond beside it."""
    strides = (TICK, HOUR, 5 * HOUR) if waiting else (TICK, *pace.strides)
    stride = one_of((*strides, *[None] * len(strides)))
    if stride is not None or not ahead:
        return later(now, stride or pace.strides[0])
    at = one_of(ahead[:3])
    return max(now + TICK, one_of((at, at, at, at, at - TICK, at + TICK)))


def _is_incomplete(world: World, now: datetime) -> bool:
    return any(status_at(each, now) is SubscriptionStatus.INCOMPLETE for each in world.subscriptions)

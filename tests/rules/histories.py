"""Histories that a customer and a catalogue might have had, for Hypothesis.

Plain strategies rarely make two things meet. These walk forward in time, each write strictly later than the one
before, and land more often than not on the very instant of something that is bound to happen (a boundary, the end of
a trial), or a millisecond beside it; they detach soon after they attach and change segments often.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from hypothesis import strategies as st

from entitlements.facts import BillingInterval, Interval, SubscriptionStatus
from tests.rules.calendar_walk import TICK
from tests.rules.operations import (
    CATALOGUE_WRITES,
    OPERATIONS,
    Operation,
    Pace,
    Scene,
    attach,
    instants_ahead,
    report_status,
    subscribe,
)
from tests.rules.status_replay import status_at
from tests.rules.world import DAILY, HOUR, MONTHLY, WEEKLY, YEARLY, World, on

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Write:
    """The world as a write left it. `own` writes are the customer's, the others the catalogue's."""

    at: datetime
    own: bool
    world: World


History = tuple[Write, ...]

DAYS = Pace(
    starts=(on("2024-02-27"), on("2025-12-30", "23:30")),
    intervals=(DAILY, Interval(BillingInterval.DAY, 3), WEEKLY),
    strides=(HOUR, 23 * HOUR, DAY, 3 * DAY),
    span=30 * DAY,
    subscriptions=1,
)
MONTHS = Pace(
    starts=(on("2023-10-31", "04:30"), on("2024-01-29"), on("2024-01-30"), on("2025-06-15", "12:00")),
    intervals=(MONTHLY, MONTHLY, Interval(BillingInterval.MONTH, 3), YEARLY, Interval(BillingInterval.DAY, 30)),
    strides=(10 * DAY, HOUR, 31 * DAY, 59 * DAY),
    span=800 * DAY,
    subscriptions=1,
)
PACES = (DAYS, MONTHS, MONTHS)
AT_THE_END_OF_TIME = replace(MONTHS, starts=(on("9998-01-31"),), span=600 * DAY)
"""Boundaries stop with the year 9999: what waits for one beyond it waits for ever."""


@st.composite
def histories(draw: st.DrawFn, *, subscriptions: int = 1, most_writes: int = 16) -> History:
    """A history of legal writes; begins with a catalogue and a subscription."""
    pace = replace(draw(st.sampled_from((*PACES, *PACES, *PACES, AT_THE_END_OF_TIME))), subscriptions=subscriptions)
    start = now = draw(st.sampled_from(pace.starts))
    opening: list[Operation] = [*[attach] * draw(st.integers(1, 3)), subscribe]
    history: list[Write] = []
    world = World()
    for step in range(draw(st.integers(7, most_writes))):
        operation = opening[step] if step < len(opening) else draw(st.sampled_from(_fitting(world, now)))
        changed = operation(Scene(draw, pace, world, now))
        if changed is not None:
            world = changed
            history.append(Write(now, operation not in CATALOGUE_WRITES, world))
            now = _later(draw, pace, world, now)
        if now > start + pace.span:
            break
    return tuple(history)


@st.composite
def worlds(draw: st.DrawFn, *, subscriptions: int) -> World:
    """What a history came to."""
    return draw(histories(subscriptions=subscriptions))[-1].world


def _fitting(world: World, now: datetime) -> tuple[Operation, ...]:
    """Operations to choose from; a subscription that waits for its first payment is likely to hear of it."""
    return (*OPERATIONS, *[report_status] * 12) if _is_incomplete(world, now) else OPERATIONS


def _later(draw: st.DrawFn, pace: Pace, world: World, now: datetime) -> datetime:
    """The instant of the next write."""
    strides = (HOUR, 22 * HOUR) if _is_incomplete(world, now) else pace.strides
    stride = draw(st.sampled_from((TICK, *strides, None, None, None, None, None)))
    ahead = instants_ahead(world, now)
    if stride is not None or not ahead:
        return now + (stride or strides[0])
    near = draw(st.sampled_from(ahead[:3])) + draw(st.sampled_from((-TICK, 0 * 0 * TICK)))
    return max(near, now + TICK)


def _is_incomplete(world: World, now: datetime) -> bool:
    return any(status_at(each, now) is SubscriptionStatus.INCOMPLETE for each in world.subscriptions)

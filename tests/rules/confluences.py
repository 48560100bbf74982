"""Worlds in which several sources of one feature end together, or a millisecond apart, for Hypothesis.

Walking histories seldom bring this about, and it is where causes are told apart.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from hypothesis import strategies as st

from entitlements.facts import Grant, ProductId, StatusRecord, Subscription, TrialEndBehavior
from entitlements.facts import SubscriptionStatus as Status
from tests.rules.calendar_walk import TICK
from tests.rules.world import (
    IMMEDIATE,
    JANUARY,
    MARCH,
    PRO,
    TEAM,
    World,
    attached,
    grant,
    item,
    on,
    segment,
    subscription,
)

GONE = ProductId("prod_gone")
"""A product that its feature is detached from at once; from TEAM it is detached for the next period."""

NO_TIME = 0 * TICK


def _bought(name: str, product: ProductId = PRO) -> Subscription:
    return subscription(item(segment(product), name=f"si_{name}"), name=f"sub_{name}")


def _cancelled_at(name: str, end: datetime) -> Subscription:
    return replace(_bought(name), cancel_at=end)


def _trial(name: str, end: datetime) -> Subscription:
    begun = (StatusRecord(Status.TRIALING, JANUARY),)
    return replace(_bought(name), statuses=begun, trial_end=end, trial_end_behavior=TrialEndBehavior.PAUSE)


def _detached_from(name: str, end: datetime) -> Subscription:
    # Started three months before, so that one of its periods starts at the end.
    return replace(_bought(name, TEAM), started_at=on("2025-12-01") + (end - MARCH))


def _granted(name: str, end: datetime) -> Grant:
    return grant(until=end, name=f"grant_{name}")


def _unpaid(name: str, end: datetime) -> Subscription:
    bought = _bought(name)
    return replace(bought, statuses=(*bought.statuses, StatusRecord(Status.UNPAID, end)))


def _cancelled_now(name: str, end: datetime) -> Subscription:
    return replace(_bought(name), ended_at=end)


def _removed(name: str, end: datetime) -> Subscription:
    return replace(_bought(name), items=(item(segment(until=end), name=f"si_{name}"),))


def _emptied(name: str, end: datetime) -> Subscription:
    return replace(_bought(name), items=(item(segment(), segment(since=end, quantity=0), name=f"si_{name}"),))


def _revoked(name: str, end: datetime) -> Grant:
    return grant(revoked=end, name=f"grant_{name}")


Ending = Callable[[str, datetime], Subscription | Grant]

SET_BEFORE: tuple[Ending, ...] = (_cancelled_at, _trial, _detached_from, _granted)
"""Ends that were bound to come: any number of them may fall on one instant."""

WRITTEN: tuple[Ending, ...] = (_unpaid, _cancelled_now, _removed, _emptied, _revoked)
"""Ends by a write: each write has an instant of its own."""


@st.composite
def confluences(draw: st.DrawFn) -> World:
    """Up to four sources that start in January and end in March."""
    bound = draw(st.lists(st.sampled_from(SET_BEFORE), min_size=1, max_size=3))
    written = draw(st.lists(st.sampled_from(WRITTEN), max_size=1))
    sources = [
        ending(f"{number}", MARCH + draw(st.sampled_from((NO_TIME, NO_TIME, NO_TIME, TICK, -TICK))))
        for number, ending in enumerate((*bound, *written))
    ]
    gone = [_bought("gone", GONE)] if draw(st.booleans()) and not written else []
    return World(
        subscriptions=(*(each for each in sources if isinstance(each, Subscription)), *gone),
        grants=tuple(each for each in sources if isinstance(each, Grant)),
        attachments=(
            attached(product=PRO),
            attached(product=TEAM, detached=on("2026-02-15")),
            attached(product=GONE, detached=MARCH, detach=IMMEDIATE),
        ),
    )

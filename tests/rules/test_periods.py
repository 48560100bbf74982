"""Billing periods. Source: DESIGN, The rule, 3."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entitlements.billing import current_period, item_period, latest_item_period, period_end_to_cancel_at
from entitlements.facts import BillingInterval, Interval
from entitlements.facts import SubscriptionStatus as Status
from entitlements.periods import boundary, first_boundary
from tests.rules.calendar_walk import TICK, walk
from tests.rules.world import (
    APRIL,
    DAILY,
    FEBRUARY,
    IMMEDIATE,
    JANUARY,
    MARCH,
    MAY,
    MONTHLY,
    NEW_ONLY,
    WEEKLY,
    YEARLY,
    attached,
    item,
    on,
    segment,
    subscription,
    world,
)


@pytest.mark.parametrize(
    ("anchor", "interval", "expected"),
    [
        ("2026-01-31", MONTHLY, ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"]),
        ("2024-01-31", MONTHLY, ["2024-01-31", "2024-02-29", "2024-03-31"]),
        ("2026-01-30", MONTHLY, ["2026-01-30", "2026-02-28", "2026-03-30"]),
        ("2026-01-29", MONTHLY, ["2026-01-29", "2026-02-28", "2026-03-29"]),
        ("2024-01-29", MONTHLY, ["2024-01-29", "2024-02-29", "2024-03-29"]),
        ("2024-02-29", YEARLY, ["2024-02-29", "2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"]),
        ("2025-11-30", Interval(BillingInterval.MONTH, 3), ["2025-11-30", "2026-02-28", "2026-05-30"]),
        ("2025-12-31", MONTHLY, ["2025-12-31", "2026-01-31"]),
        ("2025-12-30", DAILY, ["2025-12-30", "2025-12-31", "2026-01-01"]),
        ("2024-02-26", WEEKLY, ["2024-02-26", "2024-03-04"]),
    ],
)
def test_boundaries_are_counted_from_the_anchor_and_clamped_to_the_months_end(
    anchor: str, interval: Interval, expected: list[str]
) -> None:
    assert [boundary(on(anchor), interval, n) for n in range(len(expected))] == [on(each) for each in expected]


def test_the_first_boundary_is_at_or_after_the_instant_and_never_before_the_anchor() -> None:
    anchor = on("2026-01-31")

    assert first_boundary(anchor, MONTHLY, anchor - timedelta(days=90)) == anchor
    assert first_boundary(anchor, MONTHLY, anchor) == anchor
    assert first_boundary(anchor, MONTHLY, anchor + TICK) == on("2026-02-28")
    assert first_boundary(anchor, MONTHLY, on("2026-02-28")) == on("2026-02-28")
    assert first_boundary(anchor, MONTHLY, on("2026-02-28") + TICK) == on("2026-03-31")


def test_there_is_no_boundary_past_year_9999() -> None:
    assert boundary(on("9999-11-30"), MONTHLY, 1) == on("9999-12-30")
    assert boundary(on("9999-11-30"), MONTHLY, 2) is None
    assert boundary(on("9998-06-01"), YEARLY, 2) is None
    assert boundary(on("9999-12-31"), DAILY, 1) is None
    assert first_boundary(on("9999-11-30"), MONTHLY, on("9999-12-31")) is None
    assert first_boundary(on("9999-12-30"), WEEKLY, on("9999-12-31")) is None


def test_what_waits_for_a_boundary_past_year_9999_waits_for_ever() -> None:
    late = on("9999-12-01")
    yearly = item(segment(since=late, interval=YEARLY))

    assert world(subscription(yearly, recorded=late), attached(at=late + TICK)).access() == []
    assert world(subscription(yearly, recorded=late), attached(detached=late + TICK)).access() == [(late, None)]


UNITS = st.sampled_from(tuple(BillingInterval))


@given(
    st.datetimes(datetime(2023, 1, 1), datetime(2025, 1, 1)),  # noqa: DTZ001 - made UTC below
    UNITS,
    st.integers(1, 5),
    st.integers(0, 800),
    st.sampled_from((-TICK, 0 * TICK, TICK)),
)
def test_the_first_boundary_is_the_one_a_walk_comes_to(
    start: datetime, unit: BillingInterval, count: int, days: int, beside: timedelta
) -> None:
    anchor, interval = on(start.date().isoformat(), "23:30"), Interval(unit, count)
    *_, target = walk(anchor, interval, anchor + timedelta(days=days))
    at = target + beside

    assert first_boundary(anchor, interval, at) == next(each for each in walk(anchor, interval, at) if each >= at)


def test_utc_decides_where_a_month_ends() -> None:
    # The evening of January 31 in New York is February 1 in UTC: such an anchor isn't at a month's end.
    anchor = datetime.fromisoformat("2026-01-31T23:30:00-05:00").astimezone(on("2026-01-01").tzinfo)

    assert boundary(anchor, MONTHLY, 1) == on("2026-03-01", "04:30")
    assert boundary(anchor, MONTHLY, 12) == on("2027-02-01", "04:30")


def test_summer_time_moves_no_boundary() -> None:
    # Berlin puts its clocks forward on March 29.
    anchor = datetime.fromisoformat("2026-03-10T09:00:00+01:00").astimezone(on("2026-01-01").tzinfo)

    assert boundary(anchor, MONTHLY, 1) == on("2026-04-10", "08:00")


def test_a_backdated_start_places_the_periods() -> None:
    backdated = subscription(recorded=JANUARY, started=on("2025-11-20"))
    seen = world(backdated, attached(at=JANUARY + TICK))

    assert seen.access() == [(on("2026-01-20"), None)]


def test_every_item_shares_the_subscriptions_anchor_whenever_it_was_added() -> None:
    late = item(segment(since=on("2026-02-10")), name="si_late")
    seen = world(subscription(late), attached(at=on("2026-02-11")))

    assert seen.access() == [(MARCH, None)]


def test_the_end_of_a_trial_is_the_anchor_even_for_items_added_during_the_trial() -> None:
    late = item(segment(since=on("2026-01-05")), name="si_late")
    trial = subscription(late, status=Status.TRIALING, trial_end=on("2026-01-15"))

    assert world(trial, attached(at=on("2026-01-06"))).access() == [(on("2026-01-15"), None)]
    assert world(trial, attached(at=on("2026-01-16"))).access() == [(on("2026-02-15"), None)]


def test_pausing_and_resuming_leaves_the_anchor() -> None:
    paused = subscription(moves=[(Status.PAUSED, on("2026-01-10")), (Status.ACTIVE, on("2026-01-20"))])

    assert world(paused, attached(at=on("2026-01-21"))).access() == [(FEBRUARY, None)]


@pytest.mark.parametrize(
    ("attach", "arrives"),
    [("2026-01-02", on("2026-01-10")), ("2026-01-11", on("2027-01-10")), ("2027-01-11", on("2027-03-05"))],
)
def test_an_interval_changed_to_yearly_and_back_counts_from_each_change(attach: str, arrives: datetime) -> None:
    yearly_from, monthly_from = on("2026-01-10"), on("2027-03-05")
    changed = item(
        segment(), segment(since=yearly_from, interval=YEARLY), segment(since=monthly_from, interval=MONTHLY)
    )

    assert world(subscription(changed), attached(at=on(attach))).access() == [(arrives, None)]
    assert world(subscription(changed), attached(at=on("2027-03-06"))).access() == [(on("2027-04-05"), None)]


def test_a_change_of_quantity_keeps_the_anchor_of_the_interval_it_has() -> None:
    changed = item(
        segment(),
        segment(since=on("2026-01-10"), interval=WEEKLY),
        segment(since=on("2026-01-12"), interval=WEEKLY, quantity=5),
    )

    assert world(subscription(changed), attached(at=on("2026-01-13"))).access() == [(on("2026-01-17"), None)]


def test_an_attachment_at_a_boundary_counts_there_and_a_millisecond_later_it_waits_a_period() -> None:
    assert world(subscription(), attached(at=FEBRUARY)).access() == [(FEBRUARY, None)]
    assert world(subscription(), attached(at=FEBRUARY + TICK)).access() == [(MARCH, None)]


def test_only_a_period_makes_a_next_period_attachment_arrive() -> None:
    for rollout, expected in ((IMMEDIATE, [(FEBRUARY + TICK, None)]), (NEW_ONLY, [])):
        assert world(subscription(), attached(at=FEBRUARY + TICK, rollout=rollout)).access() == expected


def test_the_current_period_is_the_one_that_ends_first_and_cancelling_waits_for_the_last() -> None:
    yearly = item(segment(interval=YEARLY), name="si_yearly")
    both = subscription(item(segment()), yearly)

    assert current_period(both, on("2026-02-15")) == (FEBRUARY, MARCH)
    assert item_period(both, yearly, on("2026-02-15")) == (JANUARY, on("2027-01-01"))
    assert period_end_to_cancel_at(both, on("2026-02-15")) == on("2027-01-01")


def test_a_boundary_belongs_to_the_period_it_opens() -> None:
    assert current_period(subscription(), MARCH - TICK) == (FEBRUARY, MARCH)
    assert current_period(subscription(), MARCH) == (MARCH, APRIL)


def test_the_time_before_the_anchor_is_the_first_period() -> None:
    trial = subscription(status=Status.TRIALING, trial_end=on("2026-01-15"))

    assert current_period(trial, on("2026-01-10")) == (JANUARY, on("2026-01-15"))
    assert current_period(trial, on("2026-01-15")) == (on("2026-01-15"), on("2026-02-15"))


def test_cancelling_at_period_end_moves_with_a_yearly_item_and_an_extended_trial() -> None:
    yearly = item(segment(since=on("2026-01-05"), interval=YEARLY), name="si_yearly")
    short, long = on("2026-01-15"), MARCH
    monthly_only = subscription(status=Status.TRIALING, trial_end=short)
    with_yearly = subscription(item(segment()), yearly, status=Status.TRIALING, trial_end=short)
    extended = subscription(item(segment()), yearly, status=Status.TRIALING, trial_end=long)
    asked = on("2026-01-06")

    ends = [period_end_to_cancel_at(each, asked) for each in (monthly_only, with_yearly, extended)]

    # A trial's end is the end of the period that holds it, for every item.
    assert ends == [short, short, long]
    assert period_end_to_cancel_at(with_yearly, short) == on("2027-01-15")


def test_a_subscription_that_ended_and_an_item_that_left_have_no_period() -> None:
    left = item(segment(until=FEBRUARY))
    ended = subscription(ended_at=on("2026-02-15"))

    assert item_period(subscription(left), left, FEBRUARY) is None
    assert item_period(subscription(left), left, FEBRUARY - TICK) == (JANUARY, FEBRUARY)
    assert current_period(ended, on("2026-02-15")) is None
    assert current_period(subscription(), MAY) == (MAY, on("2026-06-01"))


def test_the_latest_period_of_what_ended_is_the_one_that_it_ended_in_or_with() -> None:
    only = item(segment())
    ends = {on("2026-02-15"): (FEBRUARY, MARCH), MARCH: (FEBRUARY, MARCH), JANUARY: (JANUARY, FEBRUARY)}

    latest = {end: latest_item_period(subscription(only, ended_at=end), only, MAY) for end in ends}

    assert latest == ends
    assert latest_item_period(subscription(only), only, MARCH) == (MARCH, APRIL)
    left = item(segment(until=FEBRUARY))
    assert latest_item_period(subscription(left), left, MARCH) is None

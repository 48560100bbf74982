"""Trials: how they end, and what that does to periods and access. Source: DESIGN, The rule, 1 and 3."""

from dataclasses import replace

import pytest

from entitlements.facts import SubscriptionStatus, TrialEndBehavior
from entitlements.facts import SubscriptionStatus as Status
from entitlements.runs import AccessReason
from entitlements.status import status_at, trial_end
from tests.rules.calendar_walk import TICK
from tests.rules.world import (
    FEBRUARY,
    HOUR,
    JANUARY,
    MARCH,
    NEW_ONLY,
    attached,
    item,
    on,
    segment,
    subscription,
    world,
)

ENDS = on("2026-01-15")
EARLY = on("2026-01-08")
TRIAL = subscription(status=Status.TRIALING, trial_end=ENDS)


@pytest.mark.parametrize(
    ("then", "becomes", "access"),
    [
        (TrialEndBehavior.ACTIVATE, Status.ACTIVE, [(JANUARY, None)]),
        (TrialEndBehavior.PAUSE, Status.PAUSED, [(JANUARY, ENDS)]),
        (TrialEndBehavior.CANCEL, Status.CANCELED, [(JANUARY, ENDS)]),
    ],
)
def test_a_trial_ends_by_itself_as_its_behaviour_says(
    then: TrialEndBehavior, becomes: SubscriptionStatus, access: list[object]
) -> None:
    trial = replace(TRIAL, trial_end_behavior=then)

    assert status_at(trial, ENDS - TICK) is Status.TRIALING
    assert status_at(trial, ENDS) is becomes
    assert world(trial).access() == access


@pytest.mark.parametrize("then", [TrialEndBehavior.PAUSE, TrialEndBehavior.CANCEL])
def test_access_that_ends_with_its_trial_has_expired(then: TrialEndBehavior) -> None:
    (run,) = world(replace(TRIAL, trial_end_behavior=then)).of().runs

    assert (run.end_reason, run.expired) == (AccessReason.TRIAL_ENDED, True)


def test_a_cancellation_at_the_trials_end_is_a_cancellation() -> None:
    for then in TrialEndBehavior:
        (run,) = world(replace(TRIAL, cancel_at=ENDS, trial_end_behavior=then)).of().runs

        assert (run.active_to, run.end_reason, run.expired) == (ENDS, AccessReason.SUBSCRIPTION_ENDED, False)


@pytest.mark.parametrize("status", [Status.ACTIVE, Status.PAST_DUE, Status.PAUSED, Status.CANCELED])
def test_a_trial_left_early_ends_there_whatever_it_is_left_for(status: SubscriptionStatus) -> None:
    left = subscription(status=Status.TRIALING, trial_end=ENDS, moves=[(status, EARLY)])

    assert trial_end(left) == EARLY
    assert status_at(left, EARLY) is status
    assert status_at(left, ENDS) is status


def test_a_trial_left_early_starts_the_next_period_where_it_was_left() -> None:
    left = subscription(status=Status.TRIALING, trial_end=ENDS, moves=[(Status.ACTIVE, EARLY)])

    assert world(left, attached(at=on("2026-01-05"))).access() == [(EARLY, None)]
    assert world(left, attached(at=on("2026-01-09"))).access() == [(on("2026-02-08"), None)]


def test_a_trial_left_for_paused_counts_its_periods_from_the_pause() -> None:
    resumed = on("2026-01-20")
    left = subscription(
        status=Status.TRIALING, trial_end=ENDS, moves=[(Status.PAUSED, EARLY), (Status.ACTIVE, resumed)]
    )
    (first, _) = world(left).of().runs

    assert world(left).access() == [(JANUARY, EARLY), (resumed, None)]
    assert world(left, attached(at=on("2026-01-21"))).access() == [(on("2026-02-08"), None)]
    assert (first.end_reason, first.expired) == (AccessReason.SUBSCRIPTION_NOT_IN_GOOD_STANDING, False)


def test_a_trial_cancelled_early_was_cut_short() -> None:
    left = subscription(status=Status.TRIALING, trial_end=ENDS, moves=[(Status.CANCELED, EARLY)])
    (run,) = world(left).of().runs

    assert (run.active_to, run.end_reason, run.expired) == (EARLY, AccessReason.SUBSCRIPTION_ENDED, False)


def test_an_attachment_or_detach_during_a_trial_counts_at_its_end() -> None:
    during = on("2026-01-10")

    assert world(TRIAL, attached(at=during)).access() == [(ENDS, None)]
    assert world(TRIAL, attached(detached=during)).access() == [(JANUARY, ENDS)]
    assert world(TRIAL, attached(detached=during, detach=NEW_ONLY)).access() == [(JANUARY, None)]


def test_a_trial_that_converts_takes_no_snapshot_of_the_kind_resumed_or_first() -> None:
    row = attached(at=on("2026-01-10"), rollout=NEW_ONLY)

    assert world(TRIAL, row).access() == []


def test_a_trial_extended_or_shortened_moves_the_end_and_the_anchor() -> None:
    paused = replace(TRIAL, trial_end_behavior=TrialEndBehavior.PAUSE)

    assert world(replace(paused, trial_end=FEBRUARY)).access() == [(JANUARY, FEBRUARY)]
    assert world(replace(paused, trial_end=EARLY)).access() == [(JANUARY, EARLY)]
    assert world(replace(TRIAL, trial_end=EARLY), attached(at=on("2026-01-09"))).access() == [(on("2026-02-08"), None)]


def test_a_trial_ended_now_becomes_what_it_would_have_become() -> None:
    now = on("2026-01-10")
    ended = [replace(TRIAL, trial_end=now, trial_end_behavior=then) for then in TrialEndBehavior]

    assert [status_at(each, now) for each in ended] == [Status.ACTIVE, Status.PAUSED, Status.CANCELED]


def test_an_incomplete_subscription_stays_incomplete_when_its_trial_passes_first() -> None:
    soon = JANUARY + HOUR
    made = subscription(status=Status.INCOMPLETE, trial_end=soon)

    assert status_at(made, soon) is Status.INCOMPLETE
    assert status_at(made, JANUARY + 23 * HOUR) is Status.INCOMPLETE_EXPIRED
    assert world(made).access() == []


def test_an_incomplete_one_that_pays_after_its_trial_passed_keeps_its_anchor() -> None:
    soon, paid = JANUARY + HOUR, JANUARY + 2 * HOUR
    made = subscription(status=Status.INCOMPLETE, trial_end=soon, moves=[(Status.ACTIVE, paid)])

    assert trial_end(made) == soon
    assert world(made, attached(at=on("2026-01-10"))).access() == [(on("2026-02-01", "01:00"), None)]


def test_an_incomplete_one_that_pays_before_its_trial_passes_has_left_the_trial() -> None:
    paid = JANUARY + HOUR
    made = subscription(status=Status.INCOMPLETE, trial_end=ENDS, moves=[(Status.ACTIVE, paid)])

    assert trial_end(made) == paid


def test_an_incomplete_one_that_starts_its_trial_has_not_left_it() -> None:
    started = JANUARY + HOUR
    made = subscription(status=Status.INCOMPLETE, trial_end=ENDS, moves=[(Status.TRIALING, started)])

    assert trial_end(made) == ENDS
    assert [status_at(made, at) for at in (started, ENDS)] == [Status.TRIALING, Status.ACTIVE]


def test_a_trial_that_starts_when_its_time_is_over_gives_nothing() -> None:
    soon, late = JANUARY + HOUR, JANUARY + 2 * HOUR
    made = subscription(
        status=Status.INCOMPLETE, trial_end=soon, then=TrialEndBehavior.PAUSE, moves=[(Status.TRIALING, late)]
    )

    assert status_at(made, late) is Status.PAUSED
    assert world(made).access() == []


def test_a_trial_that_converted_by_itself_can_go_unpaid() -> None:
    converted = subscription(status=Status.TRIALING, trial_end=ENDS, moves=[(Status.UNPAID, FEBRUARY)])

    assert trial_end(converted) == ENDS
    assert world(converted).access() == [(JANUARY, FEBRUARY)]


def test_a_trial_that_paused_and_was_resumed_takes_a_fresh_snapshot() -> None:
    resumed = on("2026-01-20")
    back = subscription(
        status=Status.TRIALING, trial_end=ENDS, then=TrialEndBehavior.PAUSE, moves=[(Status.ACTIVE, resumed)]
    )

    assert world(back).access() == [(JANUARY, ENDS), (resumed, None)]
    assert world(back, attached(at=on("2026-01-16"))).access() == [(resumed, None)]


def test_resumed_in_the_very_instant_its_trial_ends_it_never_paused() -> None:
    back = subscription(
        status=Status.TRIALING, trial_end=ENDS, then=TrialEndBehavior.PAUSE, moves=[(Status.ACTIVE, ENDS)]
    )

    assert world(back).access() == [(JANUARY, None)]


def test_an_item_added_during_a_trial_has_at_once_what_is_attached() -> None:
    added = on("2026-01-10")
    trial = replace(TRIAL, items=(item(segment(since=added)),))

    assert world(trial, attached(at=on("2026-01-05"))).access() == [(added, None)]


def test_a_trial_without_an_end_goes_on() -> None:
    endless = subscription(status=Status.TRIALING)

    assert status_at(endless, MARCH) is Status.TRIALING

"""Effective statuses and what they let through. Source: DESIGN, The rule, 1 and 2; Moves and edits."""

from datetime import timedelta

import pytest

from entitlements.facts import CatalogRollout, StatusRecord, SubscriptionStatus, TrialEndBehavior
from entitlements.facts import SubscriptionStatus as Status
from entitlements.moves import MOVES
from entitlements.status import ended_at, status_at
from tests.rules.calendar_walk import TICK
from tests.rules.world import (
    FEBRUARY,
    HOUR,
    IMMEDIATE,
    JANUARY,
    MARCH,
    NEW_ONLY,
    NEXT_PERIOD,
    attached,
    on,
    subscription,
    world,
)

GIVEN_UP = JANUARY + timedelta(hours=23)


@pytest.mark.parametrize("status", [Status.TRIALING, Status.ACTIVE, Status.PAST_DUE])
def test_trialing_active_and_past_due_entitle(status: SubscriptionStatus) -> None:
    assert world(subscription(status=status)).access() == [(JANUARY, None)]


@pytest.mark.parametrize("status", [Status.INCOMPLETE_EXPIRED, Status.UNPAID, Status.PAUSED, Status.CANCELED])
def test_other_statuses_do_not(status: SubscriptionStatus) -> None:
    assert world(subscription(status=status)).access() == []


def test_there_is_no_status_before_the_first_record() -> None:
    assert status_at(subscription(), JANUARY - TICK) is None
    assert status_at(subscription(), JANUARY) is Status.ACTIVE


def test_the_first_status_is_true_from_its_record_on_however_early_the_start() -> None:
    backdated = subscription(started=on("2025-11-20"))

    assert world(backdated).access() == [(JANUARY, None)]


def test_past_due_and_back_changes_nothing() -> None:
    late = subscription(moves=[(Status.PAST_DUE, FEBRUARY), (Status.ACTIVE, on("2026-02-05"))])

    assert world(late).access() == [(JANUARY, None)]


def test_past_due_and_back_takes_no_snapshot() -> None:
    late = subscription(moves=[(Status.PAST_DUE, on("2026-01-10")), (Status.ACTIVE, on("2026-01-20"))])

    assert world(late, attached(at=on("2026-01-05"))).access() == [(FEBRUARY, None)]


@pytest.mark.parametrize("status", [Status.UNPAID, Status.PAUSED])
def test_unpaid_or_paused_and_back_takes_a_fresh_snapshot(status: SubscriptionStatus) -> None:
    stopped, resumed = on("2026-01-10"), on("2026-01-20")
    back = subscription(moves=[(status, stopped), (Status.ACTIVE, resumed)])

    assert world(back).access() == [(JANUARY, stopped), (resumed, None)]
    assert world(back, attached(at=on("2026-01-05"))).access() == [(resumed, None)]
    assert world(back, attached(detached=on("2026-01-15"))).access() == [(JANUARY, stopped)]


def test_paused_and_resumed_twice_in_a_day() -> None:
    day = on("2026-01-10")
    times = [day + n * HOUR for n in range(1, 5)]
    moves = zip([Status.PAUSED, Status.ACTIVE, Status.PAUSED, Status.ACTIVE], times, strict=True)
    twice = subscription(moves=moves)

    assert world(twice).access() == [(JANUARY, times[0]), (times[1], times[2]), (times[3], None)]
    assert world(twice, attached(at=times[1] + TICK)).access() == [(times[3], None)]


def test_a_period_that_starts_during_a_pause_is_a_snapshot_all_the_same() -> None:
    paused = subscription(moves=[(Status.PAUSED, on("2026-01-10")), (Status.ACTIVE, on("2026-02-10"))])
    # In at the boundary in February, then detached for newcomers only: it stays for those who have it.
    row = attached(at=on("2026-01-15"), detached=on("2026-02-05"), detach=NEW_ONLY)

    assert world(paused, row).access() == [(on("2026-02-10"), None)]


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (Status.CANCELED, [Status.ACTIVE, Status.CANCELED, Status.CANCELED]),
        (Status.INCOMPLETE_EXPIRED, [Status.ACTIVE, Status.INCOMPLETE_EXPIRED, Status.INCOMPLETE_EXPIRED]),
    ],
)
def test_final_statuses_are_final(record: SubscriptionStatus, expected: list[SubscriptionStatus]) -> None:
    over = subscription(moves=[(record, FEBRUARY), (Status.ACTIVE, MARCH)])

    assert [status_at(over, at) for at in (FEBRUARY - TICK, FEBRUARY, MARCH)] == expected


def test_cancel_at_ends_at_its_instant_and_nothing_reported_later_counts() -> None:
    over = subscription(cancel_at=FEBRUARY, moves=[(Status.PAST_DUE, MARCH)])

    assert [status_at(over, at) for at in (FEBRUARY - TICK, FEBRUARY, MARCH)] == [
        Status.ACTIVE,
        Status.CANCELED,
        Status.CANCELED,
    ]
    assert ended_at(over, FEBRUARY - TICK) is None
    assert ended_at(over, MARCH) == FEBRUARY
    assert world(over).access() == [(JANUARY, FEBRUARY)]


def test_cancelled_at_once_ends_at_once() -> None:
    over = subscription(ended_at=on("2026-01-10"), cancel_at=FEBRUARY)

    assert ended_at(over, FEBRUARY) == on("2026-01-10")
    assert world(over).access() == [(JANUARY, on("2026-01-10"))]


def test_cancelling_at_period_end_and_undone_before_it_changes_nothing() -> None:
    asked, undone = subscription(cancel_at=FEBRUARY), subscription(cancel_at=None)

    assert world(asked).access() == [(JANUARY, FEBRUARY)]
    assert world(undone).access() == [(JANUARY, None)]


def test_a_cancellation_and_a_period_end_in_one_instant_let_nothing_in() -> None:
    waiting = attached(at=on("2026-01-10"))

    assert world(subscription(cancel_at=FEBRUARY), waiting).access() == []


def test_incomplete_then_active_takes_what_is_attached_by_then() -> None:
    paid = JANUARY + 5 * HOUR
    made = subscription(status=Status.INCOMPLETE, moves=[(Status.ACTIVE, paid)])

    for rollout in (NEXT_PERIOD, IMMEDIATE, NEW_ONLY):
        assert world(made, attached(at=JANUARY + HOUR, rollout=rollout)).access() == [(paid, None)]
    for detach in (NEXT_PERIOD, IMMEDIATE, NEW_ONLY):
        assert world(made, attached(detached=JANUARY + HOUR, detach=detach)).access() == []


@pytest.mark.parametrize("rollout", [NEXT_PERIOD, NEW_ONLY])
def test_the_first_snapshot_is_taken_only_once(rollout: CatalogRollout) -> None:
    resumed = on("2026-01-20")
    made = subscription(
        status=Status.INCOMPLETE,
        moves=[(Status.ACTIVE, JANUARY + HOUR), (Status.PAUSED, on("2026-01-10")), (Status.ACTIVE, resumed)],
    )

    expected = [(resumed, None)] if rollout is NEXT_PERIOD else []
    assert world(made, attached(at=on("2026-01-05"), rollout=rollout)).access() == expected


def test_23_hours_after_its_record_an_incomplete_subscription_is_over() -> None:
    made = subscription(status=Status.INCOMPLETE)
    instants = (GIVEN_UP - TICK, GIVEN_UP)

    assert [status_at(made, at) for at in instants] == [Status.INCOMPLETE, Status.INCOMPLETE_EXPIRED]
    assert ended_at(made, GIVEN_UP) == GIVEN_UP


def test_the_23_hours_count_from_the_write_and_not_from_the_start() -> None:
    made = subscription(status=Status.INCOMPLETE, started=JANUARY - timedelta(days=3))

    assert status_at(made, JANUARY) is Status.INCOMPLETE
    assert status_at(made, GIVEN_UP) is Status.INCOMPLETE_EXPIRED


def test_paid_a_millisecond_before_the_23_hours_it_lives() -> None:
    paid = GIVEN_UP - TICK
    made = subscription(status=Status.INCOMPLETE, moves=[(Status.ACTIVE, paid)])

    assert world(made).access() == [(paid, None)]


def test_the_23_hours_pass_before_a_later_payment() -> None:
    made = subscription(status=Status.INCOMPLETE, moves=[(Status.ACTIVE, GIVEN_UP + TICK)])

    assert status_at(made, GIVEN_UP + HOUR) is Status.INCOMPLETE_EXPIRED
    assert world(made).access() == []


def test_of_several_ends_the_first_one_counts() -> None:
    cancelled = subscription(status=Status.INCOMPLETE, cancel_at=GIVEN_UP - TICK)
    expired = subscription(status=Status.INCOMPLETE, cancel_at=GIVEN_UP + TICK)

    assert status_at(cancelled, FEBRUARY) is Status.CANCELED
    assert status_at(expired, FEBRUARY) is Status.INCOMPLETE_EXPIRED


def test_a_status_reported_twice_is_the_same_as_once() -> None:
    once = subscription(moves=[(Status.PAUSED, FEBRUARY)])
    twice = subscription(moves=[(Status.PAUSED, FEBRUARY), (Status.PAUSED, MARCH)])

    assert world(twice).access() == world(once).access() == [(JANUARY, FEBRUARY)]


def test_the_record_of_a_status_is_what_was_reported() -> None:
    assert subscription(moves=[(Status.PAUSED, FEBRUARY)]).statuses == (
        StatusRecord(Status.ACTIVE, JANUARY),
        StatusRecord(Status.PAUSED, FEBRUARY),
    )


def test_legal_moves_are_these_and_no_others() -> None:
    assert {status: " ".join(sorted(moves)) for status, moves in MOVES.items()} == {
        Status.INCOMPLETE: "ACTIVE CANCELED INCOMPLETE_EXPIRED TRIALING",
        Status.TRIALING: "ACTIVE CANCELED PAST_DUE PAUSED",
        Status.ACTIVE: "CANCELED PAST_DUE PAUSED UNPAID",
        Status.PAST_DUE: "ACTIVE CANCELED UNPAID",
        Status.UNPAID: "ACTIVE CANCELED",
        Status.PAUSED: "ACTIVE CANCELED",
        Status.CANCELED: "",
        Status.INCOMPLETE_EXPIRED: "",
    }


def test_a_trial_that_was_cancelled_by_its_end_stays_cancelled() -> None:
    trial = subscription(status=Status.TRIALING, trial_end=FEBRUARY, then=TrialEndBehavior.CANCEL, cancel_at=MARCH)

    assert ended_at(trial, on("2026-04-01")) == FEBRUARY

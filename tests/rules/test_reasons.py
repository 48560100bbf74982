"""Why there is access, or why there is none. Source: DESIGN, The rule, 9."""

from datetime import datetime

import pytest

from entitlements.access import decide
from entitlements.facts import Grant, ProductFeature, Subscription, TrialEndBehavior
from entitlements.facts import SubscriptionStatus as Status
from entitlements.runs import AccessReason as Reason
from entitlements.runs import Withheld
from tests.rules.calendar_walk import TICK
from tests.rules.world import (
    APRIL,
    FEBRUARY,
    HOUR,
    IMMEDIATE,
    JANUARY,
    MARCH,
    MAY,
    attached,
    feature,
    grant,
    item,
    on,
    segment,
    subscription,
    world,
)

Facts = list[Subscription | Grant | ProductFeature]

PAUSING = subscription(status=Status.TRIALING, trial_end=MARCH, then=TrialEndBehavior.PAUSE)
CANCELLING = subscription(status=Status.TRIALING, trial_end=MARCH, then=TrialEndBehavior.CANCEL)
LOST = on("2026-02-15")


def why(facts: Facts, at: datetime = APRIL) -> Reason:
    """The reason for SSO."""
    return decide(world(*facts).timeline, [feature()], at).reason


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ([subscription()], Reason.ENTITLED),
        ([subscription(status=Status.INCOMPLETE, recorded=APRIL)], Reason.SUBSCRIPTION_NOT_IN_GOOD_STANDING),
        ([subscription(moves=[(Status.UNPAID, MARCH)])], Reason.SUBSCRIPTION_NOT_IN_GOOD_STANDING),
        ([subscription(moves=[(Status.PAUSED, MARCH)])], Reason.SUBSCRIPTION_NOT_IN_GOOD_STANDING),
        ([PAUSING], Reason.SUBSCRIPTION_NOT_IN_GOOD_STANDING),
        ([grant(since=MAY)], Reason.NOT_YET_ACTIVE),
        ([subscription(), attached(at=on("2026-04-15"))], Reason.NOT_YET_ACTIVE),
        ([subscription(cancel_at=MARCH)], Reason.SUBSCRIPTION_ENDED),
        ([subscription(ended_at=MARCH)], Reason.SUBSCRIPTION_ENDED),
        ([subscription(moves=[(Status.CANCELED, MARCH)])], Reason.SUBSCRIPTION_ENDED),
        ([CANCELLING], Reason.TRIAL_ENDED),
        ([subscription(item(segment(until=MARCH)))], Reason.ITEM_REMOVED),
        ([subscription(), attached(detached=MARCH, detach=IMMEDIATE)], Reason.FEATURE_DETACHED),
        ([grant(until=MARCH)], Reason.GRANT_ENDED),
        ([grant(revoked=MARCH)], Reason.GRANT_REVOKED),
        ([attached()], Reason.NOT_ENTITLED),
    ],
)
def test_each_reason_there_is(facts: Facts, reason: Reason) -> None:
    assert why(facts) is reason


def test_a_key_that_no_feature_has_or_had_is_unknown() -> None:
    decision = decide(world(subscription()).timeline, [], APRIL)

    assert (decision.feature, decision.has_access, decision.reason) == (None, False, Reason.UNKNOWN_FEATURE)


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ([subscription(moves=[(Status.UNPAID, MARCH)]), grant()], Reason.ENTITLED),
        ([subscription(moves=[(Status.UNPAID, MARCH)]), grant(since=MAY)], Reason.SUBSCRIPTION_NOT_IN_GOOD_STANDING),
        ([subscription(ended_at=MARCH), grant(since=MAY)], Reason.NOT_YET_ACTIVE),
        ([subscription(ended_at=LOST), grant(until=MARCH)], Reason.GRANT_ENDED),
        ([subscription(ended_at=MARCH), grant(until=LOST)], Reason.SUBSCRIPTION_ENDED),
        ([subscription(ended_at=MARCH), grant(until=MARCH)], Reason.SUBSCRIPTION_ENDED),
    ],
)
def test_of_several_reasons_the_first_that_fits_is_given(facts: Facts, reason: Reason) -> None:
    assert why(facts) is reason


def test_a_subscription_that_was_unpaid_and_then_cancelled_has_ended() -> None:
    over = subscription(moves=[(Status.UNPAID, LOST), (Status.CANCELED, MARCH)])

    assert why([over], MARCH - TICK) is Reason.SUBSCRIPTION_NOT_IN_GOOD_STANDING
    assert why([over], MARCH) is Reason.SUBSCRIPTION_ENDED


def test_a_trial_that_paused_and_was_then_cancelled_has_ended() -> None:
    over = subscription(
        status=Status.TRIALING, trial_end=LOST, then=TrialEndBehavior.PAUSE, moves=[(Status.CANCELED, MARCH)]
    )

    assert why([over], LOST) is Reason.SUBSCRIPTION_NOT_IN_GOOD_STANDING
    assert why([over], MARCH) is Reason.SUBSCRIPTION_ENDED


def test_a_first_payment_that_never_came_ended_nothing() -> None:
    never_paid = subscription(status=Status.INCOMPLETE)

    assert why([never_paid], JANUARY + 23 * HOUR - TICK) is Reason.SUBSCRIPTION_NOT_IN_GOOD_STANDING
    assert why([never_paid], JANUARY + 23 * HOUR) is Reason.NOT_ENTITLED


def test_detached_while_unpaid_it_is_a_detach_once_the_subscription_is_in_good_standing() -> None:
    resumed = subscription(moves=[(Status.UNPAID, FEBRUARY), (Status.ACTIVE, on("2026-02-20"))])
    row = attached(detached=LOST)

    assert why([resumed, row], on("2026-02-19")) is Reason.SUBSCRIPTION_NOT_IN_GOOD_STANDING
    assert why([resumed, row], on("2026-02-20")) is Reason.FEATURE_DETACHED


def test_removed_while_paused_it_is_an_item_removed() -> None:
    paused = subscription(item(segment(until=LOST)), moves=[(Status.PAUSED, FEBRUARY)])

    assert why([paused], LOST - TICK) is Reason.SUBSCRIPTION_NOT_IN_GOOD_STANDING
    assert why([paused], LOST) is Reason.ITEM_REMOVED


def test_what_is_attached_while_unpaid_is_not_withheld_before_the_next_snapshot() -> None:
    unpaid = subscription(moves=[(Status.UNPAID, FEBRUARY)])
    seen = world(unpaid, attached(at=LOST)).of()

    assert [(w.from_, w.until) for w in seen.withheld] == [(MARCH, None)]


def test_withheld_intervals_say_what_withholds_and_what_ends_them() -> None:
    unpaid = subscription(moves=[(Status.UNPAID, FEBRUARY), (Status.ACTIVE, MARCH)])
    never_paid = subscription(status=Status.INCOMPLETE)

    assert world(unpaid).of().withheld == (Withheld(FEBRUARY, MARCH, Status.UNPAID, Reason.ENTITLED, unpaid.id),)
    assert world(never_paid).of().withheld == (
        Withheld(JANUARY, JANUARY + 23 * HOUR, Status.INCOMPLETE, Reason.SUBSCRIPTION_ENDED, never_paid.id),
    )


def test_two_items_wait_for_one_feature_and_one_of_them_leaves() -> None:
    both = subscription(
        item(segment(until=LOST), name="si_1"), item(segment(), name="si_2"), moves=[(Status.PAUSED, FEBRUARY)]
    )

    assert why([both], MARCH) is Reason.SUBSCRIPTION_NOT_IN_GOOD_STANDING


@pytest.mark.parametrize(
    ("facts", "active_to", "next_change"),
    [
        ([subscription()], None, None),
        ([grant(until=MAY)], MAY, MAY),
        ([grant(since=MAY)], None, MAY),
        ([grant(until=MARCH)], None, None),
    ],
)
def test_a_decision_says_until_when_it_stands(
    facts: Facts, active_to: datetime | None, next_change: datetime | None
) -> None:
    decision = decide(world(*facts).timeline, [feature()], APRIL)

    assert (decision.active_to, decision.next_change_at) == (active_to, next_change)

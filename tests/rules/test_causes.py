"""Why a run ends, where several things end at one instant. Source: DESIGN, The rule, 8 and 9."""

from itertools import combinations

import pytest

from entitlements.facts import Grant, ProductFeature, Segment, Subscription, TrialEndBehavior
from entitlements.facts import SubscriptionStatus as Status
from entitlements.runs import AccessReason as Reason
from tests.rules.calendar_walk import TICK
from tests.rules.world import (
    IMMEDIATE,
    MARCH,
    PRO,
    TEAM,
    YEARLY,
    attached,
    grant,
    item,
    on,
    segment,
    subscription,
    world,
)

Fact = Subscription | Grant | ProductFeature

ON_PRO = attached(product=PRO)
DETACHED = attached(product=TEAM, detached=MARCH, detach=IMMEDIATE)

ENDINGS: dict[Reason, Fact] = {
    Reason.SUBSCRIPTION_ENDED: subscription(cancel_at=MARCH, name="sub_ended"),
    Reason.SUBSCRIPTION_NOT_IN_GOOD_STANDING: subscription(moves=[(Status.UNPAID, MARCH)], name="sub_unpaid"),
    Reason.ITEM_REMOVED: subscription(item(segment(until=MARCH)), name="sub_emptied"),
    Reason.FEATURE_DETACHED: subscription(item(segment(TEAM)), name="sub_team"),
    Reason.GRANT_REVOKED: grant(revoked=MARCH, name="grant_revoked"),
    Reason.TRIAL_ENDED: subscription(
        status=Status.TRIALING, trial_end=MARCH, then=TrialEndBehavior.PAUSE, name="sub_trial"
    ),
    Reason.GRANT_ENDED: grant(until=MARCH, name="grant_ended"),
}
"""Something that ends in March by each cause; what cuts access short comes before what runs out."""

RAN_OUT = (Reason.TRIAL_ENDED, Reason.GRANT_ENDED)


@pytest.mark.parametrize(("named", "beside"), list(combinations(ENDINGS, 2)))
def test_of_two_sources_that_end_together_this_one_names_the_end(named: Reason, beside: Reason) -> None:
    for facts in ([ENDINGS[named], ENDINGS[beside]], [ENDINGS[beside], ENDINGS[named]]):
        (run,) = world(*facts, ON_PRO, DETACHED).of().runs

        assert (run.active_to, run.end_reason) == (MARCH, named)
        assert run.expired == (named in RAN_OUT)
        assert {source.end_reason for source in run.sources} == {named, beside}


@pytest.mark.parametrize("reason", ENDINGS)
def test_each_cause_by_itself(reason: Reason) -> None:
    (run,) = world(ENDINGS[reason], ON_PRO, DETACHED).of().runs

    assert (run.active_to, run.end_reason, run.expired) == (MARCH, reason, reason in RAN_OUT)


def test_a_source_that_ended_before_the_run_has_no_say() -> None:
    earlier = grant(revoked=MARCH - TICK, name="grant_revoked")
    (run,) = world(ENDINGS[Reason.GRANT_ENDED], earlier).of().runs

    assert (run.active_to, run.end_reason, run.expired) == (MARCH, Reason.GRANT_ENDED, True)


def test_of_one_source_the_status_is_named_before_the_item_and_the_item_before_the_detach() -> None:
    leaving = item(segment(until=MARCH))
    row = attached(detached=on("2026-02-15"))

    both = world(subscription(leaving, cancel_at=MARCH), row)
    item_and_detach = world(subscription(leaving), row)
    status_and_detach = world(subscription(moves=[(Status.PAUSED, MARCH)]), row)

    assert [each.of().runs[0].end_reason for each in (both, item_and_detach, status_and_detach)] == [
        Reason.SUBSCRIPTION_ENDED,
        Reason.ITEM_REMOVED,
        Reason.SUBSCRIPTION_NOT_IN_GOOD_STANDING,
    ]


def test_a_trial_that_runs_out_as_its_item_leaves_is_named() -> None:
    trial = subscription(
        item(segment(until=MARCH)), status=Status.TRIALING, trial_end=MARCH, then=TrialEndBehavior.CANCEL
    )
    (run,) = world(trial).of().runs

    assert (run.end_reason, run.expired) == (Reason.TRIAL_ENDED, True)


def test_a_source_whose_feature_was_detached_and_attached_again_ends_by_its_last_cause() -> None:
    out, again = attached(detached=on("2026-01-10")), attached(at=on("2026-01-20"))
    (run,) = world(subscription(item(segment(), segment(TEAM, since=MARCH))), out, again).of().runs

    assert [(source.active_to, source.end_reason) for source in run.sources] == [(MARCH, Reason.ITEM_REMOVED)]


@pytest.mark.parametrize(
    "changed", [segment(since=MARCH, quantity=5), segment(since=MARCH, interval=YEARLY)], ids=["quantity", "interval"]
)
def test_a_change_that_keeps_the_product_removes_no_item(changed: Segment) -> None:
    (run,) = world(subscription(item(segment(), changed)), attached(detached=on("2026-02-15"))).of().runs

    assert (run.active_to, run.end_reason) == (MARCH, Reason.FEATURE_DETACHED)

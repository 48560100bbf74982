"""What is read off a timeline at an instant. Source: DESIGN, The rule, 7 and 8; Singular answers."""

from datetime import datetime

import pytest

from entitlements.access import EntitlementState, EntitlementStatus, choose, decide, state_at
from entitlements.changes import count_changes, difference, features_at, is_effective, next_change
from entitlements.facts import FeatureId
from entitlements.facts import SubscriptionStatus as Status
from entitlements.runs import AccessReason
from tests.rules.calendar_walk import TICK
from tests.rules.world import (
    API,
    APRIL,
    CATALOGUE,
    FEBRUARY,
    IMMEDIATE,
    JANUARY,
    MARCH,
    MAY,
    SSO,
    YEARLY,
    World,
    attached,
    feature,
    grant,
    item,
    on,
    segment,
    subscription,
    world,
)

GAP = world(subscription(name="sub_1", cancel_at=FEBRUARY), subscription(name="sub_2", recorded=MARCH, cancel_at=APRIL))


def state(seen: World, at: datetime) -> EntitlementState:
    """The state of SSO, of which there is a run."""
    found = state_at(seen.of(), at)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("at", "status", "active_from", "active_to"),
    [
        (CATALOGUE, EntitlementStatus.SCHEDULED, JANUARY, FEBRUARY),
        (JANUARY, EntitlementStatus.ACTIVE, JANUARY, FEBRUARY),
        (FEBRUARY - TICK, EntitlementStatus.ACTIVE, JANUARY, FEBRUARY),
        (FEBRUARY, EntitlementStatus.SCHEDULED, MARCH, APRIL),
        (MARCH, EntitlementStatus.ACTIVE, MARCH, APRIL),
        (APRIL, EntitlementStatus.CANCELED, MARCH, APRIL),
    ],
)
def test_an_instant_shows_the_run_it_is_in_else_the_next_else_the_last(
    at: datetime, status: EntitlementStatus, active_from: datetime, active_to: datetime
) -> None:
    shown = state(GAP, at)

    assert (shown.status, shown.run.active_from, shown.run.active_to) == (status, active_from, active_to)


def test_access_begins_at_active_from_and_is_over_at_active_to() -> None:
    seen = world(grant(since=FEBRUARY, until=MARCH)).timeline

    answers = [bool(features_at(seen, at)) for at in (FEBRUARY - TICK, FEBRUARY, MARCH - TICK, MARCH)]

    assert answers == [False, True, True, False]


def test_before_the_customer_existed_there_is_no_access_and_no_error() -> None:
    seen = world(subscription()).timeline
    long_ago = on("1970-01-01")

    assert features_at(seen, long_ago) == frozenset()
    assert next_change(seen, long_ago) == JANUARY


def test_the_far_future_is_a_projection_of_todays_facts() -> None:
    seen = world(subscription(item(segment(interval=YEARLY))), attached(at=on("2026-06-01"))).timeline

    assert features_at(seen, on("2026-12-31")) == frozenset()
    assert features_at(seen, on("9999-12-31")) == {SSO}


def test_yesterday_reads_alike_before_and_after_a_cancellation_but_for_its_end() -> None:
    yesterday = on("2026-02-14")
    before, after = world(subscription()), world(subscription(ended_at=on("2026-02-15")))

    assert state(before, yesterday).has_access
    assert state(after, yesterday).has_access
    assert state(before, yesterday).run.active_to is None
    assert state(after, yesterday).run.active_to == on("2026-02-15")


def test_the_next_change_is_strictly_ahead() -> None:
    assert next_change(GAP.timeline, JANUARY) == FEBRUARY
    assert next_change(GAP.timeline, FEBRUARY - TICK) == FEBRUARY
    assert next_change(GAP.timeline, FEBRUARY) == MARCH
    assert next_change(GAP.timeline, APRIL) is None


def test_a_boundary_counts_as_a_change_from_its_instant_on() -> None:
    seen = world(subscription(), attached(at=on("2026-01-10"))).timeline

    counts = [count_changes(seen, JANUARY, at) for at in (FEBRUARY - TICK, FEBRUARY, FEBRUARY + TICK)]

    assert counts == [0, 1, 1]
    assert count_changes(seen, FEBRUARY, MARCH) == 0


def test_a_state_changes_next_at_its_start_or_at_its_end() -> None:
    assert state(GAP, CATALOGUE).next_change_at == JANUARY
    assert state(GAP, JANUARY).next_change_at == FEBRUARY
    assert state(GAP, APRIL).next_change_at is None


def test_of_the_subscriptions_that_hold_the_instant_the_one_that_ends_last_carries_it() -> None:
    short, long = subscription(name="sub_short", cancel_at=MARCH), subscription(name="sub_long", cancel_at=APRIL)
    seen = world(short, long, grant())

    assert state(seen, FEBRUARY).subscription == "sub_long"
    assert state(seen, APRIL).subscription is None
    assert state(world(long, subscription(name="sub_open")), FEBRUARY).subscription == "sub_open"
    assert state(world(grant()), FEBRUARY).subscription is None


def test_a_source_that_is_over_is_not_shown_any_more() -> None:
    seen = world(subscription(name="sub_short", cancel_at=MARCH), subscription(name="sub_long"))

    assert {source.subscription for source in state(seen, FEBRUARY).sources} == {"sub_long", "sub_short"}
    assert {source.subscription for source in state(seen, MARCH).sources} == {"sub_long"}


NEWER = FeatureId("feat_newer")
ARCHIVED = feature(SSO, archived=FEBRUARY)
REUSED = feature(NEWER, created=FEBRUARY)


@pytest.mark.parametrize("given", [SSO, NEWER])
def test_one_key_on_two_features_gives_access_by_either(given: FeatureId) -> None:
    decision = decide(world(grant(given)).timeline, [ARCHIVED, REUSED], MARCH)

    assert decision.has_access
    assert decision.feature is not None
    assert decision.feature.id == given


def test_one_key_on_two_features_lasts_as_long_as_either() -> None:
    one_after_the_other = world(grant(SSO, until=MARCH), grant(NEWER, since=MARCH, until=APRIL, name="grant_2"))

    assert decide(one_after_the_other.timeline, [ARCHIVED, REUSED], FEBRUARY).active_to == APRIL


@pytest.mark.parametrize(
    ("facts", "chosen"),
    [
        ([grant(SSO), grant(NEWER, since=MAY, name="grant_2")], SSO),
        ([grant(SSO, until=FEBRUARY), grant(NEWER, since=MAY, name="grant_2")], NEWER),
        ([grant(SSO, since=MAY), grant(NEWER, until=FEBRUARY, name="grant_2")], SSO),
        ([grant(SSO, since=APRIL), grant(NEWER, since=MAY, name="grant_2")], SSO),
        ([grant(SSO, until=FEBRUARY)], SSO),
        ([], NEWER),
    ],
    ids=["access", "to come before ended", "to come, archived", "the sooner", "ended before none", "active"],
)
def test_of_two_features_with_one_key_the_one_that_shows_first_answers(facts: list[object], chosen: FeatureId) -> None:
    seen = World(grants=tuple(each for each in facts if isinstance(each, type(grant()))))
    found = choose(seen.timeline, [ARCHIVED, REUSED], MARCH)

    assert found is not None
    assert found.id == chosen


def test_of_two_archived_features_the_newest_answers() -> None:
    newer = feature(NEWER, created=FEBRUARY, archived=MARCH)

    assert choose(World().timeline, [newer, ARCHIVED], APRIL) == newer
    assert choose(World().timeline, [], APRIL) is None


def test_a_write_that_changes_the_end_of_a_member_is_effective_and_one_that_does_not_is_not() -> None:
    before = world(subscription()).timeline
    cancelled = world(subscription(cancel_at=APRIL)).timeline
    paid_late = world(subscription(moves=[(Status.PAST_DUE, MARCH)])).timeline

    assert difference(before, cancelled, MARCH).changed == (SSO,)
    assert is_effective(before, cancelled, MARCH)
    assert not is_effective(before, paid_late, MARCH)


def test_a_write_that_only_plans_for_later_is_not_effective() -> None:
    before = world(subscription(), attached(SSO), attached(API, at=MARCH + TICK, rollout=IMMEDIATE)).timeline
    without = world(subscription(), attached(SSO)).timeline

    assert not is_effective(without, before, MARCH)
    assert difference(without, before, MARCH + TICK).added == (API,)


def test_archiving_is_nothing_that_a_decision_asks_about() -> None:
    seen = world(subscription()).timeline

    assert decide(seen, [ARCHIVED], MARCH).reason is AccessReason.ENTITLED
    assert decide(seen, [feature()], MARCH).reason is AccessReason.ENTITLED

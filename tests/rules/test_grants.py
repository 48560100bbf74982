"""Rights given by hand. Source: DESIGN, The rule, 6 to 8."""

from datetime import datetime

import pytest

from entitlements.access import EntitlementStatus, state_at
from entitlements.changes import count_changes, is_effective
from entitlements.runs import AccessReason, Source, SourceKind
from tests.rules.calendar_walk import TICK
from tests.rules.world import (
    APRIL,
    FEBRUARY,
    JANUARY,
    MARCH,
    MAY,
    World,
    grant,
    subscription,
    world,
)


def ended_by(seen: World) -> tuple[datetime | None, AccessReason | None, bool]:
    """The end of the only run there is, its cause, and whether the run has expired there."""
    (run,) = seen.of().runs
    return run.active_to, run.end_reason, run.expired


def test_a_grant_is_there_from_its_start_to_its_end() -> None:
    seen = world(grant(since=FEBRUARY, until=MARCH))
    (run,) = seen.of().runs

    assert seen.access() == [(FEBRUARY, MARCH)]
    assert run.sources == (Source(SourceKind.GRANT, FEBRUARY, MARCH, AccessReason.GRANT_ENDED, grant=grant().id),)


def test_a_grant_of_the_past_acts_from_its_write_on() -> None:
    assert world(grant(recorded=MARCH, since=JANUARY)).access() == [(MARCH, None)]


def test_a_grant_that_ends_has_expired() -> None:
    assert ended_by(world(grant(until=MARCH))) == (MARCH, AccessReason.GRANT_ENDED, True)


def test_a_grant_revoked_in_the_middle_was_cancelled() -> None:
    assert ended_by(world(grant(until=APRIL, revoked=MARCH))) == (MARCH, AccessReason.GRANT_REVOKED, False)
    assert ended_by(world(grant(revoked=MARCH))) == (MARCH, AccessReason.GRANT_REVOKED, False)


@pytest.mark.parametrize("revoked", [MARCH, MARCH + TICK, MAY])
def test_a_grant_revoked_at_its_end_or_after_it_has_expired(revoked: datetime) -> None:
    assert ended_by(world(grant(until=MARCH, revoked=revoked))) == (MARCH, AccessReason.GRANT_ENDED, True)


@pytest.mark.parametrize("revoked", [FEBRUARY, MARCH])
def test_a_grant_revoked_before_its_start_or_at_it_never_was(revoked: datetime) -> None:
    seen = world(grant(since=MARCH, revoked=revoked))

    assert seen.access() == []
    assert state_at(seen.of(), JANUARY) is None


def test_a_future_start_shows_as_scheduled_and_at_its_instant_as_active() -> None:
    seen = world(grant(since=MARCH)).of()
    shown = [state_at(seen, at) for at in (JANUARY, MARCH - TICK, MARCH)]

    assert [state.status for state in shown if state] == [
        EntitlementStatus.SCHEDULED,
        EntitlementStatus.SCHEDULED,
        EntitlementStatus.ACTIVE,
    ]


def test_windows_that_touch_are_one_run() -> None:
    seen = world(grant(until=MARCH), grant(since=MARCH, until=APRIL, name="grant_2"))
    (run,) = seen.of().runs

    assert seen.access() == [(JANUARY, APRIL)]
    assert [source.grant for source in run.sources] == ["grant_1", "grant_2"]
    assert count_changes(seen.timeline, JANUARY, MAY) == 1


def test_windows_that_overlap_end_with_the_longest_and_fall_back_when_it_is_revoked() -> None:
    short, long = grant(until=MARCH), grant(until=MAY, name="grant_2")
    revoked = grant(until=MAY, revoked=FEBRUARY, name="grant_2")
    before, after = world(short, long), world(short, revoked)

    assert before.access() == [(JANUARY, MAY)]
    assert after.access() == [(JANUARY, MARCH)]
    assert is_effective(before.timeline, after.timeline, FEBRUARY)
    assert ended_by(after) == (MARCH, AccessReason.GRANT_ENDED, True)


def test_a_grant_beside_a_subscription_outlives_it_and_is_outlived_by_it() -> None:
    assert world(grant(), subscription(ended_at=MARCH)).access() == [(JANUARY, None)]
    assert world(grant(until=MARCH), subscription()).access() == [(JANUARY, None)]


@pytest.mark.parametrize("until", [MARCH, None])
def test_a_grant_given_and_revoked_beside_a_subscription_changes_nothing(until: datetime | None) -> None:
    alone = world(subscription())
    beside = world(subscription(), grant(recorded=FEBRUARY, until=until, revoked=MARCH))

    assert not is_effective(alone.timeline, beside.timeline, FEBRUARY)
    assert beside.access() == [(JANUARY, None)]


def test_only_the_sources_that_end_with_the_run_say_why_it_ends() -> None:
    revoked_before = grant(revoked=FEBRUARY, name="grant_2")

    assert ended_by(world(grant(until=MARCH), revoked_before)) == (MARCH, AccessReason.GRANT_ENDED, True)

"""The rule against the oracle: on generated histories they never differ."""

import random
from itertools import pairwise

import pytest
from hypothesis import given, settings

from entitlements.access import EntitlementState, EntitlementStatus, decide, state_at
from entitlements.changes import count_changes, features_at, next_change
from entitlements.runs import FeatureTimeline, Run
from entitlements.status import ended_at, status_at, trial_end
from tests.rules import reading, status_replay
from tests.rules.comparison import canonical
from tests.rules.confluences import confluences
from tests.rules.histories import reproducible, walk, worlds
from tests.rules.oracle import Oracle
from tests.rules.world import World, feature


@pytest.mark.timeout(300)
@settings(reproducible, max_examples=2000)
@given(worlds(subscriptions=1))
def test_one_subscription_gives_what_the_oracle_says(world: World) -> None:
    assert_as_the_oracle_says(world)


@pytest.mark.timeout(300)
@settings(reproducible, max_examples=1000)
@given(worlds(subscriptions=3))
def test_several_subscriptions_and_grants_give_what_the_oracle_says(world: World) -> None:
    assert_as_the_oracle_says(world)


@pytest.mark.timeout(300)
@settings(reproducible, max_examples=1000)
@given(confluences())
def test_sources_that_end_together_give_what_the_oracle_says(world: World) -> None:
    assert_as_the_oracle_says(world)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("subscriptions", [1, 2])
def test_histories_by_the_thousand_give_what_the_oracle_says(subscriptions: int) -> None:
    # Without Hypothesis between them the same walks are ten times as fast: enough of them for what is rare.
    for seed in range(6000):
        by_chance = random.Random(seed)  # noqa: S311 - examples, not secrets
        *_, last = walk(by_chance.choice, subscriptions=subscriptions)
        assert_as_the_oracle_says(last.world)


def assert_as_the_oracle_says(world: World) -> None:
    """Runs, their ends, causes, `expired` and sources, withheld intervals, and the set at every instant of interest."""
    oracle = Oracle(world.facts, world.attachments)

    assert canonical(world.timeline) == canonical(oracle.timeline)
    assert [features_at(world.timeline, at) for at in oracle.instants] == oracle.sets()


@settings(reproducible, max_examples=500)
@given(worlds(subscriptions=2))
def test_the_next_change_and_their_number_are_where_the_oracles_set_changes(world: World) -> None:
    oracle = Oracle(world.facts, world.attachments)
    seen = list(zip(oracle.instants, oracle.sets(), strict=True))
    changes = [at for (_, before), (at, after) in pairwise(seen) if before != after]

    for at in oracle.instants:
        assert next_change(world.timeline, at) == next((change for change in changes if change > at), None)
        assert count_changes(world.timeline, oracle.instants[0], at) == sum(change <= at for change in changes)


@settings(reproducible, max_examples=500)
@given(worlds(subscriptions=2))
def test_states_and_reasons_are_as_the_oracle_reads_them(world: World) -> None:
    oracle = Oracle(world.facts, world.attachments)

    for identity in {row.feature for row in world.attachments}:
        ours, theirs = world.of(identity), oracle.timeline.features.get(identity, FeatureTimeline())
        for at in oracle.instants:
            assert _told(state_at(ours, at)) == _told(reading.shown(theirs, at))
            assert decide(world.timeline, [feature(identity)], at).reason is reading.reason(theirs, at)


@settings(reproducible, max_examples=500)
@given(worlds(subscriptions=2))
def test_the_status_of_a_subscription_is_as_the_oracle_says(world: World) -> None:
    instants = Oracle(world.facts, world.attachments).instants

    for each in world.subscriptions:
        statuses = [status_replay.status_at(each, at) for at in instants]
        over = [at for at, status in zip(instants, statuses, strict=True) if status in status_replay.FINAL]

        assert trial_end(each) == status_replay.trial_end(each)
        assert [status_at(each, at) for at in instants] == statuses
        assert {ended_at(each, at) for at in over} == set(over[:1])


def _told(state: EntitlementState | tuple[EntitlementStatus, Run] | None) -> tuple[object, ...] | None:
    """A state without its sources: they are compared in the timeline, and in any order."""
    if state is None:
        return None
    status, run = (state.status, state.run) if isinstance(state, EntitlementState) else state
    return status, run.active_from, run.active_to, run.end_reason, run.expired

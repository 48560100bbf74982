"""What is true of every history, whatever is in it."""

from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import datetime
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from entitlements.changes import count_changes, features_at, is_effective
from entitlements.facts import CustomerFacts, FeatureId, ProductFeature, Subscription
from entitlements.runs import Timeline
from entitlements.timeline import timeline, timelines
from tests.rules.calendar_walk import TICK
from tests.rules.histories import History, histories, reproducible, worlds
from tests.rules.item_replay import snapshots
from tests.rules.oracle import Oracle
from tests.rules.status_replay import ENTITLING, status_at
from tests.rules.world import ALICE, NEXT_PERIOD, World, attached

some = settings(reproducible, max_examples=300)


@some
@given(worlds(subscriptions=3))
def test_a_feature_has_at_most_one_run_at_an_instant_and_runs_never_touch(world: World) -> None:
    for feature in world.timeline.features.values():
        for run in feature.runs:
            assert run.active_to is None or run.active_from < run.active_to
        for before, after in pairwise(feature.runs):
            assert before.active_to is not None
            assert before.active_to < after.active_from


@some
@given(worlds(subscriptions=3))
def test_a_run_is_exactly_the_union_of_its_sources(world: World) -> None:
    oracle = Oracle(world.facts, world.attachments)

    for run in (run for feature in world.timeline.features.values() for run in feature.runs):
        for at in oracle.instants:
            assert run.holds(at) == any(source.holds(at) for source in run.sources)


@some
@given(histories(subscriptions=2))
def test_the_set_at_a_past_instant_never_changes_by_a_later_write(history: History) -> None:
    for before, after in pairwise(history):
        assert clipped(before.world.timeline, after.at) == clipped(after.world.timeline, after.at)


def clipped(whole: Timeline, until: datetime) -> dict[FeatureId, list[tuple[datetime, datetime | None]]]:
    """The sets of a timeline before an instant: its runs, those that reach the instant left open."""
    return {
        feature: past
        for feature, each in whole.features.items()
        if (
            past := [
                (run.active_from, run.active_to if run.active_to and run.active_to < until else None)
                for run in each.runs
                if run.active_from < until
            ]
        )
    }


def test_archiving_and_making_inactive_change_nobodys_set_as_the_rule_is_never_told() -> None:
    told = {field.name for kind in (CustomerFacts, ProductFeature, Subscription) for field in fields(kind)}

    assert not {"archived_at", "archived", "active"} & told
    assert timeline.__annotations__.keys() == {"facts", "attachments", "return"}


@some
@given(histories(subscriptions=2), st.data())
def test_attaching_for_the_next_period_changes_no_set_before_the_next_snapshot(
    history: History, data: st.DataObject
) -> None:
    last = history[-1]
    feature, product = data.draw(st.sampled_from([(row.feature, row.product) for row in last.world.attachments]))
    now = last.at + data.draw(st.sampled_from((TICK, 100 * TICK)))
    row = attached(feature, product, now, NEXT_PERIOD)
    after = replace(last.world, attachments=(*last.world.attachments, row))
    arrives = next_snapshot(after, row)

    assert clipped(last.world.timeline, arrives) == clipped(after.timeline, arrives)


def next_snapshot(world: World, row: ProductFeature) -> datetime:
    """The first snapshot of any item at or after an attachment."""
    instants = Oracle(world.facts, world.attachments).instants
    taken = [
        at
        for each in world.subscriptions
        for item in each.items
        for at, kinds in zip(
            instants,
            snapshots(each, item, instants, [status_at(each, at) in ENTITLING for at in instants]),
            strict=True,
        )
        if kinds and at >= row.attached_at
    ]
    return min(taken, default=instants[-1])


@some
@given(worlds(subscriptions=3))
def test_adding_a_source_never_takes_access_away(world: World) -> None:
    instants = Oracle(world.facts, world.attachments).instants

    for less in without_one_source(world):
        for at in instants:
            assert features_at(less.timeline, at) <= features_at(world.timeline, at)


def without_one_source(world: World) -> Iterator[World]:
    """The worlds that lack one subscription, one grant or one attachment."""
    for each in world.subscriptions:
        yield replace(world, subscriptions=tuple(other for other in world.subscriptions if other is not each))
    for each in world.grants:
        yield replace(world, grants=tuple(other for other in world.grants if other is not each))
    for each in world.attachments:
        yield replace(world, attachments=tuple(other for other in world.attachments if other is not each))


@some
@given(worlds(subscriptions=3), st.data())
def test_the_order_in_which_facts_are_loaded_does_not_matter(world: World, data: st.DataObject) -> None:
    facts = CustomerFacts(
        ALICE,
        tuple(data.draw(st.permutations(world.subscriptions))),
        tuple(data.draw(st.permutations(world.grants))),
    )
    loaded = timeline(facts, data.draw(st.permutations(world.attachments)))

    assert loaded == world.timeline
    assert list(loaded.features) == list(world.timeline.features)


@some
@given(worlds(subscriptions=3), st.data())
def test_what_a_write_leaves_as_it_was_comes_to_the_same_again(world: World, data: st.DataObject) -> None:
    before, after = (_some_of(world, data) for _ in range(2))

    both = timelines(before, after, world.attachments)

    assert both == (timeline(before, world.attachments), timeline(after, world.attachments))


def _some_of(world: World, data: st.DataObject) -> CustomerFacts:
    subscriptions = [each for each in world.subscriptions if data.draw(st.booleans())]
    return CustomerFacts(ALICE, tuple(subscriptions), tuple(each for each in world.grants if data.draw(st.booleans())))


@some
@given(histories(subscriptions=2))
def test_the_revision_is_what_a_continuous_observer_counts(history: History) -> None:
    oracles = [Oracle(write.world.facts, write.world.attachments) for write in history]
    instants = sorted({at for oracle in oracles for at in oracle.instants} | {write.at for write in history})

    counted = observed(history, [oracle.timeline for oracle in oracles], instants)

    assert revision(history, instants[0], instants[-1]) == counted


def revision(history: History, start: datetime, end: datetime) -> int:
    """As DESIGN, Versions, keeps it: each own write announces what is due and then itself; a read adds what is due."""
    announced, until = 0, start
    before = World()
    for write in history:
        if write.own:
            announced += count_changes(before.timeline, until, write.at)
            announced += is_effective(before.timeline, write.world.timeline, write.at)
            until = write.at
        before = write.world
    return announced + count_changes(before.timeline, until, end)


def observed(history: History, timelines: list[Timeline], instants: list[datetime]) -> int:
    """As one counts who looks at every instant and knows only what was written by then."""
    written = {write.at: (write.own, after) for write, after in zip(history, timelines, strict=True)}
    known, seen, count = Timeline(), frozenset[FeatureId](), 0
    for at in instants:
        own, after = written.get(at, (False, known))
        now = members(known if own else after, at)
        then = members(after, at)
        # What time and the catalogue do in one instant is one change; the customer's own write is one of its own.
        count += (now.keys() != seen) + (then != now)
        known, seen = after, frozenset(then)
    return count


def members(known: Timeline, at: datetime) -> dict[FeatureId, datetime | None]:
    """The set at an instant, with the end of each member's access."""
    return {feature: run.active_to for feature, each in known.features.items() for run in each.runs if run.holds(at)}

"""The books of a life: whether its events add up to what was read while it went on, and to what the rule says."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from entitlements.changes import changes_between, features_at
from entitlements.facts import CustomerId, FeatureId
from entitlements.runs import Timeline
from entitlements.timeline import timeline
from storage.events import load_events_after
from storage.facts import load_facts
from storage.records import CustomerRecord, Event, LoadedFacts
from tests.operations.conftest import START
from tests.operations.lives import Life, Person, Reading

Ends = dict[FeatureId, datetime | None]
"""Until when what may be used."""


@dataclass
class Reckoned:
    """How much was compared. `arrivals`: events of time at whose instant the clock stood, so that revision was read."""

    lives: int = 0
    events: int = 0
    queried: int = 0
    arrivals: int = 0


async def check_life(life: Life, reckoned: Reckoned) -> None:
    """Fails unless the events of all customers of a life add up."""
    for person in life.people:
        await _check_person(life, person, reckoned)
    reckoned.lives += 1


async def _check_person(life: Life, person: Person, reckoned: Reckoned) -> None:
    events, record, known = await _load(life, person)
    try:
        _check_all(life, person, events, record, known)
        reckoned.arrivals += _check_arrivals(events, person.readings)
        if record.deleted_at is None:
            for event in events:
                await _check_query(life, person, event, _fold(events[: event.revision]))
            reckoned.queried += len(events)
    except AssertionError as error:
        error.add_note("\n".join(_tell(life, person, record, events)))
        raise
    reckoned.events += len(events)


def _check_all(life: Life, person: Person, events: Sequence[Event], record: CustomerRecord, known: Timeline) -> None:
    assert [event.revision for event in events] == list(range(1, len(events) + 1))
    assert all(earlier.at < later.at for earlier, later in pairwise(events))
    _check_deltas(events)
    _check_rule(events, record, known, life.at)
    for reading in person.readings:
        _check_reading(events, reading)
    for before, after in person.writes:
        _check_write(events, before, after)


async def _load(life: Life, person: Person) -> tuple[list[Event], CustomerRecord, Timeline]:
    """The events of a customer, and the timeline of what it has or had before it was deleted."""
    environment, customer = life.api.environment.id, CustomerId(person.id)
    async with life.api.database.snapshot() as connection:
        events = await load_events_after(connection, environment, customer, 0, 10_000)
        loaded = (await load_facts(connection, environment, [customer], deleted=True))[customer]
    assert isinstance(loaded, LoadedFacts)
    return events, loaded.customer, timeline(loaded.facts, loaded.attachments)


def _check_deltas(events: Sequence[Event]) -> None:
    """No event without a difference, and none that adds what is there or takes what isn't."""
    held: Ends = {}
    for event in events:
        effects = event.effects
        added, removed, changed = (_names(each) for each in (effects.added, effects.removed, effects.changed))
        assert added or removed or changed
        assert added.isdisjoint(held)
        assert removed | changed <= set(held)
        assert set(effects.before) == set(held)
        held = _apply(held, event)
        assert set(effects.after) == set(held)


def _check_rule(events: Sequence[Event], record: CustomerRecord, known: Timeline, now: datetime) -> None:
    """The set of each event's instant is the rule's, and there is an event for each instant at which it changes."""
    deleted_at = record.deleted_at
    of_life = [event for event in events if event.at != deleted_at]
    for event in of_life:
        assert set(_fold(events[: event.revision])) == features_at(known, event.at)
    assert all(event.at <= now for event in events)
    moved = [event.at for event in of_life if event.effects.added or event.effects.removed]
    due = changes_between(known, datetime.min.replace(tzinfo=START.tzinfo), deleted_at or now)
    assert moved == [at for at in due if at != deleted_at]
    assert deleted_at is None or _fold(events) == {}


def _check_reading(events: Sequence[Event], reading: Reading) -> None:
    """What was read, whether or not it had been announced by then, is what the events up to its revision come to."""
    assert set(_fold(events[: reading.revision])) == set(reading.ends)
    assert reading.revision <= len(events)
    # A write may be made in the very instant of a read before it.
    assert all(event.at >= reading.clock for event in events[reading.revision :])


def _check_arrivals(events: Sequence[Event], readings: Sequence[Reading]) -> int:
    """Where the clock came to stand at the change that was said to be next, its revision is what was read there."""
    revisions = {event.at: event.revision for event in events}
    arrivals = [there for before, there in pairwise(readings) if before.clock < there.clock == before.next_change]
    for there in arrivals:
        assert there.revision == revisions[there.clock]
    return len(arrivals)


def _check_write(events: Sequence[Event], before: Reading, after: Reading) -> None:
    """The events between two readings lead from one to the other, and each end that they tell of is another one."""
    # What was due by then had been read before, so the write's own is the only one.
    assert after.revision - before.revision in (0, 1)
    held: Ends = {FeatureId(feature): end for feature, end in before.ends.items()}
    for event in events[before.revision : after.revision]:
        for feature, state in event.effects.changed:
            assert state.run.active_to != held[feature]
        held = _apply(held, event)
    assert held == after.ends


async def _check_query(life: Life, person: Person, event: Event, held: Ends) -> None:
    document = """query Q($id: ID!, $at: DateTime!) {
        customer(by: {id: $id}) { entitlementsAt(at: $at, first: 100) { nodes { feature { id } } } }
    }"""
    seen = await life.api.run(document, id=person.id, at=event.at.isoformat())
    assert {node["feature"]["id"] for node in seen["customer"]["entitlementsAt"]["nodes"]} == set(held)


def _fold(events: Sequence[Event]) -> Ends:
    held: Ends = {}
    for event in events:
        held = _apply(held, event)
    return held


def _apply(held: Ends, event: Event) -> Ends:
    effects = event.effects
    given = {feature: state.run.active_to for feature, state in (*effects.added, *effects.changed)}
    taken = _names(effects.removed)
    return {feature: end for feature, end in (held | given).items() if feature not in taken}


def _names(states: Sequence[tuple[FeatureId, object]]) -> set[FeatureId]:
    return {feature for feature, _ in states}


def _tell(life: Life, person: Person, record: CustomerRecord, events: Sequence[Event]) -> Iterator[str]:
    """What one has to know of a life whose books don't balance."""
    yield f"{person.id} in {life.api.environment.name}, deleted at {record.deleted_at}, announced up to"
    yield f"{record.announced_until}; the clock is at {life.at}. It goes on as seeded, but for who announces what."
    for event in events:
        effects = event.effects
        given = [(feature, str(state.run.active_to)) for feature, state in (*effects.added, *effects.changed)]
        taken = _names(effects.removed)
        yield f"  {event.revision} at {event.at}, written {event.recorded_at}: gives {given}, takes {taken}"
    for reading in person.readings:
        yield f"  read at {reading.clock}: {reading.revision}, {[(f, str(end)) for f, end in reading.ends.items()]}"

"""Observations of one object in the order in which they became true, however they came.

Stripe dates events in whole seconds. Those of one second follow each other as what each says was before it: the state
that one leaves is the one that the next begins with.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from operator import attrgetter
from typing import Generic, TypeVar

from pydantic import TypeAdapter

from gateway.stripe_source.states import State
from storage.observations import Manner, Observation

S = TypeVar("S", bound=State)

ANSWERED_WITHIN = timedelta(hours=1)
"""How long after the instant that it is dated by a list may have been put together."""

_RANKS = {Manner.SEEN: 0, Manner.CREATED: 1, Manner.CHANGED: 2, Manner.DELETED: 3}


@dataclass(frozen=True, slots=True)
class Step(Generic[S]):
    """What an object was from an instant on, and `before` it where that was told."""

    id: str
    manner: Manner
    at: datetime
    state: S
    before: S | None

    @property
    def begins_with(self) -> S:
        """What it was before, if that was told; else what it was then, as something was told that changed nothing."""
        return self.state if self.before is None else self.before


def in_order(observations: Iterable[Observation], adapter: TypeAdapter[S]) -> list[Step[S]]:
    """What was observed, each once, in order."""
    read = {each.id: _read(each, adapter) for each in observations}
    steps = sorted(read.values(), key=lambda step: (step.at, _RANKS[step.manner], step.id))
    groups = [list(together) for _, together in groupby(steps, key=attrgetter("at", "manner"))]
    ordered: list[Step[S]] = []
    for group, following in pairwise([*groups, []]):
        ahead = [step.begins_with for step in following]
        ordered += _chained(group, ordered[-1].state if ordered else None, ahead)
    return list(_without_foresight(ordered))


def _read(observation: Observation, adapter: TypeAdapter[S]) -> Step[S]:
    before = None if observation.before is None else adapter.validate_json(observation.before)
    state = adapter.validate_json(observation.state)
    return Step(observation.id, observation.manner, observation.at, state, before)


def _chained(steps: Sequence[Step[S]], state: S | None, ahead: Sequence[S]) -> list[Step[S]]:
    """Steps of one second, each after the one that leaves what it begins with; by their ids where none does.

    `state` is what they should begin with, and what follows them begins with one of `ahead`; events may be missing on
    either side.
    """
    if len(steps) < 2:
        return list(steps)
    left = [step.state for step in steps if step.begins_with != step.state]
    starts = [state] if state is not None and any(step.begins_with == state for step in steps) else []
    # With what came before them lost, they begin where none of the others ends.
    starts += [step.begins_with for step in steps if step.begins_with not in left]
    # Those that end as they began may begin with any of them: what follows tells with which.
    starts += [step.begins_with for step in steps]
    paths = [path for start in starts if (path := _path(start, steps)) is not None]
    if paths and paths[0][0].begins_with != state:
        paths.sort(key=lambda path: path[-1].state not in ahead)
    return paths[0] if paths else list(steps)


def _path(state: S, steps: Sequence[Step[S]]) -> list[Step[S]] | None:
    """All steps in an order in which each begins with what the one before leaves; None if there is none."""
    if not steps:
        return []
    tried: list[tuple[S, S]] = []
    for step in steps:
        if step.begins_with != state or (step.begins_with, step.state) in tried:
            continue
        tried.append((step.begins_with, step.state))
        rest = [other for other in steps if other is not step]
        if (found := _path(step.state, rest)) is not None:
            return [step, *found]
    return None


def _without_foresight(steps: Sequence[Step[S]]) -> Iterator[Step[S]]:
    """All but those lists that show already what an event right after them tells of: the event knows since when."""
    for place, step in enumerate(steps):
        later = (
            other
            for other in steps[place + 1 :]
            if other.manner is not Manner.SEEN and other.at <= step.at + ANSWERED_WITHIN
        )
        if step.manner is not Manner.SEEN or not any(
            other.state == step.state and other.before != step.state for other in later
        ):
            yield step

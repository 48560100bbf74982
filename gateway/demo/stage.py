"""What happens in the demonstration, and the stage it is played on: real use cases, at an instant of the past."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

from resolvers.context import Context, new_context
from storage.database import Database
from storage.environments import set_clock
from storage.records import Environment


@dataclass(slots=True)
class Stage:
    """Where events are played: the context of the present scene, and the ids of what earlier ones made, by name."""

    context: Context
    subscriptions: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    items: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    grants: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])


Act = Callable[[Stage], Awaitable[None]]
"""How something happens: by use cases, in the stage's context."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, and when."""

    at: datetime
    act: Act


async def play(
    database: Database, environment: Environment, events: Sequence[Event], on_progress: Callable[[int], None]
) -> Environment:
    """Plays events in the order of time, the environment's clock standing at each; then its clock goes again.

    `on_progress` is told after each scene how many events have been played.
    """
    played = 0
    stage: Stage | None = None
    for instant, scene in groupby(sorted(events, key=lambda event: event.at), key=lambda event: event.at):
        context = new_context(database, await set_clock(database, environment.id, instant))
        if stage is None:
            stage = Stage(context)
        stage.context = context
        for event in scene:
            await event.act(stage)
            played += 1
        on_progress(played)
    return await set_clock(database, environment.id, None)

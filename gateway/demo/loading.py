"""Loading the demonstration environment, once."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

from gateway.demo.catalogue import catalogue_events
from gateway.demo.characters import characters
from gateway.demo.crowd import crowd
from gateway.demo.stage import Event, play
from resolvers.callers import EVERY_SCOPE
from storage.credentials import create_key, find_credential, list_keys
from storage.database import Database
from storage.environments import create_environment, find_environment
from storage.errors import NameTaken
from storage.records import Environment

CUSTOMERS = 200
HISTORY = timedelta(days=730)
_NAME = "demo"
_LOADED = "demonstration loaded"

Progress = Callable[[int, int], None]
"""Told how many events have been played, and of how many."""


@dataclass(frozen=True, slots=True)
class Demonstration:
    """A loaded demonstration environment and a key that opens it."""

    environment: Environment
    secret: str


async def open_demonstration(
    database: Database, key_file: Path, on_progress: Progress, *, customers: int = CUSTOMERS
) -> Demonstration:
    """The demonstration environment with a key; both are made if they aren't there yet.

    The key is the one in `key_file` as long as it opens the environment, else a new one, which is put there: only the
    hash of a key is in the database, and a key that changed with every start would break what people have pasted.
    """
    environment = await _find_loaded(database) or await _load(database, on_progress, customers)
    secret = _read_key(key_file)
    credential = await find_credential(database, secret)
    if credential is None or credential.revoked_at is not None or credential.environment.id != environment.id:
        _, secret = await create_key(database, environment.id, "demonstration", (EVERY_SCOPE,))
        _write_key(key_file, secret)
    return Demonstration(environment, secret)


def demonstration_events(now: datetime, customers: int) -> list[Event]:
    """Everything that happened in the two years before `now`, to so many customers, in no order."""
    beginning = now - HISTORY
    named = characters(now)
    stories = [*named, *crowd(now, customers - len(named), beginning)]
    return [*catalogue_events(now, beginning), *(event for story in stories for event in story.events)]


async def _load(database: Database, on_progress: Progress, customers: int) -> Environment:
    environment = await _begin_environment(database)
    events = demonstration_events(database.clock.now().replace(minute=0, second=0, microsecond=0), customers)
    environment = await play(database, environment, events, lambda played: on_progress(played, len(events)))
    # Nobody ever holds this key: that it is there says that the last event has been played.
    await create_key(database, environment.id, _LOADED, ())
    return environment


async def _find_loaded(database: Database) -> Environment | None:
    """The demonstration that was loaded to its end; one that was broken off is left behind, under its name."""
    for name in _names():
        environment = await find_environment(database, name)
        if environment is None or _LOADED in {key.name for key in await list_keys(database, environment.id)}:
            return environment
    return None


async def _begin_environment(database: Database) -> Environment:
    for name in _names():
        try:
            return await create_environment(database, name, livemode=False)
        except NameTaken:
            continue
    raise AssertionError("there is always another name")


def _names() -> Iterator[str]:
    """demo, demo-2, demo-3, ..."""
    yield _NAME
    yield from (f"{_NAME}-{number}" for number in count(2))


def _read_key(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace").strip() if file.is_file() else ""


def _write_key(file: Path, secret: str) -> None:
    """For its owner alone, from before the first byte is in it."""
    file.touch(mode=0o600)
    file.chmod(0o600)
    file.write_text(f"{secret}\n", encoding="utf-8")

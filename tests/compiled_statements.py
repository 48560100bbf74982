"""SQLAlchemy's compiled statements, kept for all the engines of a process: each test opens one of its own."""

from collections.abc import Iterator, MutableMapping
from typing import Any

from sqlalchemy import Compiled, Connection, Engine, event

_Key = tuple[Any, ...]


class _OfEveryEngine(MutableMapping[_Key, Compiled]):
    """By the kind of their dialect. Each engine has a dialect of its own, by which SQLAlchemy tells them apart."""

    def __init__(self) -> None:
        self._compiled: dict[_Key, Compiled] = {}

    def __getitem__(self, key: _Key) -> Compiled:
        return self._compiled[_by_kind(key)]

    def __setitem__(self, key: _Key, compiled: Compiled) -> None:
        self._compiled[_by_kind(key)] = compiled

    def __delitem__(self, key: _Key) -> None:
        del self._compiled[_by_kind(key)]

    def __iter__(self) -> Iterator[_Key]:
        return iter(self._compiled)

    def __len__(self) -> int:
        return len(self._compiled)


def _by_kind(key: _Key) -> _Key:
    dialect, *statement = key
    return (dialect.name, *statement)


def keep_compiled_statements() -> None:
    """From now on: a seventh of the suite's time went into compiling the same statements for each test anew."""
    compiled = _OfEveryEngine()

    def share(connection: Connection) -> None:
        connection.execution_options(compiled_cache=compiled)

    event.listen(Engine, "engine_connect", share)

"""SQLite's driver, with one flaw of it mended."""

import sqlite3
from asyncio import Future
from functools import partial
from typing import Any

import aiosqlite

_ROWS_AT_ONCE = 64
"""What aiosqlite takes by default."""


class SqliteConnection(aiosqlite.Connection):
    """A connection whose `close` comes to its end also if it was stopped meanwhile.

    A task that is cancelled amid a statement closes its connection. Cancelled again while it waits for that, it stops
    the connection's thread instead; and `close`, which goes on by itself, stops the thread once more and waits for an
    answer. But a thread that has ended answers nobody, and the task would be left for ever.
    """

    def stop(self) -> Future[Any] | None:
        """Stops the thread; the future, if there is one, is done when it has ended."""
        return super().stop() if self._running else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]


def connect(path: str, **given: Any) -> SqliteConnection:  # noqa: ANN401 - sqlite3's own arguments
    """A connection to be awaited, with the arguments of `sqlite3.connect`."""
    connection = SqliteConnection(partial(sqlite3.connect, path, **given), _ROWS_AT_ONCE)
    # As SQLAlchemy does with those it makes itself: one that is forgotten must not keep the program from its end.
    connection._thread.daemon = True  # pyright: ignore[reportPrivateUsage]  # noqa: SLF001 - there is no other way
    return connection

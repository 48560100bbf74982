"""SQLite's driver, with two flaws of it mended."""

import asyncio
import sqlite3
import time
from asyncio import Future
from functools import partial
from threading import Thread
from typing import Any
from weakref import WeakSet

import aiosqlite

_ROWS_AT_ONCE = 64
"""What aiosqlite takes by default."""

_LONGEST_STATEMENT_SECONDS = 5
"""How long the ends of all threads are waited for."""


class SqliteConnection(aiosqlite.Connection):
    """A connection whose `close` comes to its end also if it was stopped meanwhile.

    A task that is cancelled amid a statement closes its connection. Cancelled again while it waits for that, it stops
    the connection's thread instead; and `close`, which goes on by itself, stops the thread once more and waits for an
    answer. But a thread that has ended answers nobody, and the task would be left for ever.
    """

    def stop(self) -> Future[Any] | None:
        """Stops the thread; the future, if there is one, is done when it has ended."""
        return super().stop() if self._running else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]


class SqliteConnections:
    """The connections of one database, each with a thread of its own."""

    def __init__(self) -> None:
        self._threads: WeakSet[Thread] = WeakSet()

    def connect(self, path: str, **given: Any) -> SqliteConnection:  # noqa: ANN401 - sqlite3's own arguments
        """A connection to be awaited, with the arguments of `sqlite3.connect`."""
        connection = SqliteConnection(partial(sqlite3.connect, path, **given), _ROWS_AT_ONCE)
        thread = connection._thread  # pyright: ignore[reportPrivateUsage]  # noqa: SLF001 - there is no other way
        # As SQLAlchemy does with those it makes itself: one that is forgotten must not keep the program from its end.
        thread.daemon = True
        self._threads.add(thread)
        return connection

    async def end(self) -> None:
        """Waits for threads that were stopped amid a statement. To be called once all connections are closed.

        They report to the event loop when the statement ends, and print a traceback if it is closed by then.
        """
        until = time.monotonic() + _LONGEST_STATEMENT_SECONDS
        for thread in list(self._threads):
            if thread.is_alive() and (left := until - time.monotonic()) > 0:
                await asyncio.to_thread(thread.join, left)

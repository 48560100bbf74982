"""The database: one URL, four kinds of connection.

`read` for a single short statement, `snapshot` for several that must see one state, `begin_write` for a unit of work,
`apart` for what listens.
"""

import asyncio
import random
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from sqlite3 import Connection as DriverConnection
from sqlite3 import Error as DriverError
from typing import Any, Self

import orjson
from sqlalchemy import URL, Connection, QueuePool, event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from storage.clock import Clock, SystemClock
from storage.driver_errors import translating_connect_errors, translating_driver_errors
from storage.errors import Contended, DatabaseUnavailable
from storage.notifier import Notifier, begin_notes
from storage.postgresql_driver import connect_to_postgresql
from storage.sqlite_driver import SqliteConnections
from storage.url import read_url

_SQLITE_PRAGMAS = (
    # Readers go on while somebody writes.
    "PRAGMA journal_mode = WAL",
    "PRAGMA foreign_keys = ON",
    # Only FULL keeps what was acknowledged through a power cut; NORMAL loses it.
    "PRAGMA synchronous = FULL",
    "PRAGMA busy_timeout = 5000",
)

_CONNECT_ATTEMPTS = 10

_IDLE_READERS = 4
"""Connections that are kept out of the pool for short statements. Look-ups are shared, so few are sent at a time."""

_POSTGRESQL_OPTIONS: dict[str, dict[str, Any]] = {
    "read": {"isolation_level": "AUTOCOMMIT"},
    "snapshot": {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
    # Each statement sees what was committed before it: what a lock waited for is seen by the next one.
    "write": {"isolation_level": "READ COMMITTED"},
}

# A deferred BEGIN that writes later can't be given the lock any more once another has written; IMMEDIATE waits for it.
_SQLITE_OPTIONS: dict[str, dict[str, Any]] = {
    "read": {},
    "snapshot": {"begin": "BEGIN"},
    "write": {"begin": "BEGIN IMMEDIATE"},
}


@dataclass(frozen=True, slots=True)
class PoolState:
    """Connections that are open at this moment."""

    in_use: int
    idle: int


class Database:
    """An open database. Made by `Database.open`, ended by `close`."""

    def __init__(self, engine: AsyncEngine, *, clock: Clock, sqlite: SqliteConnections | None = None) -> None:
        self.engine = engine
        self._sqlite = sqlite
        self.clock = clock
        self._options = _SQLITE_OPTIONS if engine.dialect.name == "sqlite" else _POSTGRESQL_OPTIONS
        # Handing a connection back and taking it out again costs more than a short statement itself.
        self._readers: list[AsyncConnection] = []
        self._is_closed = False
        # Who reads SQLite looks whether the file has changed.
        self._notifier = Notifier(self.read) if engine.dialect.name == "postgresql" else None
        # SQLite has one writer at a time and wakes those who wait in no order. Within the process they queue here, so
        # the busy timeout is left for other processes and nobody starves.
        self._sqlite_writer = asyncio.Lock() if engine.dialect.name == "sqlite" else None

    @classmethod
    def open(cls, url: str, *, clock: Clock | None = None) -> Self:
        """The database at a URL; nothing is connected before the first use.

        `url`: "sqlite:///file.db" or "postgresql://user:password@host/database" (a Unix socket as `?host=/folder`).
        `clock`: the process's time; on PostgreSQL writes take the server's instead.
        Raises: UnknownDatabaseUrl.
        """
        read, clock = read_url(url), clock or SystemClock()
        if read.get_backend_name() == "postgresql":
            return cls(_postgresql_engine(read), clock=clock)
        connections = SqliteConnections()
        return cls(_sqlite_engine(read, connections), clock=clock, sqlite=connections)

    @property
    def pool(self) -> PoolState:
        """The connections of this process, for those who watch over it."""
        pool = self.engine.pool
        # A database in memory has one connection, which isn't counted.
        if not isinstance(pool, QueuePool):
            return PoolState(0, 0)
        return PoolState(pool.checkedout() - len(self._readers), pool.checkedin() + len(self._readers))

    async def close(self) -> None:
        """Closes every connection. Those in use are closed when they are given back."""
        if self._notifier is not None:
            await self._notifier.close()
        self._is_closed = True
        await self._close_readers()
        await self.engine.dispose()
        if self._sqlite is not None:
            await self._sqlite.end()

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[AsyncConnection]:
        """A connection for one short statement, outside of any transaction."""
        readers = self._readers
        try:
            async with AsyncExitStack() as stack:
                connection = await self._reader(stack)
                with translating_driver_errors():
                    yield connection
                # Where others have taken the place of these meanwhile, this one is of the time before.
                if readers is self._readers and len(readers) < _IDLE_READERS and not self._is_closed:
                    readers.append(connection)
                    stack.pop_all()
        except DatabaseUnavailable:
            # What befell this connection may have befallen them all, as when the server was started anew.
            await self._close_readers()
            raise

    @asynccontextmanager
    async def snapshot(self) -> AsyncGenerator[AsyncConnection]:
        """A connection whose statements all see one state of the database, that of the first of them."""
        async with self._connect("snapshot") as connection, connection.begin():
            yield connection

    @asynccontextmanager
    async def begin_write(self) -> AsyncGenerator[AsyncConnection]:
        """A transaction that writes: committed at the end of the block, rolled back by an exception.

        Raises: Contended, if somebody else was in the way and the whole block may be run again; DatabaseUnavailable;
        UniqueViolation, when a duplicate is what leaves the block.
        """
        async with AsyncExitStack() as stack:
            if self._sqlite_writer is not None:
                await stack.enter_async_context(self._sqlite_writer)
            connection = await stack.enter_async_context(self._connect("write"))
            await stack.enter_async_context(connection.begin())
            notes = begin_notes(connection)
            yield connection
        if self._notifier is not None:
            self._notifier.send(notes)

    @asynccontextmanager
    async def apart(self) -> AsyncGenerator[AsyncConnection]:
        """A connection for the length of the block, outside of any transaction; nobody else gets it afterwards.

        Raises: DatabaseUnavailable, also when it is lost amid a statement.
        """
        is_open = False
        try:
            async with self._connect("read") as connection:
                is_open = True
                try:
                    yield connection
                finally:
                    # Whatever was set up on it, such as what it listens to, ends with it.
                    await connection.invalidate()
        except DatabaseUnavailable:
            if is_open:
                # Who listens hears of it first: nobody else need meet a connection that is broken.
                await self._close_readers()
                await self.engine.dispose()
            raise

    async def _reader(self, stack: AsyncExitStack) -> AsyncConnection:
        if self._readers:
            connection = self._readers.pop()
            stack.push_async_exit(connection)
            return connection
        connection = await self._connected(stack)
        return await connection.execution_options(**self._options["read"])

    async def _close_readers(self) -> None:
        readers, self._readers = self._readers, []
        for connection in readers:
            await connection.close()

    @asynccontextmanager
    async def _connect(self, use: str) -> AsyncGenerator[AsyncConnection]:
        async with AsyncExitStack() as stack:
            connection = await self._connected(stack)
            with translating_driver_errors():
                yield await connection.execution_options(**self._options[use])

    async def _connected(self, stack: AsyncExitStack) -> AsyncConnection:
        for _ in range(_CONNECT_ATTEMPTS - 1):
            try:
                return await self._connected_at_once(stack)
            except Contended:
                # Turning a new file to WAL is the one thing that SQLite's busy timeout doesn't wait for.
                await asyncio.sleep(random.uniform(0.02, 0.1))  # noqa: S311 (no secret)
        return await self._connected_at_once(stack)

    async def _connected_at_once(self, stack: AsyncExitStack) -> AsyncConnection:
        try:
            with translating_connect_errors():
                return await stack.enter_async_context(self.engine.connect())
        except DatabaseUnavailable:
            # The thread of a connection that aiosqlite couldn't open reports to this loop once more after the failure,
            # and prints a traceback if the program has ended the loop by then.
            await asyncio.sleep(0.01)
            raise


# Parameters are customers' names and addresses, and digests of secrets: no traceback is to show them.


def _postgresql_engine(url: URL) -> AsyncEngine:
    arguments = {"async_creator_fn": connect_to_postgresql}
    return create_async_engine(
        url,
        pool_size=10,
        max_overflow=10,
        connect_args=arguments,
        hide_parameters=True,
        json_deserializer=orjson.loads,
    )


def _sqlite_engine(url: URL, connections: SqliteConnections) -> AsyncEngine:
    # Without an isolation level the driver begins nothing by itself, and every BEGIN is ours.
    arguments = {"isolation_level": None, "async_creator_fn": connections.connect}
    engine = create_async_engine(url, connect_args=arguments, hide_parameters=True, json_deserializer=orjson.loads)
    event.listen(engine.sync_engine, "connect", _set_pragmas)
    event.listen(engine.sync_engine, "begin", _begin)
    return engine


def _set_pragmas(driver_connection: DriverConnection, _record: object) -> None:
    try:
        cursor = driver_connection.cursor()
        for pragma in _SQLITE_PRAGMAS:
            cursor.execute(pragma)
        cursor.close()
    except DriverError:
        # The pool forgets a connection whose set-up failed, without closing it.
        driver_connection.close()
        raise


def _begin(connection: Connection) -> None:
    statement = connection.get_execution_options().get("begin")
    if statement is not None:
        connection.exec_driver_sql(statement)

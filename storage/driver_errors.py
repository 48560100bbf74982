"""From what the drivers raise to what storage raises: the one place that knows both drivers' errors."""

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager

from asyncpg import InterfaceError, PostgresError  # pyright: ignore[reportMissingTypeStubs] - it has none
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from storage.errors import Contended, DatabaseUnavailable, StorageError, UniqueViolation
from storage.rows import tables

_SQLITE_CONTENDED = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_SQLITE_UNAVAILABLE = {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY}
# serialization_failure, deadlock_detected, lock_not_available
_PG_CONTENDED = {"40001", "40P01", "55P03"}
# Connection exceptions, resources, operator intervention; and what a primary that became a standby answers.
_PG_UNAVAILABLE = ("08", "53", "57P", "25006")
_PG_UNIQUE = "23505"


@contextmanager
def translating_connect_errors() -> Generator[None]:
    """Whatever keeps a connection from being made is DatabaseUnavailable: refused, unknown host, wrong password."""
    try:
        yield
    except (DBAPIError, OSError, PoolTimeout) as error:
        translated = _translated(error) if isinstance(error, DBAPIError) else None
        if isinstance(translated, Contended):
            raise translated from error
        raise DatabaseUnavailable("no connection could be made") from error


@contextmanager
def translating_driver_errors() -> Generator[None]:
    """Makes lost connections, contention and duplicates errors of storage; a wrong statement stays what it is."""
    try:
        yield
    except DBAPIError as error:
        translated = _translated(error)
        if translated is None:
            raise
        raise translated from error


@contextmanager
def translating_listening_errors() -> Generator[None]:
    """The same for what PostgreSQL's driver is asked past SQLAlchemy, which knows nothing of listening."""
    try:
        yield
    except (PostgresError, InterfaceError, OSError) as error:
        raise DatabaseUnavailable("the connection was lost") from error


def _translated(error: DBAPIError) -> StorageError | None:
    if error.connection_invalidated:
        return DatabaseUnavailable("the connection was lost")
    if isinstance(error, IntegrityError):
        return _duplicate(error.orig)
    return _of_sqlite(error.orig) if isinstance(error.orig, sqlite3.Error) else _of_postgresql(error.orig)


def _of_sqlite(error: sqlite3.Error) -> StorageError | None:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in _SQLITE_CONTENDED:
        return Contended("another process holds SQLite's write lock")
    return DatabaseUnavailable("the database file can't be read or written") if code in _SQLITE_UNAVAILABLE else None


def _of_postgresql(error: BaseException | None) -> StorageError | None:
    state = getattr(error, "sqlstate", None) or ""
    if state in _PG_CONTENDED:
        return Contended("concurrent writes were in each other's way")
    return DatabaseUnavailable("the server is not accepting work") if state.startswith(_PG_UNAVAILABLE) else None


def _duplicate(error: BaseException | None) -> UniqueViolation | None:
    """The violated uniqueness, named by its last column: the first ones are its scope."""
    if isinstance(error, sqlite3.Error):
        text = str(error)
        return UniqueViolation(text.rpartition(".")[2]) if text.startswith("UNIQUE constraint failed: ") else None
    if getattr(error, "sqlstate", None) != _PG_UNIQUE:
        return None
    constraint = getattr(getattr(error, "__cause__", None), "constraint_name", None)
    return UniqueViolation(_UNIQUE_COLUMNS.get(constraint, "id"))


_UNIQUE_COLUMNS = {
    index.name: list(index.columns)[-1].name
    for table in tables.sorted_tables
    for index in table.indexes
    if index.unique
}

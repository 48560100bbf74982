"""What every test may ask for: an empty database of each kind."""

from collections.abc import AsyncGenerator, Generator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import hypothesis
import pytest
from sqlalchemy import URL

from gateway.commands.collecting import collect_rarely
from storage.database import Database
from tests.compiled_statements import keep_compiled_statements
from tests.databases import postgresql_database, postgresql_server, sqlite_database, sqlite_template

pytest_plugins = ["tests.secret_watch"]

# The same examples on every run, and however long one takes on a busy machine. `--hypothesis-profile=default` makes new
# ones.
hypothesis.settings.load_profile("ci")


def pytest_collection_finish() -> None:
    """Keeps what is the same for all tests.

    Collects garbage as `serve` does: a tenth of the suite went into looking through modules and test items.
    """
    collect_rarely()
    keep_compiled_statements()


@pytest.fixture(scope="session")
def postgresql_url() -> Generator[URL]:
    """A PostgreSQL server, started on first use; one for each worker of pytest-xdist."""
    with postgresql_server() as url:
        yield url


@pytest.fixture(scope="session")
def sqlite_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    return sqlite_template(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(params=["sqlite", "postgresql"])
def fresh_database(request: pytest.FixtureRequest, tmp_path: Path) -> AbstractAsyncContextManager[str]:
    """Where to have a fresh database from: every test that asks for one runs on SQLite and on PostgreSQL."""
    # Only the kind asked for is prepared, and outside of the test's event loop.
    if request.param == "sqlite":
        return sqlite_database(request.getfixturevalue("sqlite_path"), tmp_path)
    return postgresql_database(request.getfixturevalue("postgresql_url"))


@pytest.fixture
async def database_url(fresh_database: AbstractAsyncContextManager[str]) -> AsyncGenerator[str]:
    """The URL of a migrated, empty database."""
    async with fresh_database as url:
        yield url


@pytest.fixture
async def database(database_url: str) -> AsyncGenerator[Database]:
    """A migrated, empty database."""
    opened = Database.open(database_url)
    yield opened
    await opened.close()

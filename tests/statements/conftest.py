"""What tests of statements may ask for."""

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, nullcontext
from pathlib import Path

import pytest

from storage.database import Database
from tests.databases import unmigrated_postgresql_database
from tests.statements.stage import Stage


@pytest.fixture(params=["sqlite", "postgresql"])
def unmigrated_database(request: pytest.FixtureRequest, tmp_path: Path) -> AbstractAsyncContextManager[str]:
    """Where to have a database without tables from."""
    if request.param == "sqlite":
        return nullcontext(f"sqlite:///{tmp_path}/unmigrated.db")
    return unmigrated_postgresql_database(request.getfixturevalue("postgresql_url"))


@pytest.fixture
async def unmigrated_url(unmigrated_database: AbstractAsyncContextManager[str]) -> AsyncGenerator[str]:
    """The URL of a database without tables."""
    async with unmigrated_database as url:
        yield url


@pytest.fixture
async def stage(database: Database) -> Stage:
    """An environment with a frozen clock."""
    return await Stage.set(database)

"""Webhooks on each database, with a clock that a test can move on."""

from collections.abc import AsyncGenerator

import pytest

from storage.database import Database
from tests.service.webhooks.post import MovedClock, Post
from tests.statements.stage import Stage


@pytest.fixture
def clock() -> MovedClock:
    """The time of retries."""
    return MovedClock()


@pytest.fixture
async def database(database_url: str, clock: MovedClock) -> AsyncGenerator[Database]:
    """A migrated, empty database."""
    opened = Database.open(database_url, clock=clock)
    yield opened
    await opened.close()


@pytest.fixture
async def post(database: Database, clock: MovedClock) -> Post:
    """An environment of real time, nothing in it."""
    return Post(await Stage.set(database, at=None), clock)

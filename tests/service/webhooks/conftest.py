"""An environment with webhooks on each database."""

import pytest

from storage.database import Database
from tests.service.webhooks.post import Post
from tests.statements.stage import Stage


@pytest.fixture
async def post(database: Database) -> Post:
    """An environment of real time, nothing in it."""
    return Post(await Stage.set(database, at=None))

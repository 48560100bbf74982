"""An API over an empty environment on each database, its clock frozen at one instant."""

from datetime import UTC, datetime

import pytest

from storage.database import Database
from tests.operations.api import Api

START = datetime(2026, 1, 15, 12, tzinfo=UTC)


@pytest.fixture
async def api(database: Database) -> Api:
    """Operations in a fresh sandbox at noon of 15 January 2026."""
    return await Api.open(database, at=START)

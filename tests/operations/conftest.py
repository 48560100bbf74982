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


@pytest.fixture
async def shop(api: Api) -> Api:
    """Two plans, basic (audit) and pro (audit, sso), and a customer, acme.

    The clock stands at midnight of 1 February 2026; the customer's next write is made in that very instant.
    """
    for feature in ("audit", "sso"):
        await api.feature(feature)
    await api.product("basic", "audit")
    await api.product("pro", "audit", "sso")
    await api.customer("acme")
    await api.move_to("2026-02-01T00:00Z")
    return api

"""An API over an empty environment on each database, its clock frozen at one instant."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime

import pytest

from resolvers.shared import SharedReads
from storage.database import Database
from tests.operations.api import Api
from tests.operations.keeping import EVERYTHING, process

START = datetime(2026, 1, 15, 12, tzinfo=UTC)


@pytest.fixture
def kept_customers(request: pytest.FixtureRequest) -> int:
    """How many customers' facts are kept from one operation to the next: all, unless a mark of `keeping` says not."""
    return getattr(request, "param", EVERYTHING)


@pytest.fixture
async def shared(database: Database, kept_customers: int) -> AsyncGenerator[SharedReads]:
    """What all operations of the test share, as those of one process do."""
    async with process(database, kept_customers) as reads:
        yield reads


@pytest.fixture
async def api(database: Database, shared: SharedReads) -> Api:
    """Operations in a fresh sandbox at noon of 15 January 2026."""
    return await Api.open(database, at=START, shared=shared)


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

"""An API over an empty environment on each database, its clock frozen at one instant."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime

import pytest

from resolvers.shared import SharedReads
from storage.database import Database
from tests.operations.api import Api

START = datetime(2026, 1, 15, 12, tzinfo=UTC)


@pytest.fixture
def kept_customers(request: pytest.FixtureRequest) -> int:
    """How many customers' facts are kept from one operation to the next: none, unless a test runs BOTH_WAYS."""
    return getattr(request, "param", 0)


@pytest.fixture
async def shared(database: Database, kept_customers: int) -> AsyncGenerator[SharedReads]:
    """What all operations of the test share, as those of one process do."""
    reads = SharedReads(database, kept_customers=kept_customers, kept_bytes=2**24 if kept_customers else 0)
    yield reads
    await reads.close()


@pytest.fixture
async def api(database: Database, shared: SharedReads) -> Api:
    """Operations in a fresh sandbox at noon of 15 January 2026."""
    opened = await Api.open(database, at=START)
    opened.shared = shared
    return opened


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

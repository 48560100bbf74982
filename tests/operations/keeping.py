"""What a process of a test keeps. Most promises are tested as they are served, with everything kept.

Modules that are marked BOTH_WAYS promise that nothing changes without. Those that change rows past the units of work,
or say which statements are sent when nothing is at hand, are marked AFRESH.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from resolvers.shared import SharedReads
from storage.database import Database

EVERYTHING = 1_000
"""Customers: more than any test has."""

BOTH_WAYS = pytest.mark.parametrize("kept_customers", [0, EVERYTHING], ids=["afresh", "kept"], indirect=True)
AFRESH = pytest.mark.parametrize("kept_customers", [0], ids=["afresh"], indirect=True)


@asynccontextmanager
async def process(database: Database, kept_customers: int = EVERYTHING) -> AsyncGenerator[SharedReads]:
    """What all operations of one process share. `kept_customers`: whose facts are kept; 0 to keep nothing at all."""
    reads = SharedReads(database, kept_customers=kept_customers, kept_bytes=2**24 if kept_customers else 0)
    try:
        yield reads
    finally:
        await reads.close()

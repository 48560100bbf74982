"""A process that reads ever other customers and ever other documents ends at its bounds, by what the kernel says of it.

`MEMORY_CUSTOMERS=1000000 MEMORY_DOCUMENTS=100000` make it as many as there may ever be; `make proofs` does.
"""

import os
import statistics
import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from rich.progress import Progress
from sqlalchemy import text

from benchmarks.data import Size, furnish, ten_days_ago
from storage.database import Database
from tests.either import only_postgresql
from tests.memory import memory_of
from tests.service.kept_figures import kept_figures
from tests.service.processes import address, started
from tests.service.serving import NO_TLS

CUSTOMERS = int(os.environ.get("MEMORY_CUSTOMERS", "10000"))
DOCUMENTS = int(os.environ.get("MEMORY_DOCUMENTS", "1500"))
BATCH = 100

MEBIBYTE = 2**20
KEPT_BYTES = MEBIBYTE if CUSTOMERS < 100_000 else 32 * MEBIBYTE
DOCUMENT_BYTES = 32_000_000
"""What documents may take in every process; no setting changes it."""

TOLERANCE = 8 * MEBIBYTE
"""What the allocator may take and give back while the same amount is in use."""

PAGE = """query Page($after: String) { customers(first: 100, after: $after) {
  pageInfo { endCursor } nodes { id entitlements(first: 5) { nodes { lookupKey } } }
} }"""

_IS_LONG = CUSTOMERS > 10_000 or DOCUMENTS > 1_500

pytestmark = [
    only_postgresql,
    pytest.mark.timeout(0 if _IS_LONG else 600),
]


@dataclass(frozen=True, slots=True)
class _Process:
    pid: int
    client: httpx2.AsyncClient

    async def ask(self, query: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The whole answer."""
        return (await self.client.post("/graphql", json={"query": query, "variables": variables})).json()


@asynccontextmanager
async def _serving(folder: Path, url: str, database: Database, customers: int) -> AsyncGenerator[_Process]:
    """A process over so many customers, each with a subscription and two features."""
    size = Size(customers=customers, items=1, features=40, products=20)
    secret = await furnish(url, size, ten_days_ago(), Progress(disable=True))
    with started(folder, DATABASE_URL=url, ADMITTANCE_KEPT_BYTES=str(KEPT_BYTES)) as process:
        headers = {"Authorization": f"Bearer {secret}"}
        async with httpx2.AsyncClient(base_url=address(process), headers=headers, timeout=60, verify=NO_TLS) as client:
            yield _Process(process.pid, client)
    async with database.begin_write() as connection:
        # To delete a million rows one by one takes minutes.
        await connection.execute(text("TRUNCATE customers CASCADE"))


async def test_customers_that_were_read_end_at_the_bound(tmp_path: Path, database_url: str, database: Database) -> None:
    sizes: list[int] = []
    seen: set[str] = set()
    cursor = None

    async with _serving(tmp_path, database_url, database, CUSTOMERS) as process:
        for _ in range(CUSTOMERS // BATCH):
            page = (await process.ask(PAGE, {"after": cursor}))["data"]["customers"]
            cursor = page["pageInfo"]["endCursor"]
            assert all(len(node["entitlements"]["nodes"]) == 2 for node in page["nodes"])
            seen.update(node["id"] for node in page["nodes"])
            sizes.append(memory_of(process.pid))
        kept = await kept_figures(process.client, "customers")

    # A quarter is the catalogue's.
    bound = KEPT_BYTES * 3 // 4
    assert len(seen) == kept.entries + kept.dropped == CUSTOMERS
    assert 0.95 * bound < kept.size_bytes <= bound
    _assert_level(sizes, "customers", kept.size_bytes / kept.entries * CUSTOMERS)


async def test_documents_that_were_answered_end_at_the_bound(
    tmp_path: Path, database_url: str, database: Database
) -> None:
    sizes: list[int] = []

    async with _serving(tmp_path, database_url, database, BATCH) as process:
        for number in range(DOCUMENTS):
            answer = await process.ask(_document(number))
            assert ("errors" in answer) == (number % 10 == 1), answer
            sizes.append(memory_of(process.pid))
        kept = await kept_figures(process.client, "documents")

    assert kept.entries + kept.dropped == DOCUMENTS
    assert 0.95 * DOCUMENT_BYTES < kept.size_bytes <= DOCUMENT_BYTES
    _assert_level(sizes, "documents", kept.size_bytes / kept.entries * DOCUMENTS)


def _document(number: int) -> str:
    """A document unlike any other; one in ten is wrong, and one can't be carried out compiled."""
    n = f"n{number}"
    match number % 10:
        case 1:
            return f"query {n} {{ customers {{ nodes {{ {n} }} }} }}"
        case 2:
            return f'query {n} {{ __type(name: "Customer") {{ name fields {{ name }} }} }}'
        case _:
            return f"""query {n} {{ {n}: customers(first: 2) {{ c{n}: totalCount p{n}: pageInfo {{ h{n}: hasNextPage }}
              nodes {{ i{n}: id e{n}: externalId entitlements(first: 2) {{ t{n}: totalCount nodes {{
                a{n}: id b{n}: lookupKey d{n}: status feature {{ f{n}: name g{n}: lookupKey }}
                sources {{ k{n}: kind product {{ m{n}: name }} }}
              }} }} }} }} }}"""


def _assert_level(sizes: Sequence[int], of: str, all_of_them: float) -> None:
    """Memory doesn't grow any more after the first six tenths.

    In these everything is filled, and garbage collected for the first time in full: what makes way for other documents
    goes in circles, and stays until then.

    `all_of_them`: the bytes they would take were there no bound; far beyond the tolerance, or this shows nothing.
    """
    tenth = len(sizes) // 10
    tenths = [statistics.median(sizes[start : start + tenth]) / MEBIBYTE for start in range(0, 10 * tenth, tenth)]
    figures = " ".join(f"{each:.0f}" for each in tenths)
    sys.stdout.write(
        f"\n{len(sizes):,} requests for {of}; all kept: {all_of_them / MEBIBYTE:.0f} MiB; MiB: {figures}\n"
    )
    assert all_of_them > 2 * TOLERANCE
    assert (max(tenths[6:]) - tenths[6]) * MEBIBYTE < TOLERANCE

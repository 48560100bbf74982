"""Operations that take too long: told so, and stopped, in the database too."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import httpx2
import pytest
from sqlalchemy import URL, text

from storage.database import Database
from tests.databases import postgresql_database
from tests.service.serving import NO_TLS, Caller, serving

CREATE = 'mutation { createFeature(input: {name: "A", lookupKey: "a"}) { feature { id } } }'
READ = "{ features { totalCount } }"


@pytest.fixture
async def hasty(postgresql_url: URL) -> AsyncGenerator[Caller]:
    """A caller of an application whose operations may take a third of a second."""
    async with postgresql_database(postgresql_url) as url:
        database = Database.open(url)
        with serving(url, query_seconds=0.3, mutation_seconds=0.3) as server:
            async with httpx2.AsyncClient(base_url=server, verify=NO_TLS) as client:
                yield await Caller.arrive(client, database)
        await database.close()


@asynccontextmanager
async def _locked(database: Database) -> AsyncGenerator[None]:
    """Nobody else reads or writes features meanwhile."""
    async with database.engine.connect() as connection:
        await connection.execute(text("LOCK TABLE features IN ACCESS EXCLUSIVE MODE"))
        yield
        await connection.rollback()


async def _others_at_work(database: Database) -> int:
    statement = """SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND state = 'active' AND pid <> pg_backend_pid()"""
    async with database.engine.connect() as connection:
        return (await connection.execute(text(statement))).scalar_one()


@pytest.mark.parametrize("operation", [READ, CREATE], ids=["query", "mutation"])
async def test_an_operation_that_takes_too_long_is_stopped(hasty: Caller, operation: str) -> None:
    async with _locked(hasty.database):
        answer = await hasty.post({"query": operation}, Accept="application/graphql-response+json")
        # Who waits is told off at once; the statement, which others may have shared, ends right after.
        async with asyncio.timeout(1):
            while await _others_at_work(hasty.database):  # noqa: ASYNC110 - it is told by another process
                await asyncio.sleep(0.01)
    after = await hasty.ask(READ)

    [error] = answer.json()["errors"]
    assert answer.status_code == 200
    assert error["extensions"] == {"code": "TIMEOUT"}
    assert error["message"].startswith("The operation took longer than 0.3 seconds")
    assert answer.json()["data"] is None
    # A mutation that was told off has not been carried out afterwards either.
    assert after == {"features": {"totalCount": 0}}

"""On PostgreSQL, look-ups in an environment that its statistics don't know yet.

They are taken anew once a tenth of a table has changed: an environment may be young beside large ones for weeks. A
planner that takes it for empty finds any index good that begins with the environment, and reads all of it, in each
turn of a join: seconds, for one customer of eight thousand.
"""

from collections.abc import AsyncGenerator

import pytest
from sqlalchemy import URL, text
from sqlalchemy.ext.asyncio import AsyncConnection

from entitlements.facts import CustomerId, EnvironmentId
from storage.database import Database
from storage.facts import load_facts
from storage.migrations import migrate
from tests.databases import unmigrated_postgresql_database
from tests.operations.api import Api
from tests.operations.crowd import add_customers, fill_catalogue
from tests.statements.lookups import LOOKUPS
from tests.statements.stage import NOON

CUSTOMERS = 2000
PRODUCTS = 100
FEW = 500
"""More rows than any look-up has to read, and fewer than an environment has in any table that they look into."""


@pytest.fixture
async def young(postgresql_url: URL) -> AsyncGenerator[Api]:
    """A full environment that came after the statistics of another were taken."""
    async with unmigrated_postgresql_database(postgresql_url) as url:
        database = Database.open(url)
        await migrate(database)
        await _fill(await Api.open(database, "old", NOON))
        async with database.read() as connection:
            await connection.execute(text("ANALYZE"))
        api = await Api.open(database, "young", NOON)
        await _fill(api)
        yield api
        await database.close()


async def test_no_lookup_reads_an_environment_that_the_statistics_do_not_know(young: Api) -> None:
    read: dict[str, int] = {}
    async with young.database.read() as connection:
        # What goes through an environment over and over is to fail, not to be waited for.
        await connection.execute(text("SET statement_timeout = '10s'"))
        before = await _rows_read(connection)
        for name, look_up in (LOOKUPS | {"facts": _facts_of_one}).items():
            await look_up(connection, young.environment.id)
            after = await _rows_read(connection)
            read[name], before = after - before, after

    assert {name: rows for name, rows in read.items() if rows > FEW} == {}
    assert read["facts"] > 0


async def _fill(api: Api) -> None:
    await fill_catalogue(api, NOON, PRODUCTS)
    await add_customers(api, NOON, CUSTOMERS)


async def _facts_of_one(connection: AsyncConnection, environment: EnvironmentId) -> object:
    return await load_facts(connection, environment, [CustomerId("cus_007")])


async def _rows_read(connection: AsyncConnection) -> int:
    """The rows, and the entries of indexes, that all statements so far have gone through."""
    await connection.execute(text("SELECT pg_stat_force_next_flush()"))
    of_indexes = "(SELECT sum(idx_tup_read) FROM pg_stat_user_indexes)"
    of_tables = "(SELECT sum(seq_tup_read) FROM pg_stat_user_tables)"
    return int((await connection.execute(text(f"SELECT {of_indexes} + {of_tables}"))).scalar_one())

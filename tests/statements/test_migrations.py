"""Migrations make the tables the code works with."""

import asyncio

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from storage.database import Database
from storage.environments import ensure_environments
from storage.errors import SchemaOutdated
from storage.migrations import check_schema, migrate, schema_state
from storage.rows import tables


async def test_the_migrations_make_exactly_the_tables_of_the_code(database: Database) -> None:
    def differences(connection: Connection) -> list[object]:
        return compare_metadata(MigrationContext.configure(connection), tables)

    async with database.read() as connection:
        found = await connection.run_sync(differences)

    assert found == []


async def test_a_migrated_database_has_nothing_left_to_do(database: Database) -> None:
    assert (await schema_state(database)).is_current
    assert await migrate(database) == []


async def test_a_database_without_tables_is_outdated(unmigrated_url: str) -> None:
    database = Database.open(unmigrated_url)

    with pytest.raises(SchemaOutdated) as refusal:
        await check_schema(database)

    assert (refusal.value.current, refusal.value.head) == (None, "0002")
    await database.close()


async def test_processes_that_start_at_once_migrate_once(unmigrated_url: str) -> None:
    processes = [Database.open(unmigrated_url) for _ in range(3)]

    applied = await asyncio.gather(*(migrate(process) for process in processes))

    assert sorted(applied) == [[], [], ["0001", "0002"]]
    await check_schema(processes[0])
    assert len(await ensure_environments(processes[0])) == 2
    for process in processes:
        await process.close()

"""Migrations make the tables the code works with."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from storage.database import Database
from storage.migrations import migrate, schema_state
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

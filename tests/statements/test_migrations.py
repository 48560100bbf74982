"""Migrations make the tables the code works with."""

import asyncio
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, insert

from entitlements.facts import EnvironmentId
from storage import migrations
from storage.credentials import find_credential
from storage.database import Database
from storage.environments import ensure_environments, load_environment
from storage.errors import SchemaOutdated
from storage.migrations import check_schema, migrate, schema_state
from storage.records import ClockStatus, Credential, Environment
from storage.rows import api_keys, environments, tables
from storage.sandbox_clocks import load_standing_clocks
from tests.statements.stage import DAY, NOON, Stage


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

    assert (refusal.value.current, refusal.value.head) == (None, "0007")
    await database.close()


async def test_keys_that_a_process_of_the_first_release_makes_are_read(stage: Stage) -> None:
    known_to_it = {
        "id": "key_1",
        "environment_id": stage.env,
        "name": "ci",
        "scopes": ["*"],
        "secret_hash": sha256(b"secret").hexdigest(),
        "hint": "cret",
        "created_at": NOON,
        "revoked_at": None,
    }

    async with stage.db.begin_write() as connection:
        await connection.execute(insert(api_keys).values(known_to_it))

    found = await find_credential(stage.db, "secret")
    assert found == Credential("key_1", await stage.environment(), "ci", ("*",), "cret", NOON)


async def test_processes_that_start_at_once_migrate_once(unmigrated_url: str) -> None:
    processes = [Database.open(unmigrated_url) for _ in range(3)]

    applied = await asyncio.gather(*(migrate(process) for process in processes))

    assert sorted(applied) == [[], [], ["0001", "0002", "0003", "0004", "0005", "0006", "0007"]]
    await check_schema(processes[0])
    assert len(await ensure_environments(processes[0])) == 2
    for process in processes:
        await process.close()


async def test_environments_that_are_frozen_have_a_clock_of_their_own_since(unmigrated_url: str) -> None:
    database = Database.open(unmigrated_url)
    frozen = Environment(EnvironmentId("env_1"), "frozen", livemode=False, created_at=NOON, clock_at=NOON + DAY)
    known = {name: value for name, value in asdict(frozen).items() if name not in {"advancing", "source"}}

    def migrate_to_0004(connection: Connection) -> None:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(Path(migrations.__file__).parent).replace("%", "%%"))
        command.upgrade(config, "0004")

    async with database.begin_write() as connection:
        await connection.run_sync(migrate_to_0004)
        await connection.execute(insert(environments).values(known))
    assert await migrate(database) == ["0005", "0006", "0007"]

    async with database.read() as connection:
        assert await load_environment(connection, frozen.id) == frozen
        [clock] = (await load_standing_clocks(connection, frozen.id, [frozen.id])).values()
    assert (clock.id, clock.frozen_time, clock.status) == ("clock_1", NOON + DAY, ClockStatus.READY)
    await database.close()

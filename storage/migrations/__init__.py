"""Migrations: how the tables came to be, step by step, packaged with the code that needs them."""

from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from storage.database import Database
from storage.errors import SchemaOutdated
from storage.locks import lock_migrations
from storage.planner import teach_planner


@dataclass(frozen=True, slots=True)
class SchemaState:
    """Where a database's tables are, and where this release wants them. `current` is None before the first one.

    `is_newer`: a later release has migrated them. This one goes on working until it is replaced, as migrations are safe
    while the previous release still runs.
    """

    current: str | None
    head: str
    is_newer: bool = False

    @property
    def is_current(self) -> bool:
        """Whether nothing is left to migrate."""
        return self.current == self.head


async def migrate(db: Database) -> list[str]:
    """Brings the tables to this release's head. Returns the revisions applied, in order; none if it was there already.

    All of them or none: both databases change tables inside a transaction. Two processes may do it at once; the second
    waits and finds nothing to do.
    """
    async with db.begin_write() as connection:
        await lock_migrations(connection)
        return await connection.run_sync(_upgrade)


async def schema_state(db: Database) -> SchemaState:
    """How far the database is migrated."""
    async with db.read() as connection:
        current = await connection.run_sync(lambda sync: MigrationContext.configure(sync).get_current_revision())
    return SchemaState(current, _head(), is_newer=current is not None and not _is_known(current))


async def check_schema(db: Database) -> None:
    """Raises: SchemaOutdated, unless the tables are those of this release."""
    state = await schema_state(db)
    if not state.is_current:
        raise SchemaOutdated(state.current, state.head)


def _upgrade(connection: Connection) -> list[str]:
    config = _config()
    config.attributes["connection"] = connection
    before = MigrationContext.configure(connection).get_current_revision()
    command.upgrade(config, "head")
    teach_planner(connection)
    steps = ScriptDirectory.from_config(config).iterate_revisions("head", before or "base")
    return [step.revision for step in steps][::-1]


def _head() -> str:
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None, "the migrations are packaged with the code"  # noqa: S101
    return head


def _is_known(revision: str) -> bool:
    return any(step.revision == revision for step in ScriptDirectory.from_config(_config()).walk_revisions())


def _config() -> Config:
    config = Config()
    # A "%" in the path would be read as interpolation.
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return config

"""`admittance migrate`."""

from gateway.commands.running import run
from gateway.console import err
from storage.database import Database
from storage.environments import ensure_environments
from storage.migrations import migrate as apply_migrations
from storage.records import Environment


def migrate() -> None:
    """Bring the database's tables up to date, and make the environments test and live.

    Safe to run at any time, by several machines at once, and while the previous release is still serving.
    """
    applied, environments = run(_migrate, migrated=False)
    err.print(f"Applied migration {', '.join(applied)}." if applied else "The tables are up to date.")
    err.print(f"Environments: {', '.join(environment.name for environment in environments)}.")


async def _migrate(database: Database) -> tuple[list[str], list[Environment]]:
    return await apply_migrations(database), await ensure_environments(database)

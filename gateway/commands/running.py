"""How commands get at the database: opened for the length of one command, and closed whatever happens."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer

from gateway.console import CommandFailed
from gateway.settings import Settings
from storage.database import Database
from storage.environments import find_environment
from storage.migrations import check_schema
from storage.records import Environment

T = TypeVar("T")

EnvironmentName = Annotated[str, typer.Option("--environment", "-e", help="The environment, by its name.")]


def run(work: Callable[[Database], Awaitable[T]], *, settings: Settings | None = None, migrated: bool = True) -> T:
    """Does a piece of work on the settings' database. Raises: SettingsInvalid; errors of storage.

    `migrated`: whether the work needs the tables of this release; only a migration doesn't.
    """
    settings = settings or Settings.read()

    async def with_database() -> T:
        database = Database.open(settings.database_url.get_secret_value())
        try:
            if migrated:
                await check_schema(database)
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(with_database())


async def load_environment(database: Database, name: str) -> Environment:
    """The environment of this name. Raises: CommandFailed."""
    environment = await find_environment(database, name)
    if environment is None:
        raise CommandFailed(
            f'There is no environment named "{name}". `admittance environments list` shows those there are.'
        )
    return environment

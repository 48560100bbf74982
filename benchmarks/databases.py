"""A PostgreSQL that is there for the benchmark alone."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager

from sqlalchemy import URL, text

from storage.database import Database
from tests.databases import postgresql_server


@contextmanager
def empty_databases(*names: str) -> Generator[list[str]]:
    """Empty databases of one server, which writes to disk before it acknowledges. Yields their URLs."""
    with postgresql_server(durable=True) as server:
        asyncio.run(_create(server, *names))
        yield [server.set(database=name).render_as_string(hide_password=False) for name in names]


async def _create(server: URL, *names: str) -> None:
    database = Database.open(server.render_as_string(hide_password=False))
    async with database.read() as connection:
        for name in names:
            await connection.execute(text(f"CREATE DATABASE {name}"))
    await database.close()

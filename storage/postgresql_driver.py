"""A connection to PostgreSQL, and what it begins with."""

from contextlib import AsyncExitStack
from typing import Any

import asyncpg  # pyright: ignore[reportMissingTypeStubs] - it has none


async def connect_to_postgresql(**given: object) -> Any:  # noqa: ANN401 (the driver has no types)
    """What SQLAlchemy is given for a connection, whose errors it translates as those of connecting."""
    driver: Any = asyncpg
    connection = await driver.connect(**given)
    async with AsyncExitStack() as stack:
        stack.callback(connection.terminate)
        # Planned for one environment, which is empty by statistics that are older than it, a statement goes by any
        # index that begins with the environment, and reads all of it, in each turn of a join. Planned for whichever
        # environment, it goes by the other columns, too; and it is planned once, which took half of its time.
        await connection.execute("SET plan_cache_mode = force_generic_plan")
        stack.pop_all()
    return connection

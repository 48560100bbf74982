"""Whoever gives up waiting leaves nothing behind, however often they say so."""

import asyncio

from sqlalchemy import event, text

from storage.database import Database

_LONG = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000) SELECT max(i) FROM n",
    "postgresql": "SELECT pg_sleep(0.3)",
}


async def test_a_read_that_is_cancelled_twice_ends_with_all_it_began(database: Database) -> None:
    """As one is by its deadline, and then by the end of the connection it was for."""
    before = asyncio.all_tasks()
    has_begun = asyncio.Event()

    async def read() -> None:
        async with database.read() as connection:
            event.listen(database.engine.sync_engine, "before_cursor_execute", lambda *_: has_begun.set())
            await connection.execute(text(_LONG[database.engine.dialect.name]))

    reading = asyncio.create_task(read())
    await has_begun.wait()
    for _ in range(2):
        # A few turns of the loop: the statement is with the driver, and the next time what closes the connection is.
        for _ in range(5):
            await asyncio.sleep(0)
        reading.cancel()
    await asyncio.wait([reading])

    assert reading.cancelled()
    left = asyncio.all_tasks() - before
    if left:
        _, left = await asyncio.wait(left, timeout=5)
    assert left == set()
    assert database.pool.in_use == 0

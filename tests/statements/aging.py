"""Time that passes for webhooks, on a database whose clock nobody can move: all there is happened longer ago."""

from datetime import timedelta

from sqlalchemy import text

from storage.columns import Instant
from storage.database import Database
from storage.rows import events, webhook_attempts, webhook_deliveries, webhook_endpoints

_AGING = {
    table.name: [column.name for column in table.columns if isinstance(column.type, Instant)]
    for table in (webhook_endpoints, webhook_deliveries, webhook_attempts)
} | {events.name: ["recorded_at"]}


async def let_pass(db: Database, time: timedelta) -> None:
    """Makes every instant of webhooks, and those at which events were recorded, earlier by so much."""
    milliseconds = round(time / timedelta(milliseconds=1))
    is_sqlite = db.engine.dialect.name == "sqlite"
    amount = f"{milliseconds}" if is_sqlite else f"interval '{milliseconds} milliseconds'"
    async with db.begin_write() as connection:
        for table, columns in _AGING.items():
            changes = ", ".join(f"{column} = {column} - {amount}" for column in columns)
            await connection.execute(text(f"UPDATE {table} SET {changes}"))  # noqa: S608 (all of it is our own)

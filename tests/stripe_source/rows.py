"""All rows that an environment has, to be compared with another's."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from entitlements.facts import EnvironmentId
from storage.database import Database
from storage.rows import tables

Rows = Mapping[str, list[dict[str, Any]]]
"""By the tables' names, in an order that doesn't depend on when they were written."""

INSTANT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")


async def rows_of(database: Database, environment: EnvironmentId, written_since: datetime) -> Rows:
    """What there is in an environment, but for when it was written: for instants from that one on."""

    def told(value: Any) -> Any:  # noqa: ANN401 - whatever a column holds
        if isinstance(value, datetime):
            return "when it was written" if value >= written_since else value
        if isinstance(value, str):
            # Events hold their instants in JSON.
            return INSTANT.sub(lambda found: str(told(datetime.fromisoformat(found[0]))), value)
        return value

    found: dict[str, list[dict[str, Any]]] = {}
    async with database.read() as connection:
        for table in tables.sorted_tables:
            if "environment_id" in table.c:
                # An event's id says when it was written, and its customer and revision which one it is.
                columns = [each for each in table.c if each.name != "environment_id" and str(each) != "events.id"]
                rows = await connection.execute(select(*columns).where(table.c.environment_id == environment))
                found[table.name] = sorted(
                    ({name: told(value) for name, value in row.items()} for row in rows.mappings()), key=repr
                )
    return found

"""Where the announcer is to look next: when something is due in each environment, by the environment's own clock."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select

from entitlements.facts import EnvironmentId
from storage.database import Database
from storage.instants import PRESENT
from storage.rows import customers, environments


class Agenda(NamedTuple):
    """When an environment's customers are to be looked at. `now` is by its clock, which stands if it `is_frozen`."""

    environment: EnvironmentId
    now: datetime
    due_at: datetime
    is_frozen: bool

    @property
    def is_due(self) -> bool:
        """Whether it is time."""
        return self.due_at <= self.now


async def load_agendas(db: Database) -> list[Agenda]:
    """The environments in which something will be due, or is. One statement, which looks at one customer of each.

    Not those whose clocks are advancing: see storage.advancing.
    """
    async with db.read() as connection:
        rows = [row for row in await connection.execute(_AGENDAS) if row.due_at is not None]
    process_time = db.clock.now()
    # A frozen clock is behind what has been written since, a millisecond for each write.
    return [
        Agenda(
            row.id,
            max(filter(None, (row.clock_at or row.present or process_time, row.catalogue_written_at))),
            row.due_at,
            row.clock_at is not None,
        )
        for row in rows
    ]


# Asked who is due in any environment, PostgreSQL would read all customers: it takes a third of them to be.
_AGENDAS = select(
    environments.c.id,
    environments.c.clock_at,
    environments.c.catalogue_written_at,
    PRESENT.label("present"),
    select(func.min(customers.c.due_at))
    .where(customers.c.environment_id == environments.c.id, customers.c.due_at.is_not(None))
    .scalar_subquery()
    .label("due_at"),
).where(environments.c.closed_at.is_(None), environments.c.advancing.is_(False))

"""A unit of work as its command sees it: where to write, in which environment, at which instant.

`storage.unit_of_work` makes these and commits them; the aggregates' files write through them.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.errors import RowMissing
from storage.records import CustomerChange, Environment, LoadedFacts


@dataclass(slots=True)
class Work:
    """What every unit of work has.

    `instant` is the one at which all of it happens, later than every write it can see. `result_id` names the object a
    replay answers with; a command under an idempotency key must set it. `is_changed` says that something was written.
    """

    connection: AsyncConnection
    environment: Environment
    instant: datetime
    result_id: str | None = None
    is_changed: bool = False


@dataclass(slots=True)
class CatalogueWork(Work):
    """A unit of work on features, products and attachments; no other write to the environment runs beside it."""

    is_attachments_changed: bool = False


@dataclass(slots=True)
class NewCustomerWork(Work):
    """A unit of work that makes a customer."""


@dataclass(slots=True)
class RealTimeWork(Work):
    """A unit of work on what is no fact and lives by real time: `instant` is the process's present."""


@dataclass(slots=True, kw_only=True)
class CustomerWork(Work):
    """A unit of work on one customer, whose row is locked. `loaded` is as it was before; `change` is set at its end."""

    loaded: LoadedFacts
    is_deleted: bool = False
    change: CustomerChange | None = None


async def update_row(work: Work, statement: Update, id_: str) -> None:
    """Runs an UPDATE that must meet a row. Raises: RowMissing, and the unit of work comes to nothing."""
    result = await work.connection.execute(statement)
    if result.rowcount == 0:
        raise RowMissing(statement.table.description, id_)
    work.is_changed = True

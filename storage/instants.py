"""The instant of a write: one of its own, strictly later than that of every earlier write it can see."""

from datetime import datetime, timedelta

from sqlalchemy import bindparam, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from storage.clock import Clock
from storage.columns import Instant
from storage.dialect import is_postgresql
from storage.errors import EnvironmentClosed
from storage.records import Environment
from storage.rows import attachment_changes, customers
from storage.rows import subscription_item_segments as segments

TICK = timedelta(milliseconds=1)
"""The least by which two write instants differ; what a frozen clock moves on with every write."""


class _Present(FunctionElement[datetime]):
    type = Instant()
    name = "present"
    inherit_cache = True


PRESENT = _Present()
"""The present by PostgreSQL's clock as a statement is carried out; null on SQLite, which has none of its own."""


@compiles(_Present, "postgresql")
def _clock(_element: _Present, _compiler: SQLCompiler, **_options: object) -> str:
    # now() would be the transaction's start, before the locks were had. date_trunc cuts as `storage.clock.cut` does.
    return "date_trunc('milliseconds', clock_timestamp())"


@compiles(_Present, "sqlite")
def _null(_element: _Present, _compiler: SQLCompiler, **_options: object) -> str:
    return "NULL"


def next_instant(environment: Environment, present: datetime, latest: datetime | None) -> datetime:
    """The instant for a write that has its locks: max(clock, latest seen + 1 ms).

    The clock is the environment's where that is frozen, else the `present`, taken after the locks.
    Raises: EnvironmentClosed.
    """
    if environment.closed_at is not None:
        raise EnvironmentClosed(environment.id, environment.closed_at)
    now = environment.clock_at or present
    return now if latest is None else max(now, latest + TICK)


async def load_present(connection: AsyncConnection, clock: Clock) -> datetime:
    """The present by PostgreSQL's clock, which all processes share; SQLite has none but the process's."""
    if not is_postgresql(connection):
        return clock.now()
    return (await connection.execute(_SELECT_PRESENT)).scalar_one()


async def latest_write(connection: AsyncConnection, environment: Environment) -> datetime | None:
    """The latest instant at which the environment's catalogue or a customer was written, or a change announced.

    Or where a frozen clock stands, if a change up to there may be yet to be announced: somebody may have been shown
    what changes at that instant. None before the first. Complete only under the exclusive catalogue lock: without it
    a customer's write may be about to commit.
    """
    query = select(func.max(customers.c.announced_until)).where(customers.c.environment_id == environment.id)
    known = [await connection.scalar(query), environment.catalogue_written_at]
    if environment.clock_at is not None:
        given = {"environment": environment.id, "clock": environment.clock_at}
        known.append(environment.clock_at if await connection.scalar(_IS_ANYBODY_DUE, given) else None)
    return max(filter(None, known), default=None)


_SELECT_PRESENT = select(PRESENT)
_DUE = exists().where(
    customers.c.environment_id == bindparam("environment"),
    customers.c.due_at <= bindparam("clock", type_=Instant()),
)
# Customers' rows may not know yet of what a change of attachments has made due. Who had the product before is asked, as
# one of them is found at once; who hasn't been told would be a question over all of them.
_UNTOLD = (
    exists()
    .where(attachment_changes.c.environment_id == bindparam("environment"))
    .where(segments.c.environment_id == attachment_changes.c.environment_id)
    .where(segments.c.product_id == attachment_changes.c.product_id)
    .where(segments.c.from_at < attachment_changes.c.at)
)
_IS_ANYBODY_DUE = select(or_(_DUE, _UNTOLD))

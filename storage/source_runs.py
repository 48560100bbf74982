"""How far a source was read: what lets a run that broke off go on where it was."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select

from entitlements.facts import EnvironmentId
from storage.database import Database
from storage.dialect import insert_into
from storage.rows import source_runs


@dataclass(frozen=True, slots=True)
class SourceRun:
    """A run over all that a source has; all instants are by the source's clock.

    Of one that isn't through `begun_at` is when it began; its `step` has come up to the object `cursor`, None if it is
    to begin at the first. `read_until`: up to where an earlier run that came through has read all events.
    """

    begun_at: datetime | None = None
    step: str | None = None
    cursor: str | None = None
    read_until: datetime | None = None


async def load_run(db: Database, environment: EnvironmentId) -> SourceRun:
    """How far an environment's source was read."""
    async with db.read() as connection:
        row = (await connection.execute(_RUN, {"environment": environment})).one_or_none()
    return SourceRun() if row is None else SourceRun(row.begun_at, row.step, row.cursor, row.read_until)


async def save_run(db: Database, environment: EnvironmentId, run: SourceRun) -> None:
    """Writes down how far it was read."""
    values = {"begun_at": run.begun_at, "step": run.step, "cursor": run.cursor, "read_until": run.read_until}
    async with db.begin_write() as connection:
        statement = insert_into(connection, source_runs).values(environment_id=environment, **values)
        await connection.execute(statement.on_conflict_do_update(index_elements=["environment_id"], set_=values))


_RUN = select(source_runs).where(source_runs.c.environment_id == bindparam("environment"))

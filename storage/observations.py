"""What a source told of its objects, each thing once: observations, which are only ever added.

A source is a system outside that owns some of an environment's objects. Their facts are a function of all that was
observed of them, so observations may come twice, late and in any order.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from entitlements.facts import EnvironmentId
from storage.database import Database
from storage.dialect import AnyRow, insert_into, one_of_given
from storage.rows import environments, observations
from storage.work import Work


class Manner(StrEnum):
    """How a source came to tell: it showed an object in a list, or it told of an event."""

    SEEN = "SEEN"
    CREATED = "CREATED"
    CHANGED = "CHANGED"
    DELETED = "DELETED"


@dataclass(frozen=True, slots=True)
class Observation:
    """What an object was from the instant `at` on, and `before` it, where the source says so.

    `id`: of the event, else one of our own. `kind`: of object, in the source's code's own words, as `state` and
    `before` are, which are JSON.
    """

    object: str
    id: str
    kind: str
    manner: Manner
    at: datetime
    state: str
    before: str | None = None


async def load_observations(
    connection: AsyncConnection, environment: EnvironmentId, objects: Sequence[str]
) -> Mapping[str, Sequence[Observation]]:
    """All that was observed of objects, in no order; what was never observed is absent."""
    found: defaultdict[str, list[Observation]] = defaultdict(list)
    for row in await connection.execute(_OF_OBJECTS, {"environment": environment, "objects": objects}):
        found[row.object_id].append(_read(row))
    return found


async def add_observations(work: Work, made: Iterable[Observation]) -> None:
    """Adds observations; those that are there already stay as they are."""
    rows = [
        {
            "environment_id": work.environment.id,
            "object_id": each.object,
            "id": each.id,
            "kind": each.kind,
            "manner": each.manner,
            "at": each.at,
            "state": each.state,
            "before": each.before,
        }
        for each in made
    ]
    if rows:
        statement = insert_into(work.connection, observations).on_conflict_do_nothing()
        await work.connection.execute(statement, rows if len(rows) > 1 else rows[0])


async def is_observed(connection: AsyncConnection, environment: EnvironmentId, object_id: str) -> bool:
    """Whether a source ever told of an object: then it is the source's."""
    given = {"environment": environment, "objects": [object_id]}
    return (await connection.execute(_OF_OBJECTS.limit(1), given)).first() is not None


async def page_observed(
    connection: AsyncConnection, environment: EnvironmentId, kind: str, *, after: str, at_most: int
) -> list[str]:
    """The ids of objects of a kind that were observed, in order, after one of them."""
    given = {"environment": environment, "kind": kind, "after": after, "at_most": at_most}
    return [row.object_id for row in await connection.execute(_OF_KIND, given)]


async def note_source(db: Database, environment: EnvironmentId, source: str) -> None:
    """Has an environment fed by a source from now on."""
    async with db.begin_write() as connection:
        await connection.execute(update(environments).where(environments.c.id == environment).values(source=source))


_OF_OBJECTS = select(observations).where(
    observations.c.environment_id == bindparam("environment"), one_of_given(observations.c.object_id, "objects")
)
_OF_KIND = (
    select(observations.c.object_id)
    .distinct()
    .where(
        observations.c.environment_id == bindparam("environment"),
        observations.c.kind == bindparam("kind"),
        observations.c.object_id > bindparam("after"),
    )
    .order_by(observations.c.object_id)
    .limit(bindparam("at_most"))
)


def _read(row: AnyRow) -> Observation:
    return Observation(row.object_id, row.id, row.kind, Manner(row.manner), row.at, row.state, row.before)

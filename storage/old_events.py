"""Events past their time: removed in batches, in real time whatever clock their environment has."""

from datetime import timedelta

from sqlalchemy import bindparam, delete, func, select

from storage.columns import Instant
from storage.database import Database
from storage.instants import load_present
from storage.rows import environments, events
from storage.rows import webhook_deliveries as deliveries
from storage.rows import webhook_endpoints as endpoints


async def remove_events(db: Database, *, older_than: timedelta, at_most: int) -> int:
    """Removes events of one environment that were recorded longer ago in real time, the oldest first; returns how many.

    What is still on its way to an enabled endpoint stays until it was delivered or given up. None are left if it is 0,
    or another process is removing them. Raises: Contended, DatabaseUnavailable.
    """
    async with db.read() as connection:
        before = await load_present(connection, db.clock) - older_than
        environment = await connection.scalar(_WITH_EVENTS_BEFORE, {"before": before})
    if environment is None:
        return 0
    async with db.begin_write() as connection:
        given = {"environment": environment, "before": before, "at_most": at_most}
        return (await connection.execute(_REMOVE, given)).rowcount


_ON_ITS_WAY = (
    select(deliveries.c.id)
    .join(
        endpoints,
        (endpoints.c.environment_id == deliveries.c.environment_id) & (endpoints.c.id == deliveries.c.endpoint_id),
    )
    .where(
        deliveries.c.environment_id == events.c.environment_id,
        deliveries.c.event_id == events.c.id,
        deliveries.c.next_attempt_at.is_not(None),
        endpoints.c.disabled_at.is_(None),
        endpoints.c.deleted_at.is_(None),
    )
    .exists()
)
_IS_PAST = (events.c.recorded_at < bindparam("before", type_=Instant())) & ~_ON_ITS_WAY
# The least of them, as PostgreSQL then goes by the order of the index; whether there is any it might ask all events.
_OLDEST = (
    select(func.min(events.c.recorded_at))
    .where(events.c.environment_id == environments.c.id, _IS_PAST)
    .scalar_subquery()
)
_WITH_EVENTS_BEFORE = select(environments.c.id).where(_OLDEST.is_not(None)).limit(1)
_BEFORE = (
    select(events.c.id)
    .where(
        events.c.environment_id == bindparam("environment"),
        _IS_PAST,
    )
    .order_by(events.c.recorded_at)
    .limit(bindparam("at_most"))
    .with_for_update(skip_locked=True)
)
_REMOVE = delete(events).where(events.c.environment_id == bindparam("environment"), events.c.id.in_(_BEFORE))

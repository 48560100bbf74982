"""Idempotency keys: one request has one effect, however often and however simultaneously it is sent.

The key's row goes in first, in the transaction of the effect itself. Whoever comes second waits on it: it finds the
row committed, or gone with the first one's failure and the key free again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from entitlements.facts import EnvironmentId
from storage.dialect import insert_into
from storage.errors import IdempotencyConflict, Replayed, ResultUnnamed
from storage.rows import idempotency_keys as keys

KEPT = timedelta(hours=24)
"""How long a key is remembered, in real time, whatever clock its environment has."""

_PURGED_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class IdempotencyRequest:
    """A key, and what was asked under it. `fingerprint` is equal for equal inputs and for no others."""

    key: str
    mutation: str
    fingerprint: str


async def check_replay(
    connection: AsyncConnection, environment: EnvironmentId, request: IdempotencyRequest, now: datetime
) -> None:
    """Raises: Replayed or IdempotencyConflict, if the key is taken; nothing happens if it is free.

    For before the unit of work: what the input refers to may be gone since the first time.
    """
    query = select(keys).where(
        keys.c.environment_id == environment, keys.c.key == request.key, keys.c.created_at > now - KEPT
    )
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        return
    if (row.mutation, row.fingerprint) != (request.mutation, request.fingerprint):
        raise IdempotencyConflict(request.key)
    raise Replayed(row.object_id)


async def claim_key(
    connection: AsyncConnection, environment: EnvironmentId, request: IdempotencyRequest, now: datetime
) -> None:
    """Takes the key for this transaction. Raises: Replayed or IdempotencyConflict, when who has it has committed."""
    fresh = {"mutation": request.mutation, "fingerprint": request.fingerprint, "object_id": None, "created_at": now}
    statement = insert_into(connection, keys).values(environment_id=environment, key=request.key, **fresh)
    claimed = await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["environment_id", "key"], set_=fresh, where=keys.c.created_at <= now - KEPT
        ).returning(keys.c.key)
    )
    if claimed.one_or_none() is None:
        await check_replay(connection, environment, request, now)


async def settle_key(
    connection: AsyncConnection, environment: EnvironmentId, request: IdempotencyRequest, result_id: str | None
) -> None:
    """Writes down what the request concerned, and forgets some keys that are too old. Raises: ResultUnnamed."""
    if result_id is None:
        raise ResultUnnamed(request.mutation)
    mine = keys.c.environment_id == environment, keys.c.key == request.key
    settled = update(keys).where(*mine).values(object_id=result_id).returning(keys.c.created_at)
    now = (await connection.execute(settled)).scalar_one()
    # Skipping what others are purging just now, so that two never wait for each other.
    old = select(keys.c.key).where(keys.c.environment_id == environment, keys.c.created_at <= now - KEPT)
    rows = await connection.execute(old.limit(_PURGED_AT_ONCE).with_for_update(skip_locked=True))
    # Read first: a subquery of the DELETE is run again for every row under some plans of PostgreSQL, and finds others.
    if old_keys := [row.key for row in rows]:
        await connection.execute(delete(keys).where(keys.c.environment_id == environment, keys.c.key.in_(old_keys)))

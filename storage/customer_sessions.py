"""Customer sessions: short-lived rights to ask as one customer. Only the hash of a token is kept.

They live by real time: a frozen test clock would keep a stolen token alive for ever.
"""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, RowMapping, delete, func, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from entitlements.facts import CustomerId, EnvironmentId
from storage.columns import Instant, is_storable
from storage.customers import load_customers
from storage.database import Database
from storage.dialect import AnySelect, one_of, one_of_given
from storage.environments import environment_columns, read_environment
from storage.errors import CustomerMissing
from storage.ids import new_id
from storage.records import CustomerSession
from storage.rows import customer_sessions as sessions
from storage.rows import customers, environments
from storage.tokens import fresh_token, token_digest
from storage.work import RealTimeWork

KEPT = timedelta(days=7)
"""How long an expired session can still be asked about; more than a replay of its creation can come late."""

_PURGED_AT_ONCE = 100


async def create_session(work: RealTimeWork, customer: CustomerId, *, length: timedelta) -> tuple[CustomerSession, str]:
    """A session for a customer from now on, and its token, which can't be had again.

    It takes some sessions with it that expired long ago, so the table doesn't outgrow its use.
    Raises: CustomerMissing, for one that was deleted too.
    """
    if not await load_customers(work.connection, work.environment.id, [customer]):
        raise CustomerMissing(customer)
    token = fresh_token("adms", work.environment)
    session = CustomerSession(
        id=new_id("cs"),
        environment=work.environment,
        customer=customer,
        created_at=work.instant,
        expires_at=work.instant + length,
    )
    await work.connection.execute(
        insert(sessions).values(
            environment_id=work.environment.id,
            id=session.id,
            customer_id=customer,
            token_hash=token_digest(token),
            created_at=session.created_at,
            expires_at=session.expires_at,
        )
    )
    await _purge(work)
    return session, token


async def find_session(db: Database, token: str) -> CustomerSession | None:
    """The session with this token, as `load_sessions_by_digest` finds it by the digest of the token."""
    if not is_storable(token):
        return None
    digest = token_digest(token)
    async with db.read() as connection:
        return (await load_sessions_by_digest(connection, [digest])).get(digest)


async def load_sessions_by_digest(connection: AsyncConnection, digests: Sequence[str]) -> dict[str, CustomerSession]:
    """The sessions whose tokens have these digests, with their environments as they are now; one statement.

    Expired and revoked sessions are found too: whoever asks must look at `expires_at` and `revoked_at`. A deleted
    customer has no sessions.
    """
    rows = await connection.execute(_BY_DIGEST, {"digests": digests})
    return {row["token_hash"]: _read(row) for row in rows.mappings()}


async def load_sessions(
    connection: AsyncConnection, environment: EnvironmentId, ids: Sequence[str]
) -> dict[str, CustomerSession]:
    """The sessions with these ids; those that are unknown, foreign or of deleted customers are absent."""
    rows = await connection.execute(_query().where(*_named(environment, ids)))
    return {session.id: session for session in map(_read, rows.mappings())}


async def revoke_session(work: RealTimeWork, session: str) -> CustomerSession | None:
    """Revokes a session from now on; None if there is none to be found. One revoked before stays as it is."""
    mine = _named(work.environment.id, [session])
    revoked_at = func.coalesce(sessions.c.revoked_at, literal(work.instant, Instant()))
    await work.connection.execute(update(sessions).where(*mine).values(revoked_at=revoked_at))
    return (await load_sessions(work.connection, work.environment.id, [session])).get(session)


async def _purge(work: RealTimeWork) -> None:
    """Forgets some sessions that expired long ago, skipping what others are purging just now."""
    in_environment = sessions.c.environment_id == work.environment.id
    old = select(sessions.c.id).where(in_environment, sessions.c.expires_at <= work.instant - KEPT)
    # Read first: a subquery of the DELETE is run again for every row under some plans of PostgreSQL, and finds others.
    rows = await work.connection.execute(old.limit(_PURGED_AT_ONCE).with_for_update(skip_locked=True))
    if ids := [row.id for row in rows]:
        await work.connection.execute(delete(sessions).where(in_environment, one_of(sessions.c.id, ids)))


def _named(environment: EnvironmentId, ids: Sequence[str]) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return sessions.c.environment_id == environment, one_of(sessions.c.id, ids)


def _query() -> AnySelect:
    joined = select(sessions, *environment_columns("owner_")).select_from(sessions).join(customers)
    return joined.join(environments, environments.c.id == sessions.c.environment_id).where(
        customers.c.deleted_at.is_(None)
    )


_BY_DIGEST = _query().where(one_of_given(sessions.c.token_hash, "digests"))


def _read(row: RowMapping) -> CustomerSession:
    return CustomerSession(
        id=row["id"],
        environment=read_environment(row, "owner_"),
        customer=row["customer_id"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
    )

"""Customers' sessions: tokens a back end has made for its customers, for them to ask by themselves."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

from resolvers.context import Context
from resolvers.customers import find_customer
from resolvers.errors import Problems, Refused, UserErrorCode, refuse
from resolvers.references import Reference
from storage import customer_sessions
from storage.errors import CustomerMissing
from storage.records import CustomerRecord, CustomerSession
from storage.unit_of_work import RealTimeWork, write_in_real_time

SHORTEST_SECONDS, LONGEST_SECONDS = 60, 86_400
"""How long a session may last."""


@dataclass(frozen=True, slots=True)
class KnownSession:
    """A session, and whose it is."""

    session: CustomerSession
    customer: CustomerRecord


@dataclass(frozen=True, slots=True)
class OpenedSession(KnownSession):
    """A session that was just made, with the token that nobody can be told again."""

    token: str = field(repr=False)


async def find_customer_session(context: Context, session: str) -> KnownSession | None:
    """A session by its id, one that expired or was revoked too; None for one of a customer who was deleted."""
    found = await context.loaders.customer_sessions.load(session)
    customer = await context.loaders.customers.load(found.customer) if found else None
    return KnownSession(found, customer) if found and customer else None


async def create_customer_session(context: Context, *, customer: Reference, expires_in: int) -> OpenedSession:
    """Makes a session of `expires_in` seconds, by real time whatever clock the environment has."""
    problems = Problems()
    if not SHORTEST_SECONDS <= expires_in <= LONGEST_SECONDS:
        message = f"`expiresIn` must be {SHORTEST_SECONDS} to {LONGEST_SECONDS} seconds."
        problems.add(UserErrorCode.INVALID, message, "expires_in")
    whose = await find_customer(context, customer)
    if whose is None:
        problems.add(UserErrorCode.NOT_FOUND, "There is no such customer.", "customer")
    if whose is None or problems.errors:
        raise Refused(problems.errors)

    async def command(work: RealTimeWork) -> tuple[CustomerSession, str]:
        made = await customer_sessions.create_session(work, whose.id, length=timedelta(seconds=expires_in))
        work.result_id = made[0].id
        return made

    try:
        session, token = await write_in_real_time(
            context.database, context.environment_id, command, idempotency=context.idempotency
        )
    except CustomerMissing:
        raise refuse(UserErrorCode.NOT_FOUND, "There is no such customer.", "customer") from None
    return OpenedSession(session, whose, token)


async def revoke_customer_session(context: Context, session: str) -> KnownSession:
    """Takes a session back from now on; one that was taken back already stays as it is."""
    known = await find_customer_session(context, session)

    async def command(work: RealTimeWork) -> CustomerSession | None:
        work.result_id = session
        return await customer_sessions.revoke_session(work, session)

    revoked = known and await write_in_real_time(
        context.database, context.environment_id, command, idempotency=context.idempotency
    )
    if not known or not revoked:
        raise refuse(UserErrorCode.NOT_FOUND, "There is no such session.", "id")
    context.loaders.clear(context.now)
    return replace(known, session=revoked)

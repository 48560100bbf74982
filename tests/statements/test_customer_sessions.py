"""Customer sessions at rest."""

import re
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, insert, select

from entitlements.facts import CustomerId
from storage.customer_sessions import KEPT, create_session, find_session, load_sessions, revoke_session
from storage.customers import delete_customer
from storage.environments import set_clock
from storage.errors import CustomerMissing, Replayed
from storage.idempotency import IdempotencyRequest
from storage.records import CustomerRecord, CustomerSession
from storage.rows import customer_sessions, idempotency_keys
from storage.unit_of_work import CustomerWork, RealTimeWork, write_customer, write_in_real_time
from tests.operations.statements import statements
from tests.statements.stage import NOON, TICK, Stage

HOUR = timedelta(hours=1)


class SetClock:
    """A process's clock that stands where it is set."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


@pytest.fixture
def clock(stage: Stage) -> SetClock:
    """The clock of real time, a year after the environment's own."""
    clock = SetClock(NOON + timedelta(days=365))
    stage.db.clock = clock
    return clock


async def test_a_token_opens_its_session_of_the_customer(stage: Stage, clock: SetClock) -> None:
    acme = await stage.customer()

    session, token = await _create(stage, acme)

    found = await find_session(stage.db, token)
    assert found is not None
    assert found == session
    assert found.customer == acme.id
    assert found.environment == await stage.environment()
    assert (found.created_at, found.expires_at, found.revoked_at) == (clock.at, clock.at + HOUR, None)
    assert re.fullmatch(r"adms_sandbox_[0-9A-Za-z]{43}", token)


async def test_only_the_hash_of_a_token_is_kept(stage: Stage) -> None:
    session, token = await _create(stage, await stage.customer())

    async with stage.db.read() as connection:
        row = (await connection.execute(select(customer_sessions))).one()

    assert token not in repr(row)
    assert token not in repr(session)


async def test_an_unknown_token_opens_nothing(stage: Stage) -> None:
    session, token = await _create(stage, await stage.customer())

    for wrong in (
        "",
        token[:-1],
        token + "x",
        token.upper(),
        token.replace("adms_", "adm_"),
        session.id,
        "\0",
        "\ud800",
    ):
        assert await find_session(stage.db, wrong) is None


async def test_a_session_is_found_with_one_statement(stage: Stage) -> None:
    _, token = await _create(stage, await stage.customer())

    with statements(stage.db) as sent:
        await find_session(stage.db, token)

    assert len(sent) == 1


async def test_an_expired_session_is_found_with_its_end(stage: Stage, clock: SetClock) -> None:
    session, token = await _create(stage, await stage.customer())
    clock.at += 2 * HOUR

    assert await find_session(stage.db, token) == session


async def test_a_session_lives_by_real_time_where_a_test_clock_stands(stage: Stage, clock: SetClock) -> None:
    session, token = await _create(stage, await stage.customer())

    await set_clock(stage.db, stage.env, NOON + timedelta(days=9999))

    found = await find_session(stage.db, token)
    assert found is not None
    assert (found.created_at, found.expires_at) == (session.created_at, session.expires_at)


async def test_a_revoked_session_is_found_as_revoked_and_stays_revoked_as_it_was(stage: Stage, clock: SetClock) -> None:
    session, token = await _create(stage, await stage.customer())
    clock.at += TICK
    first = await _revoke(stage, session.id)
    clock.at += TICK

    second = await _revoke(stage, session.id)

    assert first == replace(session, revoked_at=session.created_at + TICK)
    assert second == first
    assert await find_session(stage.db, token) == first
    assert await _revoke(stage, "cs_none") is None


async def test_a_deleted_customers_sessions_open_nothing(stage: Stage) -> None:
    acme = await stage.customer()
    session, token = await _create(stage, acme)
    await _delete(stage, acme)

    assert await find_session(stage.db, token) is None
    assert await _revoke(stage, session.id) is None
    async with stage.db.read() as connection:
        assert await load_sessions(connection, stage.env, [session.id]) == {}
    with pytest.raises(CustomerMissing):
        await _create(stage, acme)


async def test_another_environment_neither_loads_nor_revokes_a_session(stage: Stage) -> None:
    other = await Stage.set(stage.db, "other")
    session, token = await _create(stage, await stage.customer())

    assert await _revoke(other, session.id) is None

    async with stage.db.read() as connection:
        assert await load_sessions(connection, other.env, [session.id]) == {}
        assert await load_sessions(connection, stage.env, [session.id, "cs_none"]) == {session.id: session}
    assert await find_session(stage.db, token) == session


async def test_no_session_is_made_for_another_environments_customer(stage: Stage) -> None:
    other = await Stage.set(stage.db, "other")
    theirs = await other.customer()

    with pytest.raises(CustomerMissing):
        await _create(stage, theirs)

    assert await _count(stage) == 0


async def test_a_session_changes_nothing_of_its_customer(stage: Stage) -> None:
    acme = await stage.customer()
    before, environment = await stage.facts(acme), await stage.environment()

    await _create(stage, acme)

    assert await stage.facts(acme) == before
    assert await stage.environment() == environment


async def test_a_session_can_be_made_where_nothing_else_can_be_written(stage: Stage) -> None:
    acme = await stage.customer()
    await set_clock(stage.db, stage.env, NOON + timedelta(days=9999))
    await stage.customer()
    await set_clock(stage.db, stage.env, None)
    assert (await stage.environment()).closed_at is not None

    _, token = await _create(stage, acme)

    assert await find_session(stage.db, token) is not None


async def test_a_session_is_made_once_under_an_idempotency_key(stage: Stage) -> None:
    acme = await stage.customer()
    request = IdempotencyRequest("key-1", "createCustomerSession", "a")
    session, _ = await _create(stage, acme, idempotency=request)

    with pytest.raises(Replayed) as replay:
        await _create(stage, acme, idempotency=request)

    assert replay.value.object_id == session.id
    assert await _count(stage) == 1
    async with stage.db.read() as connection:
        assert session.id in repr((await connection.execute(select(idempotency_keys))).one())


async def test_making_a_session_forgets_a_hundred_that_expired_long_ago_and_no_other(
    stage: Stage, clock: SetClock
) -> None:
    acme = await stage.customer()
    other = await Stage.set(stage.db, "other")
    long_ago = clock.at - KEPT
    foreign = await other.customer()
    await _fill(stage, acme, 150, expires_at=long_ago)
    await _fill(stage, acme, 1, expires_at=long_ago + TICK)
    await _fill(other, foreign, 1, expires_at=long_ago)

    await _create(stage, acme)
    first = await _count(stage)
    await _create(stage, acme)

    assert first == 50 + 1 + 1
    assert await _count(stage) == 1 + 2
    assert await _count(other) == 1


async def _create(
    stage: Stage, customer: CustomerRecord, *, idempotency: IdempotencyRequest | None = None
) -> tuple[CustomerSession, str]:
    async def command(work: RealTimeWork) -> tuple[CustomerSession, str]:
        session, token = await create_session(work, customer.id, length=HOUR)
        work.result_id = session.id
        return session, token

    return await write_in_real_time(stage.db, stage.env, command, idempotency=idempotency)


async def _revoke(stage: Stage, session: str) -> CustomerSession | None:
    return await write_in_real_time(stage.db, stage.env, lambda work: revoke_session(work, session))


async def _delete(stage: Stage, customer: CustomerRecord) -> None:
    async def command(work: CustomerWork) -> None:
        await delete_customer(work)

    await write_customer(stage.db, stage.env, CustomerId(customer.id), command)


async def _fill(stage: Stage, customer: CustomerRecord, number: int, *, expires_at: datetime) -> None:
    rows = [
        {
            "environment_id": stage.env,
            "id": f"cs_{expires_at.timestamp()}_{n}",
            "customer_id": customer.id,
            "token_hash": f"{stage.env} {expires_at.timestamp()} {n}",
            "created_at": expires_at - HOUR,
            "expires_at": expires_at,
        }
        for n in range(number)
    ]
    async with stage.db.begin_write() as connection:
        await connection.execute(insert(customer_sessions), rows)


async def _count(stage: Stage) -> int:
    query = select(func.count()).select_from(customer_sessions).where(customer_sessions.c.environment_id == stage.env)
    async with stage.db.read() as connection:
        return (await connection.execute(query)).scalar_one()

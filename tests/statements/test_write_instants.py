"""Every write has an instant of its own, later than all it can see. Source: DESIGN, Instants."""

import asyncio
from datetime import datetime

from storage.clock import SystemClock, cut
from storage.customers import update_customer
from storage.database import Database
from storage.environments import set_clock
from storage.unit_of_work import CustomerWork, write_customer
from tests.statements.stage import DAY, NOON, TICK, Stage


class StoppedClock:
    """A process's clock that stands still."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


async def _touch(work: CustomerWork) -> datetime:
    await update_customer(work, name="touched")
    return work.instant


async def test_a_frozen_clock_ticks_a_millisecond_with_every_write(stage: Stage) -> None:
    feature = await stage.feature("sso")
    product = await stage.product("pro")
    attachment = await stage.attach(product, feature)
    customer = await stage.customer()
    change = await stage.grant(customer, feature)

    assert feature.created_at == NOON
    assert product.created_at == NOON + TICK
    assert attachment.attached_at == NOON + 2 * TICK
    assert customer.created_at == NOON + 3 * TICK
    assert change.instant == NOON + 4 * TICK
    assert (await stage.environment()).clock_at == NOON


async def test_a_clock_moved_on_is_where_the_next_write_happens(stage: Stage) -> None:
    await stage.feature("sso")

    await set_clock(stage.db, stage.env, NOON + DAY)

    assert (await stage.feature("audit")).created_at == NOON + DAY


async def test_customers_do_not_wait_for_each_others_instants(stage: Stage) -> None:
    one, other = await stage.customer(), await stage.customer()
    sso = await stage.feature("sso")

    changes = [await stage.grant(one, sso), await stage.grant(other, sso)]

    assert changes[0].instant == changes[1].instant == sso.created_at + TICK


async def test_a_catalogue_write_is_later_than_every_customers_write(stage: Stage) -> None:
    customer = await stage.customer()
    touched, _ = await write_customer(stage.db, stage.env, customer.id, _touch)

    assert (await stage.feature("sso")).created_at == touched + TICK


async def test_parallel_writes_have_instants_in_the_order_they_commit(database: Database) -> None:
    stage = await Stage.set(database, at=None)
    customer = await stage.customer()

    async def touch() -> datetime:
        return (await write_customer(database, stage.env, customer.id, _touch))[0]

    async def add(number: int) -> datetime:
        return (await stage.feature(f"feature_{number}")).created_at

    written = await asyncio.gather(*(touch() for _ in range(10)), *(add(number) for number in range(10)))

    assert len(set(written)) == 20
    assert all(instant == cut(instant) for instant in written)
    assert (await stage.facts(customer)).customer.written_at == max(written[:10])
    assert (await stage.environment()).catalogue_written_at == max(written[10:])


async def test_a_process_with_a_slow_clock_writes_after_what_it_sees(database_url: str, database: Database) -> None:
    stage = await Stage.set(database, at=None)
    customer = await stage.customer()
    slow = Database.open(database_url, clock=StoppedClock(NOON - 400 * DAY))

    instants = [(await write_customer(slow, stage.env, customer.id, _touch))[0] for _ in range(3)]

    assert customer.written_at < instants[0] < instants[1] < instants[2]
    await slow.close()


async def test_the_clock_is_the_process_on_sqlite_and_the_server_on_postgresql(database_url: str) -> None:
    fast = Database.open(database_url, clock=StoppedClock(SystemClock().now() + 400 * DAY))
    stage = await Stage.set(fast, at=None)

    written = (await stage.customer()).written_at

    assert (written == fast.clock.now()) == (fast.engine.dialect.name == "sqlite")
    await fast.close()

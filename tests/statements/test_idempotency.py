"""Idempotency keys: one effect for a request, however often it is sent."""

import asyncio
from datetime import datetime

import pytest
from sqlalchemy import func, select

from entitlements.facts import CustomerId, Feature, FeatureId
from storage.customers import delete_customer, insert_customer, load_customers
from storage.database import Database
from storage.environments import set_clock
from storage.errors import IdempotencyConflict, Replayed, ResultUnnamed
from storage.features import insert_feature
from storage.idempotency import KEPT, IdempotencyRequest, check_replay
from storage.ids import new_id
from storage.rows import idempotency_keys
from storage.unit_of_work import (
    CatalogueWork,
    CustomerWork,
    NewCustomerWork,
    write_catalogue,
    write_customer,
    write_new_customer,
)
from tests.statements.stage import DAY, NOON, TICK, Stage

REQUEST = IdempotencyRequest("key-1", "createFeature", "a")


class SetClock:
    """A process's clock that stands where it is set."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


async def _create(stage: Stage, request: IdempotencyRequest, *, key: str = "sso") -> Feature:
    async def command(work: CatalogueWork) -> Feature:
        feature = Feature(FeatureId(new_id("feat")), key, key, {}, work.instant)
        await insert_feature(work, feature)
        work.result_id = feature.id
        return feature

    return await write_catalogue(stage.db, stage.env, command, idempotency=request)


async def _keys(stage: Stage) -> int:
    async with stage.db.read() as connection:
        return (await connection.execute(select(func.count()).select_from(idempotency_keys))).scalar_one()


async def test_a_replay_names_the_object_of_then_and_does_nothing(stage: Stage) -> None:
    feature = await _create(stage, REQUEST)
    before = await stage.environment()

    with pytest.raises(Replayed) as replay:
        await _create(stage, REQUEST)

    assert replay.value.object_id == feature.id
    assert await stage.environment() == before


@pytest.mark.parametrize(
    "other", [IdempotencyRequest("key-1", "createFeature", "b"), IdempotencyRequest("key-1", "createProduct", "a")]
)
async def test_another_input_or_mutation_under_the_key_is_a_conflict(stage: Stage, other: IdempotencyRequest) -> None:
    await _create(stage, REQUEST)

    with pytest.raises(IdempotencyConflict):
        await _create(stage, other, key="audit")

    assert (await stage.environment()).catalogue_version == 1


async def test_a_key_belongs_to_its_environment(stage: Stage) -> None:
    other = await Stage.set(stage.db, "other")

    here, there = await _create(stage, REQUEST), await _create(other, REQUEST)

    assert here.id != there.id


async def test_a_refusal_isnt_kept(stage: Stage) -> None:
    async def refuse(_: CatalogueWork) -> None:
        raise PermissionError

    with pytest.raises(PermissionError):
        await write_catalogue(stage.db, stage.env, refuse, idempotency=REQUEST)

    assert await _keys(stage) == 0
    assert (await _create(stage, REQUEST)).lookup_key == "sso"


async def test_a_command_must_name_what_it_concerned(stage: Stage) -> None:
    async def forget(_: CatalogueWork) -> None:
        pass

    with pytest.raises(ResultUnnamed):
        await write_catalogue(stage.db, stage.env, forget, idempotency=REQUEST)

    assert await _keys(stage) == 0


async def test_of_many_at_once_the_others_wait_and_are_replays(stage: Stage) -> None:
    async def create() -> str:
        try:
            return (await _create(stage, REQUEST)).id
        except Replayed as replay:
            return f"replay of {replay.object_id}"

    answers = sorted(await asyncio.gather(*(create() for _ in range(8))))

    assert answers == [answers[0]] + [f"replay of {answers[0]}"] * 7


async def test_the_second_gets_the_key_when_the_first_fails(stage: Stage) -> None:
    waits, is_begun = asyncio.Event(), asyncio.Event()

    async def fail(_: CatalogueWork) -> None:
        is_begun.set()
        await waits.wait()
        raise PermissionError

    first = asyncio.create_task(write_catalogue(stage.db, stage.env, fail, idempotency=REQUEST))
    await is_begun.wait()
    second = asyncio.create_task(_create(stage, REQUEST))
    await asyncio.sleep(0.05)
    assert not second.done()
    waits.set()

    with pytest.raises(PermissionError):
        await first
    assert (await second).lookup_key == "sso"


async def test_a_replay_is_known_after_its_customer_was_deleted(stage: Stage) -> None:
    async def create(work: NewCustomerWork) -> CustomerId:
        customer = await insert_customer(work, CustomerId(new_id("cus")), external_id="acme")
        work.result_id = customer.id
        return customer.id

    async def delete(work: CustomerWork) -> None:
        await delete_customer(work)
        work.result_id = work.loaded.customer.id

    creation = IdempotencyRequest("key-1", "createCustomer", "a")
    deletion = IdempotencyRequest("key-2", "deleteCustomer", "a")
    customer = await write_new_customer(stage.db, stage.env, create, idempotency=creation)
    await write_customer(stage.db, stage.env, customer, delete, idempotency=deletion)

    with pytest.raises(Replayed) as created:
        await write_new_customer(stage.db, stage.env, create, idempotency=creation)
    with pytest.raises(Replayed) as deleted:
        await write_customer(stage.db, stage.env, customer, delete, idempotency=deletion)

    assert created.value.object_id == deleted.value.object_id == customer
    async with stage.db.read() as connection:
        assert customer in await load_customers(connection, stage.env, [customer], deleted=True)


async def test_a_key_is_checked_without_taking_it(stage: Stage) -> None:
    now = stage.db.clock.now()

    async with stage.db.read() as connection:
        await check_replay(connection, stage.env, REQUEST, now)
        feature = await _create(stage, REQUEST)
        with pytest.raises(Replayed) as replay:
            await check_replay(connection, stage.env, REQUEST, now)
        with pytest.raises(IdempotencyConflict):
            await check_replay(connection, stage.env, IdempotencyRequest("key-1", "x", "a"), now)

    assert replay.value.object_id == feature.id


async def test_a_key_is_kept_24_hours_of_real_time_whatever_the_test_clock_says(database_url: str) -> None:
    clock = SetClock(NOON)
    database = Database.open(database_url, clock=clock)
    stage = await Stage.set(database, at=NOON)
    await _create(stage, REQUEST)
    await _create(stage, IdempotencyRequest("key-2", "createFeature", "a"), key="audit")

    await set_clock(database, stage.env, NOON + 30 * DAY)
    clock.at = NOON + KEPT - TICK
    with pytest.raises(Replayed):
        await _create(stage, REQUEST)
    clock.at = NOON + KEPT
    again = await _create(stage, REQUEST, key="sso2")

    with pytest.raises(Replayed) as replay:
        await _create(stage, REQUEST)
    assert replay.value.object_id == again.id
    assert await _keys(stage) == 1
    await database.close()

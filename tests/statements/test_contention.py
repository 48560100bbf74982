"""Writers in each other's way: they wait, are run again, and at last are told to come back."""

import asyncio

import pytest
from sqlalchemy import select

from storage.customers import update_customer
from storage.database import Database
from storage.errors import Contended
from storage.features import load_features_by_key
from storage.records import CustomerRecord
from storage.rows import customers
from storage.unit_of_work import CatalogueWork, CustomerWork, write_catalogue, write_customer
from tests.statements.stage import Stage


async def test_a_writer_waits_for_one_of_another_process(stage: Stage, database_url: str) -> None:
    other = Stage(Database.open(database_url), stage.name, stage.env)
    is_begun = asyncio.Event()

    async def slow(_: CatalogueWork) -> None:
        is_begun.set()
        await asyncio.sleep(0.2)

    first = asyncio.create_task(write_catalogue(stage.db, stage.env, slow))
    await is_begun.wait()
    second = asyncio.create_task(other.feature("sso"))
    await asyncio.sleep(0.1)
    waited = not second.done()
    await asyncio.gather(first, second)

    assert waited
    await other.db.close()


async def test_readers_go_on_while_somebody_writes(stage: Stage) -> None:
    customer = await stage.customer("acme")
    seen: list[str | None] = []

    async def command(work: CustomerWork) -> None:
        await update_customer(work, name="Not yet")
        seen.append((await stage.facts(customer)).customer.name)

    await write_customer(stage.db, stage.env, customer.id, command)
    seen.append((await stage.facts(customer)).customer.name)

    assert seen == [None, "Not yet"]


async def test_a_catalogue_write_sees_all_customers_writes_or_makes_them_wait(stage: Stage) -> None:
    """A customer's command finds the catalogue as it will be when it commits."""
    customer = await stage.customer()
    found: list[int] = []

    async def command(work: CustomerWork) -> None:
        found.append(len(await load_features_by_key(work.connection, stage.env, ["sso"])))
        await asyncio.sleep(0.05)
        found.append(len(await load_features_by_key(work.connection, stage.env, ["sso"])))
        await update_customer(work, name="Acme")

    (_, change), feature = await asyncio.gather(
        write_customer(stage.db, stage.env, customer.id, command), stage.feature("sso")
    )

    assert change is not None
    assert found in ([0, 0], [1, 1])
    assert (change.instant > feature.created_at) == (found == [1, 1])


async def test_writers_that_lock_each_other_out_are_run_again(stage: Stage) -> None:
    """On PostgreSQL a real deadlock: each holds one customer's row and wants the other's. SQLite lets one in only."""
    one, other = await stage.customer(), await stage.customer()
    runs: list[str] = []

    async def write(mine: CustomerRecord, theirs: CustomerRecord) -> None:
        async def command(work: CustomerWork) -> None:
            runs.append(mine.id)
            await asyncio.sleep(0.05)
            await work.connection.execute(select(customers).where(customers.c.id == theirs.id).with_for_update())
            await update_customer(work, name="Done")

        await write_customer(stage.db, stage.env, mine.id, command)

    await asyncio.gather(write(one, other), write(other, one))

    assert [(await stage.facts(customer)).customer.name for customer in (one, other)] == ["Done", "Done"]
    assert len(runs) == (3 if stage.db.engine.dialect.name == "postgresql" else 2)


async def test_after_five_attempts_a_writer_is_told_to_come_back(stage: Stage) -> None:
    runs: list[CatalogueWork] = []

    async def collide(work: CatalogueWork) -> None:
        runs.append(work)
        raise Contended("others were in the way")

    with pytest.raises(Contended):
        await write_catalogue(stage.db, stage.env, collide)

    assert len(runs) == 5
    assert (await stage.environment()).catalogue_version == 0

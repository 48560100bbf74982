"""What a unit of work says its customer's facts have become is what anybody reads from then on."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy import event, select

from entitlements.facts import (
    BillingInterval,
    Grant,
    GrantId,
    Interval,
    Segment,
    StatusRecord,
    Subscription,
    SubscriptionItem,
    SubscriptionItemId,
    SubscriptionStatus,
)
from storage.customers import delete_customer, update_customer
from storage.database import Database
from storage.errors import RowMissing
from storage.grants import insert_grant, revoke_grant
from storage.ids import new_id
from storage.instants import load_present
from storage.rows import customers
from storage.subscription_changes import save_subscription
from storage.subscriptions import append_status, insert_subscription
from storage.unit_of_work import CustomerWork, write_customer
from tests.statements.stage import DAY, Stage, active_subscription

MONTHLY, YEARLY = Interval(BillingInterval.MONTH), Interval(BillingInterval.YEAR, 2)
METADATA = {"order": "7", "by": "sales"}

Edit = Callable[[CustomerWork, Subscription], Subscription]


def _pay_late(work: CustomerWork, held: Subscription) -> Subscription:
    record = StatusRecord(SubscriptionStatus.PAST_DUE, work.instant)
    return replace(held, statuses=(*held.statuses, record))


def _cancel_later(work: CustomerWork, held: Subscription) -> Subscription:
    return replace(held, cancel_at=work.instant + DAY, canceled_at=work.instant, metadata=METADATA)


def _move_first_item(work: CustomerWork, held: Subscription) -> Subscription:
    first, *rest = held.items
    closed, other = replace(first.segments[-1], until=work.instant), held.items[1].segments[0].product
    moved = replace(first, segments=(*first.segments[:-1], closed, Segment(other, 5, YEARLY, work.instant)))
    return replace(held, items=(moved, *rest))


def _remove_last_item(work: CustomerWork, held: Subscription) -> Subscription:
    *rest, last = held.items
    closed = replace(last.segments[-1], until=work.instant)
    return replace(held, items=(*rest, replace(last, segments=(*last.segments[:-1], closed))))


def _add_item(work: CustomerWork, held: Subscription) -> Subscription:
    segment = Segment(held.items[0].segments[0].product, 0, MONTHLY, work.instant)
    return replace(held, items=(*held.items, SubscriptionItem(SubscriptionItemId(new_id("si")), (segment,))))


def _all_at_once(work: CustomerWork, held: Subscription) -> Subscription:
    for edit in (_pay_late, _cancel_later, _move_first_item, _remove_last_item, _add_item):
        held = edit(work, held)
    return held


@pytest.mark.parametrize(
    "edits", [[_pay_late, _cancel_later, _move_first_item, _remove_last_item, _add_item], [_all_at_once]]
)
async def test_edits_of_a_subscription_come_to_what_is_read(stage: Stage, edits: list[Edit]) -> None:
    sso, audit = await stage.feature("sso"), await stage.feature("audit")
    pro, team = await stage.plan("pro", sso), await stage.plan("team", audit, sso)
    customer = await stage.customer()
    await stage.subscribe(customer, team)
    subscription = await stage.subscribe(customer, pro, team)

    for edit in edits:

        async def command(work: CustomerWork, edit: Edit = edit) -> None:
            held = work.find_subscription(subscription.id)
            await save_subscription(work, held, edit(work, held))

        _, change = await write_customer(stage.db, stage.env, customer.id, command)

        assert change is not None
        assert change.loaded_after == await stage.facts(customer)


async def test_what_is_added_comes_to_what_is_read(stage: Stage) -> None:
    sso = await stage.feature("sso")
    pro, team = await stage.plan("pro", sso), await stage.plan("team", sso)
    customer = await stage.customer()
    grant = GrantId(new_id("grt"))

    async def subscribe(work: CustomerWork) -> None:
        for products in ((pro,), (team, pro)):
            made = active_subscription(customer.id, work.instant, *products)
            await insert_subscription(work, replace(made, metadata=METADATA))

    async def give(work: CustomerWork) -> None:
        at = work.instant
        await insert_grant(work, Grant(grant, customer.id, sso.id, at, at, at + DAY, metadata=METADATA))

    async def rename(work: CustomerWork) -> None:
        await update_customer(work, name="Acme", metadata=METADATA)

    async def revoke(work: CustomerWork) -> None:
        await revoke_grant(work, grant)

    for command in (subscribe, give, rename, revoke):
        _, change = await write_customer(stage.db, stage.env, customer.id, command)
        read = await stage.facts(customer)

        assert change is not None
        assert change.loaded_after == read
        # Clients see metadata in an order, which must not depend on who has it from where.
        of_subscriptions = [list(each.metadata) for each in change.loaded_after.facts.subscriptions]
        assert of_subscriptions == [["by", "order"]] * 2
        assert [list(each.metadata) for each in change.loaded_after.facts.grants] in ([], [["by", "order"]])


async def test_a_deleted_customers_facts_stay_as_they_were(stage: Stage) -> None:
    customer = await stage.customer()
    await stage.subscribe(customer, await stage.plan("pro", await stage.feature("sso")))
    before = await stage.facts(customer)

    _, change = await write_customer(stage.db, stage.env, customer.id, delete_customer)

    assert change is not None
    assert (change.loaded_after.facts, change.after.features) == (before.facts, {})


async def test_another_customers_subscription_is_not_written_to(stage: Stage) -> None:
    customer, other = await stage.customer(), await stage.customer()
    subscription = await stage.subscribe(other, await stage.product("pro"))
    before = await stage.facts(other)

    async def command(work: CustomerWork) -> None:
        await append_status(work, subscription.id, StatusRecord(SubscriptionStatus.PAST_DUE, work.instant + DAY))

    with pytest.raises(RowMissing):
        await write_customer(stage.db, stage.env, customer.id, command)

    assert await stage.facts(other) == before


async def test_a_write_reads_its_customers_facts_once(stage: Stage) -> None:
    """On PostgreSQL: locks, facts, new attachments, all rows at once, the event if it makes one, the version.

    An event takes two: itself, and its deliveries.
    """
    pro = await stage.plan("pro", await stage.feature("sso"))
    customer = await stage.customer()
    sent: list[str] = []
    event.listen(stage.db.engine.sync_engine, "before_cursor_execute", lambda *args: sent.append(args[2]))

    async def spent() -> int:
        sent.clear()
        await stage.subscribe(customer, pro)
        return len([statement for statement in sent if not re.search("^BEGIN|pg_notify", statement)])

    first, second = await spent(), await spent()

    # SQLite has its lock already, and takes the rows of each table by themselves.
    assert (first, second) == ((7, 4) if stage.db.engine.dialect.name == "postgresql" else (9, 6))


async def test_an_instant_is_taken_when_the_lock_was_had(database: Database, database_url: str) -> None:
    stage = await Stage.set(database, at=None)
    customer = await stage.customer()
    other = Database.open(database_url)

    async def touch(work: CustomerWork) -> datetime:
        await update_customer(work, name="Acme")
        return work.instant

    async with database.begin_write() as connection:
        await connection.execute(select(customers).where(customers.c.id == customer.id).with_for_update())
        waiting = asyncio.create_task(write_customer(other, stage.env, customer.id, touch))
        await asyncio.sleep(0.1)
        has_waited = not waiting.done()
        released = await load_present(connection, database.clock)

    assert has_waited
    assert (await waiting)[0] >= released
    await other.close()


async def test_a_writer_that_waited_goes_on_from_what_the_other_wrote(stage: Stage, database_url: str) -> None:
    sso = await stage.feature("sso")
    customer = await stage.customer()
    other = Stage(Database.open(database_url), stage.name, stage.env)

    changes = await asyncio.gather(*(each.grant(customer, sso) for each in (stage, other) for _ in range(5)))

    changes.sort(key=lambda change: change.instant)
    assert [len(change.loaded_after.facts.grants) for change in changes] == list(range(1, 11))
    assert changes[-1].loaded_after == await stage.facts(customer)
    await other.db.close()

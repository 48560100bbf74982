"""What a write makes of a customer's versions: announced to the last instant, one for each effective change."""

import asyncio

import pytest

from entitlements.changes import count_changes
from entitlements.facts import CatalogRollout
from entitlements.timeline import timeline
from storage.customers import delete_customer, update_customer
from storage.environments import set_clock
from storage.grants import revoke_grant
from storage.records import CustomerRecord
from storage.subscriptions import close_segment, update_subscription
from storage.unit_of_work import CustomerWork, write_customer
from tests.statements.stage import DAY, NOON, TICK, Stage


async def _rename(work: CustomerWork) -> None:
    await update_customer(work, name="Renamed")


async def _revision_now(stage: Stage, customer: CustomerRecord) -> int:
    """The revision as a reader has it, who announces nothing. Source: DESIGN, Versions."""
    loaded = await stage.facts(customer)
    now = (await stage.environment()).clock_at
    assert now is not None
    record = loaded.customer
    until = max(now, record.written_at)
    due = count_changes(timeline(loaded.facts, loaded.attachments), record.announced_until, until)
    return record.announced_revision + due


async def test_a_write_that_gives_a_feature_is_one_effective_change(stage: Stage) -> None:
    features = [await stage.feature(key) for key in "abc"]
    plan = await stage.plan("pro", *features)
    customer = await stage.customer()
    await stage.subscribe(customer, plan)

    loaded = await stage.facts(customer)

    assert (loaded.customer.announced_revision, loaded.customer.facts_version) == (1, 2)
    assert loaded.customer.announced_until == loaded.customer.written_at


async def test_a_write_that_gives_what_is_there_already_is_none(stage: Stage) -> None:
    sso = await stage.feature("sso")
    customer = await stage.customer()
    first = await stage.grant(customer, sso)
    second = await stage.grant(customer, sso)

    assert (first.effective, first.revision) == (True, 1)
    assert (second.effective, second.revision) == (False, 1)
    assert (await stage.facts(customer)).customer.facts_version == 3


async def test_a_longer_grant_moves_the_end_of_a_member_and_is_effective(stage: Stage) -> None:
    sso = await stage.feature("sso")
    customer = await stage.customer()
    await stage.grant(customer, sso, days=1)

    longer = await stage.grant(customer, sso, days=2)

    assert (longer.effective, longer.revision) == (True, 2)


async def test_what_time_made_due_is_counted_before_the_write_itself(stage: Stage) -> None:
    sso, audit = await stage.feature("sso"), await stage.feature("audit")
    customer = await stage.customer()
    await stage.grant(customer, sso, days=1)
    await stage.grant(customer, audit, days=3)
    await set_clock(stage.db, stage.env, NOON + 2 * DAY)

    read = await _revision_now(stage, customer)
    _, renamed = await write_customer(stage.db, stage.env, customer.id, _rename)
    again = await stage.grant(customer, sso)

    assert read == 3
    assert renamed is not None
    assert (renamed.effective, renamed.revision) == (False, 3)
    assert (again.effective, again.revision) == (True, 4)
    assert await _revision_now(stage, customer) == 4


async def test_a_catalogue_write_counts_at_its_instant_without_touching_customers(stage: Stage) -> None:
    sso, pro = await stage.feature("sso"), await stage.product("pro")
    customer = await stage.customer()
    await stage.subscribe(customer, pro)
    before = await stage.facts(customer)
    await stage.attach(pro, sso, CatalogRollout.IMMEDIATE)

    after = await stage.facts(customer)
    due = count_changes(timeline(after.facts, after.attachments), after.customer.announced_until, NOON + DAY)
    _, renamed = await write_customer(stage.db, stage.env, customer.id, _rename)

    assert after.customer == before.customer
    assert due == 1
    assert renamed is not None
    assert (renamed.effective, renamed.revision) == (False, before.customer.announced_revision + 1)


async def test_a_command_that_writes_nothing_changes_no_version(stage: Stage) -> None:
    customer = await stage.customer()

    async def look(work: CustomerWork) -> str:
        return work.loaded.customer.id

    result, change = await write_customer(stage.db, stage.env, customer.id, look)

    assert (result, change) == (customer.id, None)
    assert (await stage.facts(customer)).customer == customer


async def test_deleting_a_customer_takes_the_whole_set(stage: Stage) -> None:
    customer = await stage.customer()
    await stage.grant(customer, await stage.feature("sso"))

    _, change = await write_customer(stage.db, stage.env, customer.id, delete_customer)

    assert change is not None
    assert (change.effective, change.revision, dict(change.after.features)) == (True, 2, {})
    assert change.loaded_after.customer.deleted_at == change.instant


async def test_an_exception_of_the_command_rolls_everything_back(stage: Stage) -> None:
    customer = await stage.customer()
    grant = await stage.grant(customer, await stage.feature("sso"))
    before = await stage.facts(customer)

    async def fail(work: CustomerWork) -> None:
        await revoke_grant(work, grant.loaded_after.facts.grants[0].id)
        await update_customer(work, name="Half done")
        raise PermissionError

    with pytest.raises(PermissionError):
        await write_customer(stage.db, stage.env, customer.id, fail)

    assert await stage.facts(customer) == before


async def test_parallel_writes_of_one_customer_lose_none(stage: Stage) -> None:
    features = [await stage.feature(f"feature_{number}") for number in range(16)]
    customer = await stage.customer()

    changes = await asyncio.gather(*(stage.grant(customer, feature) for feature in features))

    loaded = await stage.facts(customer)
    assert {grant.feature for grant in loaded.facts.grants} == {feature.id for feature in features}
    assert sorted(change.revision for change in changes) == list(range(1, 17))
    assert len({change.instant for change in changes}) == 16
    assert (loaded.customer.announced_revision, loaded.customer.facts_version) == (16, 17)


async def test_parallel_changes_of_one_subscription_lose_none(stage: Stage) -> None:
    """Removing items counts one each; edits of the row that move no end of a member count none."""
    plans = [await stage.plan(f"plan_{number}", await stage.feature(f"feature_{number}")) for number in range(8)]
    customer = await stage.customer()
    subscription = await stage.subscribe(customer, *plans)

    async def remove(number: int) -> None:
        async def command(work: CustomerWork) -> None:
            await close_segment(work, subscription.items[number].id, work.instant)

        await write_customer(stage.db, stage.env, customer.id, command)

    async def describe(number: int) -> None:
        async def command(work: CustomerWork) -> None:
            [held] = work.loaded.facts.subscriptions
            await update_subscription(work, held.id, metadata={**held.metadata, str(number): "x"})

        await write_customer(stage.db, stage.env, customer.id, command)

    await asyncio.gather(*(remove(number) for number in range(8)), *(describe(number) for number in range(8)))

    loaded = await stage.facts(customer)
    [held] = loaded.facts.subscriptions
    assert len(held.metadata) == 8
    assert all(item.removed_at is not None for item in held.items)
    assert (loaded.customer.announced_revision, loaded.customer.facts_version) == (9, 18)
    assert loaded.customer.written_at == subscription.recorded_at + 16 * TICK

"""A customer's facts, as written and as of one snapshot."""

from dataclasses import replace

from sqlalchemy import event, update

from entitlements.facts import (
    BillingInterval,
    CatalogRollout,
    CustomerId,
    Grant,
    GrantId,
    Interval,
    Segment,
    StatusRecord,
    Subscription,
    SubscriptionItem,
    SubscriptionItemId,
    SubscriptionStatus,
    TrialEndBehavior,
)
from storage.customers import insert_customer
from storage.errors import RowUnreadable
from storage.facts import load_facts
from storage.grants import insert_grant, revoke_grant
from storage.ids import new_id
from storage.product_features import detach_feature
from storage.records import CustomerRecord
from storage.rows import product_features, subscription_statuses
from storage.subscriptions import (
    append_status,
    close_segment,
    insert_item,
    insert_subscription,
    open_segment,
    update_subscription,
)
from storage.unit_of_work import (
    CatalogueWork,
    CustomerWork,
    NewCustomerWork,
    write_catalogue,
    write_customer,
    write_new_customer,
)
from tests.statements.stage import DAY, NOON, Stage, active_subscription

YEARLY = Interval(BillingInterval.YEAR, 1)


async def test_a_subscription_comes_back_as_it_was_written(stage: Stage) -> None:
    customer = await stage.customer("acme")
    products = [await stage.product(key) for key in ("pro", "seats", "support")]
    written = replace(
        active_subscription(customer.id, NOON, *products),
        started_at=NOON - 40 * DAY,
        statuses=(StatusRecord(SubscriptionStatus.TRIALING, NOON),),
        trial_end=NOON + 14 * DAY,
        trial_end_behavior=TrialEndBehavior.PAUSE,
        cancel_at=NOON + 60 * DAY,
        cancel_at_period_end=True,
        canceled_at=NOON,
        metadata={"order": "7"},
    )

    async def command(work: CustomerWork) -> None:
        await insert_subscription(work, written)

    await write_customer(stage.db, stage.env, customer.id, command)

    assert (await stage.facts(customer)).facts.subscriptions == (written,)


async def test_a_subscription_is_added_to_and_never_overwritten(stage: Stage) -> None:
    customer = await stage.customer("acme")
    pro, team = await stage.product("pro"), await stage.product("team")
    made = await stage.subscribe(customer, pro)
    [item] = made.items
    added = SubscriptionItemId(new_id("si"))

    async def command(work: CustomerWork) -> tuple[Segment, Segment]:
        moved, extra = (Segment(team.id, quantity, YEARLY, work.instant) for quantity in (5, 0))
        await close_segment(work, item.id, work.instant)
        await open_segment(work, item.id, moved)
        await insert_item(work, made.id, SubscriptionItem(added, (extra,)))
        await append_status(work, made.id, StatusRecord(SubscriptionStatus.PAST_DUE, work.instant))
        await update_subscription(work, made.id, cancel_at=NOON + DAY, canceled_at=work.instant)
        return moved, extra

    (moved, extra), change = await write_customer(stage.db, stage.env, customer.id, command)

    assert change is not None
    at = change.instant
    expected = Subscription(
        id=made.id,
        customer=customer.id,
        recorded_at=made.recorded_at,
        started_at=made.started_at,
        statuses=(*made.statuses, StatusRecord(SubscriptionStatus.PAST_DUE, at)),
        items=(
            SubscriptionItem(item.id, (replace(item.segments[0], until=at), moved)),
            SubscriptionItem(added, (extra,)),
        ),
        cancel_at=NOON + DAY,
        canceled_at=at,
    )
    assert change.loaded_after == await stage.facts(customer)
    assert change.loaded_after.facts.subscriptions == (expected,)


async def test_a_grant_comes_back_as_it_was_written_and_revoked(stage: Stage) -> None:
    customer, sso = await stage.customer("acme"), await stage.feature("sso")
    written = Grant(
        id=GrantId(new_id("grt")),
        customer=customer.id,
        feature=sso.id,
        recorded_at=NOON,
        active_from=NOON + DAY,
        active_to=NOON + 2 * DAY,
        reason="A try-out",
        metadata={"by": "sales"},
    )

    async def give(work: CustomerWork) -> None:
        await insert_grant(work, written)

    async def revoke(work: CustomerWork) -> None:
        await revoke_grant(work, written.id)

    await write_customer(stage.db, stage.env, customer.id, give)
    given = (await stage.facts(customer)).facts.grants
    _, change = await write_customer(stage.db, stage.env, customer.id, revoke)

    assert given == (written,)
    assert change is not None
    assert change.loaded_after.facts.grants == (replace(written, revoked_at=change.instant),)


async def test_facts_come_with_every_attachment_their_products_ever_had(stage: Stage) -> None:
    sso, audit = await stage.feature("sso"), await stage.feature("audit")
    pro, team, unrelated = [await stage.product(key) for key in ("pro", "team", "unrelated")]
    ended, kept = await stage.attach(pro, sso), await stage.attach(team, audit)
    await stage.attach(unrelated, sso)
    customer = await stage.customer()
    [item] = (await stage.subscribe(customer, pro)).items

    async def move(work: CustomerWork) -> None:
        await close_segment(work, item.id, work.instant)
        await open_segment(work, item.id, Segment(team.id, 1, YEARLY, work.instant))

    async def detach(work: CatalogueWork) -> None:
        await detach_feature(work, ended, CatalogRollout.IMMEDIATE)

    await write_customer(stage.db, stage.env, customer.id, move)
    await write_catalogue(stage.db, stage.env, detach)
    loaded = await stage.facts(customer)

    assert [attachment.id for attachment in loaded.attachments] == [ended.id, kept.id]
    assert loaded.attachments[0].detached_at == loaded.environment.catalogue_written_at
    assert loaded.environment == await stage.environment()


async def test_one_snapshot_holds_facts_attachments_and_versions_together(stage: Stage) -> None:
    sso = await stage.feature("sso")
    pro = await stage.plan("pro", sso)
    customer = await stage.customer()
    await stage.subscribe(customer, pro)
    before = await stage.facts(customer)

    async with stage.db.snapshot() as connection:
        first = await load_facts(connection, stage.env, [customer.id])
        await stage.grant(customer, sso)
        await stage.attach(pro, await stage.feature("audit"))
        second = await load_facts(connection, stage.env, [customer.id])

    after = await stage.facts(customer)
    assert first == second == {customer.id: before}
    assert after.customer.facts_version == before.customer.facts_version + 1
    assert after.environment.attachments_version == before.environment.attachments_version + 1
    assert (len(after.facts.grants), len(after.attachments)) == (1, 2)


async def test_facts_of_many_customers_cost_one_statement(stage: Stage) -> None:
    sso = await stage.feature("sso")
    pro = await stage.plan("pro", sso)
    customers = [await stage.customer() for _ in range(20)]
    for customer in customers:
        await stage.subscribe(customer, pro)
        await stage.grant(customer, sso)
    statements: list[str] = []
    event.listen(stage.db.engine.sync_engine, "before_cursor_execute", lambda *args: statements.append(args[2]))

    async def spent(*ids: CustomerId) -> list[str]:
        statements.clear()
        async with stage.db.read() as connection:
            found = await load_facts(connection, stage.env, ids)
        assert len(found) == len(ids)
        return [statement for statement in statements if "pg_notify" not in statement]

    one, many = await spent(customers[0].id), await spent(*(customer.id for customer in customers))

    assert len(one) == 1
    assert one == many


async def test_facts_of_foreign_unknown_and_deleted_customers_are_absent(stage: Stage) -> None:
    other = await Stage.set(stage.db, "other")
    foreign = await other.customer()

    async with stage.db.snapshot() as connection:
        found = await load_facts(connection, stage.env, [foreign.id, CustomerId("cus_none"), CustomerId("\0")])

    assert found == {}


async def test_two_environments_may_hold_objects_of_one_id(stage: Stage) -> None:
    other = await Stage.set(stage.db, "other", at=NOON + DAY)
    imported = CustomerId("cus_imported")

    async def take(work: NewCustomerWork) -> CustomerRecord:
        return await insert_customer(work, imported)

    here, there = [await write_new_customer(stage.db, env, take) for env in (stage.env, other.env)]

    assert (await stage.facts(here)).customer == here
    assert (await other.facts(there)).customer == there
    assert (here.created_at, there.created_at) == (NOON, NOON + DAY)


async def test_a_customer_whose_facts_a_newer_release_wrote_leaves_the_others_theirs(stage: Stage) -> None:
    pro, team = await stage.product("pro"), await stage.product("team")
    newer, broken, well = [await stage.customer() for _ in range(3)]
    subscription = await stage.subscribe(newer, pro)
    await stage.subscribe(broken, team)
    attachment = await stage.attach(team, await stage.feature("sso"))
    async with stage.db.begin_write() as connection:
        await connection.execute(
            update(subscription_statuses)
            .where(subscription_statuses.c.subscription_id == subscription.id)
            .values(status="FROZEN")
        )
        await connection.execute(
            update(product_features).where(product_features.c.id == attachment.id).values(rollout="SOMEDAY")
        )

    async with stage.db.snapshot() as connection:
        found = await load_facts(connection, stage.env, [newer.id, broken.id, well.id])

    assert isinstance(found[newer.id], RowUnreadable)
    assert isinstance(found[broken.id], RowUnreadable)
    assert found[well.id] == await stage.facts(well)

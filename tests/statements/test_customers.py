"""Customers at rest, and whose things are whose."""

import asyncio

import pytest

from entitlements.facts import CatalogRollout, CustomerId, SubscriptionId
from storage.customers import (
    candidates_for_feature,
    count_customers,
    customers_of_grants,
    customers_of_items,
    customers_of_subscriptions,
    delete_customer,
    load_customers,
    load_customers_by_external_id,
    page_customers,
    update_customer,
)
from storage.errors import CustomerMissing, UniqueViolation
from storage.paging import Cut
from storage.product_features import detach_feature
from storage.records import CustomerRecord
from storage.subscriptions import close_segment
from storage.unit_of_work import CatalogueWork, CustomerWork, write_catalogue, write_customer
from tests.statements.stage import NOON, TICK, Stage


async def _delete(stage: Stage, customer: CustomerRecord) -> None:
    await write_customer(stage.db, stage.env, customer.id, delete_customer)


async def test_a_new_customer_has_revision_nought(stage: Stage) -> None:
    customer = await stage.customer("acme", email="it@acme.example")

    async with stage.db.read() as connection:
        found = await load_customers(connection, stage.env, [customer.id, CustomerId("cus_none")])

    assert found == {customer.id: customer}
    assert (customer.created_at, customer.written_at, customer.announced_until) == (NOON, NOON, NOON)
    assert (customer.facts_version, customer.announced_revision) == (1, 0)


async def test_an_external_id_is_given_once_among_those_who_are_there(stage: Stage) -> None:
    first = await stage.customer("acme")
    with pytest.raises(UniqueViolation) as refusal:
        await stage.customer("acme")
    await _delete(stage, first)
    second = await stage.customer("acme")

    async with stage.db.read() as connection:
        found = await load_customers_by_external_id(connection, stage.env, ["acme", "none"])

    assert refusal.value.field == "external_id"
    assert found == {"acme": second}


async def test_customers_without_an_external_id_dont_collide(stage: Stage) -> None:
    await asyncio.gather(*(stage.customer() for _ in range(3)))

    async with stage.db.read() as connection:
        assert await count_customers(connection, stage.env, email=None) == 3


async def test_customers_are_listed_by_address(stage: Stage) -> None:
    one, other = await stage.customer(email="a@x.example"), await stage.customer(email="A@x.example")
    gone = await stage.customer(email="a@x.example")
    await _delete(stage, gone)

    async with stage.db.read() as connection:
        everybody = await page_customers(connection, stage.env, Cut(5), email=None)
        exact = await page_customers(connection, stage.env, Cut(5), email="a@x.example")
        count = await count_customers(connection, stage.env, email="a@x.example")

    assert {customer.id for customer in everybody.items} == {one.id, other.id}
    assert [customer.id for customer in exact.items] == [one.id]
    assert count == 1


async def test_an_edit_keeps_what_it_doesnt_name(stage: Stage) -> None:
    customer = await stage.customer("acme", email="it@acme.example")

    async def edit(work: CustomerWork) -> None:
        await update_customer(work, name="Acme", metadata={"plan": "old"})

    _, change = await write_customer(stage.db, stage.env, customer.id, edit)

    assert change is not None
    after = change.loaded_after.customer
    assert (after.external_id, after.email, after.name) == ("acme", "it@acme.example", "Acme")
    assert (after.metadata, after.facts_version, after.written_at) == ({"plan": "old"}, 2, NOON + TICK)
    assert (change.effective, change.revision) == (False, 0)


async def test_a_deleted_customer_is_unknown_with_everything_below(stage: Stage) -> None:
    pro = await stage.plan("pro", await stage.feature("sso"))
    customer = await stage.customer("acme")
    subscription = await stage.subscribe(customer, pro)
    await _delete(stage, customer)

    async with stage.db.read() as connection:
        present = await load_customers(connection, stage.env, [customer.id])
        deleted = await load_customers(connection, stage.env, [customer.id], deleted=True)
        owners = await customers_of_subscriptions(connection, stage.env, [subscription.id])
    with pytest.raises(CustomerMissing):
        await _delete(stage, customer)

    assert (present, owners) == ({}, {})
    assert deleted[customer.id].deleted_at == deleted[customer.id].written_at
    assert deleted[customer.id].announced_revision == 2


@pytest.mark.parametrize("id_", ["cus_none", "", "a\0b"])
async def test_a_missing_or_foreign_customer_cant_be_written(stage: Stage, id_: str) -> None:
    other = await Stage.set(stage.db, "other")
    foreign = await other.customer()

    for missing in (CustomerId(id_), foreign.id):
        with pytest.raises(CustomerMissing):
            await write_customer(stage.db, stage.env, missing, delete_customer)

    assert (await other.facts(foreign)).customer == foreign


async def test_owners_are_found_within_the_environment(stage: Stage) -> None:
    sso = await stage.feature("sso")
    customer, other = await stage.customer(), await Stage.set(stage.db, "other")
    subscription = await stage.subscribe(customer, await stage.plan("pro"))
    change = await stage.grant(customer, sso)
    [grant], [item] = change.loaded_after.facts.grants, subscription.items

    async with stage.db.read() as connection:
        for env, expected in ((stage.env, customer.id), (other.env, None)):
            subscriptions = await customers_of_subscriptions(connection, env, [subscription.id, SubscriptionId("no")])
            items = await customers_of_items(connection, env, [item.id])
            grants = await customers_of_grants(connection, env, [grant.id])
            assert list(subscriptions.values()) == list(items.values()) == list(grants.values())
            assert subscriptions.get(subscription.id) == expected


async def test_candidates_ever_had_a_grant_or_a_product_with_the_feature(stage: Stage) -> None:
    sso, audit = await stage.feature("sso"), await stage.feature("audit")
    pro, former, plain = await stage.plan("pro", sso), await stage.product("former"), await stage.plan("plain", audit)
    attachment = await stage.attach(former, sso)

    async def detach(work: CatalogueWork) -> None:
        await detach_feature(work, attachment, CatalogRollout.IMMEDIATE)

    await write_catalogue(stage.db, stage.env, detach)
    granted, subscribed, moved_away, with_former, without, deleted = [await stage.customer() for _ in range(6)]
    await stage.grant(granted, sso, days=1)
    await stage.subscribe(subscribed, pro)
    [item] = (await stage.subscribe(moved_away, pro)).items
    await stage.subscribe(with_former, former)
    await stage.subscribe(without, plain)
    await stage.subscribe(deleted, pro)
    await _delete(stage, deleted)

    async def remove(work: CustomerWork) -> None:
        await close_segment(work, item.id, work.instant)

    await write_customer(stage.db, stage.env, moved_away.id, remove)
    async with stage.db.read() as connection:
        everybody = await candidates_for_feature(connection, stage.env, sso.id, Cut(10))
        place = everybody[1].created_at, everybody[1].id
        rest = await candidates_for_feature(connection, stage.env, sso.id, Cut(1, after=place))

    expected = [with_former.id, moved_away.id, subscribed.id, granted.id]
    assert [customer.id for customer in everybody] == sorted(expected, reverse=True)
    assert [customer.id for customer in rest] == [everybody[2].id]

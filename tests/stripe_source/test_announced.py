"""What Stripe tells of the past changes what is true now, and that is announced as one change."""

import asyncio
from datetime import UTC, datetime, timedelta

from entitlements.changes import features_at
from entitlements.facts import CustomerId
from entitlements.facts import SubscriptionStatus as S
from entitlements.timeline import timeline
from storage.database import Database
from storage.environments import create_environment
from storage.events import load_events_after
from storage.facts import load_facts
from storage.records import Environment, Event, LoadedFacts
from tests.stripe_source.taking import BORN, Told


async def test_a_subscription_of_long_ago_is_one_change_of_now(database: Database) -> None:
    environment, told = await _begun(database)
    product = await told.product("team", await told.feature("sso"))
    before = datetime.now(UTC)

    customer = await told.customer("acme")
    await told.subscription(customer, product)

    [event] = await _events(database, environment, customer)
    assert [feature for feature, _ in event.effects.added] == ["feat_sso"]
    assert event.at >= before - timedelta(seconds=1)
    loaded = await _loaded(database, environment, customer)
    known = timeline(loaded.facts, loaded.attachments)
    assert features_at(known, BORN) == {"feat_sso"}
    assert not features_at(known, BORN - timedelta(milliseconds=1))


async def test_features_of_a_product_that_is_first_looked_at_late_are_one_change_of_its_subscribers(
    database: Database,
) -> None:
    environment, told = await _begun(database)
    customer, other = await told.customer("acme"), await told.customer("other")
    await told.subscription(customer, "prod_team")
    await told.subscription(other, "prod_else")
    assert await _events(database, environment, customer) == []

    told.at = BORN + timedelta(days=40)
    await told.product("team", await told.feature("sso"), await told.feature("audit"))

    [event] = await _events(database, environment, customer)
    assert [feature for feature, _ in event.effects.added] == ["feat_audit", "feat_sso"]
    assert await _events(database, environment, other) == []
    record = (await _loaded(database, environment, customer)).customer
    assert (record.announced_revision, record.announced_until) == (1, event.at)


async def test_a_status_of_the_past_that_changes_nothing_now_is_not_announced(database: Database) -> None:
    environment, told = await _begun(database)
    product = await told.product("team", await told.feature("sso"))
    customer = await told.customer("acme")
    told.at = BORN + timedelta(days=2)
    await told.subscription(customer, product)

    told.at = BORN + timedelta(days=1)
    await told.subscription(customer, product, status=S.UNPAID)

    assert len(await _events(database, environment, customer)) == 1
    [held] = (await _loaded(database, environment, customer)).facts.subscriptions
    assert [(each.status, each.since - BORN) for each in held.statuses] == [
        (S.ACTIVE, timedelta()),
        (S.UNPAID, timedelta(days=1)),
        (S.ACTIVE, timedelta(days=2)),
    ]


async def test_a_customer_whom_stripe_deleted_is_unknown_whatever_else_is_told(database: Database) -> None:
    environment, told = await _begun(database)
    product = await told.product("team", await told.feature("sso"))
    customer = await told.customer("acme")
    await told.subscription(customer, product)

    told.at = BORN + timedelta(days=1)
    await told.customer("acme", deleted=True)
    told.at = BORN + timedelta(days=2)
    await told.customer("acme")
    await told.subscription(customer, product, status=S.PAST_DUE)

    async with database.read() as connection:
        assert await load_facts(connection, environment.id, [CustomerId(customer)]) == {}
    assert len(await _events(database, environment, customer)) == 2


async def test_a_customer_whose_deletion_arrives_as_it_is_made_is_unknown(database: Database) -> None:
    environment, told = await _begun(database)
    later = await Told.begin(database, environment.id, BORN + timedelta(days=1))
    names = [f"hasty-{number}" for number in range(10)]
    made, deleted = [told.customer(name) for name in names], [later.customer(name, deleted=True) for name in names]

    await asyncio.gather(*made, *deleted)

    async with database.read() as connection:
        assert await load_facts(connection, environment.id, [CustomerId(f"cus_{name}") for name in names]) == {}


async def _begun(database: Database) -> tuple[Environment, Told]:
    environment = await create_environment(database, "fed", livemode=False)
    return environment, await Told.begin(database, environment.id)


async def _events(database: Database, environment: Environment, customer: str) -> list[Event]:
    async with database.read() as connection:
        return await load_events_after(connection, environment.id, CustomerId(customer), 0, 100)


async def _loaded(database: Database, environment: Environment, customer: str) -> LoadedFacts:
    async with database.read() as connection:
        loaded = (await load_facts(connection, environment.id, [CustomerId(customer)]))[CustomerId(customer)]
    assert isinstance(loaded, LoadedFacts)
    return loaded

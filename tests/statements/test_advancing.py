"""A clock that is moved on announces what lies on its way in order of instant, across all customers, and once."""

import asyncio
import os
import sys
from collections import Counter
from itertools import pairwise
from random import Random

import pytest
from sqlalchemy import update

from entitlements.changes import changes_between
from entitlements.facts import CatalogRollout, Grant, GrantId
from entitlements.timeline import timeline
from storage.advancing import CUSTOMERS_AT_ONCE, EVENTS_AT_ONCE, announce_advance, find_advancing
from storage.announcing import DueCustomer, announce_due, find_due
from storage.database import Database
from storage.environments import set_clock
from storage.grants import insert_grant
from storage.ids import new_id
from storage.records import ClockStatus, CustomerRecord
from storage.rows import subscription_statuses
from storage.unit_of_work import CustomerWork, write_customer
from tests import killing
from tests.killing import doomed
from tests.statements.advances import advance, begin_advance, clock_of, events_of, populate, told
from tests.statements.stage import DAY, NOON, Stage

YEAR = 365 * DAY
KILLS = int(os.environ.get("CLOCK_KILLS", "5"))
"""How many times a process is killed while it announces."""

CROWD = max(40, KILLS)
"""Customers it announces for, so that there is something to do each time."""

MOST_STEPS = 3
LONGEST_WORK_SECONDS = 0.1
"""How much it does at the most before, and how long it goes on from there: however fast the machine is, a few steps."""

MANY = 50
"""Processes among whom some have made a step before they are killed, whatever else the machine does."""


@pytest.mark.parametrize("seed", range(2))
async def test_a_year_in_one_step_gives_the_same_events_in_the_same_order_as_365_days(
    database: Database, seed: int
) -> None:
    """a clock advanced over many boundaries at once"""
    at_once, by_day = [await Stage.set(database, name) for name in ("at once", "by day")]
    for stage in (at_once, by_day):
        await populate(stage, seed)

    await advance(at_once, NOON + YEAR)
    for day in range(1, 366):
        await advance(by_day, NOON + day * DAY)

    expected = told(await events_of(at_once))
    assert told(await events_of(by_day)) == expected
    assert len(expected) > 30


async def test_every_change_is_announced_once_in_order_of_instant_and_then_of_customer(stage: Stage) -> None:
    customers = await populate(stage, 7)
    before = {event.id for event in await events_of(stage)}

    await advance(stage, NOON + YEAR)

    made = [event for event in await events_of(stage) if event.id not in before]
    assert [(event.at, event.customer) for event in made] == sorted((event.at, event.customer) for event in made)
    for customer in customers:
        loaded = await stage.facts(customer)
        changes = changes_between(timeline(loaded.facts, loaded.attachments), customer.created_at, NOON + YEAR)
        revisions = [event.revision for event in await events_of(stage) if event.customer == customer.id]
        assert [event.at for event in made if event.customer == customer.id] == [
            at for at in changes if at > loaded.customer.written_at
        ]
        assert revisions == list(range(1, len(revisions) + 1))


async def test_a_crowd_is_announced_in_bounded_steps_that_say_how_far_they_are(stage: Stage) -> None:
    crowd = CUSTOMERS_AT_ONCE + 30
    await _short_grants(stage, crowd)
    target = NOON + 30 * DAY

    begun = await begin_advance(stage, target)
    seen = [begun]
    counts = [0]
    while await announce_advance(stage.db, stage.env):
        seen.append(await clock_of(stage))
        counts.append(len(await events_of(stage)))
    done = await clock_of(stage)

    assert {clock.status for clock in seen} == {ClockStatus.ADVANCING}
    assert {clock.frozen_time for clock in seen} == {target}
    assert done.status is ClockStatus.READY
    progress = [clock.advance for clock in (*seen, done) if clock.advance]
    assert [each.announced_until for each in progress] == sorted(each.announced_until for each in progress)
    assert (progress[0].from_, progress[0].announced_until, progress[-1].announced_until) == (NOON, NOON, target)
    assert progress[-1].announced_events == crowd * 6
    steps = [after.announced_events - before.announced_events for before, after in pairwise(progress)]
    assert max(steps) <= EVENTS_AT_ONCE
    assert len(progress) > 4
    made = [event for event in await events_of(stage) if event.at > NOON + DAY / 2]
    assert [(event.at, event.customer) for event in made] == sorted((event.at, event.customer) for event in made)


async def test_while_a_clock_advances_nobody_else_announces_what_lies_on_its_way(stage: Stage) -> None:
    customer = await stage.customer()
    await stage.grant(customer, await stage.feature("sso"), days=1)
    await begin_advance(stage, NOON + YEAR)
    due = DueCustomer(stage.env, customer.id)

    assert await find_due(stage.db, 100) == []
    assert (await announce_due(stage.db, due.environment, [due.customer])).events == []
    assert await find_advancing(stage.db) == [stage.env]
    assert not await announce_advance(stage.db, stage.env)

    assert [event.revision for event in await events_of(stage)] == [1, 2]
    assert await find_advancing(stage.db) == []
    assert await find_due(stage.db, 100) == []


async def test_several_who_announce_at_once_make_each_event_once_and_in_order(stage: Stage) -> None:
    await populate(stage, 11)
    before = {event.id for event in await events_of(stage)}
    await begin_advance(stage, NOON + YEAR)

    async def work() -> None:
        while await find_advancing(stage.db):
            await announce_advance(stage.db, stage.env)

    await asyncio.gather(*(work() for _ in range(4)))

    made = [event for event in await events_of(stage) if event.id not in before]
    assert [(event.at, event.customer) for event in made] == sorted((event.at, event.customer) for event in made)
    assert len({(event.customer, event.revision) for event in made}) == len(made) > 30


async def test_a_write_meanwhile_announces_what_is_due_for_its_own_customer_first(stage: Stage) -> None:
    sso, api = await stage.feature("sso"), await stage.feature("api")
    early, late = await stage.customer(), await stage.customer()
    await stage.grant(early, sso, days=1)
    await stage.grant(late, sso, days=2)
    await begin_advance(stage, NOON + YEAR)

    await stage.grant(late, api)
    while await announce_advance(stage.db, stage.env):
        pass

    made = [(event.customer, event.revision) for event in await events_of(stage)]
    assert made == [(early.id, 1), (late.id, 1), (late.id, 2), (late.id, 3), (early.id, 2)]


async def test_who_is_concerned_by_a_change_of_attachments_is_found_before_anything_is_announced(
    stage: Stage,
) -> None:
    sso, api = await stage.feature("sso"), await stage.feature("api")
    plan = await stage.plan("pro", sso)
    subscribed, granted = await stage.customer(), await stage.customer()
    await stage.subscribe(subscribed, plan)
    attached = await stage.attach(plan, api, CatalogRollout.IMMEDIATE)
    await stage.grant(granted, sso, days=1)

    await advance(stage, NOON + YEAR)

    last_two = [(event.customer, event.at) for event in (await events_of(stage))[-2:]]
    assert [customer for customer, _ in last_two] == [subscribed.id, granted.id]
    assert last_two[0][1] == attached.attached_at


async def test_who_cannot_be_read_is_passed_over_and_the_clock_says_so(stage: Stage) -> None:
    sso = await stage.feature("sso")
    plan = await stage.plan("pro", sso)
    newer, other = await stage.customer(), await stage.customer()
    subscription = await stage.subscribe(newer, plan)
    await stage.grant(newer, sso, days=1)
    await stage.attach(plan, await stage.feature("api"))
    await stage.grant(other, sso, days=2)
    await _report(stage, subscription.id, "A_WORD_OF_A_NEWER_RELEASE")

    await advance(stage, NOON + 60 * DAY)
    failed = await clock_of(stage)
    await _report(stage, subscription.id, "ACTIVE")
    await advance(stage, NOON + 61 * DAY)

    assert failed.status is ClockStatus.INTERNAL_FAILURE
    assert (await clock_of(stage)).status is ClockStatus.READY
    assert [(event.customer, event.at.date()) for event in (await events_of(stage))[-2:]] == [
        (other.id, (NOON + 2 * DAY).date()),
        (newer.id, (NOON + 31 * DAY).date()),
    ]


async def test_without_its_clock_an_environment_is_announced_as_real_time_has_it(stage: Stage) -> None:
    customer = await stage.customer()
    await stage.grant(customer, await stage.feature("sso"), days=1)
    await begin_advance(stage, NOON + 2 * DAY)

    await set_clock(stage.db, stage.env, None)

    assert await find_advancing(stage.db) == []
    assert not await announce_advance(stage.db, stage.env)
    assert (await stage.environment()).advancing is False


async def test_a_process_that_is_killed_while_it_announces_loses_and_repeats_nothing(
    stage: Stage, database_url: str
) -> None:
    await populate(stage, 3, customers=CROWD)
    whole = await Stage.set(stage.db, "whole")
    await populate(whole, 3, customers=CROWD)
    await advance(whole, NOON + 3 * YEAR)
    lot = Random(3)  # noqa: S311 (no secret)
    left = Counter[str]()

    for kill in range(1, KILLS + 1):
        await begin_advance(stage, NOON + (kill * 3 * 365 // KILLS) * DAY)
        left[await _announce_and_be_killed(database_url, stage, lot)] += 1
    # The last one's transaction may be there for a moment longer: until then there is nothing to do for others.
    while await find_advancing(stage.db):
        await announce_advance(stage.db, stage.env)

    sys.stdout.write(f"\n{KILLS} processes to be killed: {dict(left)}; {len(await events_of(stage))} events\n")
    assert told(await events_of(stage)) == told(await events_of(whole))
    assert left["before a step"] + left["after a step"] > 0
    assert left["after a step"] or KILLS < MANY


async def _announce_and_be_killed(database_url: str, stage: Stage, lot: Random) -> str:
    async with doomed(killing.advance, database_url, stage.env) as process:
        await process.has_done(lot.randint(0, MOST_STEPS))
        await process.over(within_seconds=lot.random() * LONGEST_WORK_SECONDS)
        if not process.kill():
            return "over by then"
        return "after a step" if process.done else "before a step"


async def _short_grants(stage: Stage, crowd: int) -> None:
    """Customers with three grants each, which all begin and end on the same six days."""
    features = [await stage.feature(f"f{number}") for number in range(3)]

    for _ in range(crowd):
        customer = await stage.customer()

        async def command(work: CustomerWork, customer: CustomerRecord = customer) -> None:
            for number, feature in enumerate(features):
                begins = NOON + (2 * number + 1) * DAY
                id_ = GrantId(new_id("grt"))
                await insert_grant(work, Grant(id_, customer.id, feature.id, work.instant, begins, begins + DAY))

        await write_customer(stage.db, stage.env, customer.id, command)


async def _report(stage: Stage, subscription: str, status: str) -> None:
    """Writes a status past the units of work, as another release might."""
    mine = subscription_statuses.c.environment_id == stage.env, subscription_statuses.c.subscription_id == subscription
    async with stage.db.begin_write() as connection:
        await connection.execute(update(subscription_statuses).where(*mine).values(status=status))

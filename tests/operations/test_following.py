"""Following a customer: every event after a revision, in order, as soon as it is there, and at little cost."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from resolvers import following
from resolvers.coalescing import LookupsClosed
from resolvers.shared import SharedReads
from storage.database import Database
from storage.errors import RowUnreadable
from storage.events import load_events_after
from storage.records import CustomerRecord, Event
from storage.rows import customers, events
from tests.operations.statements import statements
from tests.statements.stage import Stage


@pytest.fixture
async def stage(database: Database) -> Stage:
    return await Stage.set(database)


@pytest.fixture
async def elsewhere(database_url: str) -> AsyncGenerator[SharedReads]:
    """Another process, as far as it follows."""
    database = Database.open(database_url)
    shared = SharedReads(database)
    yield shared
    await shared.close()
    await database.close()
    assert [task for task in asyncio.all_tasks() if task is not asyncio.current_task()] == []


async def _granted(stage: Stage, count: int) -> tuple[CustomerRecord, list[Event]]:
    """A customer with so many events."""
    customer = await stage.customer()
    for number in range(count):
        await stage.grant(customer, await stage.feature(f"{customer.id} {number}"))
    async with stage.db.read() as connection:
        return customer, await load_events_after(connection, stage.env, customer.id, 0, 1_000)


async def test_what_is_there_is_answered_at_once_in_order(stage: Stage, elsewhere: SharedReads) -> None:
    customer, made = await _granted(stage, 3)

    found = await elsewhere.following.after(stage.env, customer.id, 1)

    assert found == made[1:]


async def test_at_most_a_hundred_are_answered_and_the_next_ones_after_them(
    stage: Stage, elsewhere: SharedReads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "EVENTS_AT_ONCE", 2)
    customer, made = await _granted(stage, 3)

    first = await elsewhere.following.after(stage.env, customer.id, 0)
    second = await elsewhere.following.after(stage.env, customer.id, first[-1].revision)

    assert [first, second] == [made[:2], made[2:]]


async def test_a_write_of_another_process_reaches_who_waits_for_its_customer(
    stage: Stage, elsewhere: SharedReads
) -> None:
    customer, other = await stage.customer(), await stage.customer()
    sso = await stage.feature("sso")
    waiting = asyncio.create_task(elsewhere.following.after(stage.env, customer.id, 0))
    sleeping = asyncio.create_task(elsewhere.following.after(stage.env, other.id, 0))

    change = await stage.grant(customer, sso)
    [event] = await asyncio.wait_for(waiting, 2)

    assert (event.revision, event.at, event.customer) == (1, change.instant, customer.id)
    assert not sleeping.done()
    sleeping.cancel()
    await asyncio.wait([sleeping])


async def test_nothing_is_missed_or_repeated_while_another_process_writes(stage: Stage, elsewhere: SharedReads) -> None:
    customer = await stage.customer()
    features = [await stage.feature(f"f{number}") for number in range(30)]
    seen: list[int] = []

    async def follow() -> None:
        while len(seen) < len(features):
            found = await elsewhere.following.after(stage.env, customer.id, seen[-1] if seen else 0)
            seen.extend(event.revision for event in found)

    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        group.create_task(follow())
        for feature in features:
            await stage.grant(customer, feature)

    assert seen == list(range(1, 31))


async def test_many_followers_share_statements(stage: Stage, elsewhere: SharedReads) -> None:
    everybody = [await _granted(stage, 2) for _ in range(30)]
    places = [(customer, revision) for customer, _ in everybody for revision in (0, 1)]

    with statements(elsewhere.following._database) as sent:  # pyright: ignore[reportPrivateUsage]
        found = await asyncio.gather(
            *(elsewhere.following.after(stage.env, customer.id, revision) for customer, revision in places)
        )

    assert found == [made[revision:] for _, made in everybody for revision in (0, 1)]
    assert len([each for each in sent if "events.effects" in each]) == 1


async def test_an_event_whose_wake_up_was_lost_is_found_all_the_same(
    stage: Stage, elsewhere: SharedReads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "LOOK_ANYWAY_SECONDS", 0.1)
    customer, [event] = await _granted(stage, 1)
    row = await _forget(stage, customer)
    waiting = asyncio.create_task(elsewhere.following.after(stage.env, customer.id, 0))
    await asyncio.sleep(0.3)
    assert not waiting.done()

    # Written past what notifies.
    async with stage.db.begin_write() as connection:
        await connection.execute(insert(events).values(row))
        await connection.execute(update(customers).values(announced_revision=1))

    assert await asyncio.wait_for(waiting, 2) == [event]


async def test_events_past_their_time_are_passed_over(stage: Stage, elsewhere: SharedReads) -> None:
    customer, made = await _granted(stage, 4)
    async with stage.db.begin_write() as connection:
        await connection.execute(delete(events).where(events.c.revision < 3))

    assert await elsewhere.following.after(stage.env, customer.id, 0) == made[2:]


async def test_an_event_that_cannot_be_read_fails_its_own_followers_alone(stage: Stage, elsewhere: SharedReads) -> None:
    (broken, _), (sound, made) = await _granted(stage, 1), await _granted(stage, 1)
    async with stage.db.begin_write() as connection:
        newer = update(events).where(events.c.customer_id == broken.id).values(effects='{"word": "newer"}')
        await connection.execute(newer)

    failed, found = await asyncio.gather(
        *(elsewhere.following.after(stage.env, each.id, 0) for each in (broken, sound)), return_exceptions=True
    )

    assert isinstance(failed, RowUnreadable)
    assert found == made


async def test_who_gives_up_leaves_nothing_behind(
    stage: Stage, elsewhere: SharedReads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "LOOK_ANYWAY_SECONDS", 0.05)
    customer = await stage.customer()
    before = asyncio.all_tasks()
    waiting = [asyncio.create_task(elsewhere.following.after(stage.env, customer.id, 0)) for _ in range(10)]
    await asyncio.sleep(0.1)

    for each in waiting:
        each.cancel()
    await asyncio.wait(waiting)
    left = asyncio.all_tasks() - before
    if left:
        _, left = await asyncio.wait(left, timeout=5)

    assert left == set()
    assert not elsewhere.following._waiting  # pyright: ignore[reportPrivateUsage]


async def test_closing_ends_all_waiting_and_lets_nobody_come(stage: Stage, elsewhere: SharedReads) -> None:
    customer = await stage.customer()
    waiting = [asyncio.create_task(elsewhere.following.after(stage.env, customer.id, 0)) for _ in range(3)]
    await asyncio.sleep(0.05)

    await elsewhere.close()
    ends = await asyncio.gather(*waiting, return_exceptions=True)

    assert [type(end) for end in ends] == [LookupsClosed] * 3
    with pytest.raises(LookupsClosed):
        await elsewhere.following.after(stage.env, customer.id, 0)


async def _forget(stage: Stage, customer: CustomerRecord) -> dict[str, Any]:
    """Takes a customer's one event away, as if it had never been announced; returns its row."""
    of_customer = events.c.customer_id == customer.id
    async with stage.db.begin_write() as connection:
        row = (await connection.execute(select(events).where(of_customer))).mappings().one()
        await connection.execute(delete(events).where(of_customer))
        await connection.execute(update(customers).values(announced_revision=0))
    return dict(row)

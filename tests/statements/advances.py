"""What tests of advancing clocks share: a population drawn by lot, moves of the clock, and the events in order."""

import re
from dataclasses import replace
from datetime import datetime
from random import Random

from sqlalchemy import select

from entitlements.facts import (
    BillingInterval,
    CatalogRollout,
    Feature,
    Grant,
    GrantId,
    Interval,
    Product,
    StatusRecord,
    Subscription,
    SubscriptionStatus,
    TrialEndBehavior,
)
from storage.advancing import announce_advance
from storage.clock_moves import advance_clock
from storage.events import read_event
from storage.grants import insert_grant
from storage.ids import new_id
from storage.records import CustomerRecord, Event, SandboxClock
from storage.rows import events
from storage.sandbox_clocks import load_standing_clocks
from storage.subscriptions import insert_subscription
from storage.unit_of_work import CustomerWork, RealTimeWork, write_customer, write_in_real_time
from tests.statements.stage import DAY, NOON, Stage, active_subscription

INTERVALS = (
    Interval(BillingInterval.DAY, 3),
    Interval(BillingInterval.WEEK),
    Interval(BillingInterval.MONTH),
    Interval(BillingInterval.YEAR),
)
_ID = re.compile(r"\b([a-z]+)_[0-9A-HJKMNP-TV-Z]{26}")


async def populate(stage: Stage, seed: int, *, customers: int = 20) -> list[CustomerRecord]:
    """Customers with subscriptions and grants drawn by lot, and then changes of what their products give.

    Days are few, so that many things happen at one instant.
    """
    lot = Random(seed)  # noqa: S311 (no secret)
    features = [await stage.feature(f"f{number}") for number in range(5)]
    products = [await stage.plan(f"p{number}", *lot.sample(features, 2)) for number in range(3)]
    made = [await stage.customer() for _ in range(customers)]
    for customer in made:
        await _give(stage, lot, customer, products, features)
    for product in products:
        added = await stage.feature(f"new {product.lookup_key}")
        await stage.attach(product, added, lot.choice(tuple(CatalogRollout)))
    return made


async def advance(stage: Stage, at: datetime) -> None:
    """Moves the clock on and announces all that lies on the way."""
    await begin_advance(stage, at)
    while await announce_advance(stage.db, stage.env):
        pass


async def begin_advance(stage: Stage, at: datetime) -> SandboxClock:
    """Moves the clock on, and announces nothing yet."""
    standing = (await clock_of(stage)).id

    async def command(work: RealTimeWork) -> SandboxClock:
        return await advance_clock(work, standing, at)

    return await write_in_real_time(stage.db, stage.env, command)


async def clock_of(stage: Stage) -> SandboxClock:
    """The clock that freezes the environment."""
    async with stage.db.read() as connection:
        return (await load_standing_clocks(connection, stage.env, [stage.env]))[stage.env]


async def events_of(stage: Stage) -> list[Event]:
    """All events of the environment, in the order in which they were announced."""
    query = select(events).where(events.c.environment_id == stage.env).order_by(events.c.recorded_at, events.c.id)
    async with stage.db.read() as connection:
        return [read_event(row) for row in await connection.execute(query)]


def told(found: list[Event]) -> list[str]:
    """Events without what differs between two environments: ids by the order they appear in, and no real time."""
    names: dict[str, str] = {}

    def name(match: re.Match[str]) -> str:
        return names.setdefault(match[0], f"{match[1]} {len(names)}")

    quiet = (replace(event, id="", recorded_at=NOON) for event in found)
    return [_ID.sub(name, repr(event)) for event in quiet]


async def _give(
    stage: Stage, lot: Random, customer: CustomerRecord, products: list[Product], features: list[Feature]
) -> None:
    async def command(work: CustomerWork) -> None:
        for _ in range(lot.choice((0, 1, 2))):
            await insert_subscription(work, _subscription(lot, customer, work.instant, products))
        for _ in range(lot.choice((0, 2, 3, 4))):
            begins = NOON + lot.randrange(1, 100) * DAY
            ends = lot.choice((None, begins + lot.randrange(1, 60) * DAY))
            id_ = GrantId(new_id("grt"))
            await insert_grant(work, Grant(id_, customer.id, lot.choice(features).id, work.instant, begins, ends))

    await write_customer(stage.db, stage.env, customer.id, command)


def _subscription(lot: Random, customer: CustomerRecord, at: datetime, products: list[Product]) -> Subscription:
    plain = active_subscription(customer.id, at, *lot.sample(products, lot.choice((1, 2))))
    trial = lot.choice((None, NOON + lot.randrange(1, 40) * DAY))
    status = SubscriptionStatus.TRIALING if trial else SubscriptionStatus.ACTIVE
    interval = lot.choice(INTERVALS)
    return replace(
        plain,
        items=tuple(
            replace(item, segments=tuple(replace(segment, interval=interval) for segment in item.segments))
            for item in plain.items
        ),
        statuses=(StatusRecord(lot.choice((status, status, SubscriptionStatus.INCOMPLETE)), at),),
        trial_end=trial,
        trial_end_behavior=lot.choice(tuple(TrialEndBehavior)),
        cancel_at=lot.choice((None, None, NOON + lot.randrange(40, 300) * DAY)),
    )

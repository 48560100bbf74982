"""A year of what Stripe tells, lost, doubled, shuffled and late, adds up to what was true at every instant.

`STRIPE_CUSTOMERS=500 STRIPE_DAYS=364 pytest -o timeout=0` takes half an hour; `make proofs-stripe` does. What came of
it is printed.
"""

import os
import sys
from collections.abc import Sequence
from random import Random

import pytest

from storage.database import Database
from tests.stripe_source.books import DAY, Books
from tests.stripe_source.feeding import Fed, Post
from tests.stripe_source.histories import History
from tests.stripe_source.interface import do_nothing
from tests.stripe_source.reading import Intervals, held_at, instant, intervals, read_attachments, read_entitlements
from tests.stripe_source.stand_in import StandIn

CUSTOMERS = int(os.environ.get("STRIPE_CUSTOMERS", "8"))
DAYS = int(os.environ.get("STRIPE_DAYS", "28"))
SEED = int(os.environ.get("STRIPE_SEED", "0"))

NEW_YEAR = 1_704_067_200
"""The first second of 2024, which has a leap day."""

TOLD_DAYS = 29
"""How long before it is read an account tells all that happened: an event is listed for 30 days, and reading takes."""

LATE_SECONDS = 7
"""How long after it is due something happens."""

LOT = Random(SEED)  # noqa: S311 (no secret)

STATUSES = {"incomplete", "incomplete_expired", "trialing", "active", "past_due", "unpaid", "paused", "canceled"}


@pytest.mark.parametrize("days_before", [28, 120], ids=lambda days: f"{days} days old when imported")
async def test_what_was_lost_is_found_by_reconciling_every_week(
    database: Database, database_url: str, days_before: int
) -> None:
    source = StandIn(NEW_YEAR, seed=SEED, late_seconds=LATE_SECONDS)
    history = History(source.billing, range(CUSTOMERS), days=days_before + DAYS, seed=SEED)
    post = Post(Random(SEED))  # noqa: S311 (no secret)
    with source.open():
        async with Fed.opened(source, database, database_url) as fed:
            history.go_on_until(NEW_YEAR + days_before * DAY)
            looks = [source.books.now]
            assert await fed.run("import") == 0
            for _ in range(DAYS // 7):
                happened = len(source.books.events)
                history.go_on_until(source.books.now + 7 * DAY)
                await fed.deliver(post.week(source.books.events_since(happened)))
                assert await fed.run("reconcile") == 0
                looks.append(source.books.now)
            await fed.deliver(post.rest())

            from_ = max(NEW_YEAR, looks[0] - TOLD_DAYS * DAY)
            wrong = await _differences(fed, looks, from_)

    sys.stdout.write(f"\n{_summary(source.books, history)}\n")
    assert wrong == []
    if CUSTOMERS >= 100:
        assert _statuses(source.books) == STATUSES, "every status is lived through"


async def test_by_a_source_that_lists_all_its_events_one_reconciling_a_year_is_enough(
    database: Database, database_url: str
) -> None:
    source = StandIn(NEW_YEAR, seed=SEED, late_seconds=LATE_SECONDS)
    source.books.event_days = 2 * 366
    history = History(source.billing, range(CUSTOMERS), days=28 + DAYS, seed=SEED)
    with source.open():
        async with Fed.opened(source, database, database_url) as fed:
            history.go_on_until(NEW_YEAR + 28 * DAY)
            looks = [source.books.now]
            assert await fed.run("import") == 0
            happened = len(source.books.events)
            history.go_on_until(source.books.now + DAYS * DAY)
            post = Post(Random(SEED))  # noqa: S311 (no secret)
            await fed.deliver(post.week(source.books.events_since(happened)))
            assert await fed.run("reconcile") == 0
            looks.append(source.books.now)
            await fed.deliver(post.rest())

            wrong = await _differences(fed, looks, NEW_YEAR)

    assert wrong == []


async def test_after_months_without_events_or_reconciling_the_last_month_is_right(
    database: Database, database_url: str
) -> None:
    source = StandIn(NEW_YEAR, seed=SEED)
    # When an item came to be paid at other times is something that Stripe doesn't tell later.
    history = History(source.billing, range(CUSTOMERS), days=100, seed=SEED, settled=True, steady=True)
    with source.open():
        async with Fed.opened(source, database, database_url) as fed:
            imported_at = NEW_YEAR + 20 * DAY
            history.go_on_until(imported_at)
            assert await fed.run("import") == 0
            history.go_on_until(NEW_YEAR + 100 * DAY)
            assert await fed.run("reconcile") == 0

            wrong = await _differences(fed, [NEW_YEAR], source.books.now - TOLD_DAYS * DAY, known_until=imported_at)

    assert wrong == []


async def test_what_happens_while_it_is_read_is_not_missed(database: Database, database_url: str) -> None:
    source = StandIn(NEW_YEAR, seed=SEED)
    history = History(source.billing, range(CUSTOMERS), days=10, seed=SEED, settled=True)
    history.go_on_until(NEW_YEAR + 10 * DAY)

    def go_on(path: str) -> None:
        history.go_on_until(source.books.now + 20 * 60)

    with source.open():
        async with Fed.opened(source, database, database_url) as fed:
            source.interface.before = go_on
            assert await fed.run("import") == 0
            assert await fed.run("reconcile") == 0
            source.interface.before = do_nothing
            assert source.books.now < NEW_YEAR + TOLD_DAYS * DAY, "Stripe still lists all that happened"
            assert await fed.run("reconcile") == 0

            wrong = await _differences(fed, [source.books.now], NEW_YEAR)

    assert wrong == []


async def _differences(fed: Fed, looks: Sequence[int], from_: int, known_until: int = 0) -> list[str]:
    """What the environment says otherwise than the source's own history does, from an instant until now."""
    books = fed.source.books
    customers = [id_ for id_ in books.versions if id_.startswith("cus_")]
    attachments = read_attachments(books, looks)
    known = await fed.timelines(customers)
    until = instant(books.now)
    wrong = [f"{id_} is known" for id_ in known if id_ not in books.customers]
    for customer in books.customers:
        if customer not in known:
            wrong.append(f"{customer} is unknown")
            continue
        expected = intervals(read_entitlements(books, customer, attachments, from_, known_until), instant(from_), until)
        said = intervals(known[customer], instant(from_), until)
        otherwise = [feature for feature in {**said, **expected} if said.get(feature) != expected.get(feature)]
        wrong += [f"{customer} {each}: {_told(said, each)}, not {_told(expected, each)}" for each in otherwise]
        at = instant(LOT.randint(from_, books.now))
        if await fed.ask(customer, at) != held_at(expected, at):
            wrong.append(f"{customer} at {at:%F %T}: clients are answered otherwise")
    return wrong


def _told(known: Intervals, feature: str) -> str:
    return ", ".join(f"{from_:%F %T} to {until:%F %T}" for from_, until in known.get(feature, [])) or "never"


def _summary(books: Books, history: History) -> str:
    lived = f"{len(books.subscriptions)} subscriptions of {CUSTOMERS} customers, {len(books.events)} events"
    return f"{lived}; {dict(sorted(history.done.items()))}"


def _statuses(books: Books) -> set[str]:
    return {
        version.object["status"] for id_ in books.subscriptions for version in books.versions[id_] if version.object
    }

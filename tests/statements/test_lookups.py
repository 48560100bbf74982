"""No look-up reads a whole table, or a whole environment."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncConnection

from entitlements.facts import (
    CatalogRollout,
)
from storage.advancing import announce_advance
from storage.announcing import find_due, tell_of_attachment_change
from storage.database import Database
from storage.environments import set_clock
from storage.errors import RowUnreadable
from storage.facts import load_facts
from storage.ids import new_id
from storage.old_events import remove_events
from storage.webhook_attempts import record_attempt
from storage.webhook_queue import DueEndpoint, find_due_endpoints, lease_deliveries
from storage.webhook_records import LeasedDelivery, WebhookAttempt
from tests.statements.advances import begin_advance
from tests.statements.lookups import LOOKUPS, LOOKUPS_OF_REQUESTS
from tests.statements.stage import DAY, NOON, Stage

_DEAR = ("enable_seqscan", "enable_sort", "enable_incremental_sort")
"""What PostgreSQL does with many rows only where it must."""


async def _plans(db: Database, look_up: Callable[[AsyncConnection], Awaitable[object]]) -> list[str]:
    """What the database says it will do for each statement of a look-up, a line for each step."""
    statements: list[tuple[str, tuple[Any, ...]]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: tuple[Any, ...], *_rest: object) -> None:
        statements.append((statement, parameters))

    steps: list[str] = []
    async with db.read() as connection:
        event.listen(db.engine.sync_engine, "before_cursor_execute", note)
        await look_up(connection)
        event.remove(db.engine.sync_engine, "before_cursor_execute", note)
        if db.engine.dialect.name == "sqlite":
            for statement, parameters in statements:
                rows = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
                steps += [row.detail for row in rows]
        else:
            # The tables are empty, where reading all of one, and sorting it, is the cheapest way to find nothing.
            for dear in _DEAR:
                await connection.execute(text(f"SET {dear} = off"))
            driver = (await connection.get_raw_connection()).driver_connection
            assert driver is not None
            for statement, parameters in statements:
                steps += [row[0] for row in await driver.fetch(f"EXPLAIN {statement}", *parameters)]
            for dear in _DEAR:
                await connection.execute(text(f"RESET {dear}"))
    return steps


def _reads_too_much(step: str) -> bool:
    # What stands in brackets is our own: a subquery, or the list of ids asked for.
    scan = re.match(r"SCAN (?!\(|anon_|json_each|CONSTANT)", step)
    return bool(scan) or step.endswith("(environment_id=?)") or "Seq Scan" in step


@pytest.mark.parametrize("name", LOOKUPS)
async def test_a_lookup_goes_by_an_index(stage: Stage, name: str) -> None:
    steps = await _plans(stage.db, lambda connection: LOOKUPS[name](connection, stage.env))

    assert steps
    assert [step for step in steps if _reads_too_much(step)] == []


@pytest.mark.parametrize("name", LOOKUPS_OF_REQUESTS)
async def test_a_lookup_of_every_request_goes_by_an_index(stage: Stage, name: str) -> None:
    steps = await _plans(stage.db, lambda _: LOOKUPS_OF_REQUESTS[name](stage.db, stage.env))

    assert steps
    assert [step for step in steps if _reads_too_much(step)] == []


async def test_facts_go_by_an_index(stage: Stage) -> None:
    customer = await stage.customer()
    await stage.subscribe(customer, await stage.plan("pro"))

    steps = await _plans(stage.db, lambda connection: load_facts(connection, stage.env, [customer.id]))

    assert [step for step in steps if _reads_too_much(step)] == []


async def test_who_is_due_first_on_the_way_of_a_clock_is_found_in_order(stage: Stage) -> None:
    await stage.grant(await stage.customer(), await stage.feature("sso"), days=1)
    await begin_advance(stage, NOON + 2 * DAY)

    steps = await _plans(stage.db, lambda _: announce_advance(stage.db, stage.env))

    # Many are due at one instant: were they sorted, each step would go through all of them.
    assert [step for step in steps if re.search("Sort Key: due_at|(LAST|RIGHT).* ORDER BY", step)] == []


async def test_what_the_announcer_looks_for_goes_by_an_index(stage: Stage) -> None:
    plan = await stage.plan("pro", await stage.feature("sso"))
    customer = await stage.customer()
    await stage.subscribe(customer, plan)
    await stage.grant(customer, await stage.feature("audit"), days=1)
    await stage.attach(plan, await stage.feature("api"), CatalogRollout.IMMEDIATE)
    await set_clock(stage.db, stage.env, NOON + 2 * DAY)

    steps = await _plans(stage.db, lambda _: tell_of_attachment_change(stage.db))
    steps += await _plans(stage.db, lambda _: find_due(stage.db, 10))
    steps += await _plans(stage.db, lambda _: remove_events(stage.db, older_than=-DAY, at_most=10))

    # There are few environments, and few changes of attachments that aren't told of yet: these are read in full.
    many = [step for step in steps if re.search("customers|subscription|events", step)]
    assert len(many) >= 6
    assert [step for step in many if _reads_too_much(step)] == []


@pytest.mark.parametrize("ordered", [False, True])
async def test_what_the_dispatcher_looks_for_goes_by_an_index(stage: Stage, ordered: bool) -> None:
    endpoint = await stage.webhook_endpoint(is_ordered=ordered)
    customer = await stage.customer()
    for key in ("sso", "audit"):
        await stage.grant(customer, await stage.feature(key))
    due = DueEndpoint(stage.env, endpoint.id)
    taken: list[LeasedDelivery | RowUnreadable] = []

    async def deliver() -> None:
        taken.extend(await lease_deliveries(stage.db, due, at_most=1, lasting=DAY))
        [leased] = taken
        assert isinstance(leased, LeasedDelivery)
        attempt = WebhookAttempt(new_id("wha"), leased.delivery.id, NOON, 1, 200, None, "")
        await record_attempt(stage.db, leased, attempt, pause=None, is_delivered=True)

    steps = await _plans(stage.db, lambda _: find_due_endpoints(stage.db))
    steps += await _plans(stage.db, lambda _: deliver())

    # There are few endpoints.
    many = [step for step in steps if re.search("deliveries|earlier|later|attempts|events", step)]
    assert len(many) >= 5
    assert [step for step in many if _reads_too_much(step)] == []

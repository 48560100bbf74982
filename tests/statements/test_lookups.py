"""No look-up reads a whole table, or a whole environment."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncConnection

from entitlements.facts import (
    CatalogRollout,
    CustomerId,
    FeatureId,
    GrantId,
    ProductFeatureId,
    ProductId,
    SubscriptionId,
)
from entitlements.facts import EnvironmentId as Env
from entitlements.facts import SubscriptionItemId as ItemId
from storage.advancing import announce_advance
from storage.announcing import find_due, tell_of_attachment_change
from storage.credentials import find_credential
from storage.customer_sessions import find_session, load_sessions
from storage.customers import (
    customers_of_grants,
    customers_of_items,
    customers_of_subscriptions,
    load_announced_revisions,
    load_customers,
    load_customers_by_external_id,
    page_customers,
)
from storage.database import Database
from storage.environments import set_clock
from storage.errors import RowUnreadable
from storage.events import load_events_after_each
from storage.facts import load_facts
from storage.features import load_features, load_features_by_key, page_features
from storage.ids import new_id
from storage.old_events import remove_events
from storage.paging import Cut
from storage.product_features import (
    load_attachments,
    load_product_features,
    pages_of_product_features,
    products_with_features,
)
from storage.products import load_products, load_products_by_key, page_products
from storage.trusted_documents import find_document
from storage.webhook_attempts import record_attempt
from storage.webhook_lists import (
    AttemptPage,
    DeliveriesOf,
    DeliveryPage,
    load_attempt_pages,
    load_attempts,
    load_deliveries,
    load_delivery_pages,
    load_webhook_events,
    page_webhook_events,
)
from storage.webhook_queue import DueEndpoint, find_due_endpoints, lease_deliveries
from storage.webhook_records import LeasedDelivery, WebhookAttempt, WebhookEventType
from tests.statements.advances import begin_advance
from tests.statements.stage import DAY, NOON, Stage

_PLACE = Cut(5, after=(NOON, "x"))

LOOKUPS: dict[str, Callable[[AsyncConnection, Env], Awaitable[object]]] = {
    "features": lambda c, env: load_features(c, env, [FeatureId("x")]),
    "features by key": lambda c, env: load_features_by_key(c, env, ["x"]),
    "a page of features": lambda c, env: page_features(c, env, _PLACE, archived=False, lookup_key=None),
    "products": lambda c, env: load_products(c, env, [ProductId("x")]),
    "products by key": lambda c, env: load_products_by_key(c, env, ["x"]),
    "a page of products": lambda c, env: page_products(c, env, _PLACE, active=None),
    "attachments": lambda c, env: load_product_features(c, env, [ProductFeatureId("x")]),
    "attachments of products": lambda c, env: load_attachments(c, env, [ProductId("x")]),
    "pages of a product's": lambda c, env: pages_of_product_features(
        c, env, by="product", parents=["x"], cut=Cut(5), detached=True
    ),
    "pages of a feature's": lambda c, env: pages_of_product_features(
        c, env, by="feature", parents=["x"], cut=Cut(5), detached=False
    ),
    "what unlocks": lambda c, env: products_with_features(c, env, [FeatureId("x")], 5),
    "customers": lambda c, env: load_customers(c, env, [CustomerId("x")]),
    "customers by external id": lambda c, env: load_customers_by_external_id(c, env, ["x"]),
    "a page of customers": lambda c, env: page_customers(c, env, _PLACE, email=None),
    "a page of customers by address": lambda c, env: page_customers(c, env, Cut(5), email="x"),
    "owners of subscriptions": lambda c, env: customers_of_subscriptions(c, env, [SubscriptionId("x")]),
    "owners of items": lambda c, env: customers_of_items(c, env, [ItemId("x")]),
    "owners of grants": lambda c, env: customers_of_grants(c, env, [GrantId("x")]),
    "sessions": lambda c, env: load_sessions(c, env, ["x"]),
    "announced revisions": lambda c, env: load_announced_revisions(c, env, [CustomerId("x")]),
    "events as they are told": lambda c, env: load_webhook_events(c, env, ["evt_xc"]),
    "a page of them": lambda c, env: page_webhook_events(c, env, _PLACE, list(WebhookEventType)),
    "deliveries": lambda c, env: load_deliveries(c, env, ["x"]),
    "pages of an endpoint's deliveries": lambda c, env: load_delivery_pages(
        c, env, [DeliveryPage(DeliveriesOf("endpoint", "x"), _PLACE)]
    ),
    "pages of an event's deliveries": lambda c, env: load_delivery_pages(
        c, env, [DeliveryPage(DeliveriesOf("event", "x", WebhookEventType.CHANGED), _PLACE)]
    ),
    "attempts": lambda c, env: load_attempts(c, env, ["x"]),
    "pages of attempts": lambda c, env: load_attempt_pages(c, env, [AttemptPage("x", _PLACE)]),
    "events after places": lambda c, env: load_events_after_each(c, env, [(CustomerId("x"), 0)], 100),
}

LOOKUPS_OF_REQUESTS: dict[str, Callable[[Database, Env], Awaitable[object]]] = {
    "a key by its secret": lambda db, _: find_credential(db, "x"),
    "a session by its token": lambda db, _: find_session(db, "x"),
    "a document by either id": lambda db, env: find_document(db, env, "x"),
}


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

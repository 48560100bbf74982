"""Many customers at once, put into the tables in one transaction: a mutation for each would take minutes."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import event, insert

from storage.database import Database
from storage.rows import (
    customers,
    features,
    grants,
    product_features,
    products,
    subscription_item_segments,
    subscription_items,
    subscription_statuses,
    subscriptions,
)
from tests.operations.api import Api

FEATURES = 50
PRODUCTS = 20


async def fill_catalogue(api: Api, at: datetime, size: int = PRODUCTS) -> None:
    """Products, `size` of them, with fifty features each, which no two of them share.

    So nothing that is read for one customer is at hand already for another with another product. Product 007 has
    features 007x00 to 007x49, attached as prodft_007x00 and so on.
    """
    plans = [{"id": f"prod_{p:03}", "name": f"Plan {p}", "lookup_key": f"{p:03}"} for p in range(size)]
    pairs = [(f"prod_{p:03}", f"{p:03}x{f:02}") for p in range(size) for f in range(FEATURES)]
    named = [{"id": f"feat_{key}", "name": key, "lookup_key": key} for _, key in pairs]
    attached = [{"id": f"prodft_{key}", "product_id": product, "feature_id": f"feat_{key}"} for product, key in pairs]
    rows: dict[Any, list[dict[str, Any]]] = {
        features: [{**row, "type": "BOOLEAN", "metadata": {}, "created_at": at} for row in named],
        products: [{**row, "active": True, "metadata": {}, "created_at": at} for row in plans],
        product_features: [{**row, "attached_at": at, "rollout": "NEXT_PERIOD"} for row in attached],
    }
    await _insert(api, rows)


async def add_customers(api: Api, at: datetime, count: int, *, products: int = PRODUCTS) -> None:
    """Customers with one subscription to one of the first products each, and a grant of a feature they have by it.

    The n-th has cus_n, sub_n, si_n and grt_n, all with three digits.
    """
    names = [f"{n:03}" for n in range(count)]
    written = {"facts_version": 2, "announced_revision": 1, "announced_until": at, "written_at": at}
    began = {"recorded_at": at, "started_at": at, "trial_end_behavior": "ACTIVATE", "cancel_at_period_end": False}
    monthly = {"from_at": at, "quantity": 1, "interval_unit": "MONTH", "interval_count": 1}
    rows: dict[Any, list[dict[str, Any]]] = {
        customers: [{"id": f"cus_{n}", "external_id": n, "metadata": {}, "created_at": at, **written} for n in names],
        subscriptions: [{"id": f"sub_{n}", "customer_id": f"cus_{n}", "metadata": {}, **began} for n in names],
        subscription_statuses: [{"subscription_id": f"sub_{n}", "since": at, "status": "ACTIVE"} for n in names],
        subscription_items: [{"id": f"si_{n}", "subscription_id": f"sub_{n}", "position": 0} for n in names],
        subscription_item_segments: [
            {"item_id": f"si_{n}", "product_id": f"prod_{int(n) % products:03}", **monthly} for n in names
        ],
        grants: [
            {
                "id": f"grt_{n}",
                "customer_id": f"cus_{n}",
                "feature_id": f"feat_{int(n) % products:03}x00",
                "recorded_at": at,
                "active_from": at,
                "metadata": {},
            }
            for n in names
        ],
    }
    await _insert(api, rows)


@contextmanager
def counting(database: Database) -> Generator[list[str]]:
    """The statements that are sent within the block; beginnings and ends of transactions aside.

    And notifications of other processes: they go out beside whoever writes, several writes' together or not.
    """
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        # PostgreSQL's driver begins by itself, and SQLite's by a statement of ours.
        if not statement.startswith("BEGIN") and "pg_notify" not in statement:
            sent.append(statement)

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    yield sent
    event.remove(database.engine.sync_engine, "before_cursor_execute", note)


async def _insert(api: Api, rows: dict[Any, list[dict[str, Any]]]) -> None:
    async with api.database.begin_write() as connection:
        for table, listed in rows.items():
            scoped = [{"environment_id": api.environment.id, **row} for row in listed]
            await connection.execute(insert(table), scoped)

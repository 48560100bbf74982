"""The bare SQL of a subscription, as a service written for it alone would run it: asyncpg, in one process.

It runs what a subscription can't do without: the rows that a unit of work writes for it, in one transaction, and the
lock on its customer, without which two writes would give the customer one version. It looks at nothing: not at what
the customer may use, nor at whether the product is sold, nor at who asks; and nobody asks it by a network.
"""

import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Annotated, Any

import asyncpg  # pyright: ignore[reportMissingTypeStubs] - it has none
import typer
import uvloop

from benchmarks.orders import Order, bare, write_orders
from storage.clock import SystemClock
from storage.ids import new_id

_LOCK = """
SELECT facts_version, announced_revision FROM customers
WHERE environment_id = $1 AND id = $2 AND deleted_at IS NULL FOR UPDATE
"""

_SUBSCRIPTION = """
INSERT INTO subscriptions (environment_id, id, customer_id, recorded_at, started_at, trial_end, trial_end_behavior,
  cancel_at, cancel_at_period_end, canceled_at, ended_at, metadata)
VALUES ($1, $2, $3, $4, $4, NULL, 'ACTIVATE', NULL, false, NULL, NULL, $5)
"""

_STATUS = (
    "INSERT INTO subscription_statuses (environment_id, subscription_id, since, status) VALUES ($1, $2, $3, 'ACTIVE')"
)

_ITEM = "INSERT INTO subscription_items (environment_id, id, subscription_id, position) VALUES ($1, $2, $3, 0)"

_SEGMENT = """
INSERT INTO subscription_item_segments (environment_id, item_id, from_at, until_at, product_id, quantity,
  interval_unit, interval_count)
VALUES ($1, $2, $3, NULL, $4, $5, 'MONTH', 1)
"""

_VERSION = """
UPDATE customers SET facts_version = $3, written_at = $4, announced_revision = $5, announced_until = $4
WHERE environment_id = $1 AND id = $2
"""


def main(
    url: str,
    *,
    customers: Annotated[int, typer.Option()],
    first: Annotated[int, typer.Option()],
    writers: Annotated[int, typer.Option()],
    seconds: Annotated[float, typer.Option()],
) -> None:
    """One turn. Prints its figures, and how many were written, as a line of JSON."""
    print(json.dumps(uvloop.run(_turn(url, customers, first, writers, seconds))))


async def _turn(url: str, customers: int, first: int, writers: int, seconds: float) -> dict[str, Any]:
    driver: Any = asyncpg
    connections = [await driver.connect(url) for _ in range(writers)]
    environment = await connections[0].fetchval("SELECT id FROM environments")
    prepared = [await _writer(connection, environment) for connection in connections]
    cpu = time.process_time()
    written = await write_orders(prepared, bare(customers), first=first, seconds=seconds)
    turn = written.turn(time.process_time() - cpu)
    for connection in connections:
        await connection.close()
    return {"count": len(written.times), "turn": asdict(turn)}


async def _writer(  # asyncpg's connection has no type to name.
    connection: Any,  # noqa: ANN401
    environment: str,
) -> Callable[[Order], Awaitable[None]]:
    """Writes orders by one connection, with statements that are prepared once."""
    statements = (_LOCK, _SUBSCRIPTION, _STATUS, _ITEM, _SEGMENT, _VERSION)
    lock, subscription, status, item, segment, version = [await connection.prepare(each) for each in statements]

    clock = SystemClock()

    async def write(order: Order) -> None:
        sub, line = new_id("sub"), new_id("si")
        async with connection.transaction():
            customer = await lock.fetchrow(environment, order.customer)
            now = clock.now()
            await subscription.fetch(environment, sub, order.customer, now, json.dumps(order.metadata))
            await status.fetch(environment, sub, now)
            await item.fetch(environment, line, sub)
            await segment.fetch(environment, line, now, order.product, order.quantity)
            await version.fetch(environment, order.customer, customer[0] + 1, now, customer[1] + 1)

    return write


if __name__ == "__main__":
    typer.run(main)

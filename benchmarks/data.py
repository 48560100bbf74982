"""The data that all servers are asked about: for Admittance as facts, for the peers as tables with the answers ready.

Twenty of the products are sold; each has every twentieth feature. A customer has one subscription of a few items, all
for products that share no feature, so that each entitlement has one source. The other products are what else a
catalogue holds: more features, and no subscriber. peers/seed.sql follows the same formulas.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from rich.progress import Progress
from sqlalchemy import Table, text
from sqlalchemy.ext.asyncio import AsyncConnection

from entitlements.facts import BillingInterval, CatalogRollout, FeatureType, SubscriptionStatus, TrialEndBehavior
from resolvers.callers import EVERY_SCOPE
from storage import rows
from storage.credentials import create_key
from storage.database import Database
from storage.environments import create_environment
from storage.migrations import migrate

_SOLD = 20
_CHUNK = 1_000
_SEED = Path(__file__).parent / "peers" / "seed.sql"


@dataclass(frozen=True, slots=True)
class Size:
    """How much data there is. Each of a customer's items gives a twentieth of the features."""

    customers: int = 10_000
    items: int = 5
    features: int = 200
    products: int = 50

    @property
    def entitlements(self) -> int:
        """How many each customer has."""
        return self.items * self.features // _SOLD


async def furnish(url: str, size: Size, since: datetime, progress: Progress) -> str:
    """Facts, in an empty database, of which all are true since an instant. Returns the secret of a key to them."""
    database = Database.open(url)
    await migrate(database)
    environment = await create_environment(database, "bench", livemode=False)
    async with database.begin_write() as connection:
        # Foreign keys are looked up row by row, which is most of the time; these rows can't be wrong without notice.
        await connection.execute(text("SET LOCAL session_replication_role = replica"))
        await connection.execute(
            rows.environments.update().values(catalogue_version=1, attachments_version=1, catalogue_written_at=since)
        )
        scope = {"environment_id": environment.id}
        for table, of in _catalogue(size, since):
            await _copy(connection, table, (scope | row for row in of))
        task = progress.add_task("Loading facts for Admittance", total=size.customers)
        for first in range(1, size.customers + 1, _CHUNK):
            numbers = range(first, min(first + _CHUNK, size.customers + 1))
            for table, of in _customers(numbers, size, since):
                await _copy(connection, table, (scope | row for row in of))
            progress.advance(task, len(numbers))
    _, secret = await create_key(database, environment.id, "bench", (EVERY_SCOPE,))
    async with database.read() as connection:
        await connection.execute(text("VACUUM ANALYZE"))
    await database.close()
    return secret


async def furnish_peers(url: str, size: Size, since: datetime, progress: Progress) -> None:
    """The peers' tables, in an empty database."""
    task = progress.add_task("Loading the peers' tables", total=None)
    database = Database.open(url)
    async with database.begin_write() as connection:
        for name in ("customers", "items", "features", "products"):
            await _set(connection, name, str(getattr(size, name)))
        await _set(connection, "since", since.isoformat())
        driver = await connection.get_raw_connection()
        await _driver(driver).execute(_SEED.read_text(encoding="utf-8"))
    async with database.read() as connection:
        await connection.execute(text("VACUUM ANALYZE"))
    await database.close()
    progress.update(task, total=1, completed=1)


def ten_days_ago() -> datetime:
    """Since when everything is true: in whole milliseconds, as every instant."""
    return datetime.now(UTC).replace(microsecond=0) - timedelta(days=10)


def customer_id(number: int) -> str:
    """The public id of a customer, counted from 1: as long as a real one."""
    return _id("cus", number)


def product_id(number: int) -> str:
    """The public id of a product that is sold; they are counted from 0, round and round."""
    return _id("prod", number % _SOLD + 1)


def feature_keys(first: int, size: Size) -> list[str]:
    """Five lookup keys, of which a customer has some and hasn't others."""
    return [f"feature-{(first + 41 * step) % size.features + 1}" for step in range(5)]


def _id(prefix: str, number: int) -> str:
    return f"{prefix}_{number:026}"


def _is_attached(feature: int, product: int) -> bool:
    return (feature - product) % _SOLD == 0 or (product > _SOLD and feature * product % 9 == 0)


_Rows = Iterable[dict[str, Any]]


def _catalogue(size: Size, since: datetime) -> Iterator[tuple[Table, _Rows]]:
    features, products = range(1, size.features + 1), range(1, size.products + 1)
    # As in a catalogue that grew: the later the number, the newer.
    instants = {number: since - timedelta(minutes=1000 - number) for number in features}
    yield (
        rows.features,
        (
            {
                "id": _id("feat", number),
                "name": f"Feature {number}",
                "lookup_key": f"feature-{number}",
                "type": FeatureType.BOOLEAN,
                "metadata": f'{{"tier": "{number % 5}"}}',
                "created_at": instants[number],
                "archived_at": None,
            }
            for number in features
        ),
    )
    yield (
        rows.products,
        (
            {
                "id": _id("prod", number),
                "name": f"Product {number}",
                "lookup_key": f"product-{number}",
                "active": True,
                "metadata": "{}",
                "created_at": since - timedelta(minutes=1000 - number),
            }
            for number in products
        ),
    )
    attached = ((product, feature) for product in products for feature in features if _is_attached(feature, product))
    yield (
        rows.product_features,
        (
            {
                "id": _id("prodft", number),
                "product_id": _id("prod", product),
                "feature_id": _id("feat", feature),
                "attached_at": since,
                "rollout": CatalogRollout.NEXT_PERIOD,
                "detached_at": None,
                "detach_rollout": None,
            }
            for number, (product, feature) in enumerate(attached, 1)
        ),
    )


def _customers(numbers: range, size: Size, since: datetime) -> Iterator[tuple[Table, _Rows]]:
    yield rows.customers, (_customer(number, since) for number in numbers)
    yield rows.subscriptions, (_subscription(number, since) for number in numbers)
    yield (
        rows.subscription_statuses,
        (
            {"subscription_id": _id("sub", number), "since": since, "status": SubscriptionStatus.ACTIVE}
            for number in numbers
        ),
    )
    items = [(number, position) for number in numbers for position in range(size.items)]
    yield (
        rows.subscription_items,
        (
            {"id": _item(number, position), "subscription_id": _id("sub", number), "position": position}
            for number, position in items
        ),
    )
    yield rows.subscription_item_segments, (_segment(number, position, since) for number, position in items)


def _customer(number: int, since: datetime) -> dict[str, Any]:
    return {
        "id": customer_id(number),
        "external_id": f"customer-{number}",
        "name": f"Customer {number}",
        "email": f"c{number}@example.com",
        "metadata": "{}",
        "created_at": since,
        "facts_version": 1,
        "announced_revision": 1,
        "announced_until": since,
        "written_at": since,
        "deleted_at": None,
        "due_at": None,
    }


def _subscription(number: int, since: datetime) -> dict[str, Any]:
    return {
        "id": _id("sub", number),
        "customer_id": customer_id(number),
        "recorded_at": since,
        "started_at": since,
        "trial_end": None,
        "trial_end_behavior": TrialEndBehavior.ACTIVATE,
        "cancel_at": None,
        "cancel_at_period_end": False,
        "canceled_at": None,
        "ended_at": None,
        "metadata": "{}",
    }


def _segment(number: int, position: int, since: datetime) -> dict[str, Any]:
    return {
        "item_id": _item(number, position),
        "from_at": since,
        "until_at": None,
        "product_id": _id("prod", (number + 3 * position) % _SOLD + 1),
        "quantity": 1,
        "interval_unit": BillingInterval.MONTH,
        "interval_count": 1,
    }


def _item(number: int, position: int) -> str:
    return _id("si", number * 100 + position)


async def _copy(connection: AsyncConnection, table: Table, of: _Rows) -> None:
    """Rows by COPY, the fastest way in."""
    names = table.columns.keys()
    records = [[row[name] for name in names] for row in of]
    driver = await connection.get_raw_connection()
    await _driver(driver).copy_records_to_table(table.name, records=records, columns=names)


async def _set(connection: AsyncConnection, name: str, value: str) -> None:
    await connection.execute(text("SELECT set_config(:name, :value, true)"), {"name": f"bench.{name}", "value": value})


def _driver(connection: Any) -> Any:  # noqa: ANN401 - asyncpg's connection, which SQLAlchemy has no type for
    return connection.driver_connection

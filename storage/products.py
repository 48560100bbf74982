"""Products at rest."""

from collections.abc import Sequence
from typing import TypedDict, Unpack

from sqlalchemy import bindparam, delete, exists, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from entitlements.facts import EnvironmentId, Metadata, Product, ProductId
from storage.dialect import AnyRow, AnySelect, one_of_given
from storage.paging import Cut, Key, Page, count, page
from storage.rows import attachment_changes, product_features, products, subscription_item_segments
from storage.work import CatalogueWork, update_row

_KEY = Key(products.c.created_at, products.c.id)
_HERE = products.c.environment_id == bindparam("environment")
_BY_ID = select(products).where(_HERE, one_of_given(products.c.id, "ids"))
_BY_KEY = select(products).where(_HERE, one_of_given(products.c.lookup_key, "keys"))


class ProductChanges(TypedDict, total=False):
    """What of a product can be edited."""

    name: str
    active: bool
    metadata: Metadata


async def load_products(
    connection: AsyncConnection, environment: EnvironmentId, ids: Sequence[ProductId]
) -> dict[ProductId, Product]:
    """The products with these ids; unknown and foreign ids are absent."""
    rows = await connection.execute(_BY_ID, {"environment": environment, "ids": ids})
    return {product.id: product for product in map(_read, rows.all())}


async def load_products_by_key(
    connection: AsyncConnection, environment: EnvironmentId, keys: Sequence[str]
) -> dict[str, Product]:
    """The products with these lookup keys."""
    rows = await connection.execute(_BY_KEY, {"environment": environment, "keys": keys})
    return {row.lookup_key: _read(row) for row in rows}


async def page_products(
    connection: AsyncConnection, environment: EnvironmentId, cut: Cut, *, active: bool | None
) -> Page[Product]:
    """Products, all (None) or those active or not; newest first."""
    return await page(connection, _listed(environment, active=active), _KEY, cut, _read)


async def count_products(connection: AsyncConnection, environment: EnvironmentId, *, active: bool | None) -> int:
    """How many products `page_products` goes through."""
    return await count(connection, _listed(environment, active=active))


async def insert_product(work: CatalogueWork, product: Product) -> None:
    """Adds a product. Raises (as it leaves the unit of work): UniqueViolation, if another one has its key."""
    await work.connection.execute(
        insert(products).values(
            environment_id=work.environment.id,
            id=product.id,
            name=product.name,
            lookup_key=product.lookup_key,
            active=product.active,
            metadata=product.metadata,
            created_at=product.created_at,
        )
    )
    work.is_changed = True


async def update_product(work: CatalogueWork, product: ProductId, **changes: Unpack[ProductChanges]) -> None:
    """Edits a product. Raises: RowMissing."""
    statement = update(products).where(products.c.environment_id == work.environment.id, products.c.id == product)
    await update_row(work, statement.values(**changes), product)


async def was_subscribed_to(work: CatalogueWork, product: ProductId) -> bool:
    """Whether an item of a subscription is, or ever was, for a product."""
    segments = subscription_item_segments.c
    held = exists().where(segments.environment_id == work.environment.id, segments.product_id == product)
    return bool((await work.connection.execute(select(held))).scalar_one())


async def delete_product(work: CatalogueWork, product: ProductId) -> None:
    """Removes a product that nobody was ever subscribed to, and what was attached to it: neither gave access."""
    for table in (attachment_changes, product_features):
        below = table.c.environment_id == work.environment.id, table.c.product_id == product
        await work.connection.execute(delete(table).where(*below))
    here = products.c.environment_id == work.environment.id, products.c.id == product
    await work.connection.execute(delete(products).where(*here))
    work.deleted.add(product)
    work.is_changed = True


def _of(environment: EnvironmentId) -> AnySelect:
    return select(products).where(products.c.environment_id == environment)


def _listed(environment: EnvironmentId, *, active: bool | None) -> AnySelect:
    query = _of(environment)
    return query if active is None else query.where(products.c.active.is_(active))


def _read(row: AnyRow) -> Product:
    return Product(
        id=row.id,
        name=row.name,
        lookup_key=row.lookup_key,
        active=row.active,
        metadata=row.metadata,
        created_at=row.created_at,
    )

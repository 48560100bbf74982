"""Attachments at rest: which feature belongs to which product, since when and until when."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from sqlalchemy import ColumnElement, bindparam, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from entitlements.facts import CatalogRollout, EnvironmentId, FeatureId, ProductFeature, ProductFeatureId, ProductId
from storage.dialect import AnyRow, AnySelect, one_of, one_of_given
from storage.errors import RowUnreadable
from storage.paging import Cut, Key, Page, counts_by_parent, pages_by_parent
from storage.rows import features, product_features, products
from storage.work import CatalogueWork, update_row

Side = Literal["product", "feature"]
"""Whose list of attachments it is."""

_KEY = Key(product_features.c.attached_at, product_features.c.id)
_PARENTS: dict[Side, ColumnElement[Any]] = {
    "product": product_features.c.product_id,
    "feature": product_features.c.feature_id,
}
_OTHER: dict[Side, Side] = {"product": "feature", "feature": "product"}
_HISTORY = select(product_features).where(product_features.c.environment_id == bindparam("environment")).order_by(*_KEY)
_OF_PRODUCTS = _HISTORY.where(one_of_given(product_features.c.product_id, "products"))


async def load_product_features(
    connection: AsyncConnection, environment: EnvironmentId, ids: Sequence[ProductFeatureId]
) -> dict[ProductFeatureId, ProductFeature]:
    """The attachments with these ids, detached ones too; unknown and foreign ids are absent."""
    rows = await connection.execute(_of(environment).where(one_of(product_features.c.id, ids)))
    return {attachment.id: attachment for attachment in map(read_product_feature, rows)}


async def load_attachments(
    connection: AsyncConnection, environment: EnvironmentId, ids: Sequence[ProductId]
) -> dict[ProductId, tuple[ProductFeature, ...] | RowUnreadable]:
    """Every attachment the products ever had: the rule needs the history. An unknown product has none.

    Of a product with one that can't be read there is the error instead.
    """
    rows = await connection.execute(_OF_PRODUCTS, {"environment": environment, "products": ids})
    return dict.fromkeys(ids, ()) | read_attachments(rows.all())


def attachments_of(products: AnySelect) -> AnySelect:
    """What `read_attachments` wants, of products that a query selects within the `environment` given."""
    return _HISTORY.where(product_features.c.product_id.in_(products))


def read_attachments(rows: Iterable[AnyRow]) -> dict[ProductId, tuple[ProductFeature, ...] | RowUnreadable]:
    """The attachments of each product, in the order they were made; a product that never had one is absent.

    Of a product with one that can't be read there is the error instead.
    """
    found: defaultdict[ProductId, list[AnyRow]] = defaultdict(list)
    for row in rows:
        found[row.product_id].append(row)
    return {product: _read_all(attachments) for product, attachments in found.items()}


async def find_attached(
    connection: AsyncConnection, environment: EnvironmentId, product: ProductId, feature: FeatureId
) -> ProductFeature | None:
    """The attachment by which a product gives a feature; there is one at the most that isn't detached."""
    query = _listed(environment, detached=False).where(
        one_of(product_features.c.product_id, [product]), one_of(product_features.c.feature_id, [feature])
    )
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else read_product_feature(row)


async def pages_of_product_features(
    connection: AsyncConnection,
    environment: EnvironmentId,
    *,
    by: Side,
    parents: Sequence[str],
    cut: Cut,
    detached: bool,
    active_only: bool = False,
) -> dict[str, Page[ProductFeature]]:
    """The attachments of products, or of features, latest first; with `detached` also those that were detached.

    `active_only`: only those whose other side is active.
    """
    query = _listed(environment, detached=detached, active_side=_OTHER[by] if active_only else None)
    return await pages_by_parent(
        connection, query, _KEY, cut, read_product_feature, parent=_PARENTS[by], parents=parents
    )


async def counts_of_product_features(
    connection: AsyncConnection,
    environment: EnvironmentId,
    *,
    by: Side,
    parents: Sequence[str],
    detached: bool,
    active_only: bool = False,
) -> dict[str, int]:
    """How many attachments `pages_of_product_features` goes through for each parent."""
    query = _listed(environment, detached=detached, active_side=_OTHER[by] if active_only else None)
    return await counts_by_parent(connection, query, parent=_PARENTS[by], parents=parents)


async def products_with_features(
    connection: AsyncConnection, environment: EnvironmentId, ids: Sequence[FeatureId], first: int
) -> dict[FeatureId, list[ProductId]]:
    """Active products that have each feature attached now: what would unlock it. At most `first` each, newest first."""
    order = products.c.created_at.desc(), products.c.id.desc()
    rank = func.row_number().over(partition_by=product_features.c.feature_id, order_by=order).label("product_rank")
    ranked = (
        _listed(environment, detached=False)
        .join(products)
        .where(products.c.active, one_of(product_features.c.feature_id, ids))
        .with_only_columns(product_features.c.feature_id, product_features.c.product_id, rank)
        .subquery()
    )
    found: dict[FeatureId, list[ProductId]] = {feature: [] for feature in ids}
    query = select(ranked).where(ranked.c.product_rank <= first).order_by(ranked.c.product_rank)
    for row in await connection.execute(query):
        found[row.feature_id].append(row.product_id)
    return found


async def attach_feature(work: CatalogueWork, attachment: ProductFeature) -> None:
    """Attaches a feature. Raises (as it leaves the unit of work): UniqueViolation, if it is attached already."""
    await work.connection.execute(
        insert(product_features).values(
            environment_id=work.environment.id,
            id=attachment.id,
            product_id=attachment.product,
            feature_id=attachment.feature,
            attached_at=attachment.attached_at,
            rollout=attachment.rollout,
            detached_at=attachment.detached_at,
            detach_rollout=attachment.detach_rollout,
        )
    )
    work.is_changed = True
    work.note_attachments(attachment.product)


async def detach_feature(work: CatalogueWork, attachment: ProductFeature, rollout: CatalogRollout) -> None:
    """Ends an attachment as of the work's instant. Raises: RowMissing, also if it was ended before."""
    statement = update(product_features).where(
        product_features.c.environment_id == work.environment.id,
        product_features.c.id == attachment.id,
        product_features.c.detached_at.is_(None),
    )
    await update_row(work, statement.values(detached_at=work.instant, detach_rollout=rollout), attachment.id)
    work.note_attachments(attachment.product)


def read_product_feature(row: AnyRow) -> ProductFeature:
    """An attachment from a row with the table's columns. Raises: RowUnreadable."""
    try:
        return ProductFeature(
            id=row.id,
            product=row.product_id,
            feature=row.feature_id,
            attached_at=row.attached_at,
            rollout=CatalogRollout(row.rollout),
            detached_at=row.detached_at,
            detach_rollout=None if row.detach_rollout is None else CatalogRollout(row.detach_rollout),
        )
    except ValueError as error:
        raise RowUnreadable(product_features.name, row.id) from error


def _read_all(rows: Sequence[AnyRow]) -> tuple[ProductFeature, ...] | RowUnreadable:
    try:
        return tuple(read_product_feature(row) for row in rows)
    except RowUnreadable as unreadable:
        return unreadable


def _of(environment: EnvironmentId) -> AnySelect:
    return select(product_features).where(product_features.c.environment_id == environment)


def _listed(environment: EnvironmentId, *, detached: bool, active_side: Side | None = None) -> AnySelect:
    query = _of(environment)
    if not detached:
        query = query.where(product_features.c.detached_at.is_(None))
    if active_side == "product":
        return query.join(products).where(products.c.active)
    return query.join(features).where(features.c.archived_at.is_(None)) if active_side else query

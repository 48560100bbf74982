"""Facts that follow from a source's observations, written as they are now known.

Elsewhere histories only grow. What a source tells late belongs before what it told already: so its objects' facts are
written anew as a whole, and what they follow from is what is kept for good.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Table, delete, select

from entitlements.facts import Feature, Product, ProductFeature, Subscription
from storage.dialect import insert_into
from storage.rows import features, product_features, products, subscriptions
from storage.rows import subscription_item_segments as segments
from storage.rows import subscription_items as items
from storage.rows import subscription_statuses as statuses
from storage.subscriptions import insert_subscription
from storage.work import CatalogueWork, CustomerWork


async def write_subscription(work: CustomerWork, subscription: Subscription) -> None:
    """Makes a subscription, or all of it anew; nothing if it is so already."""
    before = next((each for each in work.facts.subscriptions if each.id == subscription.id), None)
    if before == subscription:
        return
    if before is not None:
        await _remove(work, before)
    await insert_subscription(work, subscription)


async def write_feature(work: CatalogueWork, feature: Feature) -> None:
    """Makes a feature, or all of it anew.

    Raises (as it leaves the unit of work): UniqueViolation, if its key belongs to another active one.
    """
    await _upsert(
        work,
        features,
        {
            "id": feature.id,
            "name": feature.name,
            "lookup_key": feature.lookup_key,
            "type": feature.type,
            "metadata": feature.metadata,
            "created_at": feature.created_at,
            "archived_at": feature.archived_at,
        },
    )


async def write_product(work: CatalogueWork, product: Product) -> None:
    """Makes a product, or all of it anew.

    Raises (as it leaves the unit of work): UniqueViolation, if another one has its key.
    """
    await _upsert(
        work,
        products,
        {
            "id": product.id,
            "name": product.name,
            "lookup_key": product.lookup_key,
            "active": product.active,
            "metadata": product.metadata,
            "created_at": product.created_at,
        },
    )


async def write_attachment(work: CatalogueWork, attachment: ProductFeature) -> None:
    """Makes an attachment, or all of it anew."""
    await _upsert(
        work,
        product_features,
        {
            "id": attachment.id,
            "product_id": attachment.product,
            "feature_id": attachment.feature,
            "attached_at": attachment.attached_at,
            "rollout": attachment.rollout,
            "detached_at": attachment.detached_at,
            "detach_rollout": attachment.detach_rollout,
        },
    )
    work.note_attachments(attachment.product)


async def _remove(work: CustomerWork, subscription: Subscription) -> None:
    """Takes a subscription's rows away, to be followed by others in the same transaction."""
    below = [items.c.environment_id == work.environment.id, items.c.subscription_id == subscription.id]
    lines = select(items.c.id).where(*below)
    here = work.environment.id
    for statement in (
        delete(segments).where(segments.c.environment_id == here, segments.c.item_id.in_(lines)),
        delete(items).where(*below),
        delete(statuses).where(statuses.c.environment_id == here, statuses.c.subscription_id == subscription.id),
        delete(subscriptions).where(subscriptions.c.environment_id == here, subscriptions.c.id == subscription.id),
    ):
        await work.connection.execute(statement)


async def _upsert(work: CatalogueWork, table: Table, values: Mapping[str, Any]) -> None:
    statement = insert_into(work.connection, table).values(environment_id=work.environment.id, **values)
    await work.connection.execute(
        statement.on_conflict_do_update(index_elements=["environment_id", "id"], set_=dict(values))
    )
    work.is_changed = True

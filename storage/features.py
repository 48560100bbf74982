"""Features at rest."""

from collections.abc import Sequence
from typing import TypedDict, Unpack

from sqlalchemy import Update, insert, nulls_first, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from entitlements.facts import EnvironmentId, Feature, FeatureId, FeatureType, Metadata
from storage.dialect import AnyRow, AnySelect, one_of
from storage.paging import Cut, Key, Page, count, page
from storage.rows import features
from storage.work import CatalogueWork, update_row

_KEY = Key(features.c.created_at, features.c.id)


class FeatureChanges(TypedDict, total=False):
    """What of a feature can be edited."""

    name: str
    metadata: Metadata


async def load_features(
    connection: AsyncConnection, environment: EnvironmentId, ids: Sequence[FeatureId]
) -> dict[FeatureId, Feature]:
    """The features with these ids, archived ones too; unknown and foreign ids are absent."""
    rows = await connection.execute(_of(environment).where(one_of(features.c.id, ids)))
    return {feature.id: feature for feature in map(_read, rows)}


async def load_features_by_key(
    connection: AsyncConnection, environment: EnvironmentId, keys: Sequence[str]
) -> dict[str, list[Feature]]:
    """All features that have or had these keys: the active one first, then from the one archived last."""
    query = _of(environment).where(one_of(features.c.lookup_key, keys))
    found: dict[str, list[Feature]] = {}
    for row in await connection.execute(
        query.order_by(nulls_first(features.c.archived_at.desc()), features.c.id.desc())
    ):
        found.setdefault(row.lookup_key, []).append(_read(row))
    return found


async def page_features(
    connection: AsyncConnection, environment: EnvironmentId, cut: Cut, *, archived: bool, lookup_key: str | None
) -> Page[Feature]:
    """Active features, or (`archived`) archived ones only; newest first."""
    return await page(connection, _listed(environment, archived=archived, lookup_key=lookup_key), _KEY, cut, _read)


async def count_features(
    connection: AsyncConnection, environment: EnvironmentId, *, archived: bool, lookup_key: str | None
) -> int:
    """How many features `page_features` goes through."""
    return await count(connection, _listed(environment, archived=archived, lookup_key=lookup_key))


async def insert_feature(work: CatalogueWork, feature: Feature) -> None:
    """Adds a feature. Raises (as it leaves the unit of work): UniqueViolation, if its key belongs to an active one."""
    await work.connection.execute(
        insert(features).values(
            environment_id=work.environment.id,
            id=feature.id,
            name=feature.name,
            lookup_key=feature.lookup_key,
            type=feature.type,
            metadata=feature.metadata,
            created_at=feature.created_at,
            archived_at=feature.archived_at,
        )
    )
    work.is_changed = True


async def update_feature(work: CatalogueWork, feature: FeatureId, **changes: Unpack[FeatureChanges]) -> None:
    """Edits a feature. Raises: RowMissing."""
    await update_row(work, _update(work, feature).values(**changes), feature)


async def archive_feature(work: CatalogueWork, feature: FeatureId) -> None:
    """Archives a feature as of the work's instant. Raises: RowMissing."""
    await update_row(work, _update(work, feature).values(archived_at=work.instant), feature)


def _of(environment: EnvironmentId) -> AnySelect:
    return select(features).where(features.c.environment_id == environment)


def _listed(environment: EnvironmentId, *, archived: bool, lookup_key: str | None) -> AnySelect:
    is_active = features.c.archived_at.is_(None)
    query = _of(environment).where(~is_active if archived else is_active)
    return query if lookup_key is None else query.where(one_of(features.c.lookup_key, [lookup_key]))


def _update(work: CatalogueWork, feature: FeatureId) -> Update:
    return update(features).where(features.c.environment_id == work.environment.id, features.c.id == feature)


def _read(row: AnyRow) -> Feature:
    return Feature(
        id=row.id,
        name=row.name,
        lookup_key=row.lookup_key,
        metadata=row.metadata,
        created_at=row.created_at,
        archived_at=row.archived_at,
        type=FeatureType(row.type),
    )

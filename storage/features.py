"""Features at rest."""

from collections.abc import Sequence
from typing import TypedDict, Unpack

from sqlalchemy import Update, bindparam, insert, nulls_first, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from entitlements.facts import EnvironmentId, Feature, FeatureId, FeatureType, Metadata
from storage.dialect import AnyRow, AnySelect, one_of, one_of_given
from storage.paging import Cut, Key, Page, count, page
from storage.rows import features
from storage.work import CatalogueWork, update_row

_KEY = Key(features.c.created_at, features.c.id)

_COLUMNS = [column for column in features.c if column is not features.c.environment_id]
_GIVEN = select(*_COLUMNS).where(features.c.environment_id == bindparam("environment"))
_BY_ID = _GIVEN.where(one_of_given(features.c.id, "ids"))
_BY_KEY = _GIVEN.where(one_of_given(features.c.lookup_key, "keys")).order_by(
    nulls_first(features.c.archived_at.desc()), features.c.id.desc()
)


class FeatureChanges(TypedDict, total=False):
    """What of a feature can be edited."""

    name: str
    metadata: Metadata


async def load_features(
    connection: AsyncConnection, environment: EnvironmentId, ids: Sequence[FeatureId]
) -> dict[FeatureId, Feature]:
    """The features with these ids, archived ones too; unknown and foreign ids are absent."""
    rows = await connection.execute(_BY_ID, {"environment": environment, "ids": ids})
    return {feature.id: feature for feature in map(_read, rows.all())}


async def load_features_by_key(
    connection: AsyncConnection, environment: EnvironmentId, keys: Sequence[str]
) -> dict[str, list[Feature]]:
    """All features that have or had these keys: the active one first, then from the one archived last."""
    found: dict[str, list[Feature]] = {}
    for row in await connection.execute(_BY_KEY, {"environment": environment, "keys": keys}):
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
    return select(*_COLUMNS).where(features.c.environment_id == environment)


def _listed(environment: EnvironmentId, *, archived: bool, lookup_key: str | None) -> AnySelect:
    is_active = features.c.archived_at.is_(None)
    query = _of(environment).where(~is_active if archived else is_active)
    return query if lookup_key is None else query.where(one_of(features.c.lookup_key, [lookup_key]))


def _update(work: CatalogueWork, feature: FeatureId) -> Update:
    return update(features).where(features.c.environment_id == work.environment.id, features.c.id == feature)


def _read(row: AnyRow) -> Feature:
    # Hundreds are read for one answer, and to look up a row's columns by name takes longer than all else here.
    id_, name, lookup_key, type_, metadata, created_at, archived_at = row
    return Feature(
        id=id_,
        name=name,
        lookup_key=lookup_key,
        metadata=metadata,
        created_at=created_at,
        archived_at=archived_at,
        type=FeatureType(type_),
    )

"""Features: their reads and their life, from creation to archiving."""

from dataclasses import replace

from entitlements.facts import Feature, FeatureId
from resolvers.context import Context
from resolvers.errors import Problems, UserErrorCode, refuse
from resolvers.ownership import refuse_if_owned
from resolvers.paging import Listing, PageArguments, list_all, nothing, read_cut
from resolvers.references import ABSENT, Absent, ById, ByKey, Reference
from resolvers.validation import (
    KEY_LENGTH,
    NAME_LENGTH,
    MetadataChange,
    changed_metadata,
    check_text,
    is_storable,
    new_metadata,
)
from resolvers.writing import write_catalogue
from storage import features
from storage.catalogue_lists import FeaturePage, FeaturesOf
from storage.ids import new_id
from storage.paging import Position
from storage.unit_of_work import CatalogueWork, CustomerWork


async def find_feature(context: Context, by: Reference) -> Feature | None:
    """The feature a reference names: by key the active one, else the one archived last; to a session active ones."""
    if isinstance(by, ById):
        found = await context.loaders.features.load(FeatureId(by.id))
    else:
        named = await context.loaders.features_by_key.load(by.key)
        found = named[0] if named else None
    return None if found and context.is_session and not found.active else found


async def list_features(
    context: Context, arguments: PageArguments, *, archived: bool, lookup_key: str | None
) -> Listing[Feature]:
    """The environment's features, newest first: the archived ones or the active ones, perhaps of one key.

    To a session there are no archived ones.
    """
    scope = context.scope("features")
    if archived and context.is_session:
        return list_all(scope, arguments, [], _position)
    cut = read_cut(scope, arguments)
    of = FeaturesOf(archived, lookup_key)

    async def count() -> int:
        return await context.loaders.feature_counts.load(of) or 0

    page = await context.loaders.feature_pages.load(FeaturePage(of, cut))
    return Listing(scope, page or nothing(), _position, count)


async def create_feature(
    context: Context, *, name: str, lookup_key: str, metadata: MetadataChange | None = None
) -> Feature:
    """Creates a feature. Refuses a key that an active feature of the environment has: TAKEN."""
    checked = Problems()
    check_text(checked, "The name", name, NAME_LENGTH, "name")
    check_text(checked, "The lookup key", lookup_key, KEY_LENGTH, "lookup_key")
    entries = new_metadata(checked, metadata, "metadata")

    async def command(work: CatalogueWork) -> Feature:
        problems = Problems(checked.errors)
        other = await find_feature_under_lock(work, ByKey(lookup_key))
        if other is not None and other.active:
            message = "An active feature has this lookup key already. Use it, or archive it to free its key."
            problems.add(UserErrorCode.TAKEN, message, "lookup_key", existing=other.id)
        problems.raise_any()
        feature = Feature(FeatureId(new_id("feat")), name, lookup_key, entries, work.instant)
        await features.insert_feature(work, feature)
        work.result_id = feature.id
        return feature

    return await write_catalogue(context, command)


async def update_feature(
    context: Context,
    by: Reference,
    *,
    name: str | Absent | None = ABSENT,
    metadata: MetadataChange | Absent | None = ABSENT,
    archive: bool = False,
) -> Feature:
    """Changes a feature's name and metadata, and may archive it with that. Refuses an archived one: ARCHIVED."""

    async def command(work: CatalogueWork) -> Feature:
        feature = await load_feature(work, by, "feature")
        work.result_id = feature.id
        await refuse_if_owned(work, feature.id, "feature", "feature")
        problems = Problems()
        if not feature.active:
            problems.add(UserErrorCode.ARCHIVED, "An archived feature can't be edited.", "feature")
        updated = feature
        if name is not ABSENT:
            check_text(problems, "The name", name, NAME_LENGTH, "name")
            updated = replace(updated, name=name or "")
        if metadata is not ABSENT:
            updated = replace(updated, metadata=changed_metadata(problems, feature.metadata, metadata, "metadata"))
        problems.raise_any()
        if updated != feature:
            await features.update_feature(work, feature.id, name=updated.name, metadata=updated.metadata)
        if archive:
            await features.archive_feature(work, feature.id)
            updated = replace(updated, archived_at=work.instant)
        return updated

    return await write_catalogue(context, command)


async def archive_feature(context: Context, by: Reference) -> Feature:
    """Archives a feature for good; one that is archived already stays as it is.

    It goes on entitling through the products it is attached to, and its key can be used again.
    """

    async def command(work: CatalogueWork) -> Feature:
        feature = await load_feature(work, by, "feature")
        work.result_id = feature.id
        if not feature.active:
            return feature
        await refuse_if_owned(work, feature.id, "feature", "feature")
        await features.archive_feature(work, feature.id)
        return replace(feature, archived_at=work.instant)

    return await write_catalogue(context, command)


async def load_feature(work: CatalogueWork | CustomerWork, by: Reference, *field: str) -> Feature:
    """The feature a reference names, under the lock of a write. Refuses with NOT_FOUND at the field."""
    feature = await find_feature_under_lock(work, by)
    if feature is None:
        raise refuse(UserErrorCode.NOT_FOUND, "There is no such feature.", *field)
    return feature


async def find_feature_under_lock(work: CatalogueWork | CustomerWork, by: Reference) -> Feature | None:
    """The feature a reference names as it stands under the lock of a write."""
    environment = work.environment.id
    if isinstance(by, ById):
        if not is_storable(by.id):
            return None
        return (await features.load_features(work.connection, environment, [FeatureId(by.id)])).get(FeatureId(by.id))
    if not is_storable(by.key):
        return None
    named = await features.load_features_by_key(work.connection, environment, [by.key])
    return next(iter(named.get(by.key, ())), None)


def _position(feature: Feature) -> Position:
    return feature.created_at, feature.id

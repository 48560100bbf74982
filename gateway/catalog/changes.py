"""The steps from an environment's catalogue to a file's, each one use case."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum

from entitlements.facts import Feature, FeatureId, Metadata, Product, ProductFeature
from gateway.catalog.file import FeatureEntry, ProductEntry
from resolvers import features, product_features, products
from resolvers.context import Context
from resolvers.references import ABSENT, ById, ByKey
from resolvers.validation import MetadataChange


class Action(StrEnum):
    """What a change does."""

    CREATE = "create"
    UPDATE = "update"
    ATTACH = "attach"
    DETACH = "detach"
    ARCHIVE = "archive"


@dataclass(frozen=True, slots=True)
class Change:
    """One step towards the file: one use case, one transaction. Changes are to be made in the order they come."""

    action: Action
    kind: str
    key: str
    detail: str
    write: Callable[[Context], Awaitable[object]] = field(repr=False)


def create_feature(entry: FeatureEntry) -> Change:
    """Creates the feature."""

    async def write(context: Context) -> object:
        return await features.create_feature(context, name=entry.name, lookup_key=entry.key, metadata=entry.metadata)

    return Change(Action.CREATE, "feature", entry.key, entry.name, write)


def update_feature(entry: FeatureEntry, feature: Feature, detail: str) -> Change:
    """Changes the feature's name and metadata. `detail` says from what to what."""
    metadata = metadata_change(entry.metadata, feature.metadata)

    async def write(context: Context) -> object:
        return await features.update_feature(context, ById(feature.id), name=entry.name, metadata=metadata or ABSENT)

    return Change(Action.UPDATE, "feature", entry.key, detail, write)


def archive(entry: FeatureEntry, feature: FeatureId) -> Change:
    """Archives the feature, for good."""

    async def write(context: Context) -> object:
        return await features.archive_feature(context, ById(feature))

    return Change(Action.ARCHIVE, "feature", entry.key, "for good; it stays where it is attached", write)


def create_product(entry: ProductEntry) -> Change:
    """Creates the product with its features attached, active."""
    listed = attached_at_creation(entry)

    async def write(context: Context) -> object:
        by = [ByKey(key) for key in listed]
        return await products.create_product(
            context, name=entry.name, lookup_key=entry.key, metadata=entry.metadata, features=by
        )

    detail = f"{entry.name}, with {', '.join(listed)}" if listed else entry.name
    return Change(Action.CREATE, "product", entry.key, detail, write)


def attached_at_creation(entry: ProductEntry) -> list[str]:
    """The keys of the features that creating the product attaches; a long list's rest is attached one by one."""
    return list(entry.features or {})[: products.FEATURES_AT_ONCE]


def update_product(entry: ProductEntry, product: Product | None, detail: str) -> Change:
    """Changes the product; None: the one that a change before this one creates."""
    metadata = metadata_change(entry.metadata, product.metadata if product else entry.metadata or {})
    active = ABSENT if entry.active is None else entry.active

    async def write(context: Context) -> object:
        by = ByKey(entry.key)
        return await products.update_product(context, by, name=entry.name, active=active, metadata=metadata or ABSENT)

    return Change(Action.UPDATE, "product", entry.key, detail, write)


def attach(entry: ProductEntry, key: str) -> Change:
    """Attaches a feature, named by its key, to the product."""

    async def write(context: Context) -> object:
        return await product_features.attach_feature(
            context, product=ByKey(entry.key), feature=ByKey(key), rollout=entry.rollout
        )

    return Change(Action.ATTACH, "product", entry.key, f"{key} ({entry.rollout})", write)


def detach(entry: ProductEntry, row: ProductFeature, key: str) -> Change:
    """Ends an attachment to the product of a feature with this key."""

    async def write(context: Context) -> object:
        return await product_features.detach_feature(context, row.id, rollout=entry.rollout)

    return Change(Action.DETACH, "product", entry.key, f"{key} ({entry.rollout})", write)


def metadata_change(wanted: Metadata | None, current: Metadata) -> MetadataChange:
    """The entries to set, and with None to unset, so that the metadata is what is wanted; nothing if that is None."""
    if wanted is None:
        return {}
    unset = dict.fromkeys(current.keys() - wanted.keys())
    return {**{key: value for key, value in wanted.items() if current.get(key) != value}, **unset}

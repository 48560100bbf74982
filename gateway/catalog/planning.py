"""What would have to change for an environment to be as a catalogue file says."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from entitlements.facts import Feature, Metadata, Product, ProductFeature
from gateway.catalog import changes
from gateway.catalog.changes import Action, Change
from gateway.catalog.file import Catalog, CatalogInvalid, FeatureEntry, Problem, ProductEntry
from resolvers.context import Context
from storage.errors import RowUnreadable
from storage.features import load_features, load_features_by_key
from storage.product_features import load_attachments
from storage.products import load_products_by_key


@dataclass(frozen=True, slots=True)
class _Found:
    """What the environment has of what the file names."""

    features: Mapping[str, Feature]
    """By key: the active one, else the one archived last."""
    products: Mapping[str, Product]
    attached: Mapping[str, list[tuple[ProductFeature, Feature]]]
    """By the product's key."""


async def plan_changes(context: Context, catalog: Catalog) -> list[Change]:
    """The changes that make the environment what the file says; none if it is so already.

    Raises: CatalogInvalid, if the file wants what this environment can't have any more.
    """
    found = await _find(context, catalog)
    _check_possible(catalog, found)
    order = list(Action)
    steps = [*_feature_changes(catalog, found), *_product_changes(catalog, found)]
    # Features come before the products that list them; what is archived can't be attached, so archiving comes last.
    return sorted(steps, key=lambda change: (order.index(change.action), change.kind != "feature"))


async def _find(context: Context, catalog: Catalog) -> _Found:
    environment = context.environment_id
    async with context.database.snapshot() as connection:
        named = await load_features_by_key(connection, environment, [entry.key for entry in catalog.features])
        by_key = await load_products_by_key(connection, environment, [entry.key for entry in catalog.products])
        rows = await load_attachments(connection, environment, [product.id for product in by_key.values()])
        attached = [row for of_product in rows.values() for row in _readable(of_product) if row.detached_at is None]
        by_id = await load_features(connection, environment, list({row.feature for row in attached}))
    return _Found(
        features={key: versions[0] for key, versions in named.items() if versions},
        products=by_key,
        attached={
            key: [(row, by_id[row.feature]) for row in attached if row.product == product.id]
            for key, product in by_key.items()
        },
    )


def _readable(rows: tuple[ProductFeature, ...] | RowUnreadable) -> tuple[ProductFeature, ...]:
    if isinstance(rows, RowUnreadable):
        raise rows
    return rows


def _check_possible(catalog: Catalog, found: _Found) -> None:
    gone = {entry.key for entry in catalog.features if entry.archived}
    problems = [
        Problem(position, f"feature `{key}` is to be archived, and an archived feature can't be attached.")
        for entry in catalog.products
        for key, position in (entry.features or {}).items()
        if key in gone and not _is_attached(found, entry.key, key)
    ]
    if problems:
        raise CatalogInvalid(catalog.path, problems)


def _feature_changes(catalog: Catalog, found: _Found) -> Iterator[Change]:
    for entry in catalog.features:
        feature = found.features.get(entry.key)
        active = feature if feature is not None and feature.active else None
        if entry.archived:
            if active is not None:
                yield changes.archive(entry, active.id)
        elif active is None:
            yield changes.create_feature(entry)
        elif detail := _difference(entry, active.name, active.metadata):
            yield changes.update_feature(entry, active, detail)


def _product_changes(catalog: Catalog, found: _Found) -> Iterator[Change]:
    archived = {entry.key for entry in catalog.features if entry.archived}
    for entry in catalog.products:
        product = found.products.get(entry.key)
        if product is None:
            yield changes.create_product(entry)
            if entry.active is False:
                yield changes.update_product(entry, None, "active: yes → no")
        elif detail := _product_difference(entry, product):
            yield changes.update_product(entry, product, detail)
        if entry.features is not None:
            yield from _attachment_changes(entry, found, archived, created=product is None)


def _attachment_changes(entry: ProductEntry, found: _Found, archived: set[str], *, created: bool) -> Iterator[Change]:
    listed = entry.features or {}
    attached = found.attached.get(entry.key, [])
    # The attachment of an archived feature can't be made again, so one whose key is listed is left alone, even where
    # the key has passed on to another feature.
    for row, feature in attached:
        if feature.lookup_key not in listed:
            yield changes.detach(entry, row, feature.lookup_key)
    have = {feature.lookup_key for _, feature in attached if feature.active} | archived
    have.update(changes.attached_at_creation(entry) if created else ())
    yield from (changes.attach(entry, key) for key in listed if key not in have)


def _is_attached(found: _Found, product: str, key: str) -> bool:
    return any(feature.lookup_key == key for _, feature in found.attached.get(product, []))


def _product_difference(entry: ProductEntry, product: Product) -> str:
    parts = [_difference(entry, product.name, product.metadata)]
    if entry.active is not None and entry.active != product.active:
        parts.append("active: no → yes" if entry.active else "active: yes → no")
    return "; ".join(filter(None, parts))


def _difference(entry: FeatureEntry | ProductEntry, name: str, metadata: Metadata) -> str:
    parts = [f"name: {name} → {entry.name}"] if entry.name != name else []
    changed = changes.metadata_change(entry.metadata, metadata)
    if changed:
        parts.append(f"metadata: {', '.join(changed)}")
    return "; ".join(parts)

"""Products: their reads and their life."""

import re
from collections.abc import Sequence
from dataclasses import replace

from entitlements.facts import FeatureId, Product, ProductFeature, ProductFeatureId, ProductId
from resolvers.context import Context
from resolvers.errors import Problems, UserErrorCode, refuse
from resolvers.features import find_feature_under_lock
from resolvers.ownership import refuse_if_owned
from resolvers.paging import Listing, PageArguments, list_all, nothing, read_cut
from resolvers.references import ABSENT, Absent, ById, ByKey, Reference
from resolvers.validation import (
    KEY_LENGTH,
    PRODUCT_NAME_LENGTH,
    MetadataChange,
    changed_metadata,
    check_optional_text,
    check_text,
    new_metadata,
)
from resolvers.writing import write_catalogue
from storage import product_features, products
from storage.catalogue_lists import ProductPage, ProductsOf
from storage.ids import new_id
from storage.paging import Position
from storage.unit_of_work import CatalogueWork, CustomerWork, look_up

FEATURES_AT_ONCE = 100
"""Features that can be attached while a product is created."""

_CHOSEN_ID = re.compile(r"prod_[A-Za-z0-9_-]{1,75}")


async def find_product(context: Context, by: Reference) -> Product | None:
    """The product a reference names; to a session active ones."""
    if isinstance(by, ById):
        found = await context.loaders.products.load(ProductId(by.id))
    else:
        found = await context.loaders.products_by_key.load(by.key)
    return None if found and context.is_session and not found.active else found


async def list_products(context: Context, arguments: PageArguments, *, active: bool | None) -> Listing[Product]:
    """The environment's products, newest first: all of them, or only the active or the inactive ones.

    To a session there are no inactive ones.
    """
    scope = context.scope("products")
    if context.is_session:
        if active is False:
            return list_all(scope, arguments, [], _position)
        active = True
    cut = read_cut(scope, arguments)
    of = ProductsOf(active)

    async def count() -> int:
        return await context.loaders.product_counts.load(of) or 0

    page = await context.loaders.product_pages.load(ProductPage(of, cut))
    return Listing(scope, page or nothing(), _position, count)


async def create_product(
    context: Context,
    *,
    name: str,
    id_: str | None = None,
    lookup_key: str | None = None,
    active: bool = True,
    metadata: MetadataChange | None = None,
    features: Sequence[Reference] = (),
) -> Product:
    """Creates a product, with features attached to it from the start. `id_`: one that was chosen elsewhere."""
    checked = Problems()
    if id_ is not None and not _CHOSEN_ID.fullmatch(id_):
        message = "A product's id is prod_ and up to 75 letters, digits, hyphens and underscores."
        checked.add(UserErrorCode.INVALID, message, "id")
    check_text(checked, "The name", name, PRODUCT_NAME_LENGTH, "name")
    check_optional_text(checked, "The lookup key", lookup_key, KEY_LENGTH, "lookup_key")
    entries = new_metadata(checked, metadata, "metadata")
    if len(features) > FEATURES_AT_ONCE:
        message = f"At most {FEATURES_AT_ONCE} features can be attached at once; attach the others afterwards."
        checked.add(UserErrorCode.TOO_MANY, message, "features")

    async def command(work: CatalogueWork) -> Product:
        problems = Problems(checked.errors)
        if id_ is not None and await find_product_under_lock(work, ById(id_)) is not None:
            problems.add(UserErrorCode.TAKEN, "A product has this id already.", "id", existing=id_)
        if lookup_key is not None:
            await _check_key_is_free(work, problems, lookup_key)
        attached = await _features_to_attach(work, problems, features)
        problems.raise_any()
        product = Product(ProductId(id_ or new_id("prod")), name, lookup_key, active, entries, work.instant)
        await products.insert_product(work, product)
        for feature in attached:
            row = ProductFeature(ProductFeatureId(new_id("prodft")), product.id, feature, work.instant)
            await product_features.attach_feature(work, row)
        work.result_id = product.id
        return product

    return await write_catalogue(context, command)


async def update_product(
    context: Context,
    by: Reference,
    *,
    name: str | Absent | None = ABSENT,
    active: bool | Absent | None = ABSENT,
    metadata: MetadataChange | Absent | None = ABSENT,
) -> Product:
    """Changes a product. An inactive one takes no new subscription, item or move, and goes on for those it has."""

    async def command(work: CatalogueWork) -> Product:
        product = await load_product(work, by, "product")
        work.result_id = product.id
        await refuse_if_owned(work, product.id, "product", "product")
        problems = Problems()
        updated = product
        if name is not ABSENT:
            check_text(problems, "The name", name, PRODUCT_NAME_LENGTH, "name")
            updated = replace(updated, name=name or "")
        if active is None:
            problems.add(UserErrorCode.BLANK, "Pass true or false, or leave it out.", "active")
        elif active is not ABSENT:
            updated = replace(updated, active=active)
        if metadata is not ABSENT:
            updated = replace(updated, metadata=changed_metadata(problems, product.metadata, metadata, "metadata"))
        problems.raise_any()
        if updated != product:
            await products.update_product(
                work, product.id, name=updated.name, active=updated.active, metadata=updated.metadata
            )
        return updated

    return await write_catalogue(context, command)


async def delete_product(context: Context, by: Reference) -> Product:
    """Deletes a product that was never subscribed to, with what is attached to it: its id and its key are free again.

    Any other one stays, as what it gave is part of its subscribers' past.
    """

    async def command(work: CatalogueWork) -> Product:
        product = await load_product(work, by, "product")
        work.result_id = product.id
        await refuse_if_owned(work, product.id, "product", "product")
        if await products.was_subscribed_to(work, product.id):
            message = "The product is or was subscribed to, so it can't be deleted. Make it inactive instead."
            raise refuse(UserErrorCode.INVALID, message, "product")
        await products.delete_product(work, product.id)
        return product

    return await write_catalogue(context, command)


async def load_product(work: CatalogueWork | CustomerWork, by: Reference, *field: str) -> Product:
    """The product a reference names, under the lock of a write. Refuses with NOT_FOUND at the field."""
    product = await find_product_under_lock(work, by)
    if product is None:
        raise refuse(UserErrorCode.NOT_FOUND, "There is no such product.", *field)
    return product


async def find_product_under_lock(work: CatalogueWork | CustomerWork, by: Reference) -> Product | None:
    """The product a reference names as it stands under the lock of a write."""
    if isinstance(by, ById):
        return await look_up(work, products.load_products, ProductId(by.id))
    return await look_up(work, products.load_products_by_key, by.key)


async def _check_key_is_free(work: CatalogueWork, problems: Problems, lookup_key: str) -> None:
    other = await find_product_under_lock(work, ByKey(lookup_key))
    if other is not None:
        message = "A product has this lookup key already, be it active or not."
        problems.add(UserErrorCode.TAKEN, message, "lookup_key", existing=other.id)


async def _features_to_attach(
    work: CatalogueWork, problems: Problems, references: Sequence[Reference]
) -> list[FeatureId]:
    found: list[FeatureId] = []
    for position, by in enumerate(references[:FEATURES_AT_ONCE]):
        field = ("features", str(position))
        feature = await find_feature_under_lock(work, by)
        if feature is None:
            problems.add(UserErrorCode.NOT_FOUND, "There is no such feature.", *field)
        elif not feature.active:
            problems.add(UserErrorCode.ARCHIVED, "An archived feature can't be attached.", *field)
        elif feature.id in found:
            problems.add(UserErrorCode.INVALID, "The feature is listed twice.", *field)
        else:
            found.append(feature.id)
    return found


def _position(product: Product) -> Position:
    return product.created_at, product.id

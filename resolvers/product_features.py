"""Which features a product gives: attaching, detaching, and both sides' lists."""

from collections.abc import Sequence
from dataclasses import replace

from entitlements.facts import CatalogRollout, ProductFeature, ProductFeatureId
from resolvers.context import Context
from resolvers.errors import InvalidArgument, Problems, Refused, UserErrorCode, refuse
from resolvers.features import find_feature, find_feature_under_lock
from resolvers.loaders import AttachmentPage, AttachmentsOf
from resolvers.ownership import refuse_if_owned
from resolvers.paging import Listing, PageArguments, nothing, try_to_read_cut
from resolvers.products import find_product, find_product_under_lock
from resolvers.references import ById, Reference
from resolvers.validation import is_storable
from resolvers.writing import write_catalogue
from storage import product_features
from storage.ids import new_id
from storage.paging import Cut, Page
from storage.unit_of_work import CatalogueWork


async def find_product_feature(context: Context, attachment: ProductFeatureId) -> ProductFeature | None:
    """An attachment by its id; to a session those of the active catalogue."""
    found = await context.loaders.product_features.load(attachment)
    if found is None or not context.is_session:
        return found
    product = await find_product(context, ById(found.product))
    feature = await find_feature(context, ById(found.feature))
    return found if product and feature and found.detached_at is None else None


async def list_product_features(
    context: Context, lists: Sequence[AttachmentsOf], arguments: PageArguments
) -> list[Listing[ProductFeature] | InvalidArgument]:
    """The attachments of products or features, the latest first; to a session those of the active catalogue.

    Where the arguments are wrong, as a cursor is for all lists but its own, it is what is wrong with them.
    """
    if context.is_session:
        lists = [replace(of, detached=False, active_only=True) for of in lists]
    scopes = [context.scope(of.by, of.parent) for of in lists]
    cuts = [try_to_read_cut(scope, arguments) for scope in scopes]
    wanted = [AttachmentPage(of, cut) for of, cut in zip(lists, cuts, strict=True) if isinstance(cut, Cut)]
    pages = iter(await context.loaders.attachment_pages.load_all(wanted))
    return [
        _listing(context, of, scope, next(pages)) if isinstance(cut, Cut) else cut
        for of, scope, cut in zip(lists, scopes, cuts, strict=True)
    ]


def _listing(
    context: Context, of: AttachmentsOf, scope: str, page: Page[ProductFeature] | None
) -> Listing[ProductFeature]:
    async def count() -> int:
        return await context.loaders.attachment_counts.load(of) or 0

    return Listing(scope, page or nothing(), lambda row: (row.attached_at, row.id), count)


async def attach_feature(
    context: Context,
    *,
    product: Reference,
    feature: Reference,
    rollout: CatalogRollout = CatalogRollout.NEXT_PERIOD,
) -> ProductFeature:
    """Attaches a feature to a product: one row, however many subscribe to it."""

    async def command(work: CatalogueWork) -> ProductFeature:
        problems = Problems()
        to = await find_product_under_lock(work, product)
        what = await find_feature_under_lock(work, feature)
        if to is None:
            problems.add(UserErrorCode.NOT_FOUND, "There is no such product.", "product")
        if what is None:
            problems.add(UserErrorCode.NOT_FOUND, "There is no such feature.", "feature")
        elif not what.active:
            problems.add(UserErrorCode.ARCHIVED, "An archived feature can't be attached.", "feature")
        if to is None or what is None or problems.errors:
            raise Refused(problems.errors)
        await refuse_if_owned(work, to.id, "product", "product")
        other = await product_features.find_attached(work.connection, work.environment.id, to.id, what.id)
        if other is not None:
            message = "The feature is attached to this product already."
            raise refuse(UserErrorCode.ALREADY_ATTACHED, message, "feature", existing=other.id)
        row = ProductFeature(ProductFeatureId(new_id("prodft")), to.id, what.id, work.instant, rollout)
        await product_features.attach_feature(work, row)
        work.result_id = row.id
        return row

    return await write_catalogue(context, command)


async def detach_feature(
    context: Context, product_feature_id: str, *, rollout: CatalogRollout = CatalogRollout.NEXT_PERIOD
) -> ProductFeature:
    """Ends an attachment; one that is detached already stays as it is."""

    async def command(work: CatalogueWork) -> ProductFeature:
        row_id = ProductFeatureId(product_feature_id)
        found = (
            await product_features.load_product_features(work.connection, work.environment.id, [row_id])
            if is_storable(row_id)
            else {}
        )
        if row_id not in found:
            message = "There is no such attachment."
            raise refuse(UserErrorCode.NOT_FOUND, message, "product_feature_id")
        row = found[row_id]
        work.result_id = row.id
        if row.detached_at is not None:
            return row
        await refuse_if_owned(work, row.product, "product", "product_feature_id")
        await product_features.detach_feature(work, row, rollout)
        return replace(row, detached_at=work.instant, detach_rollout=rollout)

    return await write_catalogue(context, command)

"""What products give: `/v1/products/{product}/features`."""

from dataclasses import dataclass
from typing import Annotated, Literal

from entitlements import facts
from entitlements.facts import ProductFeatureId, ProductId
from gateway.rest.endpoints import Call, Endpoints
from gateway.rest.errors import RestError, missing
from gateway.rest.features import READ, WRITE, Feature
from gateway.rest.lists import ListOf, list_of, page_of
from gateway.rest.parameters import ID, ListParameters, Parameters
from gateway.rest.products import product_called
from resolvers import product_features
from resolvers.context import Context
from resolvers.errors import InvalidArgument
from resolvers.loaders import AttachmentsOf
from resolvers.products import find_product
from resolvers.references import ById
from storage.paging import Position

PRODUCT_FEATURES = Endpoints()
_LIST = "/v1/products/{product}/features"
_ONE = "/v1/products/{product}/features/{id}"


@dataclass(frozen=True, slots=True)
class ProductFeature:
    """The attachment of a feature to a product."""

    id: str
    object: Literal["product_feature"]
    livemode: bool
    entitlement_feature: Feature


@dataclass(frozen=True, slots=True)
class DeletedProductFeature:
    """An attachment that has ended."""

    id: str
    object: Literal["product_feature"]
    deleted: Literal[True]


class NewProductFeature(Parameters):
    """Of a new attachment."""

    entitlement_feature: Annotated[str, ID]
    """The id of the feature to attach."""


async def find_product_feature(call: Call[Parameters], id_: str) -> ProductFeature | None:
    """An attachment by its id as it is shown."""
    found = await product_features.find_product_feature(call.context, ProductFeatureId(id_))
    return await _shown(call.context, found) if found else None


async def _deleted(_: Call[Parameters], id_: str) -> DeletedProductFeature:
    return DeletedProductFeature(id_, "product_feature", deleted=True)


@PRODUCT_FEATURES.post(_LIST, WRITE, find_product_feature, renamed={"feature": "entitlement_feature"})
async def attach_feature(call: Call[NewProductFeature]) -> ProductFeature:
    """Attaches a feature to a product: new subscriptions get it at once, others with their next billing period."""
    made = await product_features.attach_feature(
        call.context, product=product_called(call.ids["product"]), feature=ById(call.given.entitlement_feature)
    )
    return await _shown(call.context, made)


@PRODUCT_FEATURES.get(_LIST, READ)
async def list_product_features(call: Call[ListParameters]) -> ListOf[ProductFeature]:
    """Lists what is attached to a product, the latest first."""
    context, product = call.context, await _product_of(call)

    async def find(id_: str) -> Position | None:
        found = await product_features.find_product_feature(context, ProductFeatureId(id_))
        return (found.attached_at, found.id) if found and found.product == product else None

    page = await page_of(call, "product_feature", find)
    [listing] = await product_features.list_product_features(
        context, [AttachmentsOf("product", product, detached=False)], page
    )
    if isinstance(listing, InvalidArgument):
        raise RestError(str(listing), param=listing.argument)
    # Asked for together, so that they are loaded together.
    await context.loaders.features.load_all(each.feature for each in listing.page.items)
    return list_of(call, listing.page, [await _shown(context, each) for each in listing.page.items])


@PRODUCT_FEATURES.get(_ONE, READ)
async def retrieve_product_feature(call: Call[Parameters]) -> ProductFeature:
    """Retrieves an attachment that hasn't ended."""
    return await _shown(call.context, await _load_attached(call))


@PRODUCT_FEATURES.delete(_ONE, WRITE, _deleted, renamed={"product_feature_id": "id"})
async def detach_feature(call: Call[Parameters]) -> DeletedProductFeature:
    """Detaches a feature: those who have it keep it until their billing period ends."""
    await _load_attached(call)
    detached = await product_features.detach_feature(call.context, call.id)
    return await _deleted(call, detached.id)


async def _product_of(call: Call[Parameters]) -> ProductId:
    found = await find_product(call.context, product_called(call.ids["product"]))
    if found is None:
        raise missing("product", call.ids["product"], "product")
    return found.id


async def _load_attached(call: Call[Parameters]) -> facts.ProductFeature:
    product = await _product_of(call)
    found = await product_features.find_product_feature(call.context, ProductFeatureId(call.id))
    if found is None or found.product != product or found.detached_at is not None:
        raise missing("product_feature", call.id)
    return found


async def _shown(context: Context, row: facts.ProductFeature) -> ProductFeature:
    feature = await context.loaders.features.load(row.feature)
    if feature is None:
        raise LookupError(row.feature)
    return ProductFeature(row.id, "product_feature", context.environment.livemode, Feature.of(context, feature))

"""Products, as far as entitlements need them: `/v1/products`."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic.json_schema import SkipJsonSchema

from entitlements import facts
from entitlements.facts import Metadata
from gateway.rest.endpoints import Call, Endpoints
from gateway.rest.errors import missing
from gateway.rest.features import READ, WRITE
from gateway.rest.lists import ListOf, list_of, page_of
from gateway.rest.moments import seconds
from gateway.rest.parameters import FLAG, METADATA, NEW_METADATA, ListParameters, Parameters, text
from resolvers import products
from resolvers.context import Context
from resolvers.references import ABSENT, Absent, ById, ByKey, Reference
from resolvers.validation import KEY_LENGTH, PRODUCT_NAME_LENGTH, MetadataChange
from storage.paging import Position

PRODUCTS = Endpoints()

_PREFIX = "prod_"


@dataclass(frozen=True, slots=True)
class Product:
    """A product. One that isn't `active` takes no new subscription, and goes on for those it has."""

    id: str
    object: Literal["product"]
    active: bool
    created: int
    livemode: bool
    metadata: Metadata
    name: str

    @classmethod
    def of(cls, context: Context, product: facts.Product) -> "Product":
        """A product of the rule as it is shown."""
        return cls(
            id=product.id,
            object="product",
            active=product.active,
            created=seconds(product.created_at),
            livemode=context.environment.livemode,
            metadata=product.metadata,
            name=product.name,
        )


@dataclass(frozen=True, slots=True)
class DeletedProduct:
    """A product that was deleted."""

    id: str
    object: Literal["product"]
    deleted: Literal[True]


class NewProduct(Parameters):
    """Of a new product."""

    id: Annotated[str | None, text(KEY_LENGTH)] = None
    """An id of your own choice. One that doesn't begin with `prod_` becomes its lookup key, and names it as well."""
    name: Annotated[str, text(PRODUCT_NAME_LENGTH)]
    """What it is called."""
    active: Annotated[bool, FLAG] = True
    """Whether it takes subscriptions."""
    metadata: Annotated[MetadataChange | None, NEW_METADATA] = None
    """Your own notes on it."""


class ProductChanges(Parameters):
    """Changes to a product; what is left out stays as it is."""

    name: Annotated[str | SkipJsonSchema[Absent], text(PRODUCT_NAME_LENGTH)] = ABSENT
    """What it is called."""
    active: Annotated[bool | SkipJsonSchema[Absent], FLAG] = ABSENT
    """Whether it takes new subscriptions."""
    metadata: Annotated[MetadataChange | SkipJsonSchema[Absent] | None, METADATA] = ABSENT
    """Entries to set; an empty value unsets its key, and an empty text for `metadata` itself unsets all."""


class ProductsWanted(ListParameters):
    """Which products to list."""

    active: Annotated[bool | None, FLAG] = None
    """Only the active ones, or only those that aren't."""


def product_called(id_: str) -> Reference:
    """The product that a request names: by its id, or by its lookup key."""
    return ById(id_) if id_.startswith(_PREFIX) else ByKey(id_)


async def find_product(call: Call[Parameters], id_: str) -> Product | None:
    """A product by its id as it is shown."""
    found = await products.find_product(call.context, product_called(id_))
    return Product.of(call.context, found) if found else None


async def _deleted(_: Call[Parameters], id_: str) -> DeletedProduct:
    return DeletedProduct(id_, "product", deleted=True)


@PRODUCTS.post("/v1/products", WRITE, find_product, renamed={"lookup_key": "id"})
async def create_product(call: Call[NewProduct]) -> Product:
    """Creates a product."""
    given, chosen = call.given, product_called(call.given.id) if call.given.id else None
    made = await products.create_product(
        call.context,
        id_=chosen.id if isinstance(chosen, ById) else None,
        lookup_key=chosen.key if isinstance(chosen, ByKey) else None,
        name=given.name,
        active=given.active,
        metadata=given.metadata,
    )
    return Product.of(call.context, made)


@PRODUCTS.get("/v1/products", READ)
async def list_products(call: Call[ProductsWanted]) -> ListOf[Product]:
    """Lists products, newest first."""

    async def find(id_: str) -> Position | None:
        found = await products.find_product(call.context, product_called(id_))
        return (found.created_at, found.id) if found else None

    page = await page_of(call, "product", find)
    listing = await products.list_products(call.context, page, active=call.given.active)
    return list_of(call, listing.page, [Product.of(call.context, each) for each in listing.page.items])


@PRODUCTS.get("/v1/products/{id}", READ)
async def retrieve_product(call: Call[Parameters]) -> Product:
    """Retrieves a product."""
    found = await find_product(call, call.id)
    if found is None:
        raise missing("product", call.id)
    return found


@PRODUCTS.post("/v1/products/{id}", WRITE, find_product, renamed={"product": "id"})
async def update_product(call: Call[ProductChanges]) -> Product:
    """Changes a product."""
    given = call.given
    updated = await products.update_product(
        call.context, product_called(call.id), name=given.name, active=given.active, metadata=given.metadata
    )
    return Product.of(call.context, updated)


@PRODUCTS.delete("/v1/products/{id}", WRITE, _deleted, renamed={"product": "id"})
async def delete_product(call: Call[Parameters]) -> DeletedProduct:
    """Deletes a product that was never subscribed to, and what is attached to it. Any other can be made inactive."""
    deleted = await products.delete_product(call.context, product_called(call.id))
    return await _deleted(call, deleted.id)

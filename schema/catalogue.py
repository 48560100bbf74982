"""Feature, Product and the attachment between them: three types that speak of each other."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Annotated, Literal, Self, cast

import strawberry
from strawberry import UNSET

from entitlements import facts
from entitlements.facts import CatalogRollout, FeatureId, FeatureType, ProductId
from execution import batched
from resolvers.context import Context
from resolvers.errors import InvalidArgument
from resolvers.loaders import AttachmentsOf
from resolvers.paging import PageArguments
from resolvers.product_features import list_product_features
from schema.connection import After, Before, Connection, First, Last, connect, page_arguments
from schema.holders import At, FeatureCustomerConnection, connect_holders
from schema.info import Info
from schema.node import Node, id_of
from schema.permissions import CUSTOMERS, Requires
from schema.scalars import Metadata
from schema.showing import shows

Detached = Annotated[
    bool, strawberry.argument(description="Whether attachments that were detached are listed too; they keep their row.")
]


@strawberry.type(description="Something a customer may be allowed to use.")
class Feature(Node):
    """A feature as clients see it."""

    record: strawberry.Private[facts.Feature]
    id: strawberry.ID = id_of("record.id")
    name: str = shows("record.name", "For the team's own eyes: 1 to 80 characters.")
    lookup_key: str = shows(
        "record.lookup_key",
        "The key that code asks by: 1 to 80 characters, case-sensitive, immutable, unique among the environment's "
        "active features. Archiving frees it.",
    )
    type: FeatureType = shows("record.type", "What kind of value it has.")
    active: bool = shows("record.active", "False once archived: no edits, attachments or grants any more.")
    archived_at: datetime | None = shows("record.archived_at", "When it was archived, for good; null while active.")
    metadata: Metadata = shows("record.metadata", "The owner's own notes on it.")
    livemode: bool = strawberry.field(description="Whether it is of a live environment.")
    created_at: datetime = shows("record.created_at", "When it was created.")

    @classmethod
    def of(cls, context: Context, feature: facts.Feature) -> Self:
        """A feature of the rule as clients see it."""
        return cls(record=feature, livemode=context.environment.livemode)

    @strawberry.field(description="The products it is attached to, with the row to detach; the latest attached first.")
    @batched
    @staticmethod
    async def products(
        features: Sequence["Feature"],
        info: Info,
        detached: Detached = False,  # noqa: FBT002 - an argument of the contract
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> list[Connection["ProductFeature"]]:
        """Attachments, by feature."""
        arguments = page_arguments(first, after, last, before)
        return await _attachments(info.context, "feature", features, arguments, detached=detached)

    @strawberry.field(
        description=(
            "Reverse look-up: who has the feature at an instant, and by what; newest customers first. One request "
            "looks at 5,000 candidates at the most and may then answer a short page with `hasNextPage: true`. Null for "
            "who may not see customers."
        ),
        extensions=[Requires(CUSTOMERS)],
    )
    async def customers(
        self,
        info: Info,
        at: At = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> FeatureCustomerConnection | None:
        """Customers who have it."""
        return await connect_holders(info, self.record, page_arguments(first, after, last, before), at or None)


@strawberry.type(description="What a subscription's item is for. Its features are what a subscriber may use.")
class Product(Node):
    """A product as clients see it."""

    record: strawberry.Private[facts.Product]
    id: strawberry.ID = id_of("record.id")
    name: str = shows("record.name", "Up to 250 characters.")
    lookup_key: str | None = shows(
        "record.lookup_key",
        "The same in every environment, as ids are not; up to 80 characters, unique when set.",
    )
    active: bool = shows(
        "record.active",
        "An inactive product takes no new subscription, item or move, and goes on for those it has.",
    )
    metadata: Metadata = shows("record.metadata", "The owner's own notes on it.")
    livemode: bool = strawberry.field(description="Whether it is of a live environment.")
    created_at: datetime = shows("record.created_at", "When it was created.")

    @classmethod
    def of(cls, context: Context, product: facts.Product) -> Self:
        """A product of the rule as clients see it."""
        return cls(record=product, livemode=context.environment.livemode)

    @strawberry.field(description="The features attached to it; the latest attached first.")
    @batched
    @staticmethod
    async def features(
        products: Sequence["Product"],
        info: Info,
        detached: Detached = False,  # noqa: FBT002 - an argument of the contract
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> list[Connection["ProductFeature"]]:
        """Attachments, by product."""
        arguments = page_arguments(first, after, last, before)
        return await _attachments(info.context, "product", products, arguments, detached=detached)


@strawberry.type(description="The attachment of a feature to a product. Attaching again later is a row of its own.")
class ProductFeature(Node):
    """An attachment as clients see it."""

    record: strawberry.Private[facts.ProductFeature]
    id: strawberry.ID = id_of("record.id")
    attached_at: datetime = shows("record.attached_at", "When the feature was attached.")
    rollout: CatalogRollout = shows("record.rollout", "When that reaches subscriptions that were there already.")
    detached_at: datetime | None = shows("record.detached_at", "When it was detached; null while attached.")
    detach_rollout: CatalogRollout | None = shows(
        "record.detach_rollout",
        "When the detaching reaches subscriptions that have the feature; null while attached.",
    )
    livemode: bool = strawberry.field(description="Whether it is of a live environment.")

    @classmethod
    def of(cls, context: Context, row: facts.ProductFeature) -> Self:
        """An attachment of the rule as clients see it."""
        return cls(record=row, livemode=context.environment.livemode)

    @strawberry.field(description="The product that gives the feature.")
    @batched
    @staticmethod
    async def product(rows: Sequence["ProductFeature"], info: Info) -> list[Product]:
        """The products, each loaded once."""
        products = await load_products(info.context, {row.record.product for row in rows})
        return [products[row.record.product] for row in rows]

    @strawberry.field(description="The feature that is given.")
    @batched
    @staticmethod
    async def feature(rows: Sequence["ProductFeature"], info: Info) -> list[Feature]:
        """The features, each loaded once."""
        features = await load_features(info.context, {row.record.feature for row in rows})
        return [features[row.record.feature] for row in rows]


async def _attachments(
    context: Context,
    by: Literal["product", "feature"],
    parents: Sequence[Feature | Product],
    arguments: PageArguments,
    *,
    detached: bool,
) -> list[Connection[ProductFeature]]:
    """A connection for each parent, or the exception to raise there."""
    lists = [AttachmentsOf(by, parent.record.id, detached) for parent in parents]
    listings = await list_product_features(context, lists, arguments)
    livemode = context.environment.livemode
    pages = [
        listing
        if isinstance(listing, InvalidArgument)
        else connect(listing, lambda row: ProductFeature(record=row, livemode=livemode))
        for listing in listings
    ]
    # An exception in a batch is the error of its place alone.
    return cast("list[Connection[ProductFeature]]", pages)


async def load_features(context: Context, features: Collection[FeatureId]) -> dict[FeatureId, Feature]:
    """Features that rows name; rows are never deleted, so they are there."""
    found = await context.loaders.features.load_all(features)
    return {feature.id: Feature.of(context, feature) for feature in found if feature}


async def load_products(context: Context, products: Collection[ProductId]) -> dict[ProductId, Product]:
    """Products that rows name; rows are never deleted, so they are there."""
    found = await context.loaders.products.load_all(products)
    return {product.id: Product.of(context, product) for product in found if product}

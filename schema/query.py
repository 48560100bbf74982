"""The query root."""

from asyncio import gather
from typing import Annotated, cast

import strawberry
from strawberry import UNSET

from resolvers.customers import find_customer, list_customers
from resolvers.features import find_feature, list_features
from resolvers.products import find_product, list_products
from schema.catalogue import Feature, Product
from schema.connection import After, Before, Connection, First, Last, connect, page_arguments
from schema.customer import Customer
from schema.customer_subscription import CustomerSubscription
from schema.entitlement import Entitlement
from schema.environment import Viewer
from schema.info import Info
from schema.node import Node
from schema.nodes import check_number_of_ids, load_entitlement, load_node, load_subscription
from schema.permissions import ANYONE, CATALOGUE, CUSTOMERS, OWN, SANDBOXES, Requires
from schema.references import CustomerBy, FeatureBy, ProductBy, reference
from schema.sandbox import TestClock, load_test_clock
from schema.webhook_queries import WebhookQueries

Id = Annotated[strawberry.ID, strawberry.argument(description="A public id.")]


@strawberry.type(description="Everything that can be read.")
class Query(WebhookQueries):
    """The query root."""

    @strawberry.field(
        description="The object an id names. Null for an unknown id, and for one of another environment, alike.",
        extensions=[Requires(ANYONE)],
    )
    async def node(self, info: Info, id: Id) -> Node | None:  # noqa: A002 - Relay's name
        """Relay's refetch."""
        return await load_node(info.context, id)

    @strawberry.field(
        description="The objects that ids name, in the order asked, null where there is none.",
        extensions=[Requires(ANYONE)],
    )
    async def nodes(
        self,
        info: Info,
        ids: Annotated[list[strawberry.ID], strawberry.argument(description="Public ids, 1 to 100.")],
    ) -> list[Node | None]:
        """Relay's refetch of many."""
        check_number_of_ids("ids", len(ids))
        found = await gather(*(load_node(info.context, each) for each in ids), return_exceptions=True)
        # An exception in a list is the error of its place alone.
        return cast("list[Node | None]", found)

    @strawberry.field(
        description="Who is asking.",
        extensions=[Requires(ANYONE)],
    )
    def viewer(self, info: Info) -> Viewer | None:
        """The credential."""
        return Viewer.of(info.context)

    @strawberry.field(
        description="A feature; null if there is none.",
        extensions=[Requires(CATALOGUE)],
    )
    async def feature(
        self, info: Info, by: Annotated[FeatureBy, strawberry.argument(description="Which one.")]
    ) -> Feature | None:
        """One feature."""
        found = await find_feature(info.context, reference(by))
        return Feature.of(info.context, found) if found else None

    @strawberry.field(
        description="The environment's features, newest first.",
        extensions=[Requires(CATALOGUE)],
    )
    async def features(
        self,
        info: Info,
        archived: Annotated[
            bool | None,
            strawberry.argument(description="Left out or false: active ones only; true: archived ones only."),
        ] = UNSET,
        lookup_key: Annotated[
            str | None, strawberry.argument(description="Only those that have, or had, this key.")
        ] = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> Connection[Feature] | None:
        """The catalogue's features."""
        listing = await list_features(
            info.context,
            page_arguments(first, after, last, before),
            archived=bool(archived),
            lookup_key=None if lookup_key is UNSET else lookup_key,
        )
        return connect(listing, lambda each: Feature.of(info.context, each))

    @strawberry.field(
        description="A product; null if there is none.",
        extensions=[Requires(CATALOGUE)],
    )
    async def product(
        self, info: Info, by: Annotated[ProductBy, strawberry.argument(description="Which one.")]
    ) -> Product | None:
        """One product."""
        found = await find_product(info.context, reference(by))
        return Product.of(info.context, found) if found else None

    @strawberry.field(
        description="The environment's products, newest first.",
        extensions=[Requires(CATALOGUE)],
    )
    async def products(
        self,
        info: Info,
        active: Annotated[
            bool | None, strawberry.argument(description="True: active ones only; false: inactive ones only.")
        ] = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> Connection[Product] | None:
        """The catalogue's products."""
        listing = await list_products(
            info.context,
            page_arguments(first, after, last, before),
            active=None if active is UNSET else active,
        )
        return connect(listing, lambda each: Product.of(info.context, each))

    @strawberry.field(
        description="A customer; null if there is none, or no longer.",
        extensions=[Requires(OWN)],
    )
    async def customer(
        self, info: Info, by: Annotated[CustomerBy, strawberry.argument(description="Which one.")]
    ) -> Customer | None:
        """One customer."""
        found = await find_customer(info.context, reference(by))
        return Customer.of(info.context, found) if found else None

    @strawberry.field(
        description="One answer per customer asked, in the order asked: a bulk check by one's own keys.",
        extensions=[Requires(OWN)],
    )
    async def customers_by(
        self,
        info: Info,
        by: Annotated[list[CustomerBy], strawberry.argument(description="Which ones, 1 to 100.")],
    ) -> list[Customer | None]:
        """Many customers."""
        check_number_of_ids("by", len(by))
        found = await gather(*(find_customer(info.context, reference(each)) for each in by))
        return [Customer.of(info.context, each) if each else None for each in found]

    @strawberry.field(
        description="The environment's customers, newest first.",
        extensions=[Requires(CUSTOMERS)],
    )
    async def customers(
        self,
        info: Info,
        email: Annotated[
            str | None, strawberry.argument(description="Only those with this address, as it was written.")
        ] = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> Connection[Customer] | None:
        """The customers."""
        listing = await list_customers(
            info.context,
            page_arguments(first, after, last, before),
            email=None if email is UNSET else email,
        )
        return connect(listing, lambda each: Customer.of(info.context, each))

    @strawberry.field(
        description="A subscription; null if there is none.",
        extensions=[Requires(OWN)],
    )
    async def subscription(self, info: Info, id: Id) -> CustomerSubscription | None:  # noqa: A002 - the contract's name
        """One subscription."""
        return await load_subscription(info.context, id)

    @strawberry.field(
        description="A test clock of the caller's own environment; null if there is none, or no longer.",
        extensions=[Requires(SANDBOXES)],
    )
    async def test_clock(self, info: Info, id: Id) -> TestClock | None:  # noqa: A002 - as the others
        """One test clock."""
        return await load_test_clock(info.context, id)

    @strawberry.field(
        description="An entitlement as it is now; null if there never was and never will be one.",
        extensions=[Requires(OWN)],
    )
    async def entitlement(self, info: Info, id: Id) -> Entitlement | None:  # noqa: A002 - the contract's name
        """One entitlement."""
        return await load_entitlement(info.context, id)

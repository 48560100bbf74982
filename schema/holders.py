"""Who has a feature: the connection of Feature.customers, which carries the entitlement on its edges."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from entitlements import facts
from resolvers.cursors import write_cursor
from resolvers.holders import HolderPage, count_holders, list_holders
from resolvers.paging import PageArguments
from schema.connection import PageInfo
from schema.info import Info

if TYPE_CHECKING:
    from schema.customer import Customer
    from schema.entitlement import EntitlementSnapshot

At = Annotated[
    datetime | None,
    strawberry.argument(description="The instant that is asked about; the environment's now if left out."),
]


@strawberry.type(description="A customer who has the feature.")
class FeatureCustomerEdge:
    """Relay's edge, with what gives the feature."""

    cursor: str = strawberry.field(description="Opaque; pass it to `after` or `before` of the same connection.")
    node: Annotated["Customer", strawberry.lazy("schema.customer")] = strawberry.field(description="The customer.")
    entitlement: Annotated["EntitlementSnapshot", strawberry.lazy("schema.entitlement")] = strawberry.field(
        description="The customer's right to the feature, as of the instant asked about."
    )


@strawberry.type(description="A page of the customers who have the feature at an instant.")
class FeatureCustomerConnection:
    """Relay's connection, with `nodes` and a `totalCount` that may be out of reach."""

    edges: list[FeatureCustomerEdge] = strawberry.field(description="The page's customers with their cursors.")
    nodes: list[Annotated["Customer", strawberry.lazy("schema.customer")]] = strawberry.field(
        description="The page's customers, for those who need no cursors."
    )
    page_info: PageInfo = strawberry.field(description="Where the page lies.")
    count: strawberry.Private[Callable[[], Awaitable[int | None]]]

    @strawberry.field(
        description="How many customers have the feature. Null where there are too many candidates to count at once."
    )
    async def total_count(self) -> int | None:
        """Counts when asked."""
        return await self.count()


async def connect_holders(
    info: Info, feature: facts.Feature, arguments: PageArguments, at: datetime | None
) -> FeatureCustomerConnection:
    """The page of a feature's customers that is asked for."""
    from schema.customer import Customer  # noqa: PLC0415 - the types speak of each other
    from schema.entitlement import EntitlementSnapshot  # noqa: PLC0415

    context = info.context
    page = await list_holders(context, feature, arguments, at)
    edges = [
        FeatureCustomerEdge(
            cursor=write_cursor(page.scope, (each.customer.record.created_at, each.customer.record.id)),
            node=Customer.of(context, each.customer.record),
            entitlement=EntitlementSnapshot.of(each),
        )
        for each in page.items
    ]
    return FeatureCustomerConnection(
        edges=edges,
        nodes=[edge.node for edge in edges],
        page_info=_page_info([edge.cursor for edge in edges], page, backwards=arguments.last is not None),
        count=lambda: count_holders(context, feature, at),
    )


def _page_info(cursors: list[str], page: HolderPage, *, backwards: bool) -> PageInfo:
    """Where the page lies. One that stopped at the bound goes on from the last candidate examined."""
    start, end = (cursors[0], cursors[-1]) if cursors else (None, None)
    if page.examined is not None:
        stopped = write_cursor(page.scope, page.examined)
        start, end = (stopped, end) if backwards else (start, stopped)
    return PageInfo(
        has_next_page=page.has_next, has_previous_page=page.has_previous, start_cursor=start, end_cursor=end
    )

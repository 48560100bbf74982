"""Connections: pages of a list by the Relay Cursor Connections specification, with `nodes` and `totalCount`."""

from collections.abc import Callable
from typing import Annotated, Any, Generic, TypeVar, cast

import strawberry
from strawberry import UNSET

from resolvers.cursors import write_cursor
from resolvers.paging import Listing, PageArguments

N = TypeVar("N")
R = TypeVar("R")

First = Annotated[
    int | None, strawberry.argument(description="How many to return from the front, 1 to 100; 20 if left out.")
]
After = Annotated[str | None, strawberry.argument(description="Only what comes after this cursor of the same list.")]
Last = Annotated[
    int | None, strawberry.argument(description="How many to return from the end, 1 to 100; not with `first`.")
]
Before = Annotated[str | None, strawberry.argument(description="Only what comes before this cursor of the same list.")]


@strawberry.type(description="Where a page lies in its list.")
class PageInfo:
    """Relay's PageInfo."""

    has_next_page: bool = strawberry.field(description="Whether more follows the page.")
    has_previous_page: bool = strawberry.field(description="Whether more comes before the page.")
    start_cursor: str | None = strawberry.field(description="The first edge's cursor; null for an empty page.")
    end_cursor: str | None = strawberry.field(description="The last edge's cursor; null for an empty page.")


@strawberry.type(description="A place in a list and what stands there.")
class Edge(Generic[N]):
    """Relay's edge."""

    cursor: str = strawberry.field(description="Opaque; pass it to `after` or `before` of the same connection.")
    node: N = strawberry.field(description="What stands there.")


@strawberry.type(
    description="A page of a list. Cursors stay good while entries come and go: nothing is skipped or repeated."
)
class Connection(Generic[N]):
    """Relay's connection, with `nodes` and `totalCount`."""

    listing: strawberry.Private[Listing[Any]]
    present: strawberry.Private[Callable[[Any], Any]]

    @strawberry.field(description="The page's entries with their cursors, in list order.")
    def edges(self) -> list[Edge[N]]:
        """Presents the page."""
        items = self.listing.page.items
        return [Edge(cursor=_cursor(self.listing, item), node=self.present(item)) for item in items]

    @strawberry.field(description="The page's entries, for those who need no cursors.")
    def nodes(self) -> list[N]:
        """Presents the page."""
        return [self.present(item) for item in self.listing.page.items]

    @strawberry.field(description="Where the page lies.")
    def page_info(self) -> PageInfo:
        """Names the ends of the page."""
        page = self.listing.page
        return PageInfo(
            has_next_page=page.has_next,
            has_previous_page=page.has_previous,
            start_cursor=_cursor(self.listing, page.items[0]) if page.items else None,
            end_cursor=_cursor(self.listing, page.items[-1]) if page.items else None,
        )

    @strawberry.field(description="How many entries the whole list has now. Costs nothing unless it is selected.")
    def total_count(self) -> int:
        """Counts when asked; where that has to be awaited, whoever executes the operation does."""
        return cast("int", self.listing.count())


def page_arguments(first: int | None, after: str | None, last: int | None, before: str | None) -> PageArguments:
    """The arguments as given; one that is left out is as one that is null."""
    return PageArguments(
        first=None if first is UNSET else first,
        after=None if after is UNSET else after,
        last=None if last is UNSET else last,
        before=None if before is UNSET else before,
    )


def connect(listing: Listing[R], present: Callable[[R], N]) -> Connection[N]:
    """A page of values as a connection of what `present` makes of each, once it is asked for."""
    return Connection(listing=listing, present=present)


def _cursor(listing: Listing[R], item: R) -> str:
    return write_cursor(listing.scope, listing.position(item))

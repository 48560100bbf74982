"""Lists that are paged by the ids of their objects."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from gateway.rest.endpoints import Call
from gateway.rest.errors import missing
from gateway.rest.parameters import ListParameters
from resolvers.paging import PageArguments
from storage.paging import Page, Position

T = TypeVar("T")
R = TypeVar("R")
L = TypeVar("L", bound=ListParameters)


@dataclass(frozen=True, slots=True)
class ListOf(Generic[T]):
    """A page of a list. `has_more`: whether it goes on in the direction it is read in."""

    object: Literal["list"]
    url: str
    has_more: bool
    data: Sequence[T]


async def page_of(call: Call[L], kind: str, find: Callable[[str], Awaitable[Position | None]]) -> PageArguments:
    """The part of a list that is asked for. `find`: where the object with an id is in it. Raises: RestError."""
    given = call.given

    async def place(param: str, id_: str | None) -> Position | None:
        found = await find(id_) if id_ is not None else None
        if id_ is not None and found is None:
            raise missing(kind, id_, param, status=400)
        return found

    if given.ending_before is not None:
        return PageArguments(last=given.limit, before=await place("ending_before", given.ending_before))
    return PageArguments(first=given.limit, after=await place("starting_after", given.starting_after))


def list_of(call: Call[L], page: Page[R], data: Sequence[T]) -> ListOf[T]:
    """A page as it is answered, `data` being what is shown of its items."""
    has_more = page.has_next if call.given.ending_before is None else page.has_previous
    return ListOf("list", call.url, has_more, data)

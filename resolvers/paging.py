"""Which part of a list is asked for: the arguments of a connection, read once for every kind of list."""

from bisect import bisect_left, bisect_right
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from resolvers.cursors import read_cursor
from resolvers.errors import InvalidArgument
from storage.paging import Cut, Page, Position

DEFAULT_PAGE = 20
LARGEST_PAGE = 100

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PageArguments:
    """A connection's arguments as they were given. Source: Relay Cursor Connections.

    `after`, `before`: a cursor, or the place itself where a caller names it by the id of an object that is there.
    """

    first: int | None = None
    after: str | Position | None = None
    last: int | None = None
    before: str | Position | None = None


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """A page of a list, and what is needed to present it.

    `scope` names the list its cursors belong to; `position` is where an item stands in it; `count` counts the whole
    list, when asked: at once if it is at hand.
    """

    scope: str
    page: Page[T]
    position: Callable[[T], Position]
    count: Callable[[], int | Awaitable[int]]


def read_cut(scope: str, arguments: PageArguments) -> Cut:
    """The part of the list named by `scope` that the arguments ask for.

    Raises: InvalidArgument for a size outside 1 to 100, `first` together with `last`, or a cursor of another list.
    """
    if arguments.first is not None and arguments.last is not None:
        raise InvalidArgument("last", "Pass `first` or `last`, not both.")
    backwards = arguments.last is not None
    size = arguments.last if arguments.last is not None else arguments.first
    limit = DEFAULT_PAGE if size is None else size
    if not 1 <= limit <= LARGEST_PAGE:
        name = "last" if backwards else "first"
        raise InvalidArgument(name, f"`{name}` must be from 1 to {LARGEST_PAGE}; it is {limit}.")
    return Cut(
        limit=limit,
        backwards=backwards,
        after=_place(scope, "after", arguments.after),
        before=_place(scope, "before", arguments.before),
    )


def _place(scope: str, argument: str, given: str | Position | None) -> Position | None:
    return read_cursor(scope, argument, given) if isinstance(given, str) else given


def try_to_read_cut(scope: str, arguments: PageArguments) -> Cut | InvalidArgument:
    """As `read_cut`, for one list of many: what is wrong with the arguments is that list's own error."""
    try:
        return read_cut(scope, arguments)
    except InvalidArgument as error:
        return error


def nothing() -> Page[Any]:
    """The page of a list that has none."""
    return Page((), has_next=False, has_previous=False)


def list_all(scope: str, arguments: PageArguments, items: Sequence[T], position: Callable[[T], Position]) -> Listing[T]:
    """The page that is asked for of a list at hand; `items` come newest first, those of one instant by their id."""
    return Listing(scope, _cut_list(items, position, read_cut(scope, arguments)), position, items.__len__)


def _cut_list(items: Sequence[T], position: Callable[[T], Position], cut: Cut) -> Page[T]:
    start, end = 0, len(items)
    if cut.after:
        start = bisect_right(items, _order(cut.after), key=lambda item: _order(position(item)))
    if cut.before:
        end = bisect_left(items, _order(cut.before), key=lambda item: _order(position(item)))
    if cut.backwards:
        start = max(start, end - cut.limit)
    else:
        end = min(end, start + cut.limit)
    return Page(items=tuple(items[start:end]), has_next=end < len(items), has_previous=start > 0)


def _order(place: Position) -> tuple[float, str]:
    return -place[0].timestamp(), place[1]

"""Pages of Stripe's lists: parameters, cursors and filters, and the errors they are refused with."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from starlette.datastructures import QueryParams

from tests.stripe_source import shapes
from tests.stripe_source.shapes import Json

PAGE = frozenset({"limit", "starting_after", "ending_before"})
CREATED = frozenset({"created", "created[gt]", "created[gte]", "created[lt]", "created[lte]"})


class Refused(Exception):
    """An error of Stripe's: a status, and what is in its envelope."""

    def __init__(self, status: int, message: str, *, code: str | None = None, param: str | None = None) -> None:
        super().__init__(message)
        named = {"code": code, "message": message, "param": param, "type": "invalid_request_error"}
        self.status = status
        self.error = {name: value for name, value in named.items() if value is not None}


def created_when(objects: Iterable[Json], query: QueryParams) -> Iterator[Json]:
    """Those that were made when the query says."""
    judges: dict[str, Callable[[int, int], bool]] = {
        "created": lambda made, at: made == at,
        "created[gt]": lambda made, at: made > at,
        "created[gte]": lambda made, at: made >= at,
        "created[lt]": lambda made, at: made < at,
        "created[lte]": lambda made, at: made <= at,
    }
    wanted = [(judge, int(query[name])) for name, judge in judges.items() if name in query]
    return (each for each in objects if all(judge(each["created"], at) for judge, at in wanted))


def page_of(objects: Iterable[Json], query: QueryParams, url: str, *known: str) -> Json:
    """The page of a list that a query's cursors and limit name."""
    refuse_unknown(query, PAGE | {*known})
    limit = _limit(query.get("limit", "10"))
    after, before = query.get("starting_after"), query.get("ending_before")
    if after and before:
        raise Refused(400, "You cannot parameterize both ending_before and starting_after.")
    if before:
        listed = [*objects]
        end = _position(listed, before, "ending_before")
        return shapes.listed(listed[max(0, end - limit) : end], url, has_more=end > limit)
    # Looking for the one that was last leaves those that come after it.
    ahead = iter(objects)
    if after and all(each["id"] != after for each in ahead):
        raise Refused(400, f"No such object: '{after}'", code="resource_missing", param="starting_after")
    data = [*islice(ahead, limit + 1)]
    return shapes.listed(data[:limit], url, has_more=len(data) > limit)


def _limit(given: str) -> int:
    if not given.isdecimal():
        raise Refused(400, f"Invalid integer: {given}", code="parameter_invalid_integer", param="limit")
    limit = int(given)
    if not 1 <= limit <= 100:
        bound = "greater than or equal to 1" if limit < 1 else "less than or equal to 100"
        message = f"This value must be {bound} (it currently is '{limit}')."
        raise Refused(400, message, code="parameter_invalid_integer", param="limit")
    return limit


def _position(listed: list[Json], id_: str, param: str) -> int:
    for position, each in enumerate(listed):
        if each["id"] == id_:
            return position
    raise Refused(400, f"No such object: '{id_}'", code="resource_missing", param=param)


def refuse_unknown(query: QueryParams, names: frozenset[str]) -> None:
    """Raises: Refused, for a parameter that isn't among these."""
    for name in query:
        if name not in names:
            raise Refused(400, f"Received unknown parameter: {name}", code="parameter_unknown", param=name)

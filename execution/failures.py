"""From failures to errors: where each shows, which are reported, and what becomes null for them.

The rules are graphql-core's. A failure makes the nearest nullable place around it null. It isn't reported if that place
had become null before; so the order counts in which they happened, and graphql-core goes depth first through all that
needs no waiting, then on as answers arrive.
"""

from typing import Any, NamedTuple

from graphql import GraphQLError, located_error

from execution.core import is_list_type, is_non_null_type
from execution.plan import Field
from execution.running import Failure, Key, Level

_ROOT: tuple[Key, ...] = ()


class _Place(NamedTuple):
    level: Level
    field: Field
    parent: int
    inside: tuple[int, ...]


class _Judged(NamedTuple):
    """A failure, the place that is null for it (None: the whole answer), and when that came to be."""

    failure: Failure
    target: _Place | None
    path: tuple[Key, ...]
    when: tuple[int, tuple[int, ...]]


def apply_failures(data: dict[str, Any], failures: list[Failure]) -> tuple[dict[str, Any] | None, list[GraphQLError]]:
    """The answer with its nulls, and the errors that explain them, in the order graphql-core would report them."""
    nulled: set[tuple[Key, ...]] = set()
    errors: list[GraphQLError] = []
    for judged in sorted(map(_judge, failures), key=lambda each: each.when):
        if any(judged.path[:length] in nulled for length in range(len(judged.path) + 1)):
            continue
        nulled.add(judged.path)
        errors.append(_error(judged.failure))
        if judged.target is not None:
            _write_null(judged.target)
    return (None if _ROOT in nulled else data), errors


def reaches_root(failure: Failure) -> bool:
    """Whether a failure leaves nothing of the answer."""
    return _target(_Place(*failure[:4])) is None


def _judge(failure: Failure) -> _Judged:
    place = _Place(*failure[:4])
    target = _target(place)
    order = (*_order(place), failure.after)
    if target is None:
        return _Judged(failure, None, _ROOT, (2 * failure.round, order))
    # It takes graphql-core a while to pass an exception up through everything that is awaited.
    hops = failure.round - (target.level.round if target[:3] != place[:3] else failure.round)
    return _Judged(failure, target, tuple(_path(target)), (failure.round + hops, order))


def _target(place: _Place | None) -> _Place | None:
    while place is not None and _is_non_null(place):
        if place.inside:
            place = place._replace(inside=place.inside[:-1])
        else:
            origin = place.level.origin(place.parent)
            place = None if origin is None else _Place(*origin)
    return place


def _is_non_null(place: _Place) -> bool:
    type_ = place.field.type
    for _ in place.inside:
        if is_non_null_type(type_):
            type_ = type_.of_type
        if is_list_type(type_):
            type_ = type_.of_type
    return is_non_null_type(type_)


def _path(place: _Place) -> list[Key]:
    return [*place.level.path(place.parent), place.field.key, *place.inside]


def _order(place: _Place) -> tuple[int, ...]:
    """Sorts places as a walk through the document, depth first, comes by them."""
    origin = place.level.origin(place.parent)
    above = () if origin is None else _order(_Place(*origin))
    return (*above, place.field.order, *place.inside)


def _error(failure: Failure) -> GraphQLError:
    return located_error(failure.error, failure.field.nodes, _path(_Place(*failure[:4])))


def _write_null(place: _Place) -> None:
    container: Any = place.level.outs[place.parent]
    keys = (place.field.key, *place.inside)
    for key in keys[:-1]:
        container = container[key]
        if container is None:
            return
    container[keys[-1]] = None

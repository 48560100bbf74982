"""Scalars and enums: a column of values serialised at once where that goes well, else one by one.

What comes out is graphql-core's: it is asked about every value that isn't of the exact type whose serialisation is the
value itself.
"""

from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLString,
    Undefined,
)
from graphql.pyutils import inspect
from graphql.type import GRAPHQL_MAX_INT, GRAPHQL_MIN_INT

from execution.columns import LOST, is_ordinary, null_error
from execution.running import Places

Serialise = Callable[[Any], Any]
"""Serialises one value that is not null. Raises what graphql-core raises."""

Quick = Callable[[list[Any]], list[Any] | None]
"""Serialises a whole column; None if it has to be done one by one."""

_OWN_TYPE: dict[Any, type] = {
    GraphQLString.coerce_output_value: str,
    GraphQLID.coerce_output_value: str,
    GraphQLBoolean.coerce_output_value: bool,
}


_NOTHING = frozenset({type(None), type(Undefined)})


def serialiser(leaf: GraphQLLeafType) -> Serialise:
    """What graphql-core does with one value of a scalar or an enum."""
    coerce = leaf.coerce_output_value

    def serialise(value: Any) -> Any:  # noqa: ANN401 - whatever was resolved
        result = coerce(value)
        if result is None or result is Undefined:
            message = (
                f"Expected `{inspect(leaf)}.coerce_output_value({inspect(value)})` to return non-nullable value, "
                f"returned: {inspect(result)}"
            )
            raise TypeError(message)
        return result

    return serialise


def quick_serialiser(leaf: GraphQLLeafType, members: Mapping[int, str], *, nullable: bool) -> Quick:
    """The way to serialise a column at once, chosen by the type.

    `members`: the names of an enum's members by their `id`, if what is resolved are the members of one Python enum.
    """
    coerce = leaf.coerce_output_value
    if isinstance(leaf, GraphQLEnumType):
        return _by_identity(members, nullable=nullable) if members else _one_after_another(coerce, nullable=nullable)
    if coerce in _OWN_TYPE:
        return _as_it_is(_types(_OWN_TYPE[coerce], nullable=nullable))
    if coerce is GraphQLInt.coerce_output_value:
        return _numbers(_types(int, nullable=nullable), lambda number: GRAPHQL_MIN_INT <= number <= GRAPHQL_MAX_INT)
    if coerce is GraphQLFloat.coerce_output_value:
        return _numbers(_types(float, nullable=nullable), isfinite)
    return _one_after_another(coerce, nullable=nullable)


def leaf_results(serialise: Serialise, *, nullable: bool) -> Callable[[Places, list[Any]], list[Any]]:
    """The way to serialise a column one by one, with each failure recorded for its place."""

    def results(places: Places, values: list[Any]) -> list[Any]:
        serialised: list[Any] = [None] * len(values)
        for index, value in enumerate(values):
            if value is None and nullable:
                continue
            try:
                if value is not None and value is not LOST:
                    serialised[index] = serialise(value)
                elif value is None:
                    raise null_error(places.field)
            except Exception as error:  # noqa: BLE001 - a scalar may raise anything, and that is the field's error
                places.fail(index, error)
        return serialised

    return results


def _types(own: type, *, nullable: bool) -> frozenset[type]:
    return frozenset({own, type(None)} if nullable else {own})


def _as_it_is(types: frozenset[type]) -> Quick:
    def quick(values: list[Any]) -> list[Any] | None:
        return values if types.issuperset(map(type, values)) else None

    return quick


def _by_identity(members: Mapping[int, str], *, nullable: bool) -> Quick:
    names: dict[int, str | None] = dict(members)
    if nullable:
        names[id(None)] = None

    def quick(values: list[Any]) -> list[Any] | None:
        try:
            return [names[each] for each in map(id, values)]
        except KeyError:
            return None

    return quick


def _one_after_another(coerce: Serialise, *, nullable: bool) -> Quick:
    """For an application's own scalars: whatever may be wrong is left to be found one by one."""

    def quick(values: list[Any]) -> list[Any] | None:
        # What is callable may have to be called for the value.
        if not is_ordinary(values) or any(map(callable, values)):
            return None
        if not nullable and not _NOTHING.isdisjoint(map(type, values)):
            return None
        try:
            results = [None if value is None else coerce(value) for value in values]
        except Exception:  # noqa: BLE001 - a scalar may raise anything
            return None
        if _NOTHING.isdisjoint(map(type, results)):
            return results
        nulls = [result is None or result is Undefined for result in results]
        return results if nulls == [value is None for value in values] else None

    return quick


def _numbers(types: frozenset[type], is_fit: Callable[[Any], bool]) -> Quick:
    def quick(values: list[Any]) -> list[Any] | None:
        if not types.issuperset(map(type, values)):
            return None
        return values if all(value is None or is_fit(value) for value in values) else None

    return quick

"""Which object type a value is of, asked as graphql-core asks: `resolve_type` of abstract types, then `is_type_of`."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from graphql import (
    GraphQLAbstractType,
    GraphQLError,
    GraphQLObjectType,
    GraphQLSchema,
    is_object_type,
)
from graphql.pyutils import inspect

from execution.completing import RuntimeType
from execution.core import default_type_resolver, is_awaitable
from execution.info import LightInfo
from execution.plan import Field
from execution.running import Places

CAST = "__as_strawberry_type__"
"""The attribute of objects that say themselves which type they are to be taken for."""


def checked(type_: GraphQLObjectType, classes: Mapping[type, GraphQLObjectType]) -> RuntimeType | None:
    """For a field of an object type; None if there is nothing to check.

    `classes`: the types of instances of Python classes, where that is known to be all that is asked.
    """
    if type_.is_type_of is None:
        return None

    def runtime_type(places: Places, index: int, value: Any) -> Any:  # noqa: ANN401 - whatever was resolved
        if classes.get(value.__class__) is type_ and getattr(value, CAST, None) is None:
            return type_
        return _check(type_, places, index, value)

    return runtime_type


def vouching(class_: type | None) -> Callable[[list[Any]], bool]:
    """Tells of a column whether all its values are plainly instances of the one class that needs no asking."""

    def vouch(values: list[Any]) -> bool:
        if class_ is None or set(map(type, values)) != {class_}:
            return False
        try:
            # A cast is an attribute of the instance: that there is none is told without asking each of the classes.
            return not any([CAST in value.__dict__ for value in values])  # noqa: C419 - a list is faster than a generator
        except AttributeError:
            return not any(getattr(value, CAST, None) is not None for value in values)

    return vouch


def resolved(
    abstract: GraphQLAbstractType, schema: GraphQLSchema, classes: Mapping[type, GraphQLObjectType]
) -> RuntimeType:
    """For a field of an interface or a union."""
    own: Any = abstract
    resolve: Callable[[Any, Any, Any], Any] = own.resolve_type or default_type_resolver

    def runtime_type(places: Places, index: int, value: Any) -> Any:  # noqa: ANN401 - whatever was resolved
        known = classes.get(value.__class__)
        if known is not None and getattr(value, CAST, None) is None:
            return known
        name: Any = resolve(value, _info(places, index), abstract)
        if is_awaitable(name):
            return _later(name, places, index, value)
        return _check(_valid(schema, abstract, name, places.field, value), places, index, value)

    async def _later(name: Awaitable[Any], places: Places, index: int, value: Any) -> Any:  # noqa: ANN401
        type_ = _check(_valid(schema, abstract, await name, places.field, value), places, index, value)
        return await type_ if is_awaitable(type_) else type_

    return runtime_type


def _check(type_: GraphQLObjectType, places: Places, index: int, value: Any) -> Any:  # noqa: ANN401
    if type_.is_type_of is None:
        return type_
    verdict: Any = type_.is_type_of(value, _info(places, index))
    if is_awaitable(verdict):
        return _check_later(verdict, type_, places.field, value)
    if not verdict:
        raise _wrong_type(type_, places.field, value)
    return type_


async def _check_later(verdict: Awaitable[Any], type_: GraphQLObjectType, field: Field, value: object) -> Any:  # noqa: ANN401
    if not await verdict:
        raise _wrong_type(type_, field, value)
    return type_


def _info(places: Places, index: int) -> Any:  # noqa: ANN401 - stands for a GraphQLResolveInfo
    parent, _ = places.locate(index)
    return LightInfo(places.level, places.field, parent)


def _wrong_type(type_: GraphQLObjectType, field: Field, value: object) -> GraphQLError:
    return GraphQLError(f"Expected value of type '{type_}' but got: {inspect(value)}.", field.nodes)


def _valid(
    schema: GraphQLSchema, abstract: GraphQLAbstractType, name: object, field: Field, value: object
) -> GraphQLObjectType:
    """The type of a name a type resolver answered. The sentences are graphql-core's."""
    place = f"{field.parent_type}.{field.name}"
    if name is None:
        message = (
            f"Abstract type '{abstract}' must resolve to an Object type at runtime for field '{place}'. Either the "
            f"'{abstract}' type should provide a 'resolve_type' function or each possible type should provide an "
            "'is_type_of' function."
        )
        raise GraphQLError(message, field.nodes)
    if not isinstance(name, str):
        message = (
            f"Abstract type '{abstract}' must resolve to an Object type at runtime for field '{place}' with value "
            f"{inspect(value)}, received '{inspect(name)}', which is not a valid Object type name."
        )
        raise GraphQLError(message, field.nodes)
    type_ = schema.get_type(name)
    if type_ is None:
        message = f"Abstract type '{abstract}' was resolved to a type '{name}' that does not exist inside the schema."
        raise GraphQLError(message, field.nodes)
    if not is_object_type(type_):
        raise GraphQLError(f"Abstract type '{abstract}' was resolved to a non-object type '{name}'.", field.nodes)
    if not schema.is_sub_type(abstract, type_):
        raise GraphQLError(f"Runtime Object type '{type_}' is not a possible type for '{abstract}'.", field.nodes)
    return type_

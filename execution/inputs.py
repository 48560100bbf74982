"""What clients send, coerced by functions that are chosen once for each input type of a schema.

They do what graphql-core does with values that are as they should be, and give up at the first that isn't, for
graphql-core to judge. Enums and scalars are asked themselves, but for values of the exact type whose coercion is the
value itself.
"""

from collections.abc import Callable
from typing import Any, cast

from graphql import (
    GraphQLBoolean,
    GraphQLID,
    GraphQLInputObjectType,
    GraphQLString,
    Undefined,
    is_enum_type,
    is_leaf_type,
    is_specified_scalar_type,
)
from graphql.execution.values import VariableValues
from graphql.utilities.coerce_input_value import coerce_default_value

from execution.core import coerce_input_literal, is_iterable, is_list_type, is_non_null_type

Coerce = Callable[[Any], Any]
"""Coerces one value. Raises whatever it may, if the value is for graphql-core to judge."""

_MAX_LISTS = 10
"""graphql-core counts how deep a value is nested; what is nested less needs no counting."""

_OWN_TYPE: dict[Any, type] = {
    GraphQLString.coerce_input_value: str,
    GraphQLID.coerce_input_value: str,
    GraphQLBoolean.coerce_input_value: bool,
}


class UnfitError(Exception):
    """A value isn't what it should be, or not in the shape that is read quickly."""


class Coercers:
    """The ways to coerce values of a schema's types, each made when it is first asked for."""

    def __init__(self) -> None:
        self._named: dict[Any, Coerce | None] = {}

    def find(self, type_: Any, lists: int = 0) -> Coerce | None:  # noqa: ANN401 - any input type
        """The way for a type; None if its values may be nested deeply, in lists or as input objects in themselves."""
        if is_non_null_type(type_):
            return self._find_present(type_.of_type, lists)
        present = self._find_present(type_, lists)
        return None if present is None else _nullable(present)

    def _find_present(self, type_: Any, lists: int) -> Coerce | None:  # noqa: ANN401 - any input type but NonNull
        if is_list_type(type_):
            items = self.find(type_.of_type, lists + 1) if lists < _MAX_LISTS else None
            return None if items is None else _list(items)
        if type_ not in self._named:
            # A type that is met again while it is being made is found to hold itself.
            self._named[type_] = None
            self._named[type_] = _leaf(type_) if is_leaf_type(type_) else self._object(type_)
        return self._named[type_]

    def _object(self, type_: GraphQLInputObjectType) -> Coerce | None:
        fields: list[tuple[str, str, Coerce, Any]] = []
        for name, field in type_.fields.items():
            coerce = self.find(field.type)
            if coerce is None:
                return None
            fields.append((name, field.out_name or name, coerce, field))
        return _object(type_, fields)


def is_required(definition: Any) -> bool:  # noqa: ANN401 - an argument, or a field of an input object
    """Whether it may neither be null nor left out."""
    return is_non_null_type(definition.type) and not has_default(definition)


def has_default(definition: Any) -> bool:  # noqa: ANN401 - an argument, or a field of an input object
    """Whether there is a value for it when it is left out."""
    return definition.default is not None or definition.default_value is not Undefined


def means_always_the_same(type_: Any) -> bool:  # noqa: ANN401 - an input type
    """Whether a literal of it is one value for ever: an application's own scalar may mean the time by it."""
    return is_enum_type(type_) or (is_leaf_type(type_) and is_specified_scalar_type(type_))


def finish_object(type_: GraphQLInputObjectType, made: dict[str, Any]) -> Any:  # noqa: ANN401 - what the type makes
    """An input object of its coerced entries. Raises UnfitError, if it should have one entry alone and hasn't."""
    if type_.is_one_of and (len(made) != 1 or any(value is None for value in made.values())):
        raise UnfitError
    return type_.out_type(made)


def coerce_literal(node: Any, type_: Any, variables: VariableValues | None = None) -> Any:  # noqa: ANN401 - any value
    """What a literal means. Raises UnfitError, if it is none of the type."""
    value = coerce_input_literal(node, type_, variables)
    if value is Undefined:
        raise UnfitError
    return value


def _nullable(present: Coerce) -> Coerce:
    def coerce(value: Any) -> Any:  # noqa: ANN401 - whatever was sent
        return None if value is None or value is Undefined else present(value)

    return coerce


def _list(items: Coerce) -> Coerce:
    def coerce(value: Any) -> list[Any]:  # noqa: ANN401 - whatever was sent
        if type(value) is list:
            return [items(each) for each in cast("list[Any]", value)]
        if value is None or value is Undefined or is_iterable(value):
            raise UnfitError
        return [items(value)]

    return coerce


def _object(type_: GraphQLInputObjectType, fields: list[tuple[str, str, Coerce, Any]]) -> Coerce:
    def coerce(value: Any) -> Any:  # noqa: ANN401 - whatever was sent
        if type(value) is not dict:
            raise UnfitError
        given = cast("dict[Any, Any]", value)
        unknown = len(given)
        made: dict[str, Any] = {}
        for name, out_name, coerce_field, field in fields:
            entry = given.get(name, Undefined)
            if entry is not Undefined:
                unknown -= 1
                made[out_name] = coerce_field(entry)
            elif has_default(field):
                made[out_name] = coerce_default_value(field)
            elif is_non_null_type(field.type):
                raise UnfitError
        if unknown:
            raise UnfitError
        return finish_object(type_, made)

    return coerce


def _leaf(leaf: Any) -> Coerce:  # noqa: ANN401 - a scalar or an enum
    parse = leaf.coerce_input_value
    own = _OWN_TYPE.get(parse)

    def coerce(value: Any) -> Any:  # noqa: ANN401 - whatever was sent
        if type(value) is own:
            return value
        if value is None or value is Undefined:
            raise UnfitError
        made = parse(value)
        if made is Undefined:
            raise UnfitError
        return made

    return coerce

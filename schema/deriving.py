"""Types of a schema under other names, for a second schema beside it. Every field is resolved as in the first.

Strawberry would make a second schema of the same classes, but with every interface that they have, and its interfaces
tell the types of their values by the classes' names, whatever the schema calls them.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any, cast

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLError,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
)

_DEFINITION = "strawberry-definition"


def is_one_of(type_: GraphQLNamedType) -> bool:
    """Whether it is an input that wants exactly one field. Strawberry makes it, so graphql-core doesn't know."""
    return isinstance(type_, GraphQLInputObjectType) and type_.extensions[_DEFINITION].is_one_of


class Derivation:
    """Makes types of types, each once.

    `rename`: a type's name in the new schema, which may be the one that it has.
    `without`: interfaces that no type implements any more.
    """

    def __init__(self, rename: Callable[[str], str], *, without: Collection[str] = ()) -> None:
        self._rename = rename
        self._without = without
        self._made: dict[str, GraphQLNamedType] = {}
        self._names: dict[type, str] = {}

    def fields(self, fields: Mapping[str, GraphQLField]) -> dict[str, GraphQLField]:
        """Fields, with the types they lead to."""
        return {name: self._field(field) for name, field in fields.items()}

    def object_type(self, type_: GraphQLNamedType | None) -> GraphQLObjectType:
        """An object type. Raises: TypeError, if it is none."""
        if not isinstance(type_, GraphQLObjectType):
            raise TypeError(f"{type_} is no object type.")
        return self._named(type_)

    def name_of(self, value: object, *_: object) -> str | None:
        """The name of the type that an instance of a Strawberry class is of: an abstract type's `resolve_type`."""
        return self._names.get(type(value))

    def _field(self, field: GraphQLField) -> GraphQLField:
        arguments = {name: self._argument(argument) for name, argument in field.args.items()}
        return GraphQLField(**_changed(field, type_=self._type(field), args=arguments))

    def _argument(self, argument: GraphQLArgument) -> GraphQLArgument:
        return GraphQLArgument(**_changed(argument, type_=self._type(argument)))

    def _type(self, typed: Any) -> Any:  # noqa: ANN401 - what has a type: the library leaves parts of it unknown
        return self._wrapped(typed.type)

    def _wrapped(self, type_: Any) -> Any:  # noqa: ANN401 - any type
        if isinstance(type_, GraphQLNonNull):
            return GraphQLNonNull(self._wrapped(cast("Any", type_).of_type))
        if isinstance(type_, GraphQLList):
            return GraphQLList(self._wrapped(cast("Any", type_).of_type))
        return self._named(type_)

    def _named(self, type_: GraphQLNamedType) -> Any:  # noqa: ANN401 - of the kind that it was of
        made = self._made.get(type_.name)
        if made is None:
            made = self._made[type_.name] = self._make(type_, self._rename(type_.name))
        return made

    def _make(self, type_: GraphQLNamedType, name: str) -> GraphQLNamedType:
        match type_:
            case GraphQLObjectType():
                return self._make_object(type_, name)
            case GraphQLInterfaceType():
                return self._make_interface(type_, name)
            case GraphQLInputObjectType():
                return self._make_input(type_, name)
            case GraphQLScalarType() | GraphQLEnumType():
                return type_ if name == type_.name else _leaf(type_, name)
            case _:
                raise TypeError(f"{type_} is of a kind that this schema has had none of.")

    def _make_object(self, type_: GraphQLObjectType, name: str) -> GraphQLObjectType:
        self._names[type_.extensions[_DEFINITION].origin] = name
        return GraphQLObjectType(
            **_changed(
                type_, name=name, fields=lambda: self.fields(type_.fields), interfaces=lambda: self._interfaces(type_)
            )
        )

    def _make_interface(self, type_: GraphQLInterfaceType, name: str) -> GraphQLInterfaceType:
        return GraphQLInterfaceType(
            **_changed(
                type_,
                name=name,
                fields=lambda: self.fields(type_.fields),
                interfaces=lambda: self._interfaces(type_),
                resolve_type=self.name_of,
            )
        )

    def _make_input(self, type_: GraphQLInputObjectType, name: str) -> GraphQLInputObjectType:
        def fields() -> dict[str, GraphQLInputField]:
            return {
                key: GraphQLInputField(**_changed(field, type_=self._type(field)))
                for key, field in type_.fields.items()
            }

        out_type = _exactly_one(name, type_.out_type) if is_one_of(type_) else type_.out_type
        return GraphQLInputObjectType(**_changed(type_, name=name, fields=fields, out_type=out_type))

    def _interfaces(self, type_: GraphQLObjectType | GraphQLInterfaceType) -> list[GraphQLInterfaceType]:
        return [self._named(each) for each in type_.interfaces if each.name not in self._without]


def _changed(element: Any, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever has arguments to be made by
    return {**element.to_kwargs(), **changes}


def _exactly_one(name: str, check: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
    """Strawberry's check of an input that wants exactly one field, which would call it by the name it had."""

    def checked(given: dict[str, Any]) -> Any:  # noqa: ANN401 - what the type makes
        if len(given) != 1:
            raise GraphQLError(f"OneOf Input Object '{name}' must specify exactly one key.")
        return check(given)

    return checked


def _leaf(type_: GraphQLScalarType | GraphQLEnumType, name: str) -> GraphQLNamedType:
    """A type that leads to no other. Not made by its class, as Strawberry's of enums hides what it was made of."""
    twin = object.__new__(type(type_))
    vars(twin).update(vars(type_))
    twin.name = name
    return twin

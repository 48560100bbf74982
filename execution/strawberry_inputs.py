"""What Strawberry makes of arguments: what its `convert_arguments` does, with all look-ups done once for a field."""

from collections.abc import Iterable, Mapping
from dataclasses import MISSING
from typing import Any

from strawberry import UNSET, Some
from strawberry.relay import GlobalID
from strawberry.scalars import is_scalar
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.base import StrawberryList, StrawberryMaybe, StrawberryOptional, has_object_definition
from strawberry.types.enum import StrawberryEnumDefinition, has_enum_definition
from strawberry.types.lazy_type import LazyType

from execution.plan import Convert, Taken


class _UnknownError(Exception):
    """A type whose values are left to Strawberry."""


class StrawberryInputs:
    """The ways to convert values of a schema's input types. `strawberry`: its Schema."""

    def __init__(self, strawberry: Any) -> None:  # noqa: ANN401 - its class leaves parts unknown to a type checker
        self._naming: Any = strawberry.config.name_converter
        self._scalars: Any = strawberry.schema_converter.scalar_registry
        self._classes: dict[Any, Convert | None] = {}

    def taken(self, arguments: Iterable[StrawberryArgument]) -> Mapping[str, Taken] | None:
        """How a resolver takes its arguments, by their names in the schema; None if one is left to Strawberry."""
        try:
            return {
                self._naming.from_argument(each): Taken(each.python_name, self._find(each.type)) for each in arguments
            }
        except _UnknownError:
            return None

    def _find(self, type_: Any) -> Convert | None:  # noqa: ANN401 - any input type; None: its values are taken as they are
        if isinstance(type_, StrawberryMaybe):
            return _maybe(self._find(type_.of_type), is_nullable=isinstance(type_.of_type, StrawberryOptional))
        if isinstance(type_, StrawberryOptional):
            return self._find(type_.of_type)
        if isinstance(type_, StrawberryList):
            return _list(self._find(type_.of_type))
        if isinstance(type_, LazyType):
            return self._find(type_.resolve_type())
        if type_ is not GlobalID and is_scalar(type_, self._scalars):
            return None
        if isinstance(type_, StrawberryEnumDefinition) or has_enum_definition(type_):
            return None
        if not has_object_definition(type_) or type_.__strawberry_definition__.from_input is not None:
            raise _UnknownError
        return self._find_class(type_)

    def _find_class(self, type_: Any) -> Convert:  # noqa: ANN401 - a class of Strawberry's inputs
        if type_ not in self._classes:
            # A class that is met again while its fields are looked at holds itself.
            self._classes[type_] = None
            self._classes[type_] = self._make_class(type_)
        convert = self._classes[type_]
        if convert is None:
            raise _UnknownError
        return convert

    def _make_class(self, type_: Any) -> Convert:  # noqa: ANN401 - a class of Strawberry's inputs
        definition = type_.__strawberry_definition__
        taken: dict[str, Taken] = {
            self._naming.from_field(each): Taken(
                each.python_name, self._find(each.resolve_type(type_definition=definition))
            )
            for each in definition.fields
        }
        # Nullable fields may be declared without a default, and are null if they aren't given.
        nulls = [
            each.python_name
            for each in definition.fields
            if definition.is_input and each.default_value is MISSING and each.default_factory is MISSING
        ]
        return _class(type_, taken, dict.fromkeys(nulls))


def _maybe(convert: Convert | None, *, is_nullable: bool) -> Convert:
    def convert_maybe(value: Any) -> Some[Any]:  # noqa: ANN401 - as graphql-core has it
        if value is None and not is_nullable:
            raise _UnknownError
        return Some(value if convert is None else convert(value))

    return convert_maybe


def _list(convert: Convert | None) -> Convert:
    def convert_list(value: Any) -> Any:  # noqa: ANN401 - as graphql-core has it
        if value is None or value is UNSET:
            return value
        return list(value) if convert is None else [convert(each) for each in value]

    return convert_list


def _class(type_: Any, taken: Mapping[str, Taken], nulls: Mapping[str, None]) -> Convert:  # noqa: ANN401
    def convert_object(value: Any) -> Any:  # noqa: ANN401 - as graphql-core has it
        if value is None or value is UNSET:
            return value
        given: dict[str, Any] = dict(nulls)
        for name, entry in value.items():
            python_name, convert = taken[name]
            given[python_name] = entry if convert is None else convert(entry)
        return type_(**given)

    return convert_object

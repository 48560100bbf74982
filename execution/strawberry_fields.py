"""What Strawberry's definitions say beyond graphql-core's: attributes, plain resolvers, batches, enums, classes.

Only fields whose resolver is plain are taken apart. One with extensions that are more than guards, or with anything
else of its own, is asked by the resolver Strawberry made for graphql-core.
"""

from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter
from typing import Any

from graphql import GraphQLAbstractType, GraphQLEnumType, GraphQLField, GraphQLObjectType, GraphQLSchema
from strawberry.extensions import SchemaExtension
from strawberry.types.arguments import convert_arguments
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.enum import StrawberryEnumDefinition
from strawberry.types.field import StrawberryField
from strawberry.types.fields.resolver import StrawberryResolver

from execution.adapting import Adapter
from execution.batching import batch_of, is_at_hand
from execution.guarding import is_guard
from execution.info import LightInfo
from execution.plan import Access, Conversion, Convert, Field
from execution.reading import path_of
from execution.resolving import Call, Check, asking_once, calling, reading_attribute
from execution.running import Level
from execution.strawberry_inputs import StrawberryInputs

_DEFINITION = "strawberry-definition"
_MADE_BY_STRAWBERRY = "GraphQLCoreConverter.from_resolver.<locals>"


class StrawberryAdapter(Adapter):
    """Knows what Strawberry's definitions say."""

    def __init__(self, schema: GraphQLSchema) -> None:
        super().__init__(schema)
        strawberry: Any = schema._strawberry_schema  # type: ignore[attr-defined] # noqa: SLF001
        self._strawberry: Any = strawberry
        self._inputs = StrawberryInputs(strawberry)
        self._conversions: dict[StrawberryField, Conversion] = {}
        self._classes: dict[GraphQLAbstractType, Mapping[type, GraphQLObjectType]] = {}

    def why_not(self) -> str | None:
        """Extensions of the schema may wrap every resolver."""
        # Made anew each time, as Strawberry does for each operation: what makes them may decide by the hour.
        own: Any = SchemaExtension
        wraps = any(each.__class__.resolve is not own.resolve for each in self._strawberry.get_extensions())
        return "middleware" if wraps else None

    def access(self, name: str, definition: GraphQLField) -> tuple[Access, Conversion | None]:
        """Taken apart if the field is plain."""
        field: Any = definition.extensions.get(_DEFINITION)
        if not self._is_plain(field, definition):
            return super().access(name, definition)
        resolver, check = field.base_resolver, self._check(field)
        if resolver is None:
            return _reading(field.python_name, check), None
        if (path := path_of(resolver.wrapped_func)) is not None:
            return _reading(path, check), None
        batch = batch_of(resolver.wrapped_func)
        if batch is None:
            access = calling(self._call(field, resolver), check, is_awaited=resolver.is_async)
            return access, self._conversion(field)
        access = asking_once(batch, lambda info, _: self._info(info, field), check=check, is_at_hand=is_at_hand(batch))
        return access, self._conversion(field)

    def members(self, type_: GraphQLEnumType) -> Mapping[int, str]:
        """Those of the Python enum the type was made of."""
        definition = type_.extensions.get(_DEFINITION)
        if not isinstance(definition, StrawberryEnumDefinition):
            return {}
        exposed = [value.value for value in type_.values.values()]
        enum: Any = definition.wrapped_cls
        members = (member for member in enum if member.value in exposed)
        return {id(member): type_.coerce_output_value(member) for member in members}

    def classes(self, types: Iterable[GraphQLObjectType]) -> Mapping[type, GraphQLObjectType]:
        """The classes the types were made of, but for generic ones."""
        found: dict[type, GraphQLObjectType] = {}
        for type_ in types:
            definition = type_.extensions.get(_DEFINITION)
            if isinstance(definition, StrawberryObjectDefinition) and _is_told_by_class(definition):
                found[definition.origin] = type_
        return found

    def classes_of_abstract(self, type_: GraphQLAbstractType) -> Mapping[type, GraphQLObjectType]:
        """The classes of the possible types, unless the abstract type has a way of its own to tell."""
        if type_ not in self._classes:
            definition: Any = type_.extensions.get(_DEFINITION)
            # A union has neither a way of its own to tell, nor a class that its members must be of.
            has_own_way = getattr(definition, "resolve_type", None) is not None
            origin = getattr(definition, "origin", object)
            possible = () if has_own_way else self.schema.get_possible_types(type_)
            found = self.classes(possible).items()
            self._classes[type_] = {each: named for each, named in found if issubclass(each, origin)}
        return self._classes[type_]

    def _is_plain(self, field: Any, definition: GraphQLField) -> bool:  # noqa: ANN401 - a StrawberryField, if any
        resolver: Any = getattr(field, "base_resolver", None)
        made = getattr(definition.resolve, "__qualname__", "")
        return (
            isinstance(field, StrawberryField)
            and made.startswith(_MADE_BY_STRAWBERRY)
            and all(map(is_guard, field.extensions))
            and not field.is_subscription
            and not self._strawberry.schema_converter.exception_handlers
            and type(field).get_result is StrawberryField.get_result
            and (resolver is not None or field.default_resolver is getattr)
            and (resolver is None or type(resolver) is StrawberryResolver)
        )

    def _check(self, field: StrawberryField) -> Check | None:
        guards: list[Any] = list(field.extensions)
        if not guards:
            return None

        def check(level: Level, asked: Field) -> None:
            info = self._info(LightInfo(level, asked, 0), field)
            for guard in guards:
                guard.check(info)

        return check

    def _conversion(self, field: StrawberryField) -> Conversion | None:
        if not field.arguments:
            return None
        if field not in self._conversions:
            self._conversions[field] = Conversion(self._converter(field), self._inputs.taken(field.arguments))
        return self._conversions[field]

    def _converter(self, field: StrawberryField) -> Convert:
        config, registry = self._strawberry.config, self._strawberry.schema_converter.scalar_registry

        def convert(given: dict[str, Any]) -> dict[str, Any]:
            return convert_arguments(
                given, field.arguments, scalar_registry=registry, config=config, info=self._info(None, field)
            )

        return convert

    def _info(self, info: Any, field: StrawberryField | Field) -> Any:  # noqa: ANN401 - whatever class is configured
        return self._strawberry.config.info_class(_raw_info=info, _field=field)

    def _call(self, field: StrawberryField, resolver: Any) -> Call:  # noqa: ANN401 - a StrawberryResolver
        function: Callable[..., Any] = resolver.wrapped_func
        takes_self = resolver.self_parameter is not None
        parents = [each.name for each in (resolver.parent_parameter, resolver.root_parameter) if each is not None]
        make_info: Callable[..., Any] = self._strawberry.config.info_class
        info_name = resolver.info_parameter.name if resolver.info_parameter is not None else None

        def call(parent: Any, arguments: dict[str, Any], level: Level, asked: Field, index: int) -> Any:  # noqa: ANN401
            if info_name is not None:
                arguments = {**arguments, info_name: make_info(_raw_info=LightInfo(level, asked, index), _field=field)}
            if parents:
                arguments = {**arguments, **dict.fromkeys(parents, parent)}
            return function(parent, **arguments) if takes_self else function(**arguments)

        return call


def _reading(path: str, check: Check | None) -> Access:
    if check is None:
        return reading_attribute(path)
    get = attrgetter(path)

    def call(parent: Any, _arguments: dict[str, Any], _level: Level, _asked: Field, _index: int) -> Any:  # noqa: ANN401
        return get(parent)

    return calling(call, check)


def _is_told_by_class(definition: Any) -> bool:  # noqa: ANN401 - a StrawberryObjectDefinition
    return definition.is_type_of is None and definition.concrete_of is None and not definition.is_graphql_generic

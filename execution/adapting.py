"""How fields are had in a schema of graphql-core's, and the joint at which a library built upon it knows better."""

from collections.abc import Iterable, Mapping

from graphql import GraphQLAbstractType, GraphQLEnumType, GraphQLField, GraphQLObjectType, GraphQLSchema

from execution.core import default_field_resolver
from execution.plan import Access, Conversion
from execution.resolving import asking_each, asking_once, reading_by_default


class Adapter:
    """Knows what graphql-core's own objects say."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self.schema = schema

    def access(self, name: str, definition: GraphQLField) -> tuple[Access, Conversion | None]:
        """How a field is had, and what becomes of its arguments first."""
        batch = definition.extensions.get("batch")
        if batch is not None:
            return asking_once(batch, lambda info, _: info), None
        if definition.resolve is None and definition.args:
            # Arguments that can't be had are the field's error, even if what is read has no use for them.
            return asking_each(default_field_resolver), None
        if definition.resolve is None:
            return reading_by_default(name), None
        return asking_each(definition.resolve), None

    def why_not(self) -> str | None:
        """Why no operation of the schema can be compiled, if none can."""
        return None

    def members(self, _type: GraphQLEnumType) -> Mapping[int, str]:
        """The names of an enum's members by their `id`, if resolvers answer with the members of a Python enum."""
        return {}

    def classes(self, _types: Iterable[GraphQLObjectType]) -> Mapping[type, GraphQLObjectType]:
        """The types of instances of Python classes, where being one is all it takes to be of the type."""
        return {}

    def classes_of_abstract(self, _type: GraphQLAbstractType) -> Mapping[type, GraphQLObjectType]:
        """The same for the types an interface or union may turn out to be."""
        return {}


def adapter_for(schema: GraphQLSchema) -> Adapter:
    """The adapter that knows most about a schema."""
    if hasattr(schema, "_strawberry_schema"):
        from execution.strawberry_fields import StrawberryAdapter  # noqa: PLC0415 - only who has it needs it

        return StrawberryAdapter(schema)
    return Adapter(schema)

"""Everything in a schema that has a name, by where it stands."""

import re
from collections.abc import Iterator

from graphql import DocumentNode, FieldDefinitionNode, Node, TypeDefinitionNode

Place = tuple[str, ...]
"""A type, perhaps a field or value of it, perhaps an argument of that."""


def places(schema: DocumentNode) -> dict[Place, Node]:
    """The definitions of types, fields, arguments, input fields and enum values in an SDL document."""
    return dict(_walk(schema))


def written(place: Place) -> str:
    """A place as a schema coordinate: `Customer`, `Customer.email`, `Query.node(id:)`."""
    return f"{place[0]}.{place[1]}({place[2]}:)" if len(place) == 3 else ".".join(place)


def read_coordinate(coordinate: str) -> Place:
    """The place a schema coordinate names, whether or not anything is there."""
    return tuple(re.findall(r"\w+", coordinate))


def _walk(schema: DocumentNode) -> Iterator[tuple[Place, Node]]:
    for definition in schema.definitions:
        if not isinstance(definition, TypeDefinitionNode):
            continue
        owner = definition.name.value
        yield (owner,), definition
        for member in [*(getattr(definition, "fields", None) or ()), *(getattr(definition, "values", None) or ())]:
            yield (owner, member.name.value), member
            if isinstance(member, FieldDefinitionNode):
                for argument in member.arguments or ():
                    yield (owner, member.name.value, argument.name.value), argument

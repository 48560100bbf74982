"""Every place of the schema at which a caller can name something: arguments of fields, and references in inputs."""

from collections.abc import Iterator
from copy import deepcopy
from typing import NamedTuple, cast

from graphql import (
    GraphQLInputObjectType,
    GraphQLObjectType,
    build_schema,
    is_introspection_type,
    is_leaf_type,
    is_required_argument,
)

from schema.build import sdl
from tests.operations.api import Json

SCHEMA = build_schema(sdl())

REFERENCES = {"FeatureBy": "feature", "ProductBy": "product", "CustomerBy": "customer"}
"""Inputs that name something, and what."""

NAMELESS = {"at": '"2026-02-01T00:00:00Z"', "instant": '"2026-02-01T00:00:00Z"'} | dict.fromkeys(
    ("first", "last", "archived", "active", "detached", "status", "since", "until", "state", "type"), ""
)
"""Arguments that name nothing, with a value for those that are required."""

SUBSCRIPTIONS = {
    "entitlementsChanged": "subscription S($value: CustomerBy) { entitlementsChanged(customer: $value) { revision } }"
}
"""Every subscription, as a document that names something by `$value`."""

Path = tuple[str | int, ...]
"""The way to a value in an input."""


class Place(NamedTuple):
    """An argument of a field at which something can be named; `type` is the argument's, `answer` the field's."""

    parent: str
    field: str
    argument: str
    type: str
    answer: str


def places() -> Iterator[Place]:
    """All of them but the mutations' inputs and those of subscriptions."""
    types = [type_ for type_ in SCHEMA.type_map.values() if isinstance(type_, GraphQLObjectType)]
    for parent in types:
        if parent in (SCHEMA.mutation_type, SCHEMA.subscription_type) or is_introspection_type(parent):
            continue
        for name, field in parent.fields.items():
            for argument, definition in field.args.items():
                if argument not in NAMELESS:
                    yield Place(parent.name, name, argument, str(definition.type), _name(field.type))


def root_fields() -> set[str]:
    """The names of all fields of the query, mutation and subscription roots."""
    roots = (SCHEMA.query_type, SCHEMA.mutation_type, SCHEMA.subscription_type)
    return {name for root in roots if root is not None for name in root.fields}


def document(place: Place, selection: str, *, asks: bool = True) -> str:
    """A query for the place's field, of the object `$id` where it isn't a root field.

    It passes `$value` there if it `asks`.
    """
    field = _object_type(place.parent).fields[place.field]
    required = [name for name, argument in field.args.items() if is_required_argument(argument)]
    given = {name: NAMELESS[name] for name in required if name in NAMELESS}
    if asks:
        given[place.argument] = "$value"
    arguments = f"({', '.join(f'{name}: {value}' for name, value in given.items())})" if given else ""
    value = f", $value: {place.type}" if asks else ""
    asked = f"{place.field}{arguments} {selection}"
    if place.parent == "Query":
        return f"query Q($id: ID!{value}) {{ of: node(id: $id) {{ __typename }} {asked} }}"
    return f"query Q($id: ID!{value}) {{ of: node(id: $id) {{ ... on {place.parent} {{ {asked} }} }} }}"


def selection(place: Place) -> str:
    """Enough of what is answered there to tell what was found, without what repeats the question."""
    if is_leaf_type(SCHEMA.type_map[place.answer]):
        return ""
    if place.answer == "AccessDecision":
        return "{ hasAccess reason feature { id } }"
    if place.answer.endswith("Connection"):
        return "{ totalCount nodes { id } pageInfo { hasNextPage hasPreviousPage } }"
    return "{ id }"


def input_type(mutation: str) -> str:
    """The name of a mutation's input."""
    return _name(_object_type("Mutation").fields[mutation].args["input"].type)


def references_of(type_: str) -> Iterator[Path]:
    """Where an input can name something; the entries of a list are one place."""
    if type_ == "ID" or type_ in REFERENCES:
        yield ()
    elif isinstance(found := SCHEMA.type_map[type_], GraphQLInputObjectType):
        for name, field in found.fields.items():
            yield from ((name, *rest) for rest in references_of(_name(field.type)))


def references_in(type_: str, value: Json) -> Iterator[Path]:
    """Where a given input does name something."""
    if isinstance(value, list):
        for position, each in enumerate(cast("list[Json]", value)):
            yield from ((position, *rest) for rest in references_in(type_, each))
    elif type_ == "ID" or type_ in REFERENCES:
        yield ()
    elif isinstance(found := SCHEMA.type_map[type_], GraphQLInputObjectType):
        for name, given in value.items():
            yield from ((name, *rest) for rest in references_in(_name(found.fields[name].type), given))


def at_path(value: Json, path: Path) -> Json:
    """The part of an input that a path leads to."""
    for part in path:
        value = value[part]
    return value


def with_value(given: Json, path: Path, value: Json) -> Json:
    """An input with another value there."""
    changed = deepcopy(given)
    at_path(changed, path[:-1])[path[-1]] = value
    return changed


def _object_type(name: str) -> GraphQLObjectType:
    found = SCHEMA.type_map[name]
    assert isinstance(found, GraphQLObjectType)
    return found


def _name(type_: object) -> str:
    """The name of a type without what says that it is a list or not null."""
    return str(type_).strip("[]!")

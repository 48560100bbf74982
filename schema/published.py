"""The generated files of `graphql/`, which client teams and their tools take the schema from."""

import json
from typing import Any

from graphql import GraphQLSchema, build_schema, introspection_from_schema, is_abstract_type

from schema.build import sdl
from schema.subgraph import subgraph

Json = Any


def published_files() -> dict[str, str]:
    """What stands in every generated file of `graphql/`, by its name; the same for the same schema."""
    text = sdl()
    schema = build_schema(text)
    return {
        "schema.graphql": text,
        "introspection.json": _as_json(introspection_from_schema(schema)),
        "possibleTypes.json": _as_json(possible_types(schema)),
        "subgraph.graphql": subgraph().sdl,
    }


def possible_types(schema: GraphQLSchema) -> dict[str, list[str]]:
    """The object types of every interface and union, by its name: what Apollo's cache needs to match fragments."""
    return {
        name: sorted(each.name for each in schema.get_possible_types(kind))
        for name, kind in sorted(schema.type_map.items())
        if is_abstract_type(kind)
    }


def _as_json(value: Json) -> str:
    return f"{json.dumps(value, indent=2, ensure_ascii=False)}\n"

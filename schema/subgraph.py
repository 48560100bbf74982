"""The schema as a subgraph of a company's own graph, by Apollo Federation 2.

It is what there is to read of the public schema, perhaps under other names, with the two fields by which a router asks
for it. What a graph has once is left out: `node` and `nodes` are for whoever knows all ids, and who the `viewer` is is
for the company to say. So are mutations, which back ends send here themselves, and subscriptions, which no gateway that
is free to use passes on.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from graphql import (
    DefinitionNode,
    GraphQLArgument,
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLString,
    GraphQLUnionType,
    TypeDefinitionNode,
    parse,
    print_ast,
    print_schema,
)
from graphql.utilities import lexicographic_sort_schema

from resolvers.context import Context
from schema.build import CORE_SCHEMA, SCHEMA
from schema.deriving import Derivation, is_one_of
from schema.entities import ENTITIES, load_entities

Info = GraphQLResolveInfo[Context]

_FIELDS_LEFT_OUT = frozenset({"node", "nodes", "viewer"})
_INTERFACES_LEFT_OUT = frozenset({"Node"})
"""Without `node` nobody asks for it, and a company's own `Node` is for what its own `node` answers."""

_SHARED = frozenset({"PageInfo", "DateTime", "Boolean", "Float", "ID", "Int", "String"})
"""Types that mean the same in every graph, whatever else is prefixed."""

_HEADER = """\
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key", "@shareable"])

directive @oneOf on INPUT_OBJECT
"""
"""Composition refuses a directive that it isn't told of."""


@dataclass(frozen=True, slots=True)
class Subgraph:
    """A subgraph, to carry operations out by, and its SDL, to compose a company's graph of."""

    schema: GraphQLSchema
    sdl: str


@cache
def subgraph(prefix: str = "") -> Subgraph:
    """The subgraph whose types' names begin with a prefix, and so do those of its queries, as `acmeProduct`.

    `PageInfo` and `DateTime` have none.
    """

    def rename(name: str) -> str:
        return name if name in _SHARED else f"{prefix}{name}"

    derivation = Derivation(rename, without=_INTERFACES_LEFT_OUT)
    fields = _queries(derivation, prefix)
    sdl = _document(_schema(fields), rename)
    schema = _schema({**fields, "_entities": _entities(derivation, rename), "_service": _service(sdl)})
    # Resolvers and the compiler ask it what Strawberry knows of the fields.
    schema._strawberry_schema = SCHEMA  # type: ignore[attr-defined] # noqa: SLF001 # pyright: ignore
    return Subgraph(schema, sdl)


def _schema(fields: dict[str, GraphQLField]) -> GraphQLSchema:
    return GraphQLSchema(GraphQLObjectType("Query", fields, description="Everything that can be read."))


def _queries(derivation: Derivation, prefix: str) -> dict[str, GraphQLField]:
    root = CORE_SCHEMA.query_type
    assert root is not None, "there is one"  # noqa: S101
    fields = derivation.fields({name: field for name, field in root.fields.items() if name not in _FIELDS_LEFT_OUT})
    if not prefix:
        return fields
    return {f"{prefix[0].lower()}{prefix[1:]}{name[0].upper()}{name[1:]}": field for name, field in fields.items()}


def _entities(derivation: Derivation, rename: Callable[[str], str]) -> GraphQLField:
    by_name = {rename(each.name): each for each in ENTITIES}
    types = [derivation.object_type(CORE_SCHEMA.get_type(each.name)) for each in ENTITIES]
    entity = GraphQLUnionType(
        "_Entity", types, resolve_type=derivation.name_of, description="What other subgraphs refer to."
    )
    representation = GraphQLScalarType(
        "_Any", description="An entity's `__typename` with the fields of one of its keys."
    )

    async def resolve(_: object, info: Info, representations: Sequence[object]) -> Sequence[object]:
        return await load_entities(info.context, by_name, representations)

    return GraphQLField(
        GraphQLNonNull(GraphQLList(entity)),
        args={
            "representations": GraphQLArgument(
                GraphQLNonNull(GraphQLList(GraphQLNonNull(representation))), description="Which ones, 1 to 100."
            )
        },
        resolve=resolve,
        description="One entity per representation, in the order asked, null where there is none.",
    )


def _service(sdl: str) -> GraphQLField:
    field = GraphQLField(GraphQLNonNull(GraphQLString), description="The subgraph's SDL, to compose a graph of.")
    type_ = GraphQLObjectType("_Service", {"sdl": field}, description="What a router is told of the subgraph.")
    return GraphQLField(
        GraphQLNonNull(type_), resolve=lambda *_: {"sdl": sdl}, description="What there is to compose a graph of."
    )


def _document(schema: GraphQLSchema, rename: Callable[[str], str]) -> str:
    """The SDL, sorted, with what composition must know of the types."""
    marks = {rename(each.name): f'@key(fields: "id") @key(fields: "{each.key}")' for each in ENTITIES}
    marks["PageInfo"] = "@shareable"
    marks |= {name: "@oneOf" for name, type_ in schema.type_map.items() if is_one_of(type_)}
    document = parse(print_schema(lexicographic_sort_schema(schema)))
    marked = [_marked(each, marks) for each in document.definitions]
    return f"{_HEADER}\n{print_ast(replace(document, definitions=tuple(marked)))}\n"


def _marked(definition: DefinitionNode, marks: Mapping[str, str]) -> DefinitionNode:
    if not isinstance(definition, TypeDefinitionNode) or definition.name.value not in marks:
        return definition
    [example] = parse(f"scalar Marked {marks[definition.name.value]}").definitions
    assert isinstance(example, TypeDefinitionNode), "it is a scalar"  # noqa: S101
    return replace(definition, directives=example.directives)

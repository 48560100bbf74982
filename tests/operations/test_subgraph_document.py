"""The subgraph's SDL: current, described throughout, and the public schema but for what belongs to a whole graph."""

import re
from pathlib import Path

import pytest
from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    TypeDefinitionNode,
    build_ast_schema,
    is_introspection_type,
    is_specified_scalar_type,
    parse,
    print_ast,
)
from graphql.utilities import find_breaking_changes

from schema.build import sdl
from schema.subgraph import subgraph
from tests.operations.test_schema import parts

COMMITTED = Path(__file__).parents[2] / "graphql" / "subgraph.graphql"
SUBGRAPH = subgraph().sdl


def _schema(text: str) -> GraphQLSchema:
    """The types of an SDL, whose directives nobody has defined but a router."""
    return build_ast_schema(parse(text), assume_valid_sdl=True)


def _own_types(schema: GraphQLSchema) -> set[str]:
    of_graphql = {name for name, type_ in schema.type_map.items() if is_specified_scalar_type(type_)}
    return {name for name, type_ in schema.type_map.items() if not is_introspection_type(type_)} - of_graphql


def _marks(text: str) -> dict[str, str]:
    """What stands behind the names of types, but for where a scalar is specified."""
    definitions = [each for each in parse(text).definitions if isinstance(each, TypeDefinitionNode)]
    return {
        each.name.value: " ".join(map(print_ast, each.directives))
        for each in definitions
        if each.directives and each.kind != "scalar_type_definition"
    }


def test_the_committed_subgraph_is_current() -> None:
    """`admittance schema write` renews it."""
    assert COMMITTED.read_text() == SUBGRAPH


def test_every_type_field_argument_and_value_is_described() -> None:
    schema = _schema(SUBGRAPH)
    types = [schema.type_map[name] for name in _own_types(schema)]
    described = [(each.name, each.description) for each in types] + [part for each in types for part in parts(each)]

    assert [place for place, description in described if not (description or "").endswith(".")] == []


def test_entities_have_their_keys_and_shared_and_one_of_types_are_marked() -> None:
    assert _marks(SUBGRAPH) == {
        "Customer": '@key(fields: "id") @key(fields: "externalId")',
        "Feature": '@key(fields: "id") @key(fields: "lookupKey")',
        "Product": '@key(fields: "id") @key(fields: "lookupKey")',
        "PageInfo": "@shareable",
        **dict.fromkeys(("CustomerBy", "FeatureBy", "ProductBy"), "@oneOf"),
    }


def test_what_a_type_of_the_public_schema_lacks_belongs_to_a_whole_graph() -> None:
    public, served = _schema(sdl()), _schema(SUBGRAPH)

    broken = [each.description for each in find_breaking_changes(public, served)]

    kept = _own_types(served)
    gone = {f"{name} was removed." for name in _own_types(public) - kept}
    no_nodes = {f"{name} no longer implements interface Node." for name in kept}
    assert set(broken) - gone - no_nodes == {f"Field Query.{each} was removed." for each in ("node", "nodes", "viewer")}
    assert served.mutation_type is served.subscription_type is None


def test_it_adds_nothing_to_the_public_schema() -> None:
    public, served = _schema(sdl()), _schema(SUBGRAPH)

    assert find_breaking_changes(served, public) == []


def test_every_implementation_of_an_interface_is_there() -> None:
    public, served = _schema(sdl()), _schema(SUBGRAPH)
    interfaces = [each for each in served.type_map.values() if isinstance(each, GraphQLInterfaceType)]

    assert [each.name for each in interfaces] == ["EntitlementState"]
    for each in interfaces:
        counterpart = public.type_map[each.name]
        assert isinstance(counterpart, GraphQLInterfaceType)
        expected = {type_.name for type_ in public.get_implementations(counterpart).objects}
        assert {type_.name for type_ in served.get_implementations(each).objects} == expected


@pytest.mark.parametrize("prefix", ["Acme", "acme_"])
def test_a_prefix_stands_before_every_name_that_a_graph_might_have(prefix: str) -> None:
    prefixed = _schema(subgraph(prefix).sdl)

    query = prefixed.query_type
    assert isinstance(query, GraphQLObjectType)
    lower = prefix[0].lower() + prefix[1:]
    assert _own_types(prefixed) == {
        name if name in {"Query", "PageInfo", "DateTime"} else f"{prefix}{name}"
        for name in _own_types(_schema(SUBGRAPH))
    }
    root = _schema(SUBGRAPH).type_map["Query"]
    assert isinstance(root, GraphQLObjectType)
    assert set(query.fields) == {f"{lower}{name[0].upper()}{name[1:]}" for name in root.fields}


def test_a_prefix_changes_nothing_else() -> None:
    without = re.sub(r"\bacme([A-Z])", lambda found: found[1].lower(), subgraph("Acme").sdl.replace("Acme", ""))

    # The order goes by the names.
    assert sorted(without.splitlines()) == sorted(SUBGRAPH.splitlines())

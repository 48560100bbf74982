"""The schema as a document: current, described throughout, and holding what was promised to clients."""

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    build_schema,
    is_specified_scalar_type,
)
from graphql.utilities import find_breaking_changes

from schema.build import sdl
from schema.entitlement import EntitlementState
from schema.node import Node

CONTRACT = Path(__file__).with_name("contract.graphql")
COMMITTED = Path(__file__).parents[2] / "graphql" / "schema.graphql"

SDL = sdl()
SCHEMA = build_schema(SDL)
TYPES = [
    each for name, each in SCHEMA.type_map.items() if not name.startswith("__") and not is_specified_scalar_type(each)
]
OBJECTS = [each for each in TYPES if isinstance(each, GraphQLObjectType)]

# Their ids are for caches alone: what they say is a function of the id, so there is nothing to ask for again.
NOT_REFETCHABLE = {
    "AccessDecision",
    "EntitlementRun",
    "EntitlementSnapshot",
    "EntitlementsChange",
    "UpcomingChange",
    "Viewer",
}


def test_the_committed_schema_is_current() -> None:
    """`make contract` renews it."""
    assert COMMITTED.read_text() == SDL


def test_nothing_the_contract_promises_was_removed_renamed_or_changed() -> None:
    promised = build_schema(CONTRACT.read_text())

    broken = find_breaking_changes(promised, SCHEMA)

    assert [each.description for each in broken] == []


def test_a_broken_promise_is_noticed() -> None:
    promised = build_schema(CONTRACT.read_text().replace("revision: Int!", "revision: Int!  gone: Int", 1))

    broken = find_breaking_changes(promised, SCHEMA)

    assert [each.description for each in broken] == ["Field Customer.gone was removed."]


def test_every_type_field_argument_input_field_and_enum_value_is_described() -> None:
    undescribed = [place for place, description in descriptions() if not (description or "").strip()]

    assert undescribed == []


def test_a_description_is_a_sentence() -> None:
    unfinished = [place for place, description in descriptions() if not (description or "").endswith(".")]

    assert unfinished == []


def test_the_sdl_says_no_default_of_null() -> None:
    """Clients' generators take `= null` for a default that is sent."""
    assert "= null" not in SDL


@pytest.mark.parametrize("interface", [Node, EntitlementState])
def test_every_implementation_that_is_written_is_in_the_schema(interface: type) -> None:
    """Strawberry leaves one out that only its interface leads to, and fails when it is answered."""
    written = {each.__name__ for each in interface.__subclasses__()}

    implementations = SCHEMA.get_implementations(cast("GraphQLInterfaceType", SCHEMA.type_map[interface.__name__]))

    assert {each.name for each in implementations.objects} == written


def test_the_interfaces_are_implemented_by_those_that_were_promised_to() -> None:
    implementations = {
        name: {each.name for each in SCHEMA.get_implementations(interface).objects}
        for name, interface in SCHEMA.type_map.items()
        if isinstance(interface, GraphQLInterfaceType)
    }

    assert implementations == {
        "Node": {
            "Feature",
            "Product",
            "ProductFeature",
            "Customer",
            "CustomerSession",
            "CustomerSubscription",
            "SubscriptionItem",
            "Entitlement",
            "Grant",
            "Environment",
            "TestClock",
            "WebhookEndpoint",
            "WebhookEvent",
            "WebhookDelivery",
            "WebhookAttempt",
        },
        "EntitlementState": {"Entitlement", "EntitlementSnapshot"},
    }


def test_every_object_with_an_id_is_a_node_but_those_whose_id_is_for_caches() -> None:
    with_id = {each.name for each in OBJECTS if "id" in each.fields}
    nodes = {each.name for each in OBJECTS if any(interface.name == "Node" for interface in each.interfaces)}

    assert with_id - nodes == NOT_REFETCHABLE


@pytest.mark.parametrize("root", ["Query", "Mutation"])
def test_every_root_field_is_nullable_but_the_lists_by_id(root: str) -> None:
    """So that one refusal costs its own place and not the whole answer."""
    fields = cast("GraphQLObjectType", SCHEMA.type_map[root]).fields
    non_null = {name for name, field in fields.items() if str(field.type).endswith("!")}

    assert non_null == ({"nodes", "customersBy"} if root == "Query" else set())


def test_every_mutation_takes_one_input_with_an_idempotency_key() -> None:
    for name, field in cast("GraphQLObjectType", SCHEMA.type_map["Mutation"]).fields.items():
        assert list(field.args) == ["input"], name
        given = field.args["input"].type
        assert str(given) == f"{name[0].upper()}{name[1:]}Input!"
        assert "idempotencyKey" in cast("GraphQLInputObjectType", given.of_type).fields, name


def test_every_connection_has_the_four_arguments_and_parts_of_relay() -> None:
    for owner in OBJECTS:
        for name, field in owner.fields.items():
            if not str(field.type).rstrip("!").endswith("Connection"):
                continue
            connection = cast("GraphQLObjectType", SCHEMA.type_map[str(field.type).rstrip("!")])
            arguments = {key: str(argument.type) for key, argument in field.args.items()}
            assert arguments.items() >= {"first": "Int", "after": "String", "last": "Int", "before": "String"}.items()
            assert connection.fields.keys() == {"edges", "nodes", "pageInfo", "totalCount"}, (owner.name, name)


def descriptions() -> Iterator[tuple[str, str | None]]:
    """Everything that has a description, by where it stands."""
    for each in TYPES:
        yield each.name, each.description
        yield from parts(each)


def parts(of: GraphQLNamedType) -> Iterator[tuple[str, str | None]]:
    if isinstance(of, GraphQLObjectType | GraphQLInterfaceType):
        for name, field in of.fields.items():
            yield f"{of.name}.{name}", field.description
            for argument, value in field.args.items():
                yield f"{of.name}.{name}({argument}:)", value.description
    if isinstance(of, GraphQLInputObjectType):
        for name, given in of.fields.items():
            yield f"{of.name}.{name}", given.description
    if isinstance(of, GraphQLEnumType):
        for name, value in of.values.items():
            yield f"{of.name}.{name}", value.description

"""What a top-level error says: what was wrong, where, and nothing of what the server is written in."""

import re
from typing import cast

import pytest
from graphql import GraphQLInputObjectType, GraphQLNonNull, GraphQLObjectType, build_schema

from schema.build import sdl
from schema.wording import plain_words
from tests.operations.api import Api, Json

PYTHON = re.compile(
    r"\b(None|True|False|Undefined|NoneType|dict|str|int|list|Traceback|\w+Error|repr|object at)\b|\\x|\{'"
)

NODE = "query Q($id: ID!) { node(id: $id) { id } }"
CREATE = "mutation M($input: CreateFeatureInput!) { createFeature(input: $input) { feature { id } } }"
PAGE = "query Q($first: Int) { features(first: $first) { totalCount } }"
AT = 'query Q($at: DateTime) { feature(by: {id: "feat_1"}) { customers(at: $at) { totalCount } } }'
BY = "query Q($by: FeatureBy!) { feature(by: $by) { id } }"
OK = {"name": "SSO", "lookupKey": "sso"}
INPUT = "Expected value of type 'CreateFeatureInput'"


@pytest.mark.parametrize(
    ("document", "variables", "message"),
    [
        ("{ node(id: null) { id } }", {}, "Expected value of non-null type 'ID!' not to be null."),
        (NODE, {"id": None}, "$id: Expected value of non-null type 'ID!' not to be null."),
        (NODE, {}, "$id: Expected a value of non-null type 'ID!' to be provided."),
        (NODE, {"id": {"a": None}}, "$id: ID cannot represent value."),
        (NODE, {"id": True}, "$id: ID cannot represent value."),
        (PAGE, {"first": "1"}, "$first: Int cannot represent non-integer value."),
        (PAGE, {"first": True}, "$first: Int cannot represent non-integer value."),
        ("{ features(first: true) { totalCount } }", {}, "Int cannot represent non-integer value."),
        ("{ features(lookupKey: None) { totalCount } }", {}, "String cannot represent a non string value."),
        (AT, {"at": False}, "$at: DateTime takes an RFC 3339 text with an offset, such as 2026-01-31T09:30:00Z."),
        (CREATE, {"input": None}, "$input: Expected value of non-null type 'CreateFeatureInput!' not to be null."),
        (CREATE, {"input": []}, f"$input: {INPUT} to be an object."),
        (CREATE, {"input": {"name": "SSO"}}, f"$input: {INPUT} to include required field 'lookupKey'."),
        (
            CREATE,
            {"input": OK | {"name": None}},
            "$input.name: Expected value of non-null type 'String!' not to be null.",
        ),
        (CREATE, {"input": OK | {"name": 5}}, "$input.name: String cannot represent a non string value."),
        (CREATE, {"input": OK | {"color": [None]}}, f"$input: {INPUT} not to include unknown field 'color'."),
        (
            CREATE,
            {"input": OK | {"nam": None}},
            f"$input: {INPUT} not to include unknown field 'nam'. Did you mean 'name'?",
        ),
        (BY, {"by": {}}, "OneOf Input Object 'FeatureBy' must specify exactly one key."),
        (BY, {"by": {"id": "a", "lookupKey": "b"}}, "OneOf Input Object 'FeatureBy' must specify exactly one key."),
        (BY, {"by": {"id": None}}, "Value for member field 'id' must be non-null"),
        ("{ feature(by: {id: null}) { id } }", {}, "Field 'FeatureBy.id' must be non-null."),
        (
            # graphql-core's own rule lets it pass, also in a schema of its own. Tried with 3.3.2.
            "query Q($id: ID) { feature(by: {id: $id}) { id } }",
            {"id": "a"},
            "Variable 'id' must be non-nullable to be used for OneOf Input Object 'FeatureBy'.",
        ),
        ("{ nod }", {}, "Cannot query field 'nod' on type 'Query'. Did you mean 'node' or 'nodes'?"),
        ("{ node(id: 1", {}, "Syntax Error: Expected Name, found <EOF>."),
    ],
)
async def test_an_error_says_what_was_wrong_in_plain_words(
    api: Api, document: str, variables: dict[str, Json], message: str
) -> None:
    result = await api.try_(document, **variables)

    assert result.data is None
    assert [error.message for error in result.errors or ()] == [written_out(message)]
    assert (await api.run("{ features { totalCount } }"))["features"] == {"totalCount": 0}


def written_out(message: str) -> str:
    """`$input.name: what is wrong` as graphql-core says it."""
    place, _, what = message.partition(": ")
    variable, _, path = place.partition(".")
    if not place.startswith("$"):
        return message
    return f"Variable '{variable}' has invalid value{f' at .{path}' if path else ''}: {what}"


async def test_no_input_of_any_mutation_can_be_given_wrongly_enough_to_hear_python(api: Api) -> None:
    """Every field of every input, given each wrong kind of value."""
    types = build_schema(sdl()).type_map
    heard: set[str] = set()

    for mutation in cast("GraphQLObjectType", types["Mutation"]).fields:
        kind = f"{mutation[0].upper()}{mutation[1:]}Input"
        document = f"mutation M($input: {kind}!) {{ {mutation}(input: $input) {{ userErrors {{ message }} }} }}"
        for name, field in cast("GraphQLInputObjectType", types[kind]).fields.items():
            required = isinstance(field.type, GraphQLNonNull)
            for wrong in ({"a": {"b": None}}, [[None]], True, 1.5, *([None] if required else [])):
                result = await api.try_(document, input={name: wrong})
                assert result.data is None
                heard |= {error.message for error in result.errors or ()}

    assert [message for message in heard if PYTHON.search(message)] == []
    assert len(heard) > 40


def test_a_name_that_json_cannot_carry_is_not_repeated() -> None:
    message = "Expected value of type 'By' not to include unknown field 'a\ud800', found: {'a\ud800': 1}."

    assert plain_words(message) == "Expected value of type 'By' not to include unknown field 'a?'."


def test_what_is_no_echo_of_the_library_is_left_as_it_is() -> None:
    for message in ("`first` must be from 1 to 100; it is 0.", "There is no value: none.", "Not None."):
        assert plain_words(message) == message

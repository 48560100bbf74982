"""Arguments and variables: graphql-core's cases of inputs.

Its `test_variables`, `test_oneof`, and of `test_nonnull` what is about arguments. Variables of fragments are not
compiled: see `test_selecting`. How many errors are told at most is no parameter here, and always graphql-core's own
fifty. An enum's value, or an entry of an input, that is "undefined" can't be sent as JSON.
"""

from math import nan
from typing import NoReturn

import pytest
from graphql import GraphQLError, GraphQLSchema, build_schema

from tests.compiled.comparing import Value
from tests.compiled.core_cases.answering import Said, assert_answer

SDL = """
scalar Complex
scalar Faulty
enum Kind { NULL NAN FALSE CUSTOM }
input In { a: String, b: [String], c: String!, d: Complex, e: Faulty }
input Point { x: Float, y: Float }
input Nested { na: In!, nb: String! }
input One @oneOf { a: String, b: Int }
type Query {
  kind(in: Kind): String, sureKind(in: Kind!): String, object(in: In): String, point(in: Point): String
  text(in: String): String, sureText(in: String!): String, default(in: String = "Hello"): String
  sureDefault(in: String! = "Hello"): String, nested(in: Nested): String, one(in: One!): String
  list(in: [String]): String, sureList(in: [String]!): String
  listOfSure(in: [String!]): String, sureListOfSure(in: [String!]!): String
}
"""


def inputs() -> GraphQLSchema:
    schema = build_schema(SDL)
    types: Value = schema.type_map
    types["Complex"].coerce_input_value = deserialised
    types["Faulty"].coerce_input_value = faulty
    types["Point"].out_type = point
    for name, value in {"NULL": None, "NAN": nan, "FALSE": False, "CUSTOM": "custom value"}.items():
        types["Kind"].values[name].value = value
    for field in types["Query"].fields.values():
        field.resolve = given
        # Resolvers may know an argument by another name.
        field.args["in"].out_name = "given"
    return schema


def given(_parent: Value, _info: Value, **arguments: Value) -> str | None:
    return repr(arguments["given"]) if arguments else None


def point(value: Value) -> str:
    return f"({value['x']}|{value['y']})"


def deserialised(value: Value) -> str:
    if value != "SerializedValue":
        raise ValueError("not that")
    return "DeserializedValue"


def faulty(_value: Value) -> NoReturn:
    raise GraphQLError("Faulty", extensions={"code": "FAULTY"})


SCHEMA = inputs()


@pytest.mark.parametrize(
    ("field", "answer"),
    [
        ('object(in: {a: "foo", b: ["bar"], c: "baz"})', "{'a': 'foo', 'b': ['bar'], 'c': 'baz'}"),
        ('object(in: {a: "foo", b: "bar", c: "baz"})', "{'a': 'foo', 'b': ['bar'], 'c': 'baz'}"),
        ('object(in: {a: null, b: null, c: "C", d: null})', "{'a': None, 'b': None, 'c': 'C', 'd': None}"),
        ('object(in: {b: ["A", null, "C"], c: "C"})', "{'b': ['A', None, 'C'], 'c': 'C'}"),
        ('object(in: {c: "foo", d: "SerializedValue"})', "{'c': 'foo', 'd': 'DeserializedValue'}"),
        ("point(in: {x: -3.0, y: 4.5})", "'(-3.0|4.5)'"),
        ("text", None),
        ("text(in: null)", "None"),
        ('text(in: "a")', "'a'"),
        ('sureText(in: "a")', "'a'"),
        ("default", "'Hello'"),
        ("default(in: null)", "None"),
        ("sureDefault", "'Hello'"),
        ("kind(in: NULL)", "None"),
        ("kind(in: NAN)", "nan"),
        ("kind(in: FALSE)", "False"),
        ("kind(in: CUSTOM)", "'custom value'"),
        ("sureKind(in: NULL)", "None"),
        ('one(in: {a: "abc"})', "{'a': 'abc'}"),
    ],
)
async def test_literals(field: str, answer: str | None) -> None:
    await assert_answer(SCHEMA, f"{{ x: {field} }}", {"x": answer})


IN = "query($v: In) { x: object(in: $v) }"
TEXT = "query($v: String) { x: text(in: $v) }"
HELLO = 'query($v: String = "Hello") { x: text(in: $v) }'
SURE = "query($v: String!) { x: sureText(in: $v) }"
ONE = "query($v: One!) { x: one(in: $v) }"
NULLS = "['A', None, 'B']"


def listing(type_: str, field: str) -> str:
    return f"query($v: {type_}) {{ x: {field}(in: $v) }}"


VARIABLES: list[tuple[str, dict[str, Value], str | None]] = [
    (IN, {"v": {"a": "foo", "b": ["bar"], "c": "baz"}}, "{'a': 'foo', 'b': ['bar'], 'c': 'baz'}"),
    (IN, {"v": {"a": "foo", "b": "bar", "c": "baz"}}, "{'a': 'foo', 'b': ['bar'], 'c': 'baz'}"),
    (IN, {"v": {"c": "foo", "d": "SerializedValue"}}, "{'c': 'foo', 'd': 'DeserializedValue'}"),
    (
        'query($v: In = {a: "foo", b: ["bar"], c: "baz"}) { x: object(in: $v) }',
        {},
        "{'a': 'foo', 'b': ['bar'], 'c': 'baz'}",
    ),
    (TEXT, {}, None),
    (TEXT, {"v": None}, "None"),
    (TEXT, {"v": "a"}, "'a'"),
    ("{ x: text(in: $undeclared) }", {}, None),
    (HELLO, {}, "'Hello'"),
    (HELLO, {"v": "a"}, "'a'"),
    (HELLO, {"v": None}, "None"),
    ("query($v: String = null) { x: text(in: $v) }", {}, "None"),
    ('query($v: String! = "Hello") { x: text(in: $v) }', {}, "'Hello'"),
    ('query($v: String = "Hello") { x: sureText(in: $v) }', {}, "'Hello'"),
    (SURE, {"v": "a"}, "'a'"),
    ("query($v: String) { x: default(in: $v) }", {}, "'Hello'"),
    ("query($v: String) { x: sureDefault(in: $v) }", {}, "'Hello'"),
    (listing("[String]", "list"), {"v": None}, "None"),
    (listing("[String]", "list"), {"v": ["A"]}, "['A']"),
    (listing("[String]", "list"), {"v": ["A", None, "B"]}, NULLS),
    (listing("[String]!", "sureList"), {"v": ["A"]}, "['A']"),
    (listing("[String]!", "sureList"), {"v": ["A", None, "B"]}, NULLS),
    (listing("[String!]", "listOfSure"), {"v": None}, "None"),
    (listing("[String!]", "listOfSure"), {"v": ["A"]}, "['A']"),
    (listing("[String!]!", "sureListOfSure"), {"v": ["A"]}, "['A']"),
    (ONE, {"v": {"a": "abc"}}, "{'a': 'abc'}"),
    ('query($v: One! = {a: "abc"}) { x: one(in: $v) }', {}, "{'a': 'abc'}"),
]


@pytest.mark.parametrize(("document", "variables", "answer"), VARIABLES)
async def test_variables(document: str, variables: dict[str, Value], answer: str | None) -> None:
    await assert_answer(SCHEMA, document, {"x": answer}, variables=variables)


NOT_NULL = "Expected value of non-null type '{}' not to be None."
NO_VALUE = "Expected variable '${}' provided to {} to provide a runtime value."
REFUSED: list[tuple[str, dict[str, Value], str, int]] = [
    ('{ x: object(in: ["foo"]) }', {}, ": Expected value of type 'In' to be an object, found: [\"foo\"].", 17),
    ('{ x: object(in: {c: "foo", e: "bar"}) }', {}, " at .e: Faulty", 3),
    ("{ x: sureText(in: null) }", {}, ": " + NOT_NULL.format("String!"), 19),
    ("{ x: sureText(in: $foo) }", {}, ": " + NO_VALUE.format("foo", "type 'String!'"), 19),
    ("{ x: default(in: WRONG) }", {}, ": String cannot represent a non string value: WRONG", 18),
    ("query($v: String) { x: sureText(in: $v) }", {}, ": " + NO_VALUE.format("v", "type 'String!'"), 37),
    (
        'query($v: String = "d") { x: sureText(in: $v) }',
        {"v": None},
        ": Expected variable '$v' provided to non-null type 'String!' not to be None.",
        43,
    ),
    (
        "query($a: String, $b: Int) { x: one(in: {a: $a, b: $b}) }",
        {"a": "abc"},
        ": " + NO_VALUE.format("b", "field 'b' for OneOf Input Object type 'One'"),
        41,
    ),
]


@pytest.mark.parametrize(("document", "variables", "message", "column"), REFUSED)
async def test_arguments_that_are_refused_leave_their_field_null(
    document: str, variables: dict[str, Value], message: str, column: int
) -> None:
    error = Said(f"Argument 'in' has invalid value{message}", ("x",), (1, column))

    await assert_answer(SCHEMA, document, {"x": None}, error, variables=variables)


async def test_an_argument_that_must_be_there_and_is_not_leaves_its_field_null() -> None:
    error = Said("Argument 'in' of required type 'String!' was not provided.", ("x",), (1, 3))

    await assert_answer(SCHEMA, "{ x: sureText }", {"x": None}, error)


EXACTLY_ONE = (
    "Within OneOf Input Object type 'One', exactly one field must be specified, "
    "and the value for that field must be non-null."
)
INVALID: list[tuple[str, dict[str, Value], list[str]]] = [
    (IN, {"v": {"c": "foo", "e": "S"}}, [" at .e: Faulty"]),
    (
        IN,
        {"v": {"c": "foo", "d": "S"}},
        [" at .d: Expected value of type 'Complex', but encountered error 'not that'; found: 'S'."],
    ),
    (IN, {"v": {"a": "foo", "b": "bar", "c": None}}, [" at .c: " + NOT_NULL.format("String!")]),
    (IN, {"v": "foo bar"}, [": Expected value of type 'In' to be an object, found: 'foo bar'."]),
    (IN, {"v": {"b": "bar"}}, [": Expected value of type 'In' to include required field 'c', found: {'b': 'bar'}."]),
    (
        "query($v: Nested) { x: nested(in: $v) }",
        {"v": {"na": {"a": "foo"}}},
        [
            " at .na: Expected value of type 'In' to include required field 'c', found: {'a': 'foo'}.",
            ": Expected value of type 'Nested' to include required field 'nb', found: {'na': {'a': 'foo'}}.",
        ],
    ),
    (
        IN,
        {"v": {"c": "foo", "extra": "dog"}},
        [": Expected value of type 'In' not to include unknown field 'extra', found: {'c': 'foo', 'extra': 'dog'}."],
    ),
    (SURE, {}, [": Expected a value of non-null type 'String!' to be provided."]),
    (SURE, {"v": None}, [": " + NOT_NULL.format("String!")]),
    (SURE, {"v": [1, 2, 3]}, [": String cannot represent a non string value: [1, 2, 3]"]),
    (listing("[String]!", "sureList"), {"v": None}, [": " + NOT_NULL.format("[String]!")]),
    (listing("[String!]", "listOfSure"), {"v": ["A", None, "B"]}, [" at [1]: " + NOT_NULL.format("String!")]),
    (listing("[String!]!", "sureListOfSure"), {"v": None}, [": " + NOT_NULL.format("[String!]!")]),
    (listing("[String!]!", "sureListOfSure"), {"v": ["A", None]}, [" at [1]: " + NOT_NULL.format("String!")]),
    (ONE, {"v": {"a": None}}, [f" at .a: {EXACTLY_ONE}"]),
    (ONE, {"v": {"a": "abc", "b": 123}}, [f": {EXACTLY_ONE}"]),
    (ONE, {"v": {"a": "abc", "b": None}}, [f": {EXACTLY_ONE}"]),
]


@pytest.mark.parametrize(("document", "variables", "messages"), INVALID)
async def test_variables_that_are_refused_leave_no_answer(
    document: str, variables: dict[str, Value], messages: list[str]
) -> None:
    errors = [Said(f"Variable '$v' has invalid value{message}", None, (1, 7)) for message in messages]

    await assert_answer(SCHEMA, document, None, *errors, variables=variables)


async def test_a_default_that_is_refused_leaves_no_answer() -> None:
    error = Said(f"Variable '$v' has invalid default value: {EXACTLY_ONE}", None, (1, 7))

    await assert_answer(SCHEMA, 'query($v: One! = {a: "abc", b: 123}) { x: one(in: $v) }', None, error)


@pytest.mark.parametrize("type_", ["Query", "Unknown"])
async def test_a_variable_of_no_input_type_leaves_no_answer(type_: str) -> None:
    message = f"Variable '$v' expected value of type '{type_}!' which cannot be used as an input type."

    await assert_answer(SCHEMA, f"query($v: {type_}!) {{ x: object(in: $v) }}", None, Said(message, None, (1, 11)))


async def test_fifty_errors_in_variables_are_enough() -> None:
    message = "Variable '$v' has invalid value at [{0}]: String cannot represent a non string value: {0}"
    errors = [Said(message.format(each), None, (1, 7)) for each in range(50)]
    last = Said("Too many errors processing variables, error limit reached. Execution aborted.")

    await assert_answer(
        SCHEMA, listing("[String!]", "listOfSure"), None, *errors, last, variables={"v": list(range(60))}
    )

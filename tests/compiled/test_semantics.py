"""By hand: the cases of the specification, and of graphql-core's own tests, each beside graphql-core."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import cast

import pytest
from graphql import GraphQLError, build_schema, parse

from execution import CompiledOperation, Compiler, Fallback
from tests.compiled.comparing import Value, assert_same, late

SCHEMA = build_schema("""
enum Colour { RED GREEN }
input Point { x: Int! = 1, y: Int, tags: [String!] }
input Either @oneOf { a: Int, b: String }
interface Node { id: ID! }
interface Named implements Node { id: ID!, name: String }
type Dog implements Named & Node { id: ID!, name: String, barks: Boolean, mother: Dog, sure: Dog! }
type Cat implements Named & Node { id: ID!, name: String, meows: Boolean, lives: Int! }
union Pet = Dog | Cat
type Query {
  a: String, b: String, c: String, needed: String!, int: Int, id: ID, yes: Boolean, float: Float, colour: Colour
  dog: Dog, dogs: [Dog], sureDogs: [Dog!], allDogs: [Dog!]!, grid: [[Int!]!], node: Node, named: [Named], pets: [Pet!]
  echo(text: String = "none", n: Int, point: Point, colour: Colour, either: Either, list: [[Int]]): String
  must(text: String!): String, deep: Query, sure: Query!
}
type Mutation { first: Int, second: Int!, third: Int }
type Subscription { a: String }
""")


def dog(**more: Value) -> dict[str, Value]:
    return {"__typename": "Dog", "id": "d", "name": "Rex", "barks": True, **more}


def cat(**more: Value) -> dict[str, Value]:
    return {"__typename": "Cat", "id": "c", "name": "Tom", "meows": False, "lives": 9, **more}


def echo(_info: Value, **given: Value) -> str:
    return repr(given)


def raising(*_: Value, **__: Value) -> Value:
    raise ValueError("no")


ROOT: dict[str, Value] = {"a": "A", "b": "B", "c": "C", "echo": echo, "must": echo, "dog": dog(mother=dog(name="Ma"))}
ROOT["deep"] = ROOT

ARGUMENTS = "echo(text: $t, n: $n, point: $p, colour: $c, either: $e, list: $l)"
DECLARED = "$t: String, $n: Int, $p: Point, $c: Colour, $e: Either, $l: [[Int]]"


@pytest.mark.parametrize(
    "document",
    [
        "{ c b a c x: a }",
        "{ dog { name } dog { barks mother { name } } ...F } fragment F on Query { dog { mother { id } id } }",
        "{ ... { a } ... on Query { b ... on Query { c } } ...F ...F } fragment F on Query { x: a ... { y: b } }",
        "{ deep { deep { a: b deep { a } } } }",
        "{ a @skip(if: false) @include(if: true) b @skip(if: true) c @include(if: false) }",
        '{ echo x: echo(text: null) y: echo(text: "t", n: 3, point: {y: 2, tags: "one"}, colour: RED, list: [[2]]) }',
        '{ echo(either: {a: 1}) x: echo(either: {b: "b"}) y: echo(point: {x: 4}) }',
    ],
)  # fmt: skip
async def test_selections_merge_in_the_order_of_the_document(document: str) -> None:
    await assert_same(SCHEMA, document, root=ROOT)


@pytest.mark.parametrize(("skip", "include"), [(True, True), (True, False), (False, True), (False, False)])
async def test_what_is_skipped_follows_the_variables_of_each_run(skip: bool, include: bool) -> None:
    document = """query Q($s: Boolean!, $i: Boolean! = true) {
      a @skip(if: $s) dog @include(if: $i) { name barks @skip(if: $s) } ...F @include(if: $i) ... @skip(if: $s) { b }
    } fragment F on Query { dog { mother { id @include(if: $i) name } } }"""

    await assert_same(SCHEMA, document, {"s": skip, "i": include}, ROOT)
    await assert_same(SCHEMA, document, {"s": skip}, ROOT)


async def test_one_compiled_operation_serves_every_value_of_its_conditions() -> None:
    operation = Compiler(SCHEMA).compile(parse("query Q($s: Boolean!) { a @skip(if: $s) b }"))
    assert isinstance(operation, CompiledOperation)

    answers = [(await operation.run(None, {"s": skip}, ROOT)).data for skip in (True, False, True)]

    assert answers == [{"b": "B"}, {"a": "A", "b": "B"}, {"b": "B"}]


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"t": None, "n": 2**31, "p": {}, "c": "RED"},
        {"n": 1, "p": {"x": 2, "tags": ["a"]}, "c": "GREEN", "e": {"b": "b"}, "l": [1, [None, 2]]},
        {"p": {"x": None}, "c": "BLUE"},
        {"p": {"z": 1}, "e": {"a": 1, "b": "b"}},
        {"e": {"a": None}, "l": "x"},
        {"t": 1},
    ],
)
async def test_variables_are_coerced_and_refused_alike(variables: dict[str, Value]) -> None:
    await assert_same(SCHEMA, f"query Q({DECLARED}) {{ {ARGUMENTS} }}", variables, ROOT)


async def test_variables_within_input_objects_and_lists_and_with_defaults() -> None:
    document = """query Q($x: Int = 7, $y: Int, $tag: String!, $a: Int!) {
      echo(point: {x: $x, y: $y, tags: [$tag, "b"]}, list: [[$x, $y]]) one: echo(either: {a: $a}) two: echo(n: $y)
    }"""

    await assert_same(SCHEMA, document, {"tag": "t", "a": 1}, ROOT)
    await assert_same(SCHEMA, document, {"x": None, "tag": "t", "a": 1, "y": 2}, ROOT)
    await assert_same(SCHEMA, document, {"x": 1}, ROOT)


async def test_arguments_that_only_fail_when_carried_out() -> None:
    await assert_same(SCHEMA, "query Q($t: String) { must(text: $t) a }", {"t": None}, ROOT)
    plain = {"must": "an attribute, and no function that takes them"}
    await assert_same(SCHEMA, 'query Q($t: String = "t") { must(text: $t) a }', {"t": None}, plain)
    await assert_same(SCHEMA, "query Q($s: Boolean) { a @skip(if: $s) b }", {}, ROOT)
    await assert_same(SCHEMA, "query Q($s: Boolean) { dog { name @skip(if: $s) } b }", {"s": None}, ROOT)


@pytest.mark.parametrize(
    "root",
    [
        {"sure": {"sure": {"needed": None}}},
        {"deep": {"sure": {"needed": None, "a": "x"}}},
        {"deep": {"deep": {"needed": raising}}, "a": raising},
        {"deep": {"a": raising, "needed": raising, "b": raising}},
        {"deep": {"sure": raising, "a": raising, "deep": {"a": raising}}},
        {"deep": {"deep": {"a": ValueError("x"), "sure": {"needed": "n", "a": GraphQLError("y")}}}},
    ],
)
async def test_a_null_that_may_not_be_goes_up_to_the_nearest_that_may(root: dict[str, Value]) -> None:
    inner = "a needed b sure { a needed } deep { a sure { needed a } needed }"
    for document in (
        f"{{ deep {{ {inner} }} a }}",
        "{ sure { sure { needed } } }",
        "{ a deep { a deep { a sure { needed a } } } }",
    ):
        await assert_same(SCHEMA, document, root=root)


@pytest.mark.parametrize(
    "items",
    [
        [dog(), None, dog(name=raising), ValueError("item"), dog(mother=raising)],
        [dog(id=None), dog(), dog(id=raising)],
        [dog(sure=dog(id=None)), dog(sure=None)],
        [dog(mother=dog(id=None)), dog(mother=dog(sure=dog()))],
        (), (dog(),), 3, "text", {"a": 1}, None, iter([dog(), dog()]), {1: 2}.values(),
    ],
)  # fmt: skip
async def test_lists_of_objects_with_holes_and_failures(items: Value) -> None:
    def dogs(_info: Value) -> Value:
        return iter(list(held)) if isinstance(items, Iterator) else items

    held = list(cast("Iterator[Value]", items)) if isinstance(items, Iterator) else []
    for field in ("dogs", "sureDogs", "allDogs"):
        root = {field: dogs}
        await assert_same(SCHEMA, f"{{ a {field} {{ id name mother {{ id sure {{ id }} }} }} }}", root=root)
        await assert_same(SCHEMA, f"{{ {field} {{ sure {{ id sure {{ name }} }} id }} }}", root=root)


@pytest.mark.parametrize(
    "grid", [[[1, 2], [3]], [[1, None], [2]], [None, [1]], [[1, "x"], [2**40]], [[], ()], [1], [[ValueError("x")], [2]]]
)
async def test_lists_of_lists(grid: Value) -> None:
    await assert_same(SCHEMA, "{ grid }", root={"grid": grid})


@pytest.mark.parametrize(
    "value", [dog(), cat(), cat(__typename="Bird"), cat(__typename="Point"), {}, cat(__typename=3), None]
)
async def test_abstract_types_find_the_type_of_each_value(value: Value) -> None:
    selection = (
        "__typename ... on Dog { barks mother { id } } ... on Cat { meows } ... on Named { name ... on Cat { lives } }"
    )
    root = {"node": value, "named": [dog(), value, cat(lives=None)], "pets": [cat(), value, dog()]}

    for field in ("node", "named", "pets"):
        await assert_same(SCHEMA, f"{{ {field} {{ {selection} ... on Node {{ id }} }} }}", root=root)


@pytest.mark.parametrize(
    "document",
    [
        "{ __typename dog { t: __typename mother { __typename name __typename } } ... on Query { u: __typename } }",
        "{ __typename }",
        "{ deep { __typename } node { __typename } pets { __typename } dogs { __typename } named { t: __typename } }",
        """{ ...F pets { ...G ... on Named { u: __typename } } } fragment F on Query { t: __typename }
        fragment G on Pet { __typename ... on Cat { catIs: __typename } ... on Node { __typename } }""",
        "query Q($s: Boolean = true) { t: __typename @skip(if: $s) __typename @include(if: $s) deep { a __typename } }",
        "{ sureDogs { __typename sure { __typename } } }",
    ],
)
async def test_the_name_of_the_type_may_be_asked_for_everywhere(document: str) -> None:
    pets = [dog(sure=dog()), cat(), dog()]
    root = {"deep": {}, "node": cat(), "pets": pets, "dogs": [dog(), None], "named": pets, "dog": dog(mother=dog())}

    await assert_same(SCHEMA, document, root={**root, "sureDogs": pets})


async def test_awaitables_wherever_a_value_may_be() -> None:
    async def late_letter(_info: Value) -> str:
        return "C"

    def root() -> dict[str, Value]:
        return {
            "a": late("A"), "b": late(ValueError("late")), "c": late_letter, "int": late(2**40),
            "dogs": [late(dog(name=late("Late"))), dog(), late(ValueError("item")), late(None)],
            "sureDogs": late([late(dog()), late(None)]), "grid": [[late(1), 2], late([3, late(4)])],
            "node": late(cat(lives=late(None))), "pets": [late(dog(mother=late(dog()))), cat()],
        }  # fmt: skip

    document = """{ a b c int dogs { name mother { id } } sureDogs { name } grid node { ... on Cat { lives } }
      pets { ... on Dog { mother { name } } ... on Cat { lives } } }"""
    # What was awaited once can't be again, so that each has a root of its own.
    found = await assert_same(SCHEMA, document, root=root)

    assert found.data is not None
    assert found.data["dogs"] == [{"name": "Late", "mother": None}, {"name": "Rex", "mother": None}, None, None]


async def test_asynchronous_iterators_are_lists() -> None:
    async def dogs(_info: Value, *, fails: bool) -> AsyncIterator[Value]:
        yield dog()
        if fails:
            raise ValueError("in between")
        yield None

    for fails in (True, False):
        await assert_same(SCHEMA, "{ dogs { name } a }", root={"dogs": partial(dogs, fails=fails)})


@pytest.mark.parametrize("type_", ["[Int]", "[Int]!", "[Int!]", "[Int!]!"])
@pytest.mark.parametrize("given", [(), (1, 2), (1, "x", 2), (1, None, 2), (ValueError("item"), "x")])
async def test_what_an_iterator_gave_before_it_failed_fails_besides(type_: str, given: tuple[Value, ...]) -> None:
    def numbers(_info: Value) -> Iterator[Value]:
        yield from given
        raise ValueError("in between")

    async def late_numbers(_info: Value) -> AsyncIterator[Value]:
        for each in given:
            yield each
        raise ValueError("in between")

    schema = build_schema(f"type Query {{ numbers: {type_}, a: Int }}")
    for resolver in (numbers, late_numbers):
        await assert_same(schema, "{ numbers a }", root={"numbers": resolver, "a": 1})


async def test_mutations_run_one_after_another_and_stop_where_nothing_is_left() -> None:
    for second in (2, None, ValueError("no")):
        order: list[str] = []

        def noting(name: str, value: Value, order: list[str] = order) -> Value:
            async def act(_info: Value) -> Value:
                order.append(f"{name} begins")
                await asyncio.sleep(0)
                order.append(f"{name} ends")
                if isinstance(value, Exception):
                    raise value
                return value

            return act

        root = {"first": noting("first", 1), "second": noting("second", second), "third": noting("third", 3)}
        document = "mutation { __typename first second last: __typename third again: first }"
        await assert_same(SCHEMA, document, root=root)

        assert order[: len(order) // 2] == order[len(order) // 2 :]
        assert order[:4] == ["first begins", "first ends", "second begins", "second ends"]


async def test_type_checks_may_be_awaited_and_may_refuse() -> None:
    schema = build_schema("type A { x: Int } type B { x: Int } union U = A | B type Query { a: A, us: [U] }")
    kinds: Value = schema.type_map

    async def is_a(value: Value, _info: Value) -> bool:
        await asyncio.sleep(0)
        if value == {"x": 3}:
            raise ValueError("who knows")
        return value["x"] == 1

    def is_b(value: Value, _info: Value) -> bool:
        return value["x"] == 2

    kinds["A"].is_type_of = is_a
    kinds["B"].is_type_of = is_b

    for value in (1, 2, 3, 4):
        root = {"a": {"x": value}, "us": [{"x": 1}, {"x": value}, {"x": 2}]}
        await assert_same(schema, "{ a { x } us { ... on A { x } ... on B { y: x } } }", root=root)


@pytest.mark.parametrize("root", [{"a": "x"}, {"a": None}, {"a": ValueError("no")}, {}, None])
async def test_an_event_of_a_subscription_is_answered_as_a_query_of_its_root(root: Value) -> None:
    await assert_same(SCHEMA, "subscription S { b: a ...F } fragment F on Subscription { b: a }", root=root)


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ("{ __schema { types { name } } }", "introspection"),
        ('{ a ...F } fragment F on Query { __type(name: "Dog") { name } }', "introspection"),
        ("{ ... @defer { a } }", "@defer"),
        ("{ dogs @stream { id } }", "@stream"),
        ("query A { a } query B { b }", "unknown operation"),
        ("{" + " deep {" * 60 + " a " + "}" * 60 + "}", "depth"),
    ],
)
def test_what_is_not_compiled_is_left_to_graphql_core_whole(document: str, reason: str) -> None:
    assert Compiler(SCHEMA).compile(parse(document)) == Fallback(reason)


def test_the_operations_last_used_are_kept_and_no_more() -> None:
    compiler = Compiler(SCHEMA, entries=2)
    first, second, third = (parse(text) for text in ("{ a }", "{ b }", "{ c }"))

    kept = compiler.compile(first)
    compiler.compile(second)
    again = compiler.compile(first)
    compiler.compile(third)

    assert kept is again
    assert compiler.compile(first) is kept
    assert len(compiler) == 2


def test_operations_are_told_apart_by_name() -> None:
    compiler = Compiler(SCHEMA)
    document = parse("query A { a } query B { b }")

    results = [asyncio.run(_data(compiler.compile(document, name))) for name in ("A", "B")]

    assert results == [{"a": "A"}, {"b": "B"}]
    assert compiler.compile(document, "C") == Fallback("unknown operation")


async def _data(operation: CompiledOperation | Fallback) -> Value:
    assert isinstance(operation, CompiledOperation)
    return (await operation.run(None, {}, ROOT)).data

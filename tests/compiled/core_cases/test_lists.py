"""What is a list, and which nulls may be in it: graphql-core's `test_lists`.

Not here: an `is_async_iterable` handed over with the request; that an asynchronous iterator is closed as soon as one of
its items may not be null, as here it is read to its end first.
"""

from collections.abc import AsyncIterator, Iterator
from typing import cast

import pytest
from graphql import build_schema

from tests.compiled.comparing import Value, late
from tests.compiled.core_cases.answering import Said, assert_answer, later


class Hello:
    """Can be gone through, both ways, any number of times."""

    def __iter__(self) -> Iterator[str]:
        return iter(["hello", "world"])


class LateHello:
    async def __aiter__(self) -> AsyncIterator[str]:
        for each in Hello():
            yield each


class Both(Hello):
    async def __aiter__(self) -> AsyncIterator[str]:
        yield "the asynchronous one"


def arguments(*given: str) -> tuple[str, ...]:
    return given


def generated(*values: Value, error: Exception | None = None) -> Value:
    def generate(_info: Value) -> Iterator[Value]:
        yield from values
        if error is not None:
            raise error

    return generate


def generated_late(*values: Value, error: Exception | None = None) -> Value:
    async def generate(_info: Value) -> AsyncIterator[Value]:
        for value in values:
            yield value
        if error is not None:
            raise error

    return generate


STRINGS = build_schema("type Query { list: [String] }")


@pytest.mark.parametrize(
    ("value", "answer"),
    [
        ([], []),
        (["just an apple"], ["just an apple"]),
        (["apple", "banana", "coconut"], ["apple", "banana", "coconut"]),
        (("apple", "banana"), ["apple", "banana"]),
        ({"apple"}, ["apple"]),
        (generated("one", 2, True), ["one", "2", "true"]),
        (Hello(), ["hello", "world"]),
        (arguments("one", "two"), ["one", "two"]),
        (generated_late("two", 4, False), ["two", "4", "false"]),
        (LateHello(), ["hello", "world"]),
        (Both(), ["the asynchronous one"]),
    ],
)
async def test_anything_that_gives_its_items_is_a_list(value: Value, answer: list[str]) -> None:
    await assert_answer(STRINGS, "{ list }", {"list": answer}, root={"list": value})


@pytest.mark.parametrize("value", [{1: "one", 2: "two"}, "Singular", 7, b"bytes"])
async def test_mappings_texts_and_what_has_no_items_are_no_lists(value: Value) -> None:
    message = "Expected Iterable, but did not find one for field 'Query.list'."

    await assert_answer(STRINGS, "{ list }", {"list": None}, Said(message, ("list",), (1, 3)), root={"list": value})


@pytest.mark.parametrize("generate", [generated, generated_late])
async def test_an_item_that_fails_is_null_and_an_iterator_that_fails_is_no_list(generate: Value) -> None:
    wrong = Said("String cannot represent value: {}", ("list", 1), (1, 3))
    bad = Said("bad", ("list",), (1, 3))

    await assert_answer(STRINGS, "{ list }", {"list": ["two", None, "4"]}, wrong, root={"list": generate("two", {}, 4)})
    await assert_answer(
        STRINGS, "{ list }", {"list": None}, bad, root={"list": generate("two", 4, error=ValueError("bad"))}
    )
    await assert_answer(
        STRINGS, "{ list }", {"list": None}, wrong, bad, root={"list": generate("two", {}, error=ValueError("bad"))}
    )


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("fails", [False, True])
async def test_objects_of_an_asynchronous_iterator_resolve_their_fields(count: int, fails: bool) -> None:
    schema = build_schema("type Query { list: [Item] } type Item { index: String! }")

    def item(index: int) -> dict[str, Value]:
        is_bad = fails and index == count - 1
        return {"index": later(ValueError("bad") if is_bad else index)}

    items: list[Value] = [{"index": str(index)} for index in range(count)]
    errors = [Said("bad", ("list", count - 1, "index"), (1, 10))] if fails else []

    await assert_answer(
        schema,
        "{ list { index } }",
        {"list": [*items[:-1], None] if fails else items},
        *errors,
        root={"list": generated_late(*map(item, range(count)))},
    )


def ways(value: Value) -> list[Value]:
    """Functions for a root: the value at hand, awaited, with items that are, and by iterators."""
    made: list[Value] = [lambda: value, lambda: late(value)]
    if isinstance(value, list):
        items = cast("list[Value]", value)
        made += [lambda: [late(item) for item in items], lambda: late([late(item) for item in items])]
        made += [lambda: generated(*items), lambda: generated_late(*items)]
    return made


NULL = "Cannot return null for non-nullable field Query.list."
AT_ONE = ("list", 1)
LIST = ("list",)
TYPES = ["[Int]", "[Int]!", "[Int!]", "[Int!]!"]
HOLE: list[Value] = [{"list": [1, None, 2]}, {"list": [1, None, 2]}, {"list": None}, None]
GONE: list[Value] = [{"list": None}, None, {"list": None}, None]
CASES: list[tuple[Value, list[Value], list[Said | None]]] = [
    ([1, 2], [{"list": [1, 2]}] * 4, [None] * 4),
    ([1, None, 2], HOLE, [None, None, Said(NULL, AT_ONE), Said(NULL, AT_ONE)]),
    (None, GONE, [None, Said(NULL, LIST), None, Said(NULL, LIST)]),
    ([1, ValueError("bad"), 2], HOLE, [Said("bad", AT_ONE)] * 4),
    (ValueError("bad"), GONE, [Said("bad", LIST)] * 4),
]


@pytest.mark.parametrize(
    ("value", "type_", "data", "error"),
    [(value, type_, data[index], errors[index]) for value, data, errors in CASES for index, type_ in enumerate(TYPES)],
)
async def test_nulls_in_lists_and_in_their_place(value: Value, type_: str, data: Value, error: Said | None) -> None:
    schema = build_schema(f"type Query {{ list: {type_} }}")
    for way in ways(value):
        await assert_answer(schema, "{ list }", data, *([error] if error else []), root=lambda way=way: {"list": way()})

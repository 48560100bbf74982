"""Which type a value is of: graphql-core's cases of interfaces and unions.

Its `test_abstract`, with `test_abstract_async`, `test_union_interface`, and of `test_executor` and `test_parallel` what
is about `is_type_of`. Its questions to `__type` are left to graphql-core, as all introspection is.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace

import pytest
from graphql import GraphQLSchema, build_schema

from tests.compiled.comparing import Value, late
from tests.compiled.core_cases.answering import Said, assert_answer

PETS = """
type Query {{ pets: [Pet], pet: Pet, dogs: [Dog] }}
{pet}
type Dog {implements} {{ name: String, woofs: Boolean }}
type Cat {implements} {{ name: String, meows: Boolean }}
type Human {{ name: String }}
"""
SDL = {
    "interface": PETS.format(pet="interface Pet { name: String }", implements="implements Pet"),
    "union": PETS.format(pet="union Pet = Cat | Dog", implements=""),
}
BOTH_KINDS = pytest.mark.parametrize("kind", SDL)
BOTH_WAYS = pytest.mark.parametrize("is_late", [False, True], ids=["at once", "late"])
DOCUMENT = "{ pets { ... on Dog { name woofs } ... on Cat { name meows } } }"
ANSWER = [{"name": "Odie", "woofs": True}, {"name": "Garfield", "meows": False}]

odie = SimpleNamespace(kind="Dog", name="Odie", woofs=True)
garfield = SimpleNamespace(kind="Cat", name="Garfield", meows=False)
jon = SimpleNamespace(kind="Human", name="Jon")


class Animal:
    __typename = "Animal"


class Tabby(Animal):
    __typename = "Cat"
    name, meows = "Garfield", False


class Hound(Animal):
    __typename = "Dog"


class Odie(Hound):
    name, woofs = "Odie", True


def telling(sdl: str, tell: Callable[[str, Value], Value], *types: str, is_late: bool) -> GraphQLSchema:
    """A schema whose types can tell, at once or later, whether a value is one of them."""
    schema = build_schema(sdl)
    for name in types:
        type_: Value = schema.type_map[name]
        type_.is_type_of = _at_a_time(partial(tell, name), is_late=is_late)
    return schema


def resolving(sdl: str, resolve: Callable[[Value], Value], *, is_late: bool) -> GraphQLSchema:
    """A schema whose abstract type can tell, at once or later, of which type a value is."""
    schema = build_schema(sdl)
    pet: Value = schema.type_map["Pet"]
    pet.resolve_type = _at_a_time(resolve, is_late=is_late)
    return schema


def is_of_kind(name: str, value: Value) -> bool:
    return value.kind == name


def kind_of(value: Value) -> str:
    return value.kind


def fail(*_: Value) -> Value:
    raise ValueError("We are testing this error")


@BOTH_KINDS
@BOTH_WAYS
async def test_types_that_know_their_values(kind: str, is_late: bool) -> None:
    schema = telling(SDL[kind], is_of_kind, "Dog", "Cat", is_late=is_late)

    await assert_answer(schema, DOCUMENT, {"pets": ANSWER}, root={"pets": [odie, garfield]})


@BOTH_KINDS
@BOTH_WAYS
async def test_a_type_that_fails_to_know_is_the_error_of_each_place(kind: str, is_late: bool) -> None:
    schema = telling(SDL[kind], fail, "Dog", is_late=is_late)
    errors = [Said("We are testing this error", ("pets", index), (1, 3)) for index in range(2)]

    await assert_answer(schema, DOCUMENT, {"pets": [None, None]}, *errors, root={"pets": [odie, garfield]})


@BOTH_KINDS
@BOTH_WAYS
async def test_a_value_no_type_knows(kind: str, is_late: bool) -> None:
    schema = telling(SDL[kind], is_of_kind, "Dog", "Cat", is_late=is_late)

    await assert_answer(
        schema, DOCUMENT, {"pets": [ANSWER[0], None]}, Said(UNTOLD, ("pets", 1), (1, 3)), root={"pets": [odie, jon]}
    )


@BOTH_KINDS
@BOTH_WAYS
async def test_an_abstract_type_that_names_the_type(kind: str, is_late: bool) -> None:
    schema = resolving(SDL[kind], kind_of, is_late=is_late)
    message = "Runtime Object type 'Human' is not a possible type for 'Pet'."

    await assert_answer(
        schema,
        DOCUMENT,
        {"pets": [*ANSWER, None]},
        Said(message, ("pets", 2), (1, 3)),
        root={"pets": [odie, garfield, jon]},
    )


@BOTH_KINDS
@BOTH_WAYS
async def test_an_abstract_type_that_fails_is_the_error_of_each_place(kind: str, is_late: bool) -> None:
    schema = resolving(SDL[kind], fail, is_late=is_late)
    errors = [Said("We are testing this error", ("pets", index), (1, 3)) for index in range(2)]

    await assert_answer(schema, DOCUMENT, {"pets": [None, None]}, *errors, root={"pets": [odie, garfield]})


@BOTH_KINDS
@pytest.mark.parametrize(
    "pets",
    [
        [
            {"__typename": "Dog", "name": "Odie", "woofs": True},
            {"__typename": "Cat", "name": "Garfield", "meows": False},
        ],
        [Odie(), Tabby()],
    ],
    ids=["entries", "attributes, of a class or one it inherits from"],
)
async def test_values_that_name_their_type(kind: str, pets: Value) -> None:
    await assert_answer(build_schema(SDL[kind]), DOCUMENT, {"pets": ANSWER}, root={"pets": pets})


UNTOLD = (
    "Abstract type 'Pet' must resolve to an Object type at runtime for field 'Query.pets'. Either the 'Pet' type should"
    " provide a 'resolve_type' function or each possible type should provide an 'is_type_of' function."
)


NO_NAME = (
    "Abstract type 'Pet' must resolve to an Object type at runtime for field 'Query.pets' with value 1, received '[]', "
    "which is not a valid Object type name."
)
NAMES: list[tuple[Value, str]] = [
    (None, UNTOLD),
    ("Robot", "Abstract type 'Pet' was resolved to a type 'Robot' that does not exist inside the schema."),
    ("String", "Abstract type 'Pet' was resolved to a non-object type 'String'."),
    ("__Schema", "Runtime Object type '__Schema' is not a possible type for 'Pet'."),
    ([], NO_NAME),
]


@pytest.mark.parametrize(("name", "message"), NAMES)
@BOTH_WAYS
async def test_names_that_help_nobody(name: Value, message: str, is_late: bool) -> None:
    schema = resolving(SDL["interface"], lambda _value: name, is_late=is_late)

    await assert_answer(schema, DOCUMENT, {"pets": [None]}, Said(message, ("pets", 0), (1, 3)), root={"pets": [1]})


@BOTH_WAYS
async def test_a_value_that_is_none_of_the_type_of_its_field(is_late: bool) -> None:
    schema = telling(SDL["union"], is_of_kind, "Dog", is_late=is_late)
    cat = SimpleNamespace(kind="Cat")
    message = "Expected value of type 'Dog' but got: <SimpleNamespace instance>."

    await assert_answer(
        schema,
        "{ dogs { name } }",
        {"dogs": [{"name": "Odie"}, None]},
        Said(message, ("dogs", 1), (1, 3)),
        root={"dogs": [odie, cat]},
    )


async def test_all_types_are_asked_together() -> None:
    asked: list[str] = []
    all_asked = asyncio.Event()

    async def wait(name: str, value: Value) -> bool:
        asked.append(name)
        # Two types are asked about each of two values, before any of them has answered.
        if len(asked) == 4:
            all_asked.set()
        await all_asked.wait()
        return is_of_kind(name, value)

    def root() -> Value:
        asked.clear()
        all_asked.clear()
        return {"pets": [odie, garfield]}

    schema = telling(SDL["interface"], wait, "Dog", "Cat", is_late=False)
    async with asyncio.timeout(10):
        await assert_answer(schema, "{ pets { name } }", {"pets": [{"name": "Odie"}, {"name": "Garfield"}]}, root=root)


def _at_a_time(tell: Callable[[Value], Value], *, is_late: bool) -> Callable[..., Value]:
    def tell_now(value: Value, *_: Value) -> Value:
        return tell(value)

    async def tell_late(value: Value, *_: Value) -> Value:
        await late(None)
        return tell(value)

    return tell_late if is_late else tell_now

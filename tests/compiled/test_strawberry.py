"""A Strawberry schema with what Strawberry offers: each field answers as it does by graphql-core."""

import asyncio
from collections.abc import Sequence
from enum import Enum
from types import SimpleNamespace
from typing import Annotated, Generic, TypeVar

import pytest
import strawberry
from graphql import GraphQLSchema, parse
from strawberry.extensions import FieldExtension, SchemaExtension
from strawberry.permission import BasePermission

from execution import CompiledOperation, Compiler, Fallback, batched, reads
from execution.guarding import Guard
from tests.compiled.comparing import Value, assert_same

T = TypeVar("T")
Info = strawberry.Info[dict[str, Value], None]


@strawberry.enum
class Level(Enum):
    LOW = 1
    HIGH = strawberry.enum_value(2, name="TOP")


@strawberry.interface
class Node:
    id: strawberry.ID


@strawberry.input
class Window:
    first: int = 3
    levels: list[Level] = strawberry.field(default_factory=lambda: [Level.LOW])


@strawberry.type
class Page(Generic[T]):
    nodes: list[T]

    @strawberry.field
    def count(self) -> int:
        return len(self.nodes)


class Forbidden(BasePermission):
    message = "Not for you."

    def has_permission(self, source: Value, info: Value, **kwargs: Value) -> bool:
        return "admin" in info.context


class Louder(FieldExtension):
    def resolve(self, next_: Value, source: Value, info: Value, **kwargs: Value) -> Value:
        return f"{next_(source, info, **kwargs)}!"


class OnlyWith(Guard):
    def __init__(self, key: str) -> None:
        self.key = key

    def check(self, info: Info) -> None:
        info.context["checks"] = info.context.get("checks", 0) + 1
        if self.key not in info.context:
            raise PermissionError(f"Not without {self.key}.")


@strawberry.type
class Book(Node):
    title: str
    level: Level | None
    secret: strawberry.Private[int]
    pages: int = strawberry.field(name="leaves", default=3)

    @strawberry.field
    def shout(self, info: Info, times: int = 1) -> str:
        return f"{self.title * times} {info.field_name} {info.path.as_list()} {info.python_name}"

    @strawberry.field(permission_classes=[Forbidden])
    def price(self) -> int | None:
        return self.secret

    @strawberry.field(extensions=[Louder()])
    def loud(self, level: Level = Level.HIGH) -> str:
        return f"{self.title}{level}"

    @strawberry.field
    async def writer(self, root: Annotated[Value, strawberry.Parent], info: Info) -> "Writer | None":
        await asyncio.sleep(0)
        if self.secret == 2:
            raise ValueError("no writer")
        info.context["selected"] = len(info.selected_fields[0].selections)
        return Writer(id=strawberry.ID("w"), name="W") if self.secret else None

    @strawberry.field
    @batched
    @staticmethod
    async def rank(parents: Sequence["Book"], info: Info, offset: int = 0) -> list[int]:
        info.context.setdefault("batches", []).append(len(parents))
        await asyncio.sleep(0)
        return [each.secret + offset if each.secret != 2 else ValueError("unranked") for each in parents]  # type: ignore[misc]

    @strawberry.field
    @batched
    @staticmethod
    def place(parents: Sequence["Book"], info: Info) -> list[str]:
        return [f"shelf {each.secret}" if each.secret != 2 else ValueError("lost") for each in parents]  # type: ignore[misc]

    @strawberry.field(extensions=[OnlyWith("admin")])
    def worth(self, info: Info, factor: int = 1) -> int | None:
        return self.secret * factor

    @strawberry.field(extensions=[OnlyWith("admin")])
    async def sales(self, info: Info) -> int | None:
        await asyncio.sleep(0)
        return self.secret

    @strawberry.field(extensions=[OnlyWith("admin")])
    @batched
    @staticmethod
    async def returns(parents: Sequence["Book"], info: Info) -> list[int | None]:
        return [each.secret for each in parents]


@strawberry.type
class Writer(Node):
    name: str
    pen_name: str | None = strawberry.field(default="P", extensions=[OnlyWith("admin")])

    @strawberry.field
    def books(self, info: Info, window: Window | None = None) -> Page[Book]:
        wanted = window or Window()
        wanted.levels.append(Level.HIGH)
        return Page(nodes=[_book(each, Level.LOW) for each in range(wanted.first)][: len(wanted.levels)])


@strawberry.type
class Film:
    title: str


def _book(number: int, level: Level | None = None) -> Book:
    return Book(id=strawberry.ID(str(number)), title=f"B{number}", level=level, secret=number)


@strawberry.type
class Query:
    name: str = "root"

    @strawberry.field
    def books(self, count: int = 3) -> Page[Book]:
        return Page(nodes=[_book(each, [Level.LOW, Level.HIGH, None][each % 3]) for each in range(count)])

    @strawberry.field
    def nodes(self) -> list[Node]:
        return [_book(1), Writer(id=strawberry.ID("w"), name="W"), strawberry.cast(Book, _book(4))]

    @strawberry.field
    def media(self) -> list[Book | Film | None]:
        return [Film(title="F"), _book(0), None]

    @strawberry.field
    def wrong(self) -> list[Book | Film]:
        return [Film(title="F"), Writer(id=strawberry.ID("w"), name="W")]  # type: ignore[list-item]


SCHEMA: GraphQLSchema = strawberry.Schema(Query, types=[Writer])._schema  # pyright: ignore[reportPrivateUsage]


@pytest.mark.parametrize(
    "document",
    [
        "{ books { count nodes { id title level leaves __typename } } }",
        "{ books { nodes { shout(times: 2) a: shout loud b: loud(level: LOW) } } }",
        "{ books { nodes { price } } }",
        "{ books { nodes { writer { name id } title } } }",
        "{ books(count: 2) { nodes { rank(offset: 5) x: rank } } }",
        "{ books { nodes { title rank } } }",
        "{ books(count: 2) { nodes { writer { books(window: {first: 2}) { nodes { level } } x: books { count } } } } }",
        "{ nodes { __typename id ... on Book { title rank } ... on Writer { name } } }",
        "{ media { ... on Film { title } ... on Book { t: title leaves } __typename } }",
        "{ books { nodes { title place worth price sales returns } } }",
        "query Q($f: Int = 3) { books { nodes { worth(factor: $f) } } nodes { ... on Writer { penName } } }",
        "{ wrong { ... on Film { title } } books { count } }",
        "query Q($n: Int = 1) { books(count: $n) { nodes { shout(times: $n) } } }",
    ],
)
@pytest.mark.parametrize("context", [{}, {"admin": True}])
async def test_fields_answer_as_by_graphql_core(document: str, context: dict[str, Value]) -> None:
    await assert_same(SCHEMA, document, root=Query, context=dict(context))


async def test_what_reads_through_to_another_object_answers_as_by_graphql_core() -> None:
    @strawberry.type
    class Card:
        record: strawberry.Private[Value]
        name: str = strawberry.field(resolver=reads("record.name"))
        level: Level | None = strawberry.field(resolver=reads("record.level"))
        under: str | None = strawberry.field(resolver=reads("record.above.name"), extensions=[OnlyWith("admin")])

    @strawberry.type(name="Query")
    class Root:
        @strawberry.field
        def cards(self) -> list[Card | None]:
            top = SimpleNamespace(name="top", level=Level.HIGH, above=None)
            below = SimpleNamespace(name="below", level=None, above=top)
            return [Card(record=each) for each in (top, below, SimpleNamespace(name="lost"), None)]

    schema = strawberry.Schema(Root)._schema  # pyright: ignore[reportPrivateUsage]
    for context in ({}, {"admin": True}):
        await assert_same(schema, "{ cards { name level } }", context=dict(context))
        await assert_same(schema, "{ cards { name u: under level } }", context=dict(context))


async def test_a_batched_resolver_is_asked_once_for_a_level() -> None:
    context: dict[str, Value] = {}
    document = "{ books(count: 2) { nodes { rank writer { books { nodes { rank } } } } } }"

    found = await _run(document, context)

    assert found["books"]["nodes"][1]["rank"] == 1
    assert context["batches"] == [2, 2]


async def test_a_guard_is_asked_once_for_a_field_and_a_level() -> None:
    context: dict[str, Value] = {"admin": True}

    found = await _run("{ books(count: 3) { nodes { worth sales returns } } }", context)

    assert found["books"]["nodes"][1] == {"worth": 1, "sales": 1, "returns": 1}
    assert context["checks"] == 3


async def test_what_a_batched_resolver_gives_must_be_one_for_each() -> None:
    @strawberry.type
    class Item:
        @strawberry.field
        @batched
        @staticmethod
        async def few(parents: Sequence["Item"], info: Info) -> list[str | None]:
            return ["one"]

    @strawberry.type(name="Query")
    class Root:
        @strawberry.field
        def items(self) -> list[Item]:
            return [Item(), Item()]

    schema = strawberry.Schema(Root)._schema  # pyright: ignore[reportPrivateUsage]
    operation = Compiler(schema).compile(parse("{ items { few } }"))
    assert isinstance(operation, CompiledOperation)

    result = await operation.run({})

    assert result.data == {"items": [{"few": None}, {"few": None}]}
    assert [each.message for each in result.errors] == ["Item.few was asked for 2 values and gave 1."] * 2


def test_a_schema_whose_extensions_wrap_resolvers_is_left_to_graphql_core() -> None:
    class Timing(SchemaExtension):
        def resolve(self, _next: Value, root: Value, info: Value, *args: Value, **kwargs: Value) -> Value:
            return _next(root, info, *args, **kwargs)

    schema = strawberry.Schema(Query, types=[Writer], extensions=[Timing])._schema  # pyright: ignore[reportPrivateUsage]

    assert Compiler(schema).compile(parse("{ name }")) == Fallback("middleware")


def test_a_batched_resolver_must_say_what_it_answers() -> None:
    async def silent(parents: Sequence[Value], info: Value):  # noqa: ANN202
        return list(parents)

    with pytest.raises(TypeError, match="annotated"):
        batched(silent)


async def _run(document: str, context: Value) -> Value:
    operation = Compiler(SCHEMA).compile(parse(document))
    assert isinstance(operation, CompiledOperation)
    result = await operation.run(context)
    assert not result.errors
    return result.data

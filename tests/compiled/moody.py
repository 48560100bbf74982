"""A world whose every field has a mood of its own: an answer, a null, an exception, now or later.

What a field does follows from where it is, by a checksum of its path; so two executions of one document meet the same.
"""

import asyncio
from zlib import crc32

from graphql import (
    GraphQLError,
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
)

from execution.core import ResolveInfo, is_list_type, is_non_null_type, output_type
from tests.compiled.comparing import Value

SDL = """
scalar Even
enum Mood { HAPPY SAD }
input Range { from: Int! = 3, to: Int, inner: [Range!] }
input Choice @oneOf { a: Int, b: String }
interface Named { name: String!, friend(first: Int = 2): Named }
type Cat implements Named {
  name: String!, friend(first: Int = 2): Named, lives: Int!, mood: Mood, owner: Person!, kittens: [Cat!]!
}
type Dog implements Named {
  name: String!, friend(first: Int = 2): Named, weight: Float, barks: Boolean!, owner: Person
}
union Pet = Cat | Dog
type Person {
  id: ID!, name: String!, nick: String, age: Int, even: Even, moods: [Mood!], grid: [[Int!]]
  pets(range: Range, mood: Mood! = SAD): [Pet], cats: [Cat!]!, best: Pet!, named: [Named!]
  self: Person!, perhaps: Person, choice(by: Choice): String, tags: [[String]!]!
}
type Query {
  person(id: ID! = "1"): Person, people(first: Int): [Person!], sure: Person!, pet: Pet, named: Named, text: String!
}
type Mutation { write(range: Range!): Person, must(id: ID): Person!, count: Int! }
"""

STEADY, BAD_TEMPERED = 0.97, 0.75


class Thing:
    """An object of a type."""

    def __init__(self, type_: str) -> None:
        self.type = type_

    def __repr__(self) -> str:
        return f"<{self.type}>"


def moody_schema(*, calm: float, is_async: bool) -> GraphQLSchema:
    """A schema in whose world a share of `calm` of all fields answers as its type says, some of them late."""
    schema = build_schema(SDL)
    even: Value = schema.type_map["Even"]
    even.coerce_output_value = _even
    for type_ in list(schema.type_map.values()):
        if isinstance(type_, GraphQLObjectType) and not type_.name.startswith("__"):
            type_.is_type_of = lambda thing, _info, name=type_.name: thing.type in {name, "Dog"}
            for field in type_.fields.values():
                field.resolve = _resolver(field, calm=calm, is_async=is_async)
    for name in ("Pet", "Named"):
        abstract: Value = schema.type_map[name]
        abstract.resolve_type = _type_of
    return schema


def _resolver(field: GraphQLField, *, calm: float, is_async: bool) -> Value:
    def resolve(_parent: object, info: ResolveInfo, **arguments: Value) -> Value:
        seed = crc32(f"{info.path.as_list()}{info.parent_type}{sorted(arguments)}".encode())
        return _mood(seed, info, output_type(field), arguments, calm)

    async def later(value: Value) -> Value:
        await asyncio.sleep(0)
        if isinstance(value, Exception):
            raise value
        return value

    def resolve_late(parent: object, info: ResolveInfo, **arguments: Value) -> Value:
        seed = crc32(f"late{info.path.as_list()}".encode())
        value = resolve(parent, info, **arguments)
        return later(value) if seed % 3 == 0 else value

    return resolve_late if is_async else resolve


def _mood(seed: int, info: ResolveInfo, type_: Value, arguments: dict[str, Value], calm: float) -> Value:
    roll = seed % 1_000 / 1_000
    if roll > calm:
        kind = seed // 1_000 % 4
        if kind == 0:
            return None
        if kind == 1:
            raise ValueError(f"raised at {info.path.as_list()}")
        return GraphQLError(f"returned at {info.path.as_list()}") if kind == 2 else Thing("Person")
    return _value(seed // 7, type_, arguments)


def _value(seed: int, type_: Value, arguments: dict[str, Value]) -> Value:
    if is_non_null_type(type_):
        return _value(seed, type_.of_type, arguments)
    if is_list_type(type_):
        items = [_value(seed // (each + 2), type_.of_type, arguments) for each in range(seed % 4)]
        if seed % 11 == 0:
            items.append(ValueError("in a list"))
        return tuple(items) if seed % 5 == 0 else items + [None] * (seed % 13 == 0)
    answers: dict[str, Value] = {
        "String": str(sorted(arguments.items())), "ID": str(seed), "Int": seed % 2**33, "Float": seed / 3,
        "Boolean": seed % 2 == 0, "Even": seed % 9, "Mood": ["HAPPY", "SAD"][seed % 2],
        "Pet": Thing(["Cat", "Dog", "Dog", "Cat", "Person", "Nobody"][seed % 6]),
        "Named": Thing(["Cat", "Dog"][seed % 2]),
    }  # fmt: skip
    name = str(type_).strip("[!]")
    return answers[name] if name in answers else Thing(name)


def _type_of(thing: Thing, _info: Value, _type: Value) -> str:
    return thing.type


def _even(value: int) -> int | None:
    if value == 5:
        return None
    if value % 2:
        raise GraphQLError(f"{value} is odd", extensions={"code": "ODD"})
    return value

"""One case: a document, a schema, and the answer that both executions are to give."""

from collections.abc import Callable
from typing import NamedTuple

from graphql import GraphQLError, GraphQLSchema

from tests.compiled.comparing import Value, assert_same, late


class Said(NamedTuple):
    """An error: its message, its path, and, where a case is about that, its line and column."""

    message: str
    path: tuple[str | int, ...] | None = None
    at: tuple[int, int] | None = None


async def assert_answer(
    schema: GraphQLSchema,
    document: str,
    data: Value,
    *errors: Said,
    variables: dict[str, Value] | None = None,
    root: Value = None,
    context: Value = None,
) -> None:
    """Compiled execution and graphql-core answer alike, and with this. `root`: may be a function that makes one."""
    found = await assert_same(schema, document, variables, root, context)
    expected = sorted(errors, key=_place)
    said = [_said(error) for error in found.errors]
    assert found.data == data
    assert [
        each if wanted.at else each._replace(at=None)
        for each, wanted in zip(sorted(said, key=_place), expected, strict=True)
    ] == expected


def later(value: Value) -> Callable[[Value], Value]:
    """A function to find in a root, which answers with a value that has to be awaited."""

    def resolve(_info: Value) -> Value:
        return late(value)

    return resolve


def _said(error: GraphQLError) -> Said:
    at = (error.locations[0].line, error.locations[0].column) if error.locations else None
    return Said(error.message, tuple(error.path) if error.path else None, at)


def _place(said: Said) -> tuple[str, str]:
    return str(said.path), said.message

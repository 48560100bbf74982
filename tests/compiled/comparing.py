"""Compiled execution beside graphql-core's: one document, one schema, one root, and what each answers."""

import asyncio
import json
from typing import Any

from graphql import GraphQLError, GraphQLSchema, parse

from execution import CompiledOperation, Compiler, Result
from execution.core import execute, is_awaitable
from tests.compiled.possible_errors import Variables, all_failures, shown

Value = Any
"""Whatever a resolver may be given, or answer."""


async def by_core(schema: GraphQLSchema, document: str, variables: Variables, root: object, context: object) -> Result:
    """What graphql-core answers."""
    answered = execute(schema, parse(document), root, context, dict(variables))
    result = await answered if is_awaitable(answered) else answered
    return Result(result.data, list(result.errors or ()))


async def compiled(schema: GraphQLSchema, document: str, variables: Variables, root: object, context: object) -> Result:
    """What compiled execution answers; it may not fall back."""
    operation = Compiler(schema).compile(parse(document))
    assert isinstance(operation, CompiledOperation), operation
    return await operation.run(context, variables, root)


async def assert_same(
    schema: GraphQLSchema,
    document: str,
    variables: Variables | None = None,
    root: object = None,
    context: object = None,
    *,
    at_any_time: bool = False,
) -> Result:
    """Both answer the same, to the order of keys, the messages, paths and locations; what that is.

    `root`: the value itself, or a function that makes one for each of them.
    `at_any_time`: of several failures that leave the same place null, each may report the one that came first.
    """
    expected = await by_core(schema, document, variables or {}, _fresh(root), context)
    found = await compiled(schema, document, variables or {}, _fresh(root), context)
    assert json.dumps(found.data) == json.dumps(expected.data), document
    if at_any_time:
        failures = await all_failures(schema, parse(document), variables or {}, _fresh(root), context)
        assert failures.may_be_reported_as(expected.errors), document
        assert failures.may_be_reported_as(found.errors), document
    else:
        assert shown_all(found.errors) == shown_all(expected.errors), document
    return found


def shown_all(errors: list[GraphQLError]) -> list[str]:
    """Errors as a client sees them, with the exceptions behind them, in any order."""
    return sorted(map(shown, errors))


async def late(value: Value) -> Value:
    """A value that has to be awaited; an exception is raised."""
    await asyncio.sleep(0)
    if isinstance(value, Exception):
        raise value
    return value


def _fresh(root: Value) -> Value:
    return root() if callable(root) else root

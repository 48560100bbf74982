"""Compiled execution beside graphql-core's: one document, one schema, one root, and what each answers."""

import json
from collections.abc import Mapping
from typing import Any

from graphql import GraphQLError, GraphQLSchema, parse

from execution import CompiledOperation, Compiler, Result
from execution.core import execute, is_awaitable

Value = Any
"""Whatever a resolver may be given, or answer."""

Variables = Mapping[str, Any]


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
    `at_any_time`: of several failures that left the same place null, one may report those the other came too late for.
    """
    expected = await by_core(schema, document, variables or {}, _fresh(root), context)
    found = await compiled(schema, document, variables or {}, _fresh(root), context)
    assert json.dumps(found.data) == json.dumps(expected.data), document
    if at_any_time:
        assert explained(found) == explained(expected), document
    else:
        assert shown(found.errors) == shown(expected.errors), document
    return found


def shown(errors: list[GraphQLError]) -> list[str]:
    """Errors as a client sees them, with the exceptions behind them, in any order."""
    return sorted(json.dumps(each.formatted) + repr(type(each.original_error)) for each in errors)


def _fresh(root: Value) -> Value:
    return root() if callable(root) else root


def explained(result: Result) -> dict[str, list[str]]:
    """The errors by the null they explain; of those that failed within, but that there were some."""
    groups: dict[str, list[GraphQLError]] = {}
    for error in result.errors:
        groups.setdefault(json.dumps(_null_place(result.data, error.path or [])), []).append(error)
    return {
        place: shown(errors) if all(json.dumps(error.path) == place for error in errors) else ["some"]
        for place, errors in groups.items()
    }


def _null_place(data: Value, path: list[str | int]) -> list[str | int]:
    for length, key in enumerate(path):
        if data is None:
            return path[:length]
        data = data[key]
    return path

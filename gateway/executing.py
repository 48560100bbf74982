"""Operations carried out: compiled where they can be, and else, with the same answers, by graphql-core."""

from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any

from strawberry.types import ExecutionResult

from execution import CompiledOperation, Fallback, sources
from execution.core import execute as execute_by_core
from execution.core import is_awaitable
from gateway.preparing.preparation import Operation, Prepared
from resolvers.context import Context
from resolvers.live import Moment
from schema.wording import plain_words

Variables = Mapping[str, Any] | None


async def execute(
    prepared: Prepared,
    operation: Operation,
    variables: Variables,
    context: Context,
    on_fallback: Callable[[str], None] | None = None,
    *,
    root: object = None,
) -> ExecutionResult:
    """The result of an operation of a document that is valid; of a subscription the result for one event, the `root`.

    `on_fallback` is told in a few words why it couldn't be compiled, if it should have been.
    """
    compiled = operation.compiled
    fallback = compiled if isinstance(compiled, Fallback) else None
    if isinstance(compiled, CompiledOperation):
        result = await compiled.run(context, variables, root)
        fallback = result.fallback
    else:
        result = await _interpret(prepared, operation, variables, context, root)
    if fallback is not None and on_fallback is not None:
        on_fallback(fallback.reason)
    for error in result.errors or ():
        error.message = plain_words(error.message)
    return ExecutionResult(data=result.data, errors=result.errors or None)


async def open_source(
    prepared: Prepared, operation: Operation, variables: Variables, context: Context
) -> AsyncGenerator[Moment] | ExecutionResult:
    """What is to be told to a subscriber, each in a context of its own; or a result with what stands against it."""
    assert prepared.document is not None, "it has operations"  # noqa: S101
    opened = await sources.open_source(operation.schema, prepared.document, context, variables, operation.name)
    if not isinstance(opened, list):
        return opened
    for error in opened:
        error.message = plain_words(error.message)
    return ExecutionResult(data=None, errors=opened)


async def _interpret(
    prepared: Prepared, operation: Operation, variables: Variables, context: Context, root: object
) -> Any:  # noqa: ANN401 - a result of graphql-core's
    answered = execute_by_core(
        operation.schema, prepared.document, root, context, dict(variables or {}), operation.name
    )
    return await answered if is_awaitable(answered) else answered

"""Operations carried out: compiled where they can be, and else, with the same answers, by graphql-core."""

from collections.abc import Callable, Mapping
from typing import Any

from strawberry.types import ExecutionResult

from execution import CompiledOperation, Fallback
from gateway.preparing.preparation import Operation, Prepared
from resolvers.context import Context
from schema.build import SCHEMA, prepared_document
from schema.wording import plain_words

Variables = Mapping[str, Any] | None


async def execute(
    prepared: Prepared,
    operation: Operation,
    variables: Variables,
    context: Context,
    on_fallback: Callable[[str], None] | None = None,
) -> ExecutionResult:
    """The result of an operation of a document that is valid.

    `on_fallback` is told in a few words why it couldn't be compiled, if it should have been.
    """
    compiled = operation.compiled
    fallback = compiled if isinstance(compiled, Fallback) else None
    if isinstance(compiled, CompiledOperation):
        result = await compiled.run(context, variables)
        fallback = result.fallback
        for error in result.errors:
            error.message = plain_words(error.message)
        answer = ExecutionResult(data=result.data, errors=result.errors or None)
    else:
        answer = await _interpret(prepared, operation, variables, context)
    if fallback is not None and on_fallback is not None:
        on_fallback(fallback.reason)
    return answer


async def _interpret(prepared: Prepared, operation: Operation, variables: Variables, context: Context) -> Any:  # noqa: ANN401
    assert prepared.document is not None, "it has operations"  # noqa: S101
    return await SCHEMA.execute(
        prepared.text,
        variable_values=dict(variables or {}),
        context_value=context,
        operation_name=operation.name,
        operation_extensions=prepared_document(prepared.document),
    )

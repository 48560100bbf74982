"""What a subscription tells of: opened once, by graphql-core. Each event is run like a query with it as the root."""

from collections.abc import AsyncGenerator, Mapping
from typing import Any, cast

from graphql import DocumentNode, ExecutionResult, GraphQLError, GraphQLSchema

from execution.core import build_executor, create_source_event_stream, is_awaitable


async def open_source(
    schema: GraphQLSchema,
    document: DocumentNode,
    context: object,
    variables: Mapping[str, Any] | None = None,
    operation_name: str | None = None,
) -> AsyncGenerator[Any] | list[GraphQLError]:
    """The events of a subscription of a valid document, as its resolver gives them, or what stands against it."""
    built = build_executor(schema, document, None, context, dict(variables or {}), operation_name)
    if type(built) is list:
        return cast("list[GraphQLError]", built)
    try:
        opened = create_source_event_stream(built)
        if is_awaitable(opened):
            opened = await opened
    finally:
        # It refers to itself, and would keep all that was read to open the source until the next collection.
        cast("dict[str, Any]", built.__dict__).clear()
    return list(opened.errors or ()) if type(opened) is ExecutionResult else opened

"""graphql-core's functions under the types they are used by here: their own leave parts unknown to a type checker."""

from collections.abc import Callable
from typing import Any

import graphql
from graphql import GraphQLResolveInfo, GraphQLSchema, VariableDefinitionNode, pyutils
from graphql.execution.get_variable_signature import get_variable_signature

_graphql: Any = graphql
_pyutils: Any = pyutils

ResolveInfo = GraphQLResolveInfo[Any]

make_info: Callable[..., ResolveInfo] = _graphql.GraphQLResolveInfo

execute: Callable[..., Any] = _graphql.execute
"""Answers an ExecutionResult, or an awaitable of one."""

build_executor: Callable[..., Any] = _graphql.Executor.build
"""Answers an Executor, or a list of errors."""

create_source_event_stream: Callable[..., Any] = _graphql.create_source_event_stream
"""Answers an asynchronous iterable, an ExecutionResult with errors, or an awaitable of either."""

default_field_resolver: Callable[..., Any] = _graphql.default_field_resolver
coerce_input_literal: Callable[..., Any] = _graphql.coerce_input_literal
"""Answers Undefined for a literal that isn't of the type."""

variable_signature: Callable[[GraphQLSchema, VariableDefinitionNode], Any] = get_variable_signature
"""Answers a GraphQLVariableSignature, or a GraphQLError."""

default_type_resolver: Callable[[Any, Any, Any], Any] = _graphql.default_type_resolver
is_list_type: Callable[[object], bool] = _graphql.is_list_type
is_non_null_type: Callable[[object], bool] = _graphql.is_non_null_type
is_awaitable: Callable[[object], bool] = _pyutils.is_awaitable
is_async_iterable: Callable[[object], bool] = _pyutils.is_async_iterable
is_iterable: Callable[[object], bool] = _pyutils.is_iterable
gather_with_cancel: Callable[..., Any] = _pyutils.gather_with_cancel


def output_type(field: Any) -> Any:  # noqa: ANN401 - any output type
    """The type of a GraphQLField."""
    return field.type

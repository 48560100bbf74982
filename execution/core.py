"""graphql-core's functions under the types they are used by here: their own leave parts unknown to a type checker."""

from collections.abc import Callable
from typing import Any

import graphql
from graphql import GraphQLResolveInfo, pyutils

_graphql: Any = graphql
_pyutils: Any = pyutils

ResolveInfo = GraphQLResolveInfo[Any]

make_info: Callable[..., ResolveInfo] = _graphql.GraphQLResolveInfo

execute: Callable[..., Any] = _graphql.execute
"""Answers an ExecutionResult, or an awaitable of one."""

default_field_resolver: Callable[..., Any] = _graphql.default_field_resolver
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

"""Errors of an operation as clients may see them.

What the request got wrong keeps its text and gets a code. A surprise is logged once, under an id, and answered as that
id: no text of Python or of a driver reaches a client. Source: DESIGN, Errors.
"""

import logging
from typing import Any, cast
from uuid import uuid4

from graphql import GraphQLError, GraphQLSyntaxError
from strawberry.http import GraphQLHTTPResponse
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError

from gateway.refusals import INTERNAL_MESSAGE
from resolvers.callers import Forbidden
from resolvers.errors import InvalidArgument
from storage.errors import DatabaseUnavailable, EnvironmentClosed

log = logging.getLogger("admittance.errors")

Extensions = dict[str, Any]


def present_errors(result: ExecutionResult) -> list[dict[str, Any]]:
    """The result's errors as the answer's `errors`, each with `extensions.code`."""
    stage = "GRAPHQL_VALIDATION_FAILED" if isinstance(result, PreExecutionError) else "BAD_USER_INPUT"
    return [_present(error, stage) for error in result.errors or ()]


def is_unavailable(answer: GraphQLHTTPResponse | list[GraphQLHTTPResponse]) -> bool:
    """Whether nothing of an answer could be had because the database was away: worth the same request again."""
    if isinstance(answer, list) or any(value is not None for value in (answer.get("data") or {}).values()):
        return False
    errors = cast("list[dict[str, Any]]", answer.get("errors") or [])
    return any(error["extensions"]["code"] == "SERVICE_UNAVAILABLE" for error in errors)


def log_surprise(error: BaseException, where: str) -> str:
    """Logs an exception nobody foresaw. Returns the id the caller can quote."""
    error_id = f"err_{uuid4().hex}"
    log.error("%s: %s at %s", error_id, type(error).__name__, where, exc_info=error)
    return error_id


def _present(error: GraphQLError, stage: str) -> dict[str, Any]:
    message, extensions = _describe(error, stage)
    presented: dict[str, Any] = {"message": message, "extensions": extensions}
    if error.locations:
        presented["locations"] = [location.formatted for location in error.locations]
    if error.path is not None:
        presented["path"] = error.path
    return presented


def _describe(error: GraphQLError, stage: str) -> tuple[str, Extensions]:
    if isinstance(error, GraphQLSyntaxError):
        return error.message, {"code": "GRAPHQL_PARSE_FAILED"}
    cause = _cause(error)
    if cause is None:
        # Extensions of the schema's own scalars hold a code that says more than the stage.
        return error.message, {"code": stage, **(error.extensions or {})}
    if isinstance(cause, Forbidden):
        return str(cause), {"code": "FORBIDDEN", **({"scope": cause.scope} if cause.scope else {})}
    if isinstance(cause, InvalidArgument):
        return str(cause), {"code": "BAD_USER_INPUT", "argument": cause.argument}
    if isinstance(cause, DatabaseUnavailable):
        return str(cause), {"code": "SERVICE_UNAVAILABLE", "retryable": True}
    if isinstance(cause, EnvironmentClosed):
        return str(cause), {"code": "ENVIRONMENT_CLOSED"}
    where = ".".join(map(str, error.path or ())) or "the request"
    return INTERNAL_MESSAGE, {"code": "INTERNAL", "errorId": log_surprise(cause, where)}


def _cause(error: GraphQLError) -> BaseException | None:
    """The exception below the GraphQL errors that wrap it; None if the request itself is at fault."""
    cause = error.original_error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    return cause

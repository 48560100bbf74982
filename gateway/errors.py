"""Errors of an operation as clients may see them.

What the request got wrong keeps its text and gets a code. A surprise is logged once, under an id, and answered as that
id: no text of Python or of a driver reaches a client. Source: DESIGN, Errors.
"""

import logging
import re
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from graphql import GraphQLError, GraphQLSyntaxError
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError

from gateway.preparing.validating import MAX_ERRORS, shortened
from gateway.refusals import INTERNAL_MESSAGE
from gateway.telemetry.metrics import Outcome
from resolvers.callers import Forbidden
from resolvers.errors import InvalidArgument, NotFound
from schema.error_codes import ErrorCode
from storage.errors import DatabaseUnavailable, EnvironmentClosed

log = logging.getLogger("admittance.errors")

Extensions = dict[str, Any]


def present_errors(result: ExecutionResult, *, with_names: bool = True) -> list[dict[str, Any]]:
    """The result's errors as the answer's `errors`, each with `extensions.code`.

    `with_names`: whether the library may suggest names of the schema, to callers who might look them up anyway.
    """
    stage = ErrorCode.GRAPHQL_VALIDATION_FAILED if isinstance(result, PreExecutionError) else ErrorCode.BAD_USER_INPUT
    errors = result.errors or []
    if all(error.path is None for error in errors):
        # Of the request itself. The library finds fifty of its variables, and repeats what they hold.
        errors = errors[:MAX_ERRORS]
    presented = [_present(error, stage) for error in errors]
    for error in presented:
        message = error["message"] if with_names else _SUGGESTION.sub("", error["message"])
        # Last, so that no half of a suggestion is left.
        error["message"] = shortened(message)
    return presented


def outcome_of(answer: Mapping[str, Any]) -> Outcome:
    """What became of an operation, in one word."""
    codes = {error["extensions"]["code"] for error in answer.get("errors") or ()}
    for code, outcome in _OUTCOMES.items():
        if code in codes and not _has_data(answer):
            return outcome
    if ErrorCode.INTERNAL in codes:
        return "internal"
    if not codes:
        return "ok"
    return "partial" if "data" in answer else "refused"


def _has_data(answer: Mapping[str, Any]) -> bool:
    data: Mapping[str, object] = answer.get("data") or {}
    return any(value is not None for value in data.values())


_OUTCOMES: dict[str, Outcome] = {ErrorCode.TIMEOUT: "timeout", ErrorCode.SERVICE_UNAVAILABLE: "unavailable"}
"""Codes that stand for the whole answer where nothing else could be had."""

_SUGGESTION = re.compile(r" Did you mean [^?]*\?")


def log_surprise(error: BaseException, where: str) -> str:
    """Logs an exception nobody foresaw. Returns the id the caller can quote."""
    error_id = f"err_{uuid4().hex}"
    log.error("%s: %s at %s", error_id, type(error).__name__, where, exc_info=error, extra={"error_id": error_id})
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
        return error.message, {"code": ErrorCode.GRAPHQL_PARSE_FAILED}
    cause = _cause(error)
    if cause is None:
        # Extensions of the schema's own scalars hold a code that says more than the stage.
        return error.message, {"code": stage, **(error.extensions or {})}
    if isinstance(cause, Forbidden):
        return str(cause), {"code": ErrorCode.FORBIDDEN, **({"scope": cause.scope} if cause.scope else {})}
    if isinstance(cause, InvalidArgument):
        return str(cause), {"code": ErrorCode.BAD_USER_INPUT, "argument": cause.argument}
    if isinstance(cause, NotFound):
        return str(cause), {"code": ErrorCode.NOT_FOUND, "argument": cause.argument}
    if isinstance(cause, DatabaseUnavailable):
        return str(cause), {"code": ErrorCode.SERVICE_UNAVAILABLE, "retryable": True}
    if isinstance(cause, EnvironmentClosed):
        return str(cause), {"code": ErrorCode.ENVIRONMENT_CLOSED}
    where = ".".join(map(str, error.path or ())) or "the request"
    return INTERNAL_MESSAGE, {"code": ErrorCode.INTERNAL, "errorId": log_surprise(cause, where)}


def _cause(error: GraphQLError) -> BaseException | None:
    """The exception below the GraphQL errors that wrap it; None if the request itself is at fault."""
    cause = error.original_error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    return cause

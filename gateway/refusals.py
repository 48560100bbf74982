"""Requests that are answered before any operation runs: status, headers, and one GraphQL error as JSON."""

from collections.abc import Mapping

import orjson
from starlette.responses import Response

from gateway.identity.authenticator import Unauthenticated
from schema.error_codes import ErrorCode

RETRY_AFTER_SECONDS = 1
"""When to come back after SERVICE_UNAVAILABLE: a fail-over takes seconds, a lock less than one."""


class BadRequest(Exception):
    """A request that is no GraphQL request. The message is for the caller."""

    def __init__(self, message: str, *, status: int = 400, headers: Mapping[str, str] | None = None) -> None:
        self.status = status
        self.headers = headers or {}
        super().__init__(message)


def refusal(
    status: int, code: ErrorCode, message: str, headers: Mapping[str, str] | None = None, **extensions: object
) -> Response:
    """An answer with a single error and no data."""
    error = {"message": message, "extensions": {"code": code, **extensions}}
    return Response(orjson.dumps({"errors": [error]}), status, headers, media_type="application/json")


def bad_request(error: BadRequest) -> Response:
    """The answer to a request that can't be read."""
    return refusal(error.status, ErrorCode.BAD_REQUEST, str(error), error.headers)


def unauthenticated(error: Unauthenticated) -> Response:
    """The answer to a request without a credential that opens something."""
    return refusal(401, ErrorCode.UNAUTHENTICATED, str(error), {"WWW-Authenticate": error.challenge})


def unavailable(error: Exception) -> Response:
    """The answer while the database, or the provider that vouches for the caller, can't be had."""
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
    return refusal(503, ErrorCode.SERVICE_UNAVAILABLE, str(error), headers, retryable=True)


def internal(error_id: str) -> Response:
    """The answer after a surprise, which is in the log under this id."""
    return refusal(500, ErrorCode.INTERNAL, INTERNAL_MESSAGE, errorId=error_id)


INTERNAL_MESSAGE = "Something went wrong on our side. Quote the errorId when you report it."
"""What a client reads instead of an exception's text."""

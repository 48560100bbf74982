"""What a request is told that can't be answered: Stripe's envelope, and what of ours becomes which of its errors."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from gateway.preparing.validating import shortened
from gateway.rates.limits import Spent, rate_headers
from resolvers.errors import UserError, UserErrorCode

INVALID_REQUEST = "invalid_request_error"
IDEMPOTENCY = "idempotency_error"
API_ERROR = "api_error"


class RestError(Exception):
    """An answer that is an error. The message is for the caller; `code` and `param` are for programs."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        type_: str = INVALID_REQUEST,
        code: str | None = None,
        param: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.status = status
        self.type = type_
        self.code = code
        self.param = param
        self.headers = headers or {}
        super().__init__(shortened(message))

    @property
    def body(self) -> dict[str, Any]:
        """The envelope; a code or a parameter that there is none of is left out."""
        error = {"type": self.type, "code": self.code, "message": str(self), "param": self.param}
        return {"error": {name: value for name, value in error.items() if value is not None}}


class ParameterWrong(ValueError):
    """A parameter that can't be read as what it is. The message is for the caller.

    `param`: which one, of several that were looked at together.
    """

    def __init__(self, message: str, code: str | None = None, param: str | None = None) -> None:
        self.code = code
        self.param = param
        super().__init__(message)


def too_many(message: str, spent: Spent) -> RestError:
    """The caller's rate is spent. Libraries ask again by themselves if they are told that it is of use."""
    headers = {**rate_headers(spent), "Stripe-Should-Retry": "false" if spent.retry_seconds is None else "true"}
    return RestError(message, status=429, code="rate_limit", headers=headers)


def missing(kind: str, id_: str, param: str = "id", *, status: int = 404) -> RestError:
    """There is no object of an id. `status`: 404 where the address names it, 400 where a parameter does."""
    return RestError(f"No such {kind}: '{id_}'", status=status, code="resource_missing", param=param)


def refused(errors: Sequence[UserError], in_path: Mapping[str, str], renamed: Mapping[str, str]) -> RestError:
    """What a use case refuses; of several mistakes the first, as the envelope holds one.

    `in_path`: what the address names. `renamed`: parameters that the use case calls otherwise; to nothing, where it
    has a name for what has none here.
    """
    error = errors[0]
    if error.code is UserErrorCode.IDEMPOTENCY_CONFLICT:
        return RestError(error.message, type_=IDEMPOTENCY)
    field = _renamed(error.field, renamed)
    status = 404 if error.code is UserErrorCode.NOT_FOUND and field and field[0] in in_path else 400
    return RestError(
        error.message, status=status, code=_CODES.get(error.code), param=bracketed(field) if field else None
    )


def invalid(error: ValidationError) -> RestError:
    """What is wrong with parameters; an unknown one is told of first, as it is most likely a misspelt other one."""
    found = error.errors(include_url=False)
    return _described(next((each for each in found if each["type"] == "extra_forbidden"), found[0]))


def bracketed(path: Sequence[str | int]) -> str:
    """A parameter's name as it is sent: `items[0][price]`."""
    return f"{path[0]}{''.join(f'[{each}]' for each in path[1:])}"


def _renamed(field: tuple[str, ...], renamed: Mapping[str, str]) -> tuple[str, ...]:
    if field[:1] == ("metadata",):
        # What is below it the caller has named.
        return field
    return tuple(name for each in field if (name := renamed.get(each, each)))


def _described(error: ErrorDetails) -> RestError:
    wrong = error.get("ctx", {}).get("error")
    if isinstance(wrong, ParameterWrong):
        place = error["loc"] if wrong.param is None else (*error["loc"], wrong.param)
        return RestError(str(wrong), code=wrong.code, param=shortened(bracketed(place)))
    param = shortened(bracketed(error["loc"]))
    match error["type"]:
        case "missing":
            return RestError(f"Missing required param: {param}.", code="parameter_missing", param=param)
        case "extra_forbidden":
            return RestError(f"Received unknown parameter: {param}", code="parameter_unknown", param=param)
        case "model_type" | "model_attributes_type":
            return RestError("Invalid object", param=param)
        case _:
            return RestError(error["msg"], param=param)


_CODES = {
    UserErrorCode.BLANK: "parameter_invalid_empty",
    UserErrorCode.NOT_FOUND: "resource_missing",
    UserErrorCode.TAKEN: "resource_already_exists",
    UserErrorCode.ALREADY_ATTACHED: "resource_already_exists",
    UserErrorCode.INACTIVE: "product_inactive",
}
"""Codes of Stripe that say what ours say; all others are told by message and parameter alone, as Stripe does."""

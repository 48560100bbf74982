"""Answers to operations: what is said of what became of them, and what is counted."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import GraphQLError
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError

from gateway.checking import Checked, Checks, Refused, error
from gateway.errors import outcome_of, present_errors
from gateway.rates.limits import Spent, rate_headers
from gateway.settings import Settings
from gateway.telemetry.metrics import Metrics, Outcome
from resolvers.callers import Caller
from schema.error_codes import ErrorCode

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """An operation's answer; to a subscription one of many.

    `ran`: whether it was carried out, so that there is `data`, be it null. `status`: what HTTP says of a refusal that
    has a status of its own. `cost`: what it may have cost at the most. `headers`: where the caller stands.
    """

    body: Body
    outcome: Outcome
    ran: bool = False
    status: int | None = None
    cost: int = 0
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


class Answering:
    """Makes the answers of one application, and tells its metrics of each."""

    def __init__(self, settings: Settings, checks: Checks, metrics: Metrics) -> None:
        self._checks = checks
        self._metrics = metrics
        self._max_cost = settings.max_cost or None

    def present(self, checked: Checked, result: ExecutionResult, spent: Spent, began: float, *, ran: bool) -> Answer:
        """The answer with a result. `began`: when the work on it did, by `time.perf_counter`."""
        body: Body = {}
        errors = present_errors(result, with_names=self._checks.may_introspect(checked.caller))
        if ran:
            body["data"] = result.data
        if errors:
            body["errors"] = errors
        body["extensions"] = {"cost": self._cost(checked)}
        outcome = outcome_of(body)
        self.observe(checked, outcome, began)
        return Answer(body, outcome, ran, cost=checked.cost, headers=rate_headers(spent))

    def refuse(self, caller: Caller, refused: Refused, spent: Spent, began: float) -> Answer:
        """The answer to an operation that isn't carried out. A caller over its rate is told that, and no more."""
        outcome: Outcome = "refused" if spent.allowed else "limited"
        errors = refused.errors if spent.allowed else [_too_many(spent)]
        result = PreExecutionError(data=None, errors=list(errors))
        body: Body = {"errors": present_errors(result, with_names=self._checks.may_introspect(caller))}
        if refused.checked is not None:
            body["extensions"] = {"cost": self._cost(refused.checked)}
        self.observe(refused.checked, outcome, began)
        return Answer(body, outcome, status=refused.status, headers=rate_headers(spent))

    def observe(self, checked: Checked | None, outcome: Outcome, began: float) -> None:
        """Counts what became of an operation; None for one of which it isn't known which it is."""
        seconds = time.perf_counter() - began
        if checked is None:
            self._metrics.operation(None, "unknown", outcome, seconds, None)
        else:
            operation = checked.operation
            self._metrics.operation(operation.name, operation.type.value, outcome, seconds, checked.cost)

    def _cost(self, checked: Checked) -> dict[str, int | None]:
        return {"requested": checked.cost, "limit": self._max_cost}


def refused(code: ErrorCode, message: str, **extensions: object) -> Answer:
    """The answer to an operation of which nothing more is known."""
    return Answer({"errors": [{"message": message, "extensions": {"code": code, **extensions}}]}, "refused")


def _too_many(spent: Spent) -> GraphQLError:
    if spent.retry_seconds is None:
        return error("The operation costs more than the caller may spend in any time.", ErrorCode.RATE_LIMITED)
    message = f"The caller has spent all it may for now. Ask again in {spent.retry_seconds} s."
    return error(message, ErrorCode.RATE_LIMITED, retryAfter=spent.retry_seconds)

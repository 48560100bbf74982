"""The way of an operation, whatever transport it came by: read, checked, paid for, carried out, answered."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import GraphQLError, OperationType
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError

from gateway.documents.store import DocumentRefused, Documents, Found
from gateway.errors import outcome_of, present_errors
from gateway.executing import execute
from gateway.preparing.preparation import Operation, Preparation, Prepared, UnknownOperation
from gateway.preparing.turns import Turns
from gateway.rates.limits import RateLimits, Spent, rate_headers
from gateway.requests import GraphQLRequest
from gateway.settings import Settings
from gateway.telemetry.metrics import Metrics, Outcome
from gateway.telemetry.request_ids import current_headers
from gateway.telemetry.tracing import OperationSpan, Tracing
from resolvers.callers import Caller
from resolvers.context import new_context
from resolvers.shared import SharedReads
from schema.error_codes import ErrorCode
from storage.database import Database

Body = dict[str, Any]

REFUSAL_COST = 10
"""What an operation costs at the least that is refused: it was read and checked all the same."""

CHARACTERS_PER_COST = 10
"""Of a long document that is refused: each ten of its characters cost 1, as they took their time to check."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An operation's answer.

    `ran`: whether it was carried out, so that there is `data`, be it null. `status`: what HTTP says of a refusal that
    has a status of its own. `cost`: what it may have cost at the most. `headers`: where the caller stands.
    """

    body: Body
    outcome: Outcome
    ran: bool = False
    status: int | None = None
    cost: int = 0
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class _Checked:
    """An operation as a caller asks for it, with its document and its cost."""

    caller: Caller
    prepared: Prepared
    operation: Operation
    request: GraphQLRequest
    cost: int


class _Refused(Exception):
    """An operation that isn't carried out. `checked` if it is known which one, so that it has a name and a cost."""

    def __init__(
        self, errors: Sequence[GraphQLError], *, status: int | None = None, checked: _Checked | None = None
    ) -> None:
        self.errors = errors
        self.status = status
        self.checked = checked
        super().__init__()


class Operations:
    """Carries operations out for callers."""

    def __init__(
        self,
        database: Database,
        settings: Settings,
        *,
        shared: SharedReads,
        preparation: Preparation,
        documents: Documents,
        rates: RateLimits,
        metrics: Metrics,
        tracing: Tracing,
    ) -> None:
        self._database = database
        self._shared = shared
        self._settings = settings
        self._preparation = preparation
        self._documents = documents
        self._rates = rates
        self._metrics = metrics
        self._tracing = tracing
        self._turns = Turns()

    async def answer(
        self, request: GraphQLRequest, caller: Caller, *, only_queries: bool = False, spent_before: int = 0
    ) -> Answer:
        """The answer to one operation, be it a refusal.

        `only_queries`: any other is refused. `spent_before`: what others of the same request have cost already.
        Raises: DatabaseUnavailable, while a document that is known by its id can't be had.
        """
        began = time.perf_counter()
        try:
            checked = await self._check(request, caller, only_queries=only_queries, spent_before=spent_before)
        except _Refused as refused:
            return self._refuse(caller, refused, await self._spend(caller, _refusal_cost(request)), began)
        spent = await self._spend(caller, checked.cost)
        if not spent.allowed:
            return self._refuse(caller, _Refused([], checked=checked), spent, began)
        with self._tracing.operation(checked.operation.name, checked.operation.type.value, current_headers()) as span:
            span.set(cost=checked.cost, document=checked.prepared.text)
            answer = await self._carry_out(checked, spent, began, span)
            span.set(outcome=answer.outcome)
            return answer

    def may_introspect(self, caller: Caller) -> bool:
        """Whether a caller may ask for the schema, and be helped with its names."""
        allowed = self._settings.introspection
        return allowed == "everyone" or (allowed == "keys" and not caller.is_session)

    async def _check(
        self, request: GraphQLRequest, caller: Caller, *, only_queries: bool, spent_before: int
    ) -> _Checked:
        """Everything that can be said of an operation before it is carried out. Raises: _Refused."""
        try:
            found = await self._documents.find(caller.environment.id, request.query, request.document)
        except DocumentRefused as refused:
            raise _Refused([_error(str(refused), refused.code)], status=refused.status) from None
        prepared = await self._prepare(found, caller)
        if prepared.document is None:
            raise _Refused(prepared.errors)
        await self._documents.keep(caller.environment.id, found)
        try:
            operation = prepared.operation(request.operation_name)
        except UnknownOperation as unknown:
            raise _Refused([_error(str(unknown), ErrorCode.BAD_REQUEST)], status=400) from None
        cost, errors = operation.judge(request.variables, spent_before)
        checked = _Checked(caller, prepared, operation, request, cost)
        if only_queries and operation.type is not OperationType.QUERY:
            message = "Only queries may be sent by GET; use POST."
            raise _Refused([_error(message, ErrorCode.BAD_REQUEST)], status=405, checked=checked)
        if operation.introspects and not self.may_introspect(caller):
            errors.append(_error(_NO_INTROSPECTION, ErrorCode.INTROSPECTION_FORBIDDEN))
        if errors:
            raise _Refused(errors, checked=checked)
        return checked

    async def _prepare(self, found: Found, caller: Caller) -> Prepared:
        known = self._preparation.find(found.text, trusted=found.trusted)
        if known is not None:
            return known
        # All sessions of a customer take turns together: anybody may have several.
        async with self._turns.of(caller.customer or caller.id):
            return self._preparation.prepare(found.text, trusted=found.trusted)

    async def _carry_out(self, checked: _Checked, spent: Spent, began: float, span: OperationSpan) -> Answer:
        try:
            result = await self._execute(checked)
        except asyncio.CancelledError:
            span.set(outcome="cancelled")
            self._observe(checked, "cancelled", began)
            raise
        body: Body = {}
        errors = present_errors(result, with_names=self.may_introspect(checked.caller))
        ran = result.data is not None or any(_came_up_on_the_way(error) for error in result.errors or ())
        if ran:
            body["data"] = result.data
        if errors:
            body["errors"] = errors
        body["extensions"] = {"cost": self._cost(checked)}
        outcome = outcome_of(body)
        self._observe(checked, outcome, began)
        return Answer(body, outcome, ran, cost=checked.cost, headers=rate_headers(spent))

    async def _execute(self, checked: _Checked) -> ExecutionResult:
        is_mutation = checked.operation.type is OperationType.MUTATION
        seconds = self._settings.mutation_seconds if is_mutation else self._settings.query_seconds
        caller = checked.caller
        context = new_context(self._database, caller.environment, caller, self._observe_batch, self._shared)
        try:
            async with asyncio.timeout(seconds or None):
                return await execute(
                    checked.prepared, checked.operation, checked.request.variables, context, self._metrics.fallback
                )
        except TimeoutError:
            message = f"The operation took longer than {seconds:g} seconds and was stopped. Ask for less at once."
            return ExecutionResult(data=None, errors=[_error(message, ErrorCode.TIMEOUT)])
        finally:
            self._preparation.weigh(checked.prepared)

    async def _spend(self, caller: Caller, cost: int) -> Spent:
        return await self._rates.spend(caller.id, "session" if caller.is_session else "key", cost)

    def _refuse(self, caller: Caller, refused: _Refused, spent: Spent, began: float) -> Answer:
        """The answer to an operation that isn't carried out. A caller over its rate is told that, and no more."""
        outcome: Outcome = "refused" if spent.allowed else "limited"
        errors = refused.errors if spent.allowed else [_too_many(spent)]
        result = PreExecutionError(data=None, errors=list(errors))
        body: Body = {"errors": present_errors(result, with_names=self.may_introspect(caller))}
        if refused.checked is not None:
            body["extensions"] = {"cost": self._cost(refused.checked)}
        self._observe(refused.checked, outcome, began)
        return Answer(body, outcome, status=refused.status, headers=rate_headers(spent))

    def _cost(self, checked: _Checked) -> dict[str, int | None]:
        return {"requested": checked.cost, "limit": self._settings.max_cost or None}

    def _observe(self, checked: _Checked | None, outcome: Outcome, began: float) -> None:
        seconds = time.perf_counter() - began
        if checked is None:
            self._metrics.operation(None, "unknown", outcome, seconds, None)
        else:
            operation = checked.operation
            self._metrics.operation(operation.name, operation.type.value, outcome, seconds, checked.cost)

    def _observe_batch(self, loader: str, size: int, seconds: float) -> None:
        self._metrics.batch(loader, size, seconds)
        self._tracing.batch(loader, size, seconds)


def _error(message: str, code: ErrorCode, **extensions: int) -> GraphQLError:
    return GraphQLError(message, extensions={"code": code, **extensions})


def _came_up_on_the_way(error: GraphQLError) -> bool:
    """Whether an error is of carrying out. Without a place in the data it is of the request, its variables for one."""
    return error.path is not None or (error.extensions or {}).get("code") == ErrorCode.TIMEOUT


def _refusal_cost(request: GraphQLRequest) -> int:
    return max(REFUSAL_COST, len(request.query or "") // CHARACTERS_PER_COST)


def _too_many(spent: Spent) -> GraphQLError:
    if spent.retry_seconds is None:
        return _error("The operation costs more than the caller may spend in any time.", ErrorCode.RATE_LIMITED)
    message = f"The caller has spent all it may for now. Ask again in {spent.retry_seconds} s."
    return _error(message, ErrorCode.RATE_LIMITED, retryAfter=spent.retry_seconds)


_NO_INTROSPECTION = "This credential may not ask for the schema. Use an API key, or the published schema.graphql."

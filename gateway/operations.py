"""The way of an operation, whatever transport it came by: read, checked, paid for, carried out, answered."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import DocumentNode, GraphQLError, OperationType
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError

from gateway.documents.store import Documents
from gateway.errors import outcome_of, present_errors
from gateway.metrics import Metrics, Outcome
from gateway.preparing import Operation, Preparation, Prepared, UnknownOperation
from gateway.rate_limits import RateLimits, Spent, rate_headers
from gateway.refusals import BadRequest
from gateway.request_body import GraphQLRequest
from gateway.settings import Settings
from resolvers.callers import Caller
from resolvers.context import new_context
from schema.build import SCHEMA, prepared_document
from storage.database import Database

Body = dict[str, Any]

REFUSAL_COST = 10
"""What a document costs that is refused: it was read and checked all the same."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An operation's answer.

    `ran`: whether it was carried out, so that there is `data`, be it null. `cost`: what it may have cost at the most.
    """

    body: Body
    outcome: Outcome
    ran: bool = False
    cost: int = 0
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class _Checked:
    """An operation as a caller asks for it, with its document and its cost."""

    caller: Caller
    text: str
    document: DocumentNode
    operation: Operation
    request: GraphQLRequest
    cost: int


class Operations:
    """Carries operations out for callers."""

    def __init__(
        self,
        database: Database,
        settings: Settings,
        *,
        preparation: Preparation,
        documents: Documents,
        rates: RateLimits,
        metrics: Metrics,
    ) -> None:
        self._database = database
        self._settings = settings
        self._preparation = preparation
        self._documents = documents
        self._rates = rates
        self._metrics = metrics

    async def answer(
        self, request: GraphQLRequest, caller: Caller, *, only_queries: bool = False, spent_before: int = 0
    ) -> Answer:
        """The answer to one operation.

        `only_queries`: any other is refused. `spent_before`: what others of the same request have cost already.
        Raises: BadRequest, DocumentRefused, DatabaseUnavailable.
        """
        began = time.perf_counter()
        found = await self._documents.find(caller.environment.id, request.query, request.document)
        prepared = self._preparation.prepare(found.text, trusted=found.trusted)
        if prepared.document is None:
            return self._refuse(caller, prepared.errors, await self._spend(caller, REFUSAL_COST), began)
        await self._documents.keep(caller.environment.id, found)
        operation = _select(prepared, request.operation_name)
        if only_queries and operation.type is not OperationType.QUERY:
            raise BadRequest("Only queries may be sent by GET; use POST.", status=405, headers={"Allow": "POST"})
        checked = _Checked(caller, found.text, prepared.document, operation, request, operation.cost(request.variables))
        errors = [] if found.trusted else operation.check(request.variables, spent_before)
        if operation.introspects and not self.may_introspect(caller):
            errors.append(GraphQLError(_NO_INTROSPECTION, extensions={"code": "INTROSPECTION_FORBIDDEN"}))
        spent = await self._spend(caller, REFUSAL_COST if errors else checked.cost)
        if errors or not spent.allowed:
            return self._refuse(caller, errors, spent, began, checked)
        return await self._carry_out(checked, spent, began)

    def may_introspect(self, caller: Caller) -> bool:
        """Whether a caller may ask for the schema, and be helped with its names."""
        allowed = self._settings.introspection
        return allowed == "everyone" or (allowed == "keys" and not caller.is_session)

    async def _carry_out(self, checked: _Checked, spent: Spent, began: float) -> Answer:
        try:
            result = await self._execute(checked)
        except asyncio.CancelledError:
            self._observe(checked, "cancelled", began)
            raise
        body: Body = {}
        errors = present_errors(result, with_names=self.may_introspect(checked.caller))
        # Without a place in the data, an error is of the request, its variables for one: nothing was carried out.
        ran = result.data is not None or any(error.path is not None for error in result.errors or ())
        if ran:
            body["data"] = result.data
        if errors:
            body["errors"] = errors
        body["extensions"] = {"cost": self._cost(checked)}
        outcome = outcome_of(body)
        self._observe(checked, outcome, began)
        return Answer(body, outcome, ran, checked.cost, rate_headers(spent))

    async def _execute(self, checked: _Checked) -> ExecutionResult:
        is_mutation = checked.operation.type is OperationType.MUTATION
        seconds = self._settings.mutation_seconds if is_mutation else self._settings.query_seconds
        caller = checked.caller
        context = new_context(self._database, caller.environment, caller, observe=self._metrics.batch)
        try:
            async with asyncio.timeout(seconds or None):
                return await SCHEMA.execute(
                    checked.text,
                    variable_values=checked.request.variables,
                    context_value=context,
                    operation_name=checked.operation.name,
                    operation_extensions=prepared_document(checked.document),
                )
        except TimeoutError:
            message = f"The operation took longer than {seconds:g} seconds and was stopped. Ask for less at once."
            return ExecutionResult(data=None, errors=[GraphQLError(message, path=[], extensions={"code": "TIMEOUT"})])

    async def _spend(self, caller: Caller, cost: int) -> Spent:
        return await self._rates.spend(caller.id, "session" if caller.is_session else "key", cost)

    def _refuse(
        self,
        caller: Caller,
        errors: Sequence[GraphQLError],
        spent: Spent,
        began: float,
        checked: _Checked | None = None,
    ) -> Answer:
        """The answer to an operation that isn't carried out. A caller over its rate is told that, and no more."""
        outcome: Outcome = "refused" if spent.allowed else "limited"
        result = PreExecutionError(data=None, errors=list(errors) if spent.allowed else [_too_many(spent)])
        body: Body = {"errors": present_errors(result, with_names=self.may_introspect(caller))}
        if checked is not None:
            body["extensions"] = {"cost": self._cost(checked)}
        self._observe(checked, outcome, began)
        return Answer(body, outcome, headers=rate_headers(spent))

    def _cost(self, checked: _Checked) -> dict[str, int | None]:
        return {"requested": checked.cost, "limit": self._settings.max_cost or None}

    def _observe(self, checked: _Checked | None, outcome: Outcome, began: float) -> None:
        seconds = time.perf_counter() - began
        if checked is None:
            self._metrics.operation(None, "unknown", outcome, seconds, None)
        else:
            operation = checked.operation
            self._metrics.operation(operation.name, operation.type.value, outcome, seconds, checked.cost)


def _select(prepared: Prepared, name: str | None) -> Operation:
    try:
        return prepared.operation(name)
    except UnknownOperation as error:
        raise BadRequest(str(error)) from None


def _too_many(spent: Spent) -> GraphQLError:
    if spent.retry_seconds is None:
        message = "The operation costs more than the caller may spend in any time."
        return GraphQLError(message, extensions={"code": "RATE_LIMITED"})
    message = f"The caller has spent all it may for now. Ask again in {spent.retry_seconds} s."
    return GraphQLError(message, extensions={"code": "RATE_LIMITED", "retryAfter": spent.retry_seconds})


_NO_INTROSPECTION = "This credential may not ask for the schema. Use an API key, or the published schema.graphql."

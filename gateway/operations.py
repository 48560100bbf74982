"""The way of an operation, whatever transport it came by: read, checked, paid for, carried out, answered."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

from graphql import GraphQLError, OperationType
from strawberry.types import ExecutionResult

from gateway.answering import Answer, Answering
from gateway.checking import Checked, Checks, Refused, error
from gateway.documents.store import Documents
from gateway.executing import execute, open_source
from gateway.identity.holder import Holder
from gateway.identity.published_keys import IdentityProviderUnavailable
from gateway.preparing.preparation import Preparation
from gateway.rates.limits import RateLimits, Spent
from gateway.requests import GraphQLRequest
from gateway.settings import Settings
from gateway.streams import Streams, TooManySubscriptions
from gateway.telemetry.metrics import Metrics
from gateway.telemetry.request_ids import current_headers
from gateway.telemetry.tracing import Tracing
from resolvers.callers import Caller
from resolvers.context import Context, new_context
from resolvers.live import Moment
from resolvers.shared import SharedReads
from resolvers.webhook_targets import WebhookTargets
from schema.error_codes import ErrorCode
from schema.live import Told
from storage.database import Database
from storage.errors import DatabaseUnavailable
from storage.pauses import about

REFUSAL_COST = 10
"""What an operation costs at the least that is refused: it was read and checked all the same."""

CHARACTERS_PER_COST = 10
"""Of a long document that is refused: each ten of its characters cost 1, as they took their time to check."""

RETRY_SECONDS = 1.0
"""How long on average a subscription waits to tell again what it couldn't, while the database is away."""


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
        self._webhook_targets = WebhookTargets(private=settings.webhook_private_targets)
        self._preparation = preparation
        self._checks = Checks(settings, preparation, documents)
        self._rates = rates
        self._metrics = metrics
        self._answering = Answering(settings, self._checks, metrics)
        self._tracing = tracing
        self.streams = Streams(settings, metrics.subscriptions)

    async def answer(
        self, request: GraphQLRequest, caller: Caller, *, by_get: bool = False, spent_before: int = 0
    ) -> Answer:
        """The answer to one operation, be it a refusal; subscriptions are refused.

        `by_get`: so are mutations. `spent_before`: what others of the same request have cost already.
        Raises: DatabaseUnavailable, while a document that is known by its id can't be had.
        """
        began = time.perf_counter()
        checked, spent = await self._take(request, caller, by_get=by_get, spent_before=spent_before)
        if isinstance(checked, Refused):
            return self._answering.refuse(caller, checked, spent, began)
        return await self._carry_out(checked, spent, began)

    async def begin(
        self, request: GraphQLRequest, caller: Caller, holder: Holder, *, by_get: bool = False
    ) -> Answer | AsyncGenerator[Answer]:
        """The answer to one operation or, to a subscription, its answers, which are worked out as they are asked for.

        Those end with the subscription, with one that there is no going on from, or when the process stops. `holder`:
        who the caller is by then. Raises: what `answer` does; CredentialEnded, while answers are asked for.
        """
        began = time.perf_counter()
        checked, spent = await self._take(request, caller, by_get=by_get, takes_many=True)
        if isinstance(checked, Refused):
            return self._answering.refuse(caller, checked, spent, began)
        if not checked.is_subscription:
            return await self._carry_out(checked, spent, began)
        source = await self._open(checked, spent, began)
        return source if isinstance(source, Answer) else self._follow(checked, spent, source, holder)

    def may_introspect(self, caller: Caller) -> bool:
        """Whether a caller may ask for the schema, and be helped with its names."""
        return self._checks.may_introspect(caller)

    def new_context(self, caller: Caller) -> Context:
        """The context of an operation for a caller."""
        return new_context(
            self._database, caller.environment, caller, self._observe_batch, self._shared, self._webhook_targets
        )

    async def _take(
        self,
        request: GraphQLRequest,
        caller: Caller,
        *,
        by_get: bool,
        takes_many: bool = False,
        spent_before: int = 0,
    ) -> tuple[Checked | Refused, Spent]:
        """An operation that was checked and paid for, or what stands against it."""
        try:
            checked = await self._checks.check(
                request, caller, by_get=by_get, takes_many=takes_many, spent_before=spent_before
            )
        except Refused as refused:
            return refused, await self._spend(caller, _refusal_cost(request))
        spent = await self._spend(caller, checked.cost)
        return checked if spent.allowed else Refused([], checked=checked), spent

    async def _open(self, checked: Checked, spent: Spent, began: float) -> AsyncGenerator[Moment] | Answer:
        """What a subscription is to be told of; or the answer, if something stands against it."""
        with self._tracing.operation(checked.operation.name, "subscription", current_headers()) as span:
            span.set(cost=checked.cost, document=checked.prepared.text)
            context = self.new_context(checked.caller)
            try:
                async with asyncio.timeout(self._settings.query_seconds or None):
                    opened = await open_source(checked.prepared, checked.operation, checked.request.variables, context)
            except TimeoutError:
                opened = _timed_out(self._settings.query_seconds)
            if not isinstance(opened, ExecutionResult):
                return opened
            answer = self._answering.present(checked, opened, spent, began, ran=False)
            span.set(outcome=answer.outcome)
            return answer

    async def _follow(
        self, checked: Checked, spent: Spent, source: AsyncGenerator[Moment], holder: Holder
    ) -> AsyncGenerator[Answer]:
        try:
            with self.streams.opened(checked.caller) as stream:
                async with aclosing(source):
                    while (moment := await stream.next_of(source)) is not None:
                        answer = await self._tell(checked, moment, holder)
                        yield answer
                        if answer.body.get("data") is None:
                            return
        except TooManySubscriptions as too_many:
            refused = Refused([error(str(too_many), ErrorCode.TOO_MANY_OPERATIONS)], checked=checked)
            yield self._answering.refuse(checked.caller, refused, spent, time.perf_counter())

    async def _tell(self, checked: Checked, moment: Moment, holder: Holder) -> Answer:
        """The answer to one event, in a context of its own, for the caller as of now. It waits for the database."""
        spent: Spent | None = None
        while True:
            began = time.perf_counter()
            try:
                caller = await holder.now()
                spent = spent or await self._spend(caller, checked.cost)
                if not spent.allowed:
                    return self._answering.refuse(caller, Refused([], checked=checked), spent, began)
                answer = await self._carry_out(replace(checked, caller=caller), spent, began, moment)
                if answer.outcome != "unavailable":
                    return answer
            except (DatabaseUnavailable, IdentityProviderUnavailable):
                # What was to be told is still to be told, once it can be.
                pass
            await asyncio.sleep(about(RETRY_SECONDS))

    async def _carry_out(self, checked: Checked, spent: Spent, began: float, moment: Moment | None = None) -> Answer:
        operation = checked.operation
        with self._tracing.operation(operation.name, operation.type.value, current_headers()) as span:
            span.set(cost=checked.cost, document=checked.prepared.text)
            try:
                result = await self._execute(checked, moment)
            except asyncio.CancelledError:
                span.set(outcome="cancelled")
                self._answering.observe(checked, "cancelled", began)
                raise
            ran = result.data is not None or any(map(_came_up_on_the_way, result.errors or ()))
            answer = self._answering.present(checked, result, spent, began, ran=ran)
            span.set(outcome=answer.outcome)
            return answer

    async def _execute(self, checked: Checked, moment: Moment | None) -> ExecutionResult:
        operation = checked.operation
        is_mutation = operation.type is OperationType.MUTATION
        seconds = self._settings.mutation_seconds if is_mutation else self._settings.query_seconds
        context = self.new_context(checked.caller)
        root = None if moment is None else Told(context, moment)
        variables, on_fallback = checked.request.variables, self._metrics.fallback
        try:
            async with asyncio.timeout(seconds or None):
                return await execute(checked.prepared, operation, variables, context, on_fallback, root=root)
        except TimeoutError:
            return _timed_out(seconds)
        finally:
            self._preparation.weigh(checked.prepared)

    async def _spend(self, caller: Caller, cost: int) -> Spent:
        return await self._rates.spend(caller.id, "session" if caller.is_session else "key", cost)

    def _observe_batch(self, loader: str, size: int, seconds: float) -> None:
        self._metrics.batch(loader, size, seconds)
        self._tracing.batch(loader, size, seconds)


def _timed_out(seconds: float) -> ExecutionResult:
    message = f"The operation took longer than {seconds:g} seconds and was stopped. Ask for less at once."
    return ExecutionResult(data=None, errors=[error(message, ErrorCode.TIMEOUT)])


def _refusal_cost(request: GraphQLRequest) -> int:
    return max(REFUSAL_COST, len(request.query or "") // CHARACTERS_PER_COST)


def _came_up_on_the_way(found: GraphQLError) -> bool:
    """Whether an error is of carrying out. Without a place in the data it is of the request, its variables for one."""
    return found.path is not None or (found.extensions or {}).get("code") == ErrorCode.TIMEOUT

"""A request carried out: paid for, in time, once under its idempotency key, and counted."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256

import orjson

from gateway.rates.limits import RateLimits, rate_headers
from gateway.rest.endpoints import OBJECT_COST, Call, Endpoint
from gateway.rest.errors import API_ERROR, IDEMPOTENCY, RestError, refused, too_many
from gateway.rest.forms import Form
from gateway.rest.parameters import Parameters
from gateway.settings import Settings
from gateway.telemetry.metrics import Metrics, Outcome
from gateway.telemetry.request_ids import current_headers
from gateway.telemetry.tracing import Tracing
from resolvers.callers import Caller, Forbidden
from resolvers.context import Context
from resolvers.errors import InvalidArgument, Problems, Refused
from resolvers.replays import once
from resolvers.validation import IDEMPOTENCY_KEY_LENGTH, check_text
from storage.errors import DatabaseUnavailable
from storage.idempotency import IdempotencyRequest

_REPLAYED = {"Idempotent-Replayed": "true"}


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to an endpoint as it came."""

    endpoint: Endpoint
    ids: Mapping[str, str]
    url: str
    form: Form
    idempotency_key: str | None

    @property
    def kind(self) -> str:
        """What it is counted with: queries or mutations."""
        return "query" if self.endpoint.is_read else "mutation"


@dataclass(frozen=True, slots=True)
class Answered:
    """What a request is answered with, headers of its own, and what it cost."""

    value: object
    headers: Mapping[str, str]
    cost: int


class Requests:
    """Carries requests out for callers."""

    def __init__(
        self,
        settings: Settings,
        new_context: Callable[[Caller], Context],
        *,
        rates: RateLimits,
        metrics: Metrics,
        tracing: Tracing,
    ) -> None:
        self._settings = settings
        self._new_context = new_context
        self._rates = rates
        self._metrics = metrics
        self._tracing = tracing

    async def answer(self, asked: Asked, caller: Caller) -> Answered:
        """The answer to a request. Raises: RestError; DatabaseUnavailable, and whatever nobody foresaw."""
        began = time.perf_counter()
        with self._tracing.operation(asked.endpoint.name, asked.kind, current_headers()) as span:
            try:
                answered = await self._answer(asked, caller)
            except BaseException as error:
                span.set(outcome=_outcome_of(error))
                self._observe(asked, _outcome_of(error), began)
                raise
            span.set(outcome="ok", cost=answered.cost)
            self._observe(asked, "ok", began, answered.cost)
            return answered

    async def _answer(self, asked: Asked, caller: Caller) -> Answered:
        context = self._new_context(caller)
        try:
            context.require(asked.endpoint.access)
            given = asked.endpoint.read(asked.form)
        except (Forbidden, RestError) as error:
            await self._spend(caller, OBJECT_COST)
            raise _translated(error, asked) from None
        cost = OBJECT_COST * given.objects
        headers = await self._spend(caller, cost)
        call = Call(context, given, asked.ids, asked.url)
        try:
            async with asyncio.timeout(self._seconds_for(asked) or None):
                value, is_replayed = await _carry_out(asked, call)
        except (Refused, InvalidArgument, TimeoutError) as error:
            raise _translated(error, asked) from None
        return Answered(value, {**headers, **(_REPLAYED if is_replayed else {})}, cost)

    async def _spend(self, caller: Caller, cost: int) -> Mapping[str, str]:
        """Pays for a request; answers the headers that say where the caller stands. Raises: RestError."""
        spent = await self._rates.spend(caller.id, "session" if caller.is_session else "key", cost)
        if not spent.allowed:
            raise too_many("The caller has spent all it may for now. Ask again later.", spent)
        return rate_headers(spent)

    def _seconds_for(self, asked: Asked) -> float:
        return self._settings.query_seconds if asked.endpoint.is_read else self._settings.mutation_seconds

    def _observe(self, asked: Asked, outcome: Outcome, began: float, cost: int | None = None) -> None:
        self._metrics.operation(asked.endpoint.name, asked.kind, outcome, time.perf_counter() - began, cost)


async def _carry_out(asked: Asked, call: Call[Parameters]) -> tuple[object, bool]:
    """What an endpoint answers; and whether it was carried out before, under the same key."""
    endpoint = asked.endpoint
    if endpoint.again is None:
        return await endpoint.handle(call), False
    show = endpoint.again

    async def write() -> tuple[object, bool]:
        return await endpoint.handle(call), False

    async def answer_again(object_id: str) -> tuple[object, bool]:
        found = await show(call, object_id)
        if found is None:
            message = "This request was carried out before, and what it made has been deleted since."
            raise RestError(message, status=404, code="resource_missing")
        return found, True

    return await once(call.context, _idempotency_request(asked, call.given), write, answer_again)


def _idempotency_request(asked: Asked, given: Parameters) -> IdempotencyRequest | None:
    """Raises: RestError, for a key that can't be one."""
    if asked.idempotency_key is None:
        return None
    problems = Problems()
    check_text(problems, "The idempotency key", asked.idempotency_key, IDEMPOTENCY_KEY_LENGTH)
    if problems.errors:
        raise RestError(problems.errors[0].message, type_=IDEMPOTENCY)
    endpoint = asked.endpoint
    sent = given.model_dump(mode="json", exclude_unset=True, exclude={"expand"})
    text = orjson.dumps([asked.ids, sent], option=orjson.OPT_SORT_KEYS)
    return IdempotencyRequest(asked.idempotency_key, f"{endpoint.method} {endpoint.path}", sha256(text).hexdigest())


def _translated(error: Exception, asked: Asked) -> RestError:
    """What a request is told of what stands against it."""
    match error:
        case RestError():
            return error
        case Refused():
            return refused(error.errors, asked.ids, asked.endpoint.renamed)
        case InvalidArgument():
            return RestError(str(error), param=error.argument)
        case Forbidden():
            return RestError(str(error), status=403)
        case _:
            message = "The request took too long and was stopped. Ask for less at once."
            return RestError(message, status=504, type_=API_ERROR)


def _outcome_of(error: BaseException) -> Outcome:
    match error:
        case RestError(status=429):
            return "limited"
        case RestError(status=504):
            return "timeout"
        case RestError():
            return "refused"
        case DatabaseUnavailable():
            return "unavailable"
        case asyncio.CancelledError():
            return "cancelled"
        case _:
            return "internal"

"""GraphQL over HTTP, by its specification: requests in, operations carried out, JSON or events out."""

from collections.abc import AsyncGenerator

import orjson
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway import refusals
from gateway.answering import Answer
from gateway.errors import log_surprise
from gateway.http.disconnects import run_while_connected
from gateway.http.event_stream import STOPPING, EventStream
from gateway.http.negotiation import Accepted, MediaType, negotiate
from gateway.http.reading import read_requests
from gateway.http.reply import RawHeaders, Reply, raw
from gateway.http.request import HttpRequest
from gateway.identity.authenticator import Authenticator, TooManyFailures, Unauthenticated
from gateway.identity.holder import Holder
from gateway.identity.published_keys import IdentityProviderUnavailable
from gateway.operations import Operations
from gateway.rates.limits import rate_headers
from gateway.refusals import BadRequest
from gateway.requests import GraphQLRequest
from gateway.settings import Settings
from gateway.telemetry.metrics import Metrics
from gateway.telemetry.request_ids import note_credential
from resolvers.callers import Caller
from schema.error_codes import ErrorCode
from storage.errors import DatabaseUnavailable

_CONTENT_TYPES = {each: (b"content-type", f"{each}; charset=utf-8".encode()) for each in MediaType}


class GraphQLView:
    """The one view on the schema.

    Not built on Strawberry's: reading, negotiation, carrying operations out, errors and WebSockets all had to differ,
    and nothing was left to inherit.
    """

    def __init__(
        self, authenticator: Authenticator, operations: Operations, metrics: Metrics, settings: Settings
    ) -> None:
        self.authenticator = authenticator
        self.operations = operations
        self.metrics = metrics
        self.settings = settings
        self._compresses = settings.compression

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request as an endpoint of a router, whose middleware may compress the answer."""
        request = HttpRequest.of(scope, receive)
        await (await self._respond(request)).send(send)

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request to its end; whatever happens, with JSON."""
        request = HttpRequest.of(scope, receive)
        reply = await self._respond(request)
        if self._compresses:
            await reply.compress(request.headers.get("accept-encoding", ""))
        await reply.send(send)

    async def _respond(self, request: HttpRequest) -> Reply | EventStream:
        try:
            return await self._answer(request)
        except ClientDisconnect:
            # Nobody is there to read it.
            return Reply(400, b"")
        except Exception as error:  # noqa: BLE001 - the ASGI edge: the last place that can answer instead of breaking off
            return Reply.of(self._refuse(error))

    def _refuse(self, error: Exception) -> Response:
        match error:
            case Unauthenticated():
                self.metrics.operation(None, "unknown", "unauthenticated", 0, None)
                return refusals.unauthenticated(error)
            case TooManyFailures():
                self.metrics.operation(None, "unknown", "limited", 0, None)
                return refusals.refusal(429, ErrorCode.RATE_LIMITED, str(error), rate_headers(error.spent))
            case BadRequest():
                return refusals.bad_request(error)
            case DatabaseUnavailable() | IdentityProviderUnavailable():
                return refusals.unavailable(error)
            case _:
                return refusals.internal(log_surprise(error, "the request"))

    async def _answer(self, request: HttpRequest) -> Reply | EventStream:
        """Who asks comes first, so that a caller without a credential learns nothing else."""
        caller = await self.authenticator.caller(request.headers.get("authorization"), request.source)
        note_credential(caller.id)
        accepted = negotiate(request.headers.get("accept"))
        asked = await read_requests(
            request,
            max_bytes=self.settings.max_body_bytes,
            batch_size=self.settings.batch_size,
            get_needs_header=self.settings.get_needs_header,
        )
        if isinstance(asked, list):
            if accepted.best is MediaType.EVENT_STREAM:
                raise BadRequest("An array of operations is answered as JSON alone.", status=406)
            answers = await run_while_connected(request.receive, self._answer_all(asked, caller))
            headers = raw(answers[-1].headers)
            return _reply([answer.body for answer in answers], 200, accepted.best, headers)
        by_get = request.method == "GET"
        if accepted.events:
            return await self._begin(request, asked, caller, accepted)
        answer = await run_while_connected(request.receive, self.operations.answer(asked, caller, by_get=by_get))
        return _reply(answer.body, status_of(answer, accepted.best), accepted.best, raw(answer.headers))

    async def _begin(
        self, request: HttpRequest, asked: GraphQLRequest, caller: Caller, accepted: Accepted
    ) -> Reply | EventStream:
        """What a client that takes events is answered: a subscription with them, and all else if it likes them best."""
        holder = Holder(self.authenticator, request.headers["authorization"], caller)
        beginning = self.operations.begin(asked, caller, holder, by_get=request.method == "GET")
        begun = await run_while_connected(request.receive, beginning)
        if isinstance(begun, Answer):
            if accepted.best is not MediaType.EVENT_STREAM:
                return _reply(begun.body, status_of(begun, accepted.best), accepted.best, raw(begun.headers))
            begun = _alone(begun)
        request.scope[STOPPING] = self.operations.streams.stop
        return EventStream(begun, holder, request.receive, keep_alive_seconds=self.settings.keep_alive_seconds)

    async def _answer_all(self, requests: list[GraphQLRequest], caller: Caller) -> list[Answer]:
        """The answers to a batch, one after another: together they may cost what one operation may."""
        answers: list[Answer] = []
        for request in requests:
            spent = sum(answer.cost for answer in answers)
            answers.append(await self.operations.answer(request, caller, spent_before=spent))
        return answers


async def _alone(answer: Answer) -> AsyncGenerator[Answer]:
    yield answer


def status_of(answer: Answer, media_type: MediaType) -> int:
    """The HTTP status of an answer. Clients of before the specification read 200 and look into the body."""
    if answer.outcome == "limited":
        return 429
    if answer.outcome == "unavailable":
        return 503
    if answer.status is not None:
        return answer.status
    return 200 if answer.ran or media_type is MediaType.JSON else 400


def _reply(body: object, status: int, media_type: MediaType, headers: RawHeaders) -> Reply:
    headers.append(_CONTENT_TYPES[media_type])
    if status == 503:
        headers.append((b"retry-after", b"%d" % refusals.RETRY_AFTER_SECONDS))
    if status == 405:
        headers.append((b"allow", b"POST"))
    return Reply(status, orjson.dumps(body), headers)

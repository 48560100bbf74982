"""GraphQL over HTTP: requests in, operations carried out, JSON out. By the GraphQL-over-HTTP specification."""

from collections.abc import Mapping

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway import refusals
from gateway.errors import log_surprise
from gateway.http.disconnects import run_while_connected
from gateway.http.negotiation import MediaType, negotiate
from gateway.http.reading import read_requests
from gateway.identity.authenticator import Authenticator, TooManyFailures, Unauthenticated
from gateway.identity.published_keys import IdentityProviderUnavailable
from gateway.operations import Answer, Operations
from gateway.rates.limits import rate_headers
from gateway.refusals import BadRequest
from gateway.requests import GraphQLRequest
from gateway.settings import Settings
from gateway.telemetry.metrics import Metrics
from gateway.telemetry.request_ids import note_credential
from gateway.websocket.door import GraphQLSockets
from resolvers.callers import Caller
from schema.error_codes import ErrorCode
from storage.errors import DatabaseUnavailable

_HEADERS = {
    # What one credential may see is nobody else's, and is true now.
    "Cache-Control": "no-store",
    "Vary": "Accept, Authorization, Origin",
    "X-Content-Type-Options": "nosniff",
}


class GraphQLView:
    """The one view on the schema, an ASGI application.

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
        self.sockets = GraphQLSockets(authenticator, operations, metrics, settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request; whatever happens, with JSON. Or holds a WebSocket."""
        if scope["type"] == "websocket":
            await self.sockets(scope, receive, send)
            return
        response = await self._respond(Request(scope, receive), receive)
        for name, value in _HEADERS.items():
            response.headers[name] = value
        await response(scope, receive, send)

    async def _respond(self, request: Request, receive: Receive) -> Response:
        try:
            return await self._answer(request, receive)
        except Unauthenticated as error:
            self.metrics.operation(None, "unknown", "unauthenticated", 0, None)
            return refusals.unauthenticated(error)
        except TooManyFailures as error:
            self.metrics.operation(None, "unknown", "limited", 0, None)
            return refusals.refusal(429, ErrorCode.RATE_LIMITED, str(error), rate_headers(error.spent))
        except BadRequest as error:
            return refusals.bad_request(error)
        except ClientDisconnect:
            # Nobody is there to read it.
            return Response(status_code=400)
        except (DatabaseUnavailable, IdentityProviderUnavailable) as error:
            return refusals.unavailable(error)
        except Exception as error:  # noqa: BLE001 - the ASGI edge: the last place that can answer instead of breaking off
            return refusals.internal(log_surprise(error, "the request"))

    async def _answer(self, request: Request, receive: Receive) -> Response:
        """Who asks comes first, so that a caller without a credential learns nothing else."""
        source = request.client.host if request.client else None
        caller = await self.authenticator.caller(request.headers.get("authorization"), source)
        note_credential(caller.id)
        media_type = negotiate(request.headers.get("accept"))
        asked = await read_requests(
            request,
            max_bytes=self.settings.max_body_bytes,
            batch_size=self.settings.batch_size,
            get_needs_header=self.settings.get_needs_header,
        )
        only_queries = request.method == "GET"
        if isinstance(asked, list):
            answers = await run_while_connected(receive, self._answer_all(asked, caller))
            return _respond_with([answer.body for answer in answers], 200, media_type, answers[-1].headers)
        answer = await run_while_connected(receive, self.operations.answer(asked, caller, only_queries=only_queries))
        return _respond_with(answer.body, status_of(answer, media_type), media_type, answer.headers)

    async def _answer_all(self, requests: list[GraphQLRequest], caller: Caller) -> list[Answer]:
        """The answers to a batch, one after another: together they may cost what one operation may."""
        answers: list[Answer] = []
        for request in requests:
            spent = sum(answer.cost for answer in answers)
            answers.append(await self.operations.answer(request, caller, spent_before=spent))
        return answers


def status_of(answer: Answer, media_type: MediaType) -> int:
    """The HTTP status of an answer. Clients of before the specification read 200 and look into the body."""
    if answer.outcome == "limited":
        return 429
    if answer.outcome == "unavailable":
        return 503
    if answer.status is not None:
        return answer.status
    return 200 if answer.ran or media_type is MediaType.JSON else 400


def _respond_with(body: object, status: int, media_type: MediaType, headers: Mapping[str, str]) -> Response:
    response = Response(orjson.dumps(body), status, dict(headers), media_type=f"{media_type}; charset=utf-8")
    if status == 503:
        response.headers["Retry-After"] = str(refusals.RETRY_AFTER_SECONDS)
    if status == 405:
        response.headers["Allow"] = "POST"
    return response

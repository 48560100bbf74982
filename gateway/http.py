"""GraphQL over HTTP: one request in, one operation, one JSON answer out."""

import logging
from typing import Any

import orjson
from cross_web import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.http import GraphQLHTTPResponse, GraphQLRequestData
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types import ExecutionResult

from gateway import refusals
from gateway.auth import Unauthenticated, authenticate
from gateway.errors import is_unavailable, log_surprise, present_errors
from gateway.refusals import BadRequest
from gateway.request_body import read_request
from resolvers.callers import holder_of
from resolvers.context import Context, new_context
from schema.build import SCHEMA
from storage.database import Database
from storage.errors import DatabaseUnavailable

# Strawberry logs every error with a traceback, a client's typing mistakes too. Surprises are logged by gateway.errors,
# once and with an id.
logging.getLogger("strawberry.execution").disabled = True


class GraphQLView(GraphQL[Context, None]):
    """The one view on the schema. Each request is an operation with a context of its own."""

    def __init__(self, database: Database) -> None:
        super().__init__(SCHEMA, graphql_ide=None, subscription_protocols=())
        self.database = database

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request; whatever happens, with JSON."""
        request = Request(scope, receive)
        response = await self._respond(request)
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        try:
            return await self.run(request)
        except Unauthenticated as error:
            return refusals.unauthenticated(error)
        except BadRequest as error:
            return refusals.bad_request(error)
        except HTTPException as error:
            return refusals.bad_request(_refused_by_strawberry(error))
        except ClientDisconnect:
            # Nobody is there to read it.
            return Response(status_code=400)
        except DatabaseUnavailable as error:
            return refusals.unavailable(error)
        except Exception as error:  # noqa: BLE001 - the ASGI edge: the last place that can answer instead of breaking off
            return refusals.internal(log_surprise(error, "the request"))

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:
        """Who asks, where, and when. It comes first, so that a caller without a credential learns nothing else."""
        del response
        credential = await authenticate(self.database, request.headers)
        return new_context(self.database, credential.environment, holder_of(credential))

    def should_render_graphql_ide(self, request: object) -> bool:
        """There is no page here: a GET without a query is a mistake, and is told so."""
        del request
        return False

    def is_request_allowed(self, request: object) -> bool:
        """Left to `read_request`, which names the methods that are."""
        del request
        return True

    async def parse_http_body(self, request: Any) -> GraphQLRequestData:  # noqa: ANN401 - an adapter round Starlette's
        """One GraphQL request, strictly read."""
        return await read_request(request._request)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]

    async def process_result(self, request: Request, result: ExecutionResult) -> GraphQLHTTPResponse:
        """The answer's body. An operation that never ran has no `data`, as the specification wants."""
        del request
        answer: GraphQLHTTPResponse = {}
        errors = result.errors or []
        if result.data is not None or any(error.path for error in errors):
            answer["data"] = result.data
        if errors:
            answer["errors"] = list(present_errors(result))
        if result.extensions:
            answer["extensions"] = result.extensions
        return answer

    def create_response(
        self, response_data: GraphQLHTTPResponse | list[GraphQLHTTPResponse], sub_response: Response
    ) -> Response:
        """The answer: 200, or 503 where nothing of it could be had, so that retrying clients and proxies take note."""
        response = super().create_response(response_data, sub_response)
        if is_unavailable(response_data):
            response.status_code = 503
            response.headers["Retry-After"] = str(refusals.RETRY_AFTER_SECONDS)
        return response

    def encode_json(self, data: object) -> bytes:
        """JSON by orjson, straight to bytes; WebSockets will need text."""
        return orjson.dumps(data)


def _refused_by_strawberry(error: HTTPException) -> BadRequest:
    """What Strawberry refuses by itself: an operation that the document lacks, or that the method doesn't allow."""
    if isinstance(error.__cause__, InvalidOperationTypeError):
        return BadRequest("Only queries may be sent by GET; use POST.", status=405, headers={"Allow": "POST"})
    if isinstance(error.__cause__, CannotGetOperationTypeError):
        name = error.__cause__.operation_name
        return BadRequest(
            f'The document has no operation named "{name}".' if name else "The document has no operation."
        )
    return BadRequest(error.reason, status=error.status_code)

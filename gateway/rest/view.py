"""REST over HTTP: a request in, its endpoint found, JSON out; whatever happens, in the same shape."""

import orjson
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from gateway.errors import log_surprise
from gateway.http.body import read_body
from gateway.http.disconnects import run_while_connected
from gateway.http.reply import Reply, raw
from gateway.http.request import HttpRequest
from gateway.identity.authenticator import Authenticator, TooManyFailures, Unauthenticated
from gateway.identity.published_keys import IdentityProviderUnavailable
from gateway.rates.limits import rate_headers
from gateway.refusals import INTERNAL_MESSAGE, RETRY_AFTER_SECONDS, BadRequest
from gateway.rest.carrying_out import Asked, Requests
from gateway.rest.credentials import as_bearer
from gateway.rest.errors import API_ERROR, RestError
from gateway.rest.forms import FORM, Form, read_form
from gateway.rest.paths import Paths
from gateway.settings import Settings
from gateway.telemetry.metrics import Metrics
from gateway.telemetry.request_ids import current_request_id, note_credential
from storage.errors import DatabaseUnavailable


class RestView:
    """The one view on all endpoints."""

    def __init__(
        self, paths: Paths, authenticator: Authenticator, requests: Requests, metrics: Metrics, settings: Settings
    ) -> None:
        self._paths = paths
        self._authenticator = authenticator
        self._requests = requests
        self._metrics = metrics
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request to its end."""
        request = HttpRequest.of(scope, receive)
        try:
            reply = await self._answer(request)
        except ClientDisconnect:
            # Nobody is there to read it.
            reply = Reply(400, b"")
        except Exception as error:  # noqa: BLE001 - the ASGI edge: the last place that can answer instead of breaking off
            refusal = self._refusal(error)
            reply = Reply(refusal.status, orjson.dumps(refusal.body), raw(refusal.headers))
        reply.headers += raw(_common_headers(request))
        await reply.send(send)

    async def _answer(self, request: HttpRequest) -> Reply:
        """Who asks comes first, so that a caller without a credential learns nothing else."""
        caller = await self._authenticator.caller(as_bearer(request.headers.get("authorization")), request.source)
        note_credential(caller.id)
        url = path_of(request.scope)
        endpoint, ids = self._paths.find(request.method, url)
        form = await self._read(request)
        asked = Asked(endpoint, ids, url, form, request.headers.get("idempotency-key"))
        answered = await run_while_connected(request.receive, self._requests.answer(asked, caller))
        return Reply(200, orjson.dumps(answered.value), raw(answered.headers))

    async def _read(self, request: HttpRequest) -> Form:
        """The parameters of the address and of the body: libraries differ in where they put those of DELETE."""
        body = await read_body(request, self._settings.max_body_bytes)
        media_type = request.headers.get("content-type", FORM).partition(";")[0].strip().lower()
        if body and media_type != FORM:
            raise RestError(f"Send the parameters form-encoded, as Content-Type: {FORM}.")
        query: bytes = request.scope["query_string"]
        return read_form(b"&".join(filter(None, (query, body))))

    def _refusal(self, error: Exception) -> RestError:
        match error:
            case RestError():
                return error
            case Unauthenticated():
                self._metrics.operation(None, "unknown", "unauthenticated", 0, None)
                return RestError(str(error), status=401, headers={"WWW-Authenticate": error.challenge})
            case TooManyFailures():
                self._metrics.operation(None, "unknown", "limited", 0, None)
                return RestError(str(error), status=429, code="rate_limit", headers=rate_headers(error.spent))
            case BadRequest():
                return RestError(str(error), status=error.status, headers=error.headers)
            case DatabaseUnavailable() | IdentityProviderUnavailable():
                headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
                return RestError(str(error), status=503, type_=API_ERROR, headers=headers)
            case _:
                message = f"{INTERNAL_MESSAGE} errorId: {log_surprise(error, 'the request')}"
                return RestError(message, status=500, type_=API_ERROR)


def path_of(scope: Scope) -> str:
    """The path below the one that the whole application is served at."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))


def _common_headers(request: HttpRequest) -> dict[str, str]:
    """The request's id under Stripe's name; and the version that was asked for, of which there is one."""
    headers = {"Content-Type": "application/json", "Request-Id": current_request_id() or ""}
    version = request.headers.get("stripe-version")
    return {**headers, "Stripe-Version": version} if version else headers

"""What there is to ask for, as files: what code generators read where introspection is off or not to their taste."""

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from functools import cache

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gateway import refusals
from gateway.identity.authenticator import Authenticator, TooManyFailures, Unauthenticated
from gateway.identity.published_keys import IdentityProviderUnavailable
from gateway.operations import Operations
from gateway.rates.limits import rate_headers
from gateway.rest.endpoints import Endpoint
from gateway.rest.openapi import describe
from schema.build import sdl
from schema.error_codes import ErrorCode
from storage.errors import DatabaseUnavailable

SDL_PATH = "/schema.graphql"
OPENAPI_PATH = "/openapi.json"


def schema_routes(
    authenticator: Authenticator, operations: Operations, endpoints: Sequence[Endpoint]
) -> list[BaseRoute]:
    """`GET /schema.graphql`, and `GET /openapi.json` if there are any endpoints, for those who may introspect."""

    @cache
    def openapi() -> str:
        return orjson.dumps(describe(endpoints)).decode()

    routes: list[BaseRoute] = [
        Route(SDL_PATH, _shown(sdl, "text/plain; charset=utf-8", authenticator, operations)),
    ]
    if endpoints:
        routes.append(Route(OPENAPI_PATH, _shown(openapi, "application/json", authenticator, operations)))
    return routes


def _shown(
    text_of: Callable[[], str], media_type: str, authenticator: Authenticator, operations: Operations
) -> Callable[[Request], Awaitable[Response]]:
    async def show(request: Request) -> Response:
        try:
            source = request.client.host if request.client else None
            caller = await authenticator.caller(request.headers.get("authorization"), source)
        except Unauthenticated as error:
            return refusals.unauthenticated(error)
        except TooManyFailures as error:
            return refusals.refusal(429, ErrorCode.RATE_LIMITED, str(error), rate_headers(error.spent))
        except (DatabaseUnavailable, IdentityProviderUnavailable) as error:
            return refusals.unavailable(error)
        if not operations.may_introspect(caller):
            return refusals.refusal(
                403, ErrorCode.INTROSPECTION_FORBIDDEN, "This credential may not ask for the schema."
            )
        text = text_of()
        headers = {
            "ETag": f'"{hashlib.sha256(text.encode()).hexdigest()}"',
            "Cache-Control": "private, no-cache",
            "Vary": "Authorization",
            "X-Content-Type-Options": "nosniff",
        }
        if request.headers.get("if-none-match") == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        return Response(text, headers=headers, media_type=media_type)

    return show

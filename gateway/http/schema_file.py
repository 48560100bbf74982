"""The schema as a file: what code generators read where introspection is off or not to their taste."""

import hashlib

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gateway import refusals
from gateway.identity.authenticator import Authenticator, TooManyFailures, Unauthenticated
from gateway.identity.published_keys import IdentityProviderUnavailable
from gateway.operations import Operations
from gateway.rates.limits import rate_headers
from schema.build import sdl
from schema.error_codes import ErrorCode
from storage.errors import DatabaseUnavailable

PATH = "/schema.graphql"


def schema_routes(authenticator: Authenticator, operations: Operations) -> list[BaseRoute]:
    """`GET /schema.graphql`, for those who may introspect."""
    text = sdl()
    headers = {
        "ETag": f'"{hashlib.sha256(text.encode()).hexdigest()}"',
        "Cache-Control": "private, no-cache",
        "Vary": "Authorization",
        "X-Content-Type-Options": "nosniff",
    }

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
        if request.headers.get("if-none-match") == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        return Response(text, headers=headers, media_type="text/plain; charset=utf-8")

    return [Route(PATH, show)]

"""The application, put together."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gateway.http import GraphQLView
from gateway.refusals import BadRequest, bad_request
from gateway.settings import Settings
from storage.database import Database
from storage.migrations import check_schema

GRAPHQL_PATH = "/graphql"


def build_app(settings: Settings) -> Starlette:
    """The ASGI application over the settings' database, which it opens when it starts and closes when it ends.

    Raises: UnknownDatabaseUrl. At start-up: SchemaOutdated, DatabaseUnavailable.
    """
    database = Database.open(settings.database_url.get_secret_value())

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[None]:
        try:
            # A process over tables it doesn't know would answer every request with a surprise.
            await check_schema(database)
            yield
        finally:
            await database.close()

    return Starlette(
        routes=[Route(GRAPHQL_PATH, GraphQLView(database)), Route("/", _welcome)],
        lifespan=lifespan,
        exception_handlers={HTTPException: _refuse},
    )


async def _welcome(_: Request) -> Response:
    return JSONResponse({"service": "admittance", "graphql": GRAPHQL_PATH})


async def _refuse(request: Request, error: Exception) -> Response:
    """Paths and methods that aren't there, as JSON like everything else."""
    assert isinstance(error, HTTPException), "that is what it is registered for"  # noqa: S101
    message = f"There is nothing at {request.url.path}." if error.status_code == 404 else f"{error.detail}."
    return bad_request(BadRequest(message, status=error.status_code, headers=error.headers))

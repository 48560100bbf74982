"""The application, put together."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from functools import partial

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute

from gateway.documents.store import Documents
from gateway.graphiql.page import graphiql_routes, welcome_routes
from gateway.http.reply import COMPRESSED_FROM_BYTES, COMPRESSION_LEVEL
from gateway.http.schema_file import schema_routes
from gateway.http.straight_way import StraightWay
from gateway.http.view import GraphQLView
from gateway.identity.authenticator import Authenticator
from gateway.identity.key_usage import KeyUsage
from gateway.identity.providers import IdentityProviders
from gateway.operations import Operations
from gateway.preparing.limits import Limits
from gateway.preparing.preparation import Preparation
from gateway.preparing.validating import shortened
from gateway.rates.limits import RateLimits
from gateway.refusals import BadRequest, bad_request
from gateway.rest.routes import ENDPOINTS, rest_routes
from gateway.settings import Settings
from gateway.stripe_source.receiver import stripe_routes
from gateway.telemetry.health import Readiness, health_routes
from gateway.telemetry.kept import KeptFigures
from gateway.telemetry.metrics import Metrics, metrics_routes
from gateway.telemetry.request_ids import RequestIds
from gateway.telemetry.tracing import tracer
from gateway.websocket.door import GraphQLSockets
from gateway.working import working
from resolvers.shared import SharedReads
from schema.build import CORE_SCHEMA
from schema.subgraph import subgraph
from storage.database import Database
from storage.migrations import check_schema

GRAPHQL_PATH = "/graphql"
SUBGRAPH_PATH = "/subgraph"

_READABLE_HEADERS = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "Retry-After", "X-Request-Id")
_ACCEPTED_HEADERS = (
    "Accept",
    "Apollo-Require-Preflight",
    "Authorization",
    "Content-Type",
    "GraphQL-Require-Preflight",
    "X-Apollo-Operation-Name",
    "X-Request-Id",
)


def build_app(settings: Settings) -> Starlette:
    """The ASGI application over the settings' database, which it opens when it starts and closes when it ends.

    Raises: UnknownDatabaseUrl; SettingsInvalid. At start-up: SchemaOutdated, DatabaseUnavailable.
    """
    database = Database.open(settings.database_url.get_secret_value())
    shared = SharedReads(database, kept_customers=settings.kept_customers, kept_bytes=settings.kept_bytes)
    usage = KeyUsage(database)
    rates = RateLimits(settings)
    identity = IdentityProviders(settings.identity_providers)
    preparations = _preparations(settings)
    metrics = Metrics()
    metrics.registry.register(KeptFigures(shared, preparations[GRAPHQL_PATH], preparations.get(SUBGRAPH_PATH)))
    beside = working(settings, database, shared, metrics.registry) if settings.worker else nullcontext()
    tracing = tracer(settings)
    readiness = Readiness(database)
    authenticator = Authenticator(shared, database.clock, identity, rates, usage)
    documents = Documents(database, settings)
    operate = partial(
        Operations,
        database,
        settings,
        shared=shared,
        documents=documents,
        rates=rates,
        metrics=metrics,
        tracing=tracing,
    )
    operations = {path: operate(preparation=each) for path, each in preparations.items()}

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[None]:
        async with AsyncExitStack() as stack:
            for each in (database, shared, rates, identity, tracing):
                stack.push_async_callback(each.close)
            # A process over tables it doesn't know would answer every request with a surprise.
            await check_schema(database)
            await stack.enter_async_context(usage)
            await stack.enter_async_context(beside)
            yield
            readiness.stop()

    views = {path: GraphQLView(authenticator, each, metrics, settings) for path, each in operations.items()}
    routes: list[BaseRoute] = [
        *(Route(path, each) for path, each in views.items()),
        Route(f"{GRAPHQL_PATH}/d/{{document_id:path}}", views[GRAPHQL_PATH]),
        WebSocketRoute(GRAPHQL_PATH, GraphQLSockets(authenticator, operations[GRAPHQL_PATH], metrics, settings)),
        *schema_routes(authenticator, operations[GRAPHQL_PATH], ENDPOINTS if settings.rest else ()),
        *rest_routes(authenticator, operations[GRAPHQL_PATH].new_context, rates, metrics, tracing, settings),
        *stripe_routes(settings, database),
        *health_routes(readiness),
        *metrics_routes(metrics, database, settings),
        *(graphiql_routes(graphql_path=GRAPHQL_PATH) if settings.graphiql else welcome_routes()),
    ]
    return Starlette(
        routes=routes,
        middleware=_middleware(settings, views),
        lifespan=lifespan,
        exception_handlers={HTTPException: _refuse},
    )


def _preparations(settings: Settings) -> dict[str, Preparation]:
    """Those of the schemas that are served, by path."""
    schemas = {GRAPHQL_PATH: CORE_SCHEMA}
    if settings.subgraph:
        schemas[SUBGRAPH_PATH] = subgraph(settings.subgraph_prefix).schema
    limits = Limits.of(settings)
    return {path: Preparation(schema, limits, compiled=settings.compiled) for path, schema in schemas.items()}


def _middleware(settings: Settings, views: Mapping[str, GraphQLView]) -> list[Middleware]:
    """From the outermost to the innermost."""
    found = [Middleware(RequestIds, access_log=settings.access_log)]
    if settings.cors_origins:
        found.append(
            Middleware(
                CORSMiddleware,
                allow_origins=settings.cors_origins,
                allow_methods=("GET", "POST"),
                allow_headers=_ACCEPTED_HEADERS,
                expose_headers=_READABLE_HEADERS,
            )
        )
    found += [Middleware(StraightWay, path=path, view=view) for path, view in views.items()]
    if settings.compression:
        found.append(Middleware(GZipMiddleware, minimum_size=COMPRESSED_FROM_BYTES, compresslevel=COMPRESSION_LEVEL))
    return found


async def _refuse(request: Request, error: Exception) -> Response:
    """Paths and methods that aren't there, as JSON like everything else."""
    assert isinstance(error, HTTPException), "that is what it is registered for"  # noqa: S101
    path = shortened(request.url.path)
    message = f"There is nothing at {path}." if error.status_code == 404 else f"{error.detail}."
    return bad_request(BadRequest(message, status=error.status_code, headers=error.headers))

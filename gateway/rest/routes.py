"""All endpoints, and the one route that leads to them."""

from collections.abc import Callable, Sequence

from starlette.datastructures import URLPath
from starlette.routing import BaseRoute, Match, NoMatchFound
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.identity.authenticator import Authenticator
from gateway.rates.limits import RateLimits
from gateway.rest.active_entitlements import ACTIVE_ENTITLEMENTS
from gateway.rest.carrying_out import Requests
from gateway.rest.clocks import TEST_CLOCKS
from gateway.rest.customers import CUSTOMERS
from gateway.rest.endpoints import Endpoint
from gateway.rest.events import EVENTS
from gateway.rest.features import FEATURES
from gateway.rest.paths import Paths
from gateway.rest.paygentic import ENTITLEMENTS
from gateway.rest.product_features import PRODUCT_FEATURES
from gateway.rest.products import PRODUCTS
from gateway.rest.subscription_items import SUBSCRIPTION_ITEMS
from gateway.rest.subscriptions import SUBSCRIPTIONS
from gateway.rest.view import RestView, path_of
from gateway.rest.webhook_endpoints import WEBHOOK_ENDPOINTS
from gateway.settings import Settings
from gateway.telemetry.metrics import Metrics
from gateway.telemetry.tracing import Tracing
from resolvers.callers import Caller
from resolvers.context import Context

PREFIX = "/v1/"

ENDPOINTS: Sequence[Endpoint] = (
    *FEATURES,
    *PRODUCT_FEATURES,
    *ACTIVE_ENTITLEMENTS,
    *PRODUCTS,
    *CUSTOMERS,
    *ENTITLEMENTS,
    *SUBSCRIPTIONS,
    *SUBSCRIPTION_ITEMS,
    *WEBHOOK_ENDPOINTS,
    *EVENTS,
    *TEST_CLOCKS,
)


def rest_routes(
    authenticator: Authenticator,
    new_context: Callable[[Caller], Context],
    rates: RateLimits,
    metrics: Metrics,
    tracing: Tracing,
    settings: Settings,
) -> list[BaseRoute]:
    """Everything under /v1; nothing at all if the setting is off."""
    if not settings.rest:
        return []
    requests = Requests(settings, new_context, rates=rates, metrics=metrics, tracing=tracing)
    return [EverythingUnder(PREFIX, RestView(Paths(ENDPOINTS), authenticator, requests, metrics, settings))]


class EverythingUnder(BaseRoute):
    """Leads to one application whatever the rest of the path holds: Starlette's own routes let no line feed through."""

    def __init__(self, prefix: str, app: ASGIApp) -> None:
        self._prefix = prefix
        self._app = app

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether a request is for it."""
        is_under = scope["type"] == "http" and path_of(scope).startswith(self._prefix)
        return (Match.FULL, {"endpoint": self._app}) if is_under else (Match.NONE, {})

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on."""
        await self._app(scope, receive, send)

    def url_path_for(self, name: str, /, **path_params: object) -> URLPath:
        """No address is made by name. Raises: NoMatchFound."""
        raise NoMatchFound(name, path_params)

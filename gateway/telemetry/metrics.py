"""What Prometheus is told: operations, their cost and time, loader batches, database connections."""

import asyncio
import hmac
import importlib.metadata
import ipaddress
import platform
from collections.abc import Iterable
from typing import Literal, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, ProcessCollector
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gateway.refusals import refusal
from gateway.setting_groups import TelemetrySettings
from gateway.telemetry.operation_names import OperationNames
from schema.error_codes import ErrorCode
from storage.database import Database

Outcome = Literal[
    "ok", "partial", "refused", "limited", "unauthenticated", "timeout", "internal", "unavailable", "cancelled"
]

M = TypeVar("M", Counter, Histogram)

_KINDS = frozenset({"query", "mutation", "subscription"})
_RAN: frozenset[Outcome] = frozenset({"ok", "partial"})
_TURNED_AWAY: frozenset[Outcome] = frozenset({"refused", "limited", "unauthenticated"})

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_COSTS = (1, 10, 30, 100, 300, 1_000, 3_000, 10_000)
_SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 10_000)


class Metrics:
    """The figures of one application."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        by_operation = ("operation", "type")
        self._operations = _Labelled(
            Counter(
                "admittance_operations",
                "Operations answered, by what became of them.",
                (*by_operation, "outcome"),
                registry=self.registry,
            )
        )
        self._seconds = _Labelled(
            Histogram(
                "admittance_operation_seconds",
                "Time that operations took which were carried out.",
                by_operation,
                buckets=_SECONDS,
                registry=self.registry,
            )
        )
        self._costs = _Labelled(
            Histogram(
                "admittance_operation_cost",
                "Cost of operations that were carried out, as extensions.cost reports it.",
                by_operation,
                buckets=_COSTS,
                registry=self.registry,
            )
        )
        self._sizes = _Labelled(
            Histogram(
                "admittance_loader_batch_size",
                "Keys asked for in one batch.",
                ("loader",),
                buckets=_SIZES,
                registry=self.registry,
            )
        )
        self._batch_seconds = _Labelled(
            Histogram(
                "admittance_loader_batch_seconds",
                "Time one batch took to load.",
                ("loader",),
                buckets=_SECONDS,
                registry=self.registry,
            )
        )
        self._fallbacks = Counter(
            "admittance_compiled_fallbacks",
            "Operations that couldn't be carried out compiled, by why.",
            ("reason",),
            registry=self.registry,
        )
        self.sockets = Gauge("admittance_websockets", "WebSockets that are open.", registry=self.registry)
        self.subscriptions = Gauge("admittance_subscriptions", "Subscriptions that are open.", registry=self.registry)
        build = Info("admittance_build", "What is running.", registry=self.registry)
        build.info({"version": importlib.metadata.version("admittance"), "python": platform.python_version()})
        ProcessCollector(registry=self.registry)
        self._names = OperationNames()

    def operation(self, name: str | None, kind: str, outcome: Outcome, seconds: float, cost: int | None) -> None:
        """Counts an operation, and the time and cost of one that was carried out.

        `name`: None for one without a name. `kind`: anything but GraphQL's three is counted as "unknown".
        """
        type_ = kind if kind in _KINDS else "unknown"
        label = self._names.label(name, type_, has_run=outcome in _RAN)
        self._operations[label, type_, outcome].inc()
        if outcome in _TURNED_AWAY:
            # Being turned away is quick and cheap: a flood of it would make everybody's time look better than it is.
            return
        self._seconds[label, type_].observe(seconds)
        if cost is not None:
            self._costs[label, type_].observe(cost)

    def fallback(self, reason: str) -> None:
        """Counts an operation that was not carried out compiled. `reason`: one of few words."""
        self._fallbacks.labels(reason).inc()

    def batch(self, loader: str, size: int, seconds: float) -> None:
        """Counts a batch of look-ups."""
        self._sizes[loader,].observe(size)
        self._batch_seconds[loader,].observe(seconds)

    def text(self) -> bytes:
        """All figures in Prometheus' text format."""
        return generate_latest(self.registry)


class _Labelled(dict[tuple[str, ...], M]):
    """A metric's series by their labels, kept: to look one up the library checks all labels, under a lock."""

    def __init__(self, metric: M) -> None:
        super().__init__()
        self._metric = metric

    def __missing__(self, labels: tuple[str, ...]) -> M:
        series = self[labels] = self._metric.labels(*labels)
        return series


class _Connections(Collector):
    """The pool's connections, read when they are asked for."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def collect(self) -> Iterable[GaugeMetricFamily]:
        pool = self._database.pool
        family = GaugeMetricFamily(
            "admittance_database_connections", "Connections of the pool, by state.", labels=("state",)
        )
        family.add_metric(("in_use",), pool.in_use)
        family.add_metric(("idle",), pool.idle)
        yield family


def metrics_routes(metrics: Metrics, database: Database, settings: TelemetrySettings) -> list[BaseRoute]:
    """GET /metrics, for those who may read it; nothing at all if the setting is off."""
    if not settings.metrics:
        return []
    metrics.registry.register(_Connections(database))
    token = settings.metrics_token.get_secret_value() if settings.metrics_token else None

    async def show(request: Request) -> Response:
        refused = _refuse(request, token)
        if refused is not None:
            return refused
        # With as many names as there can be it takes a tenth of a second, for which nobody else should wait.
        text = await asyncio.to_thread(metrics.text)
        return Response(text, headers={"Cache-Control": "no-store"}, media_type=CONTENT_TYPE_PLAIN_0_0_4)

    return [Route("/metrics", show)]


def _refuse(request: Request, token: str | None) -> Response | None:
    if token is not None:
        given = request.headers.get("authorization", "").partition(" ")
        if given[0].lower() == "bearer" and hmac.compare_digest(given[2].strip().encode(), token.encode()):
            return None
        message = "The metrics need their own token: send the header `Authorization: Bearer <metrics_token>`."
        return refusal(
            401, ErrorCode.UNAUTHENTICATED, message, {"WWW-Authenticate": 'Bearer realm="admittance metrics"'}
        )
    if _is_local(request):
        return None
    message = "The metrics are for this machine alone. Set `metrics_token` to read them from elsewhere."
    return refusal(403, ErrorCode.FORBIDDEN, message)


_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")


def _is_local(request: Request) -> bool:
    """Whether a program of this machine asks for itself. A proxy on it speaks for others, and says so in a header."""
    if request.client is None or any(header in request.headers for header in _FORWARDED):
        return False
    try:
        address = ipaddress.ip_address(request.client.host)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback

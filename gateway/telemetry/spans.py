"""Spans by OpenTelemetry, sent by OTLP over HTTP. Imported by `gateway.telemetry.tracing` alone, as it is an extra.

Where they go and which are sampled is decided by OpenTelemetry's own variables, OTEL_EXPORTER_OTLP_ENDPOINT and so on.
"""

import asyncio
import importlib.metadata
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from hashlib import sha256

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from gateway.telemetry.operation_names import is_publishable

CLOSE_SECONDS = 3
"""How long a process that ends waits for a collector that doesn't answer, before it gives the last spans up."""

_FAILURES = frozenset({"internal", "unavailable", "timeout"})


class OtlpTracing:
    """Sends spans in the background, some seconds after they ended."""

    def __init__(self) -> None:
        self._exporter = OTLPSpanExporter()
        self._provider = TracerProvider(resource=_resource(), shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(self._exporter))
        self._tracer = self._provider.get_tracer("admittance")
        self._contexts = TraceContextTextMapPropagator()

    @contextmanager
    def operation(self, name: str | None, kind: str, headers: Mapping[str, str]) -> Generator["OtlpOperationSpan"]:
        """The span round an operation, current within the block, so that batches become its children."""
        shown = name if name and is_publishable(name) else None
        attributes = {"graphql.operation.type": kind} | ({"graphql.operation.name": shown} if shown else {})
        with self._tracer.start_as_current_span(
            f"{kind} {shown}" if shown else kind,
            context=self._contexts.extract(headers),
            kind=trace.SpanKind.SERVER,
            attributes=attributes,
            # The text of an exception may quote what was sent.
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            yield OtlpOperationSpan(span)

    def batch(self, loader: str, size: int, seconds: float) -> None:
        """A span that ends now, below that of the operation."""
        if not trace.get_current_span().is_recording():
            return
        ended = time.time_ns()
        attributes = {"admittance.loader.name": loader, "admittance.loader.size": size}
        started = ended - int(seconds * 1_000_000_000)
        self._tracer.start_span(f"load {loader}", attributes=attributes, start_time=started).end(ended)

    async def close(self) -> None:
        """Sends the last spans. A collector that is away is tried again for CLOSE_SECONDS."""
        closing = asyncio.create_task(asyncio.to_thread(self._provider.shutdown))
        if not (await asyncio.wait({closing}, timeout=CLOSE_SECONDS))[0]:
            self._exporter.shutdown()
        await closing


class OtlpOperationSpan:
    """The span of one operation."""

    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def set(self, *, outcome: str | None = None, cost: int | None = None, document: str | None = None) -> None:
        """Notes what has become known; an outcome that is our own failing marks the span as failed."""
        digest = sha256(document.encode(errors="surrogatepass")).hexdigest() if document is not None else None
        noted = {"admittance.outcome": outcome, "admittance.cost": cost, "graphql.document.hash": digest}
        self._span.set_attributes({name: value for name, value in noted.items() if value is not None})
        if outcome in _FAILURES:
            self._span.set_status(trace.StatusCode.ERROR)


def _resource() -> Resource:
    """Who sends the spans; OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES win."""
    own = {SERVICE_NAME: "admittance", SERVICE_VERSION: importlib.metadata.version("admittance")}
    return Resource(own).merge(OTELResourceDetector().detect())

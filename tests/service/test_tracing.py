"""Traces: what a collector receives, over a real socket, and that nobody needs OpenTelemetry who wants none."""

import subprocess
import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx2
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from gateway.setting_groups import TelemetrySettings
from gateway.settings import SettingsInvalid
from gateway.telemetry.tracing import NoTracing, Tracing, tracer
from resolvers.context import new_context
from storage.database import Database
from storage.environments import create_environment
from tests.service.serving import NO_TLS, Caller, serving

KEY = "adm_live_" + "aB3" * 14 + "z"
TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@dataclass
class Collector:
    """What was sent to an OTLP receiver."""

    requests: list[ExportTraceServiceRequest] = field(default_factory=list[ExportTraceServiceRequest])

    @property
    def spans(self) -> dict[str, Span]:
        """All spans by name."""
        return {
            span.name: span
            for request in self.requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        }

    def resource(self) -> dict[str, str]:
        """Who sent the first of them."""
        attributes = self.requests[0].resource_spans[0].resource.attributes
        return {attribute.key: attribute.value.string_value for attribute in attributes}


@contextmanager
def _receiving(status: int = 200) -> Generator[tuple[Collector, str]]:
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/v1/traces":
                collector.requests.append(ExportTraceServiceRequest.FromString(body))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield collector, f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Generator[Collector]:
    """A collector that OpenTelemetry's own variable names."""
    with _receiving() as (collector, url):
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url)
        yield collector


def _tracing() -> Tracing:
    return tracer(TelemetrySettings(tracing=True))


def _attributes(span: Span) -> dict[str, str | int]:
    return {each.key: each.value.string_value or each.value.int_value for each in span.attributes}


async def test_an_operation_is_a_span_without_its_variables(collector: Collector) -> None:
    tracing = _tracing()

    with tracing.operation("PaywallGate", "query", {}) as span:
        span.set(outcome="ok", cost=25, document="{ viewer { id } }")
    await tracing.close()

    [sent] = collector.spans.values()
    assert (sent.name, sent.kind, sent.parent_span_id) == ("query PaywallGate", Span.SPAN_KIND_SERVER, b"")
    assert _attributes(sent) == {
        "graphql.operation.name": "PaywallGate",
        "graphql.operation.type": "query",
        "graphql.document.hash": sha256(b"{ viewer { id } }").hexdigest(),
        "admittance.outcome": "ok",
        "admittance.cost": 25,
    }
    assert collector.resource()["service.name"] == "admittance"


async def test_batches_are_children_of_their_operation(collector: Collector, database: Database) -> None:
    environment = await create_environment(database, "sandbox", livemode=False)
    tracing = _tracing()

    with tracing.operation("Keys", "query", {}):
        await new_context(database, environment, observe=tracing.batch).loaders.features_by_key.load_all(["a", "b"])
    tracing.batch("outside", 1, 0.1)
    await tracing.close()

    spans = collector.spans
    operation, batch = spans["query Keys"], spans["load features_by_key"]
    assert set(spans) == {"query Keys", "load features_by_key"}
    assert (batch.trace_id, batch.parent_span_id) == (operation.trace_id, operation.span_id)
    assert _attributes(batch) == {"admittance.loader.name": "features_by_key", "admittance.loader.size": 2}
    assert operation.start_time_unix_nano <= batch.start_time_unix_nano < batch.end_time_unix_nano


async def test_the_callers_trace_goes_on_here(collector: Collector) -> None:
    tracing = _tracing()

    with tracing.operation(None, "mutation", {"traceparent": f"00-{TRACE}-{PARENT}-01"}):
        pass
    with tracing.operation("Unsampled", "query", {"traceparent": f"00-{TRACE}-{PARENT}-00"}):
        pass
    await tracing.close()

    [span] = collector.spans.values()
    assert (span.name, span.trace_id.hex(), span.parent_span_id.hex()) == ("mutation", TRACE, PARENT)


@pytest.mark.parametrize("given", ["", "00", "zz-1-2-3", f"00-{'0' * 32}-{PARENT}-01", "00-" + "a" * 100_000])
async def test_a_broken_trace_header_begins_a_new_trace(collector: Collector, given: str) -> None:
    tracing = _tracing()

    with tracing.operation("Own", "query", {"traceparent": given}):
        pass
    await tracing.close()

    assert collector.spans["query Own"].parent_span_id == b""


async def test_an_exception_leaves_no_text_and_a_failure_is_marked(collector: Collector) -> None:
    tracing = _tracing()

    with pytest.raises(ValueError, match="secret"), tracing.operation("Broken", "query", {}) as span:  # noqa: PT012
        span.set(outcome="internal")
        raise ValueError("secret")
    await tracing.close()

    sent = collector.spans["query Broken"]
    assert (sent.status.code, sent.status.message, list(sent.events)) == (Status.STATUS_CODE_ERROR, "", [])
    assert b"secret" not in sent.SerializeToString()


async def test_a_name_that_is_a_key_is_not_sent(collector: Collector) -> None:
    tracing = _tracing()

    with tracing.operation(KEY, "query", {}):
        pass
    await tracing.close()

    [span] = collector.spans.values()
    assert span.name == "query"
    assert KEY.encode() not in span.SerializeToString()


async def test_the_application_traces_an_operation_and_its_batches(collector: Collector, database_url: str) -> None:
    database = Database.open(database_url)
    with serving(database_url, tracing=True) as url:
        async with httpx2.AsyncClient(
            base_url=url, headers={"traceparent": f"00-{TRACE}-{PARENT}-01"}, verify=NO_TLS
        ) as client:
            caller = await Caller.arrive(client, database)
            await caller.ask('query ByKey { feature(by: {lookupKey: "never-sent"}) { id } }')
    await database.close()

    operation, batch = collector.spans["query ByKey"], collector.spans["load features_by_key"]
    assert (operation.trace_id.hex(), operation.parent_span_id.hex()) == (TRACE, PARENT)
    assert batch.parent_span_id == operation.span_id
    assert _attributes(operation)["admittance.outcome"] == "ok"
    assert not any(b"never-sent" in request.SerializeToString() for request in collector.requests)


async def test_a_collector_that_is_away_keeps_nobody_from_ending(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.telemetry.spans.CLOSE_SECONDS", 0.1)
    with _receiving(status=503) as (_, url):
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url)
        tracing = _tracing()
        with tracing.operation("Lost", "query", {}):
            pass
        started = time.monotonic()

        await tracing.close()

    assert time.monotonic() - started < 3


def test_unless_it_is_asked_for_nothing_is_traced_and_nothing_imported() -> None:
    program = (
        "import sys; from gateway.setting_groups import TelemetrySettings;"
        "from gateway.telemetry.tracing import tracer;"
        "tracing = tracer(TelemetrySettings(tracing=False));"
        "span = tracing.operation('A', 'query', {}).__enter__(); span.set(outcome='ok'); tracing.batch('a', 1, 0.1);"
        "sys.exit(any(name.startswith('opentelemetry') for name in sys.modules))"
    )

    assert subprocess.run([sys.executable, "-c", program], check=False, timeout=60).returncode == 0


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("opentelemetry", "opentelemetry.sdk", "opentelemetry.trace"):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delitem(sys.modules, "gateway.telemetry.spans", raising=False)

    with pytest.raises(SettingsInvalid, match=r"pip install 'admittance\[telemetry\]'"):
        tracer(TelemetrySettings(tracing=True))

    assert isinstance(tracer(TelemetrySettings(tracing=False)), NoTracing)

"""What Prometheus reads: the figures of operations and batches, and who may read them."""

import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import get_args

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr
from starlette.applications import Starlette

from gateway.preparing.limits import NO_LIMITS
from gateway.preparing.preparation import Preparation
from gateway.setting_groups import TelemetrySettings
from gateway.telemetry.kept import KeptFigures
from gateway.telemetry.metrics import Metrics, Outcome, metrics_routes
from gateway.telemetry.operation_names import MOST_NAMES, OTHER
from gateway.telemetry.webhooks import WebhookFigures
from gateway.telemetry.worker import WorkerFigures
from resolvers.context import new_context
from resolvers.loaders import Loaders
from resolvers.shared import SharedReads
from schema.build import CORE_SCHEMA
from storage.database import Database
from storage.environments import create_environment
from tests.service.serving import NO_TLS, Caller

OPERATIONS_PAGE = Path(__file__).parents[2] / "docs" / "operations.md"

KEY = "adm_live_" + "aB3" * 14 + "z"

HAS_SSO = '{ customer(by: {externalId: "acme"}) { access(lookupKeys: ["sso"]) { hasAccess } } }'

Sample = tuple[str, tuple[tuple[str, str], ...]]


def _samples(text: str) -> dict[Sample, float]:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def _of(name: str, **labels: str) -> Sample:
    return name, tuple(sorted(labels.items()))


def _names(metrics: Metrics) -> set[str]:
    labels = (dict(labels) for name, labels in _samples(metrics.text().decode()) if name.startswith("admittance_op"))
    return {label["operation"] for label in labels}


@asynccontextmanager
async def _reading(
    database: Database, token: str | None = None, *, metrics: Metrics | None = None, peer: str = "127.0.0.1"
) -> AsyncGenerator[httpx2.AsyncClient]:
    settings = TelemetrySettings(metrics_token=SecretStr(token) if token else None)
    app = Starlette(routes=metrics_routes(metrics or Metrics(), database, settings))
    transport = httpx2.ASGITransport(app, client=(peer, 1))
    async with httpx2.AsyncClient(transport=transport, base_url="http://test", verify=NO_TLS) as client:
        yield client


def test_an_operation_is_counted_by_its_name_type_and_outcome() -> None:
    metrics = Metrics()

    metrics.operation("PaywallGate", "query", "ok", 0.02, 25)
    metrics.operation("PaywallGate", "query", "partial", 0.3, 25)
    metrics.operation(None, "mutation", "internal", 0.1, None)

    samples = _samples(metrics.text().decode())
    gate = {"operation": "PaywallGate", "type": "query"}
    assert samples[_of("admittance_operations_total", **gate, outcome="ok")] == 1
    assert samples[_of("admittance_operations_total", **gate, outcome="partial")] == 1
    assert samples[_of("admittance_operations_total", operation="", type="mutation", outcome="internal")] == 1
    assert samples[_of("admittance_operation_seconds_bucket", **gate, le="0.025")] == 1
    assert samples[_of("admittance_operation_seconds_sum", **gate)] == pytest.approx(0.32)
    assert samples[_of("admittance_operation_cost_sum", **gate)] == 50
    assert _of("admittance_operation_cost_count", operation="", type="mutation") not in samples


@pytest.mark.parametrize("outcome", ["refused", "limited", "unauthenticated"])
def test_being_turned_away_does_not_flatter_the_times(outcome: Outcome) -> None:
    metrics = Metrics()

    metrics.operation(None, "unknown", outcome, 0.0, 10)

    samples = _samples(metrics.text().decode())
    assert samples[_of("admittance_operations_total", operation="", type="unknown", outcome=outcome)] == 1
    assert not [name for name, _ in samples if name.startswith("admittance_operation_")]


def test_names_that_clients_make_up_fill_no_memory() -> None:
    metrics = Metrics()

    for number in range(MOST_NAMES + 50):
        metrics.operation(f"Name{number}", "query", "ok", 0.1, 1)
    metrics.operation("Name0", "query", "ok", 0.1, 1)

    assert _names(metrics) == {f"Name{number}" for number in range(MOST_NAMES)} | {OTHER}
    samples = _samples(metrics.text().decode())
    assert samples[_of("admittance_operations_total", operation=OTHER, type="query", outcome="ok")] == 50
    assert samples[_of("admittance_operations_total", operation="Name0", type="query", outcome="ok")] == 2


def test_whoever_is_turned_away_takes_no_honest_names_place() -> None:
    metrics = Metrics()

    for number in range(MOST_NAMES):
        metrics.operation(f"Forged{number}", "query", "unauthenticated", 0, None)
    metrics.operation("Honest", "query", "ok", 0.1, 1)
    metrics.operation("Honest", "query", "refused", 0.1, 1)

    assert _names(metrics) == {"Honest", OTHER}


@pytest.mark.parametrize("name", ["a" * 65, "a-b", "a\n", 'a"} 1\nforged{x="', KEY])
def test_no_name_but_a_short_one_by_the_grammar_is_published(name: str) -> None:
    metrics = Metrics()

    metrics.operation(name, "query", "ok", 0.1, 1)

    assert _names(metrics) == {OTHER}
    assert name not in metrics.text().decode()


async def test_batches_are_counted_by_their_loader(database: Database) -> None:
    environment = await create_environment(database, "sandbox", livemode=False)
    metrics = Metrics()
    context = new_context(database, environment, observe=metrics.batch)

    await context.loaders.features_by_key.load_all(["a", "b", "a"])

    samples = _samples(metrics.text().decode())
    assert samples[_of("admittance_loader_batch_size_sum", loader="features_by_key")] == 2
    assert samples[_of("admittance_loader_batch_seconds_count", loader="features_by_key")] == 1


async def test_every_loader_is_counted_under_the_name_of_its_place(database: Database) -> None:
    told: list[str] = []
    environment = await create_environment(database, "sandbox", livemode=False)
    loaders = new_context(database, environment, observe=lambda loader, size, seconds: told.append(loader)).loaders
    places = [name for name, value in vars(Loaders).items() if isinstance(value, cached_property)]

    for place in places:
        # A key of no loader's kind: what becomes of the batch doesn't matter, that it is told of does.
        with suppress(Exception):
            await getattr(loaders, place).load("nothing")

    assert len(places) > 10
    assert told == places


async def test_the_application_counts_its_operations_and_their_batches(caller: Caller) -> None:
    await caller.ask('query ByKey { feature(by: {lookupKey: "sso"}) { id } }')
    await caller.post({"query": "query Wrong { nothing }"})
    await caller.client.post("/graphql", json={"query": "{ viewer { id } }"})

    samples = _samples((await caller.client.get("/metrics")).text)

    operations = {
        (labels["operation"], labels["outcome"]): value
        for (name, pairs), value in samples.items()
        if name == "admittance_operations_total" and (labels := dict(pairs))
    }
    assert operations == {("ByKey", "ok"): 1, ("", "refused"): 1, ("", "unauthenticated"): 1}
    assert samples[_of("admittance_loader_batch_size_count", loader="features_by_key")] == 1


async def test_what_is_kept_is_shown_with_how_often_it_helped(caller: Caller) -> None:
    await caller.do("createFeature", "feature { id }", name="SSO", lookupKey="sso")
    await caller.do("createCustomer", "customer { id }", externalId="acme")
    for _ in range(3):
        await caller.ask(HAS_SSO)

    text = (await caller.client.get("/metrics")).text

    samples = _samples(text)
    lookups = {
        of: tuple(samples[_of("admittance_kept_lookups_total", of=of, found=found)] for found in ("yes", "no"))
        for of in ("customers", "documents")
    }
    # Who creates a customer keeps nothing of it: it has no facts yet.
    assert lookups == {"customers": (2, 1), "documents": (2, 3)}
    assert samples[_of("admittance_kept_entries", of="customers")] == 1
    assert samples[_of("admittance_kept_bytes", of="customers")] > 0
    assert samples[_of("admittance_kept_entries", of="documents")] == 3
    assert samples[_of("admittance_kept_entries", of="catalogue")] > 0
    assert {samples[_of("admittance_kept_dropped_total", of=of)] for of in ("customers", "catalogue")} == {0}


async def test_the_page_shows_the_build_the_process_and_the_databases_connections(database: Database) -> None:
    async with _reading(database) as client, database.read():
        answer = await client.get("/metrics")

    samples = _samples(answer.text)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert samples[_of("admittance_database_connections", state="in_use")] == 1
    assert samples[_of("admittance_database_connections", state="idle")] == 0
    assert [value for (name, _), value in samples.items() if name == "admittance_build_info"] == [1]
    assert samples[_of("process_resident_memory_bytes")] > 0


async def test_without_a_token_only_this_machine_may_read_them(database: Database) -> None:
    for peer, status in {"127.0.0.1": 200, "::1": 200, "::ffff:127.0.0.1": 200, "10.0.0.7": 403, "": 403}.items():
        async with _reading(database, peer=peer) as client:
            answer = await client.get("/metrics")

        assert answer.status_code == status, peer


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP"])
async def test_a_proxy_on_this_machine_does_not_lend_its_address(database: Database, header: str) -> None:
    async with _reading(database) as client:
        answer = await client.get("/metrics", headers={header: "127.0.0.1"})

    assert answer.status_code == 403
    assert answer.json()["errors"][0]["extensions"] == {"code": "FORBIDDEN"}


async def test_with_a_token_nobody_reads_them_without_it(database: Database) -> None:
    wrong = ["", "Bearer", "Bearer ", "Bearer t0ken", "Basic t0ken-of-metrics", "t0ken-of-metrics", "Bearer t\xf6ken"]
    async with _reading(database, "t0ken-of-metrics", peer="10.0.0.7") as client:
        refused = [await client.get("/metrics", headers=[(b"Authorization", each.encode("latin-1"))]) for each in wrong]
        right = await client.get("/metrics", headers={"Authorization": "bearer t0ken-of-metrics"})

    assert [answer.status_code for answer in refused] == [401] * len(wrong)
    assert all(answer.json()["errors"][0]["extensions"] == {"code": "UNAUTHENTICATED"} for answer in refused)
    assert all(answer.headers["www-authenticate"].startswith("Bearer ") for answer in refused)
    assert right.status_code == 200


def test_turned_off_there_is_no_page() -> None:
    database = Database.open("sqlite:///never-opened.db")

    assert metrics_routes(Metrics(), database, TelemetrySettings(metrics=False)) == []


async def test_the_page_of_the_docs_names_every_metric_its_labels_and_every_outcome(database: Database) -> None:
    metrics = Metrics()
    metrics.operation("A", "query", "ok", 0.1, 1)
    metrics.batch("a", 1, 0.1)
    metrics.fallback("introspection")
    WebhookFigures(metrics.registry).note_attempt("confirmed", 0.1)
    metrics.registry.register(KeptFigures(SharedReads(database), Preparation(CORE_SCHEMA, NO_LIMITS)))
    WorkerFigures(metrics.registry)
    async with _reading(database, metrics=metrics) as client:
        text = (await client.get("/metrics")).text

    rows = [line.split(" | ") for line in OPERATIONS_PAGE.read_text(encoding="utf-8").splitlines() if line[:3] == "| `"]
    documented = {row[0].strip("| `"): set(re.findall(r"`(\w+)`", row[1].partition(":")[0])) for row in rows}
    assert {name: labels for name, labels in documented.items() if name.startswith("admittance_")} == {
        re.sub("(_operations|_fallbacks|_lookups|_dropped|_announced|_errors|_attempts)$", r"\1_total", name): labels
        for name, labels in _labels(text).items()
        if name.startswith("admittance_")
    }
    assert set(get_args(Outcome)) <= documented.keys()


def _labels(text: str) -> dict[str, set[str]]:
    """The labels of each metric, but for those of a format: buckets, and the instant it began."""
    families = [each for each in text_string_to_metric_families(text) if not each.name.endswith("_created")]
    return {
        f"{each.name}_info" if each.type == "info" else each.name: {
            label for sample in each.samples for label in sample.labels if label != "le"
        }
        for each in families
    }

"""Whatever is sent to the REST endpoints is answered as `/openapi.json` describes it: no status of 500, no surprise.

2,500 requests in all, over both databases. FUZZ_REST_REQUESTS asks for more, as `make proofs` does, and FUZZ_SEED for
others.
"""

import asyncio
import os
from collections.abc import Generator
from random import Random
from typing import Any, cast

import httpx2
import pytest
import schemathesis
import stripe
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import load_all_checks
from schemathesis.core.failures import FailureGroup

from storage.credentials import create_key
from storage.database import Database
from storage.environments import create_environment
from tests.fuzz.generating import each_of
from tests.service.rest.shop import Shop
from tests.service.serving import NO_TLS, Caller, serving

Case = Any
"""Schemathesis' own class, whose types are half open."""

REQUESTS = int(os.environ.get("FUZZ_REST_REQUESTS", "2500"))
_FURNISHED_EVERY = 100
"""Requests. Generated ones delete, archive and cancel: without new things there would soon be nothing to find."""

_tool: Any = schemathesis

pytestmark = pytest.mark.timeout(900)


@pytest.fixture
def shop(database_url: str) -> Generator[Shop]:
    """The library with a key that may do everything, and the application."""
    with asyncio.Runner() as runner, serving(database_url) as url:
        database = Database.open(database_url)
        try:
            environment = runner.run(create_environment(database, "sandbox", livemode=False))
            _, secret = runner.run(create_key(database, environment.id, "generated", ("*",)))
            caller = Caller(httpx2.AsyncClient(base_url=url, verify=NO_TLS), database, environment, secret)
            yield Shop(caller, stripe.StripeClient(secret, base_addresses={"api": url}))
            runner.run(caller.client.aclose())
        finally:
            runner.run(database.close())


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.name.lower())
def test_a_generated_request_is_answered_by_the_book(
    shop: Shop, seed: int, caplog: pytest.LogCaptureFixture, mode: GenerationMode
) -> None:
    findings: dict[str, str] = {}
    statuses: list[int] = []
    known: dict[str, list[str]] = {}
    random = Random(seed)  # noqa: S311 - it is to be foreseeable

    def send(case: Case) -> None:
        if len(statuses) % _FURNISHED_EVERY == 0:
            _furnish(shop, f"{len(statuses)}", known)
        _ground(case, known, random)
        response = case.call()
        statuses.append(response.status_code)
        for failure in _failures(case, response):
            findings.setdefault(failure, str(case.as_curl_command()))

    each_of(_cases(shop, mode), REQUESTS // 4, seed, send)

    assert findings == {}
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []
    assert len(statuses) >= REQUESTS // 4
    assert {200, 400, 404} <= set(statuses)


def _cases(shop: Shop, mode: GenerationMode) -> st.SearchStrategy[Case]:
    """Requests to every endpoint that the running application tells of."""
    load_all_checks()
    headers = {"Authorization": f"Bearer {shop.caller.secret}"}
    schema = _tool.openapi.from_url(f"{shop.address}/openapi.json", headers=headers)
    operations = [found.ok() for found in schema.get_all_operations()]
    return st.one_of([operation.as_strategy(generation_mode=mode) for operation in operations]).map(
        lambda case: _with_headers(case, headers)
    )


def _with_headers(case: Case, headers: dict[str, str]) -> Case:
    case.headers.update(headers)
    return case


def _furnish(shop: Shop, label: str, known: dict[str, list[str]]) -> None:
    """Puts an object of most kinds into the environment."""
    product = shop.product(f"key {label}")
    customer = shop.customer()
    subscription = shop.subscribe(customer, product)
    made = {
        "customer": [customer],
        "product": [product],
        "subscription": [subscription],
        "price": [f"price_1month_{product}"],
        "entitlement_feature": [shop.feature(f"other {label}").id],
    }
    for name, ids in made.items():
        known.setdefault(name, []).extend(ids)
    known.setdefault("id", []).extend(each for ids in made.values() for each in ids)


def _ground(case: Case, known: dict[str, list[str]], random: Random) -> None:
    """Replaces most ids that were made up by such as there are."""
    for parameters in (case.path_parameters, case.query, case.body):
        if not isinstance(parameters, dict):
            continue
        given = cast("dict[str, object]", parameters)
        for name in sorted(given.keys() & known.keys()):
            if random.random() < 0.8:
                given[name] = random.choice(known[name])


def _failures(case: Case, response: Any) -> list[str]:  # noqa: ANN401
    checks = _tool.checks
    wanted = [
        checks.not_a_server_error,
        checks.status_code_conformance,
        checks.content_type_conformance,
        checks.response_schema_conformance,
    ]
    try:
        case.validate_response(response, checks=wanted)
    except FailureGroup as group:
        return [f"{case.method} {case.path} {response.status_code}: {failure}" for failure in group.exceptions]
    return []

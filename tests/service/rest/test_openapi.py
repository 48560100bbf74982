"""`/openapi.json` describes what is there, and what is there is as described."""

import re
from typing import Any

import jsonschema_rs
import pytest

from gateway.rest.openapi import describe
from gateway.rest.routes import ENDPOINTS
from resolvers.callers import Scope
from storage.credentials import create_key
from tests.service.rest.shop import Shop
from tests.service.serving import serving

Json = Any

DESCRIBED: Json = describe(ENDPOINTS)


async def test_the_description_is_served_to_who_may_ask_for_schemas(shop: Shop, database_url: str) -> None:
    answer = await shop.send("GET", "/openapi.json")
    again = await shop.send("GET", "/openapi.json", **{"If-None-Match": answer.headers["ETag"]})
    stranger = await shop.caller.client.get("/openapi.json")
    with serving(database_url, rest=False) as url:
        switched_off = await shop.send("GET", f"{url}/openapi.json")

    assert answer.json() == DESCRIBED
    assert [each.status_code for each in (again, stranger, switched_off)] == [304, 401, 404]


def test_every_endpoint_and_every_parameter_is_described() -> None:
    assert len({endpoint.name for endpoint in ENDPOINTS}) == len(ENDPOINTS)
    for endpoint in ENDPOINTS:
        operation = DESCRIBED["paths"][endpoint.path][endpoint.method.lower()]
        assert operation["summary"].endswith(".")
        for name, parameter in endpoint.parameters.model_fields.items():
            assert (parameter.description or "").endswith("."), (endpoint.name, name)


def test_stripe_has_an_operation_of_every_path_but_paygentics() -> None:
    """The names of ids apart: in Stripe's own description each kind of object has one of its own.

    And the address apart that only its events give.
    """
    paths = {re.sub(r"{\w+}", "{}", endpoint.path) for endpoint in ENDPOINTS}

    assert paths - {"/v1/entitlements", "/v1/entitlements/{}", "/v1/customer/{}/entitlements"} == {
        "/v1/entitlements/features",
        "/v1/entitlements/features/{}",
        "/v1/entitlements/active_entitlements",
        "/v1/entitlements/active_entitlements/{}",
        "/v1/products",
        "/v1/products/{}",
        "/v1/products/{}/features",
        "/v1/products/{}/features/{}",
        "/v1/customers",
        "/v1/customers/{}",
        "/v1/subscriptions",
        "/v1/subscriptions/{}",
        "/v1/subscriptions/{}/resume",
        "/v1/subscription_items",
        "/v1/subscription_items/{}",
        "/v1/webhook_endpoints",
        "/v1/webhook_endpoints/{}",
        "/v1/events",
        "/v1/events/{}",
        "/v1/test_helpers/test_clocks",
        "/v1/test_helpers/test_clocks/{}",
        "/v1/test_helpers/test_clocks/{}/advance",
    }


async def test_answers_are_as_described(shop: Shop) -> None:
    customer, product = await shop.use(lambda: (shop.customer(), shop.product("sso")))
    subscription = await shop.use(lambda: shop.subscribe(customer, product))
    asked = {
        ("get", "/v1/entitlements/features"): "/v1/entitlements/features",
        ("get", "/v1/products/{product}/features"): f"/v1/products/{product}/features",
        ("get", "/v1/products/{id}"): f"/v1/products/{product}",
        ("get", "/v1/customers/{id}"): f"/v1/customers/{customer}",
        ("get", "/v1/subscriptions/{id}"): f"/v1/subscriptions/{subscription}?expand[]=customer",
        ("get", "/v1/entitlements/active_entitlements"): (
            f"/v1/entitlements/active_entitlements?customer={customer}&expand[]=data.feature"
        ),
        ("get", "/v1/customer/{customer}/entitlements"): f"/v1/customer/{customer}/entitlements",
        ("get", "/v1/entitlements"): f"/v1/entitlements?customerId={customer}",
        ("get", "/v1/test_helpers/test_clocks"): "/v1/test_helpers/test_clocks",
    }
    for (method, path), address in asked.items():
        _check(method, path, "200", (await shop.send(method.upper(), address)).json())
        _check(
            method,
            path,
            "400",
            (await shop.send(method.upper(), f"{address}{'&' if '?' in address else '?'}x=1")).json(),
        )


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_no_endpoint_is_for_everybody(endpoint: Json) -> None:
    assert endpoint.access.scope in Scope
    assert not endpoint.access.sessions


async def test_a_key_without_scopes_is_refused_everywhere(shop: Shop) -> None:
    caller = shop.caller
    _, nobody = await create_key(caller.database, caller.environment.id, "nobody", (Scope.SESSIONS_WRITE,))
    for endpoint in ENDPOINTS:
        address = re.sub(r"{\w+}", "x_1", endpoint.path)
        answer = await shop.send(endpoint.method, address, Authorization=f"Bearer {nobody}")
        assert (endpoint.name, answer.status_code) == (endpoint.name, 403)


def _check(method: str, path: str, status: str, answer: Json) -> None:
    described = DESCRIBED["paths"][path][method]["responses"][status]["content"]["application/json"]["schema"]
    jsonschema_rs.validator_for({**described, "components": DESCRIBED["components"]}).validate(answer)

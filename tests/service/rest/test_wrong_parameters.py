"""Whatever is wrong with a request to any endpoint, the answer's status, type, code and parameter say so.

What is sent is worked out from the description of the endpoints, so that a new one, or a new parameter, is held to it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest

from gateway.rest.endpoints import Endpoint
from gateway.rest.openapi import describe
from gateway.rest.routes import ENDPOINTS
from tests.service.rest.shop import Shop

Json = Any
Named = tuple[str | None, str]
"""The code and the parameter that a refusal names."""

DESCRIBED: Json = describe(ENDPOINTS)

INVALID = "invalid_request_error"
EMPTY = "parameter_invalid_empty"
INTEGER = "parameter_invalid_integer"
MISSING = "parameter_missing"
UNKNOWN = "parameter_unknown"
NOT_THERE = "resource_missing"

WRONG: Mapping[str, Mapping[str, str | None]] = {
    "integer": {"=x": INTEGER, "=1.5": INTEGER, "=": INTEGER, "=999999999999999999": INTEGER, "[]=1": INTEGER},
    "boolean": {"=1": None, "=": None, "=True": None, "[]=true": None},
    "string": {"[]=x": None, "[a]=x": None},
    "filled string": {"=": EMPTY, "[]=x": None, "[a]=x": None},
    "enum": {"=odd": None, "=": None, "[]=odd": None},
    "price": {"=odd": NOT_THERE, "=": NOT_THERE, "[]=odd": NOT_THERE},
    "instant": {"=yesterday": None, "=2030-01-01T00:00:00": None, "=": None},
    "moment": {"=x": INTEGER, "=-1": INTEGER, "[]=1": INTEGER},
    "metadata": {"=x": None, "[]=x": None, "[a][b]=x": None, "[a][]=x": None},
    "array": {"=x": None, "[first]=x": None},
    "group": {"=x": None, "[]=x": None},
    "stretch": {"=x": INTEGER, "=": INTEGER, "=-1": INTEGER, "[]=1": None},
}
"""What may be sent after the name of a parameter of each kind, and the code that it is refused with."""

GIVEN = {
    "name": "a",
    "lookup_key": "a",
    "entitlement_feature": "feat_1",
    "customer": "cus_1",
    "customerId": "cus_1",
    "subscription": "sub_1",
    "items": "price_1month_prod_1",
    "url": "https://a.example",
    "enabled_events": "*",
    "frozen_time": "1893456000",
}
"""A value for each parameter that some endpoint needs."""

NEEDED_TOO = {"PostSubscriptionItems": {"price": "price_1month_prod_1"}}
"""By the endpoint's name, what its description doesn't say: of two parameters one is needed."""

INSIDE = {
    "product": "prod_1",
    "currency": "eur",
    "interval": "month",
    "interval_count": "1",
    "missing_payment_method": "pause",
}
"""Values of parameters inside others."""


def sent(endpoint: Endpoint) -> Json:
    """The schema of what an endpoint takes."""
    described = DESCRIBED["paths"][endpoint.path][endpoint.method.lower()]
    if endpoint.method == "POST":
        [content] = described["requestBody"]["content"].values()
        return content["schema"]
    found = [each for each in described["parameters"] if each["in"] == "query"]
    names = {each["name"].removesuffix("[]"): each for each in found}
    required = [name for name, each in names.items() if each["required"]]
    return {"properties": {name: each["schema"] for name, each in names.items()}, "required": required}


def kind_of(schema: Json) -> str:
    """Which entry of WRONG a parameter falls under."""
    if "properties" in schema:
        return "stretch" if {"gte", "lt"} <= schema["properties"].keys() else "group"
    match schema:
        case {"anyOf": _}:
            return "moment"
        case {"enum": _}:
            return "enum"
        case {"pattern": _}:
            return "price"
        case {"format": "date-time"}:
            return "instant"
        case {"type": "object"}:
            return "metadata"
        case {"type": "string", "minLength": 1}:
            return "filled string"
        case _:
            return schema["type"]


def resolved(schema: Json) -> Json:
    """A schema without what it refers to, and without null."""
    if "anyOf" in schema:
        [*others] = [each for each in schema["anyOf"] if each.get("type") != "null"]
        if len(others) == 1:
            return resolved(others[0])
    reference = schema.get("$ref")
    return DESCRIBED["components"]["schemas"][reference.rpartition("/")[2]] if reference else schema


def mistakes(name: str, schema: Json) -> Iterator[tuple[str, Named]]:
    """Forms that are wrong in one parameter, and all that is inside it; each with what it is refused with."""
    schema = resolved(schema)
    for rest, code in WRONG[kind_of(schema)].items():
        yield f"{name}{rest}", (code, name)
    for bound, step in (("minimum", -1), ("maximum", 1)):
        if bound in schema:
            yield f"{name}={schema[bound] + step}", (INTEGER, name)
    if schema.get("type") == "array" and "items" in schema:
        yield "&".join([f"{name}[]=x"] * 101), (None, name)
        yield from mistakes(f"{name}[0]", schema["items"])
    if "properties" in schema:
        yield f"{name}[nonsense]=1", (UNKNOWN, f"{name}[nonsense]")
        yield from mistakes_inside(name, schema["properties"], schema.get("required", ()))


def mistakes_inside(name: str, properties: Json, required: Sequence[str]) -> Iterator[tuple[str, Named]]:
    """Those of a parameter that holds others; what it needs besides is given."""

    def beside(inner: str) -> list[str]:
        return [f"{name}[{each}]={INSIDE[each]}" for each in required if each != inner]

    for inner, of in properties.items():
        for mistake, named in mistakes(f"{name}[{inner}]", of):
            yield "&".join([mistake, *beside(inner)]), named
    for inner in required:
        for other in INSIDE.keys() & properties.keys() - {inner}:
            yield f"{name}[{other}]={INSIDE[other]}", (MISSING, f"{name}[{inner}]")


def needed(endpoint: Endpoint, given: Mapping[str, str] = GIVEN, but: str = "") -> dict[str, str]:
    """What an endpoint needs, as it is sent, without one of it."""
    sent_as = {"items": "items[0][price]", "enabled_events": "enabled_events[]"}
    required: Sequence[str] = sent(endpoint).get("required", ())
    named = {sent_as.get(name, name): given[name] for name in required if name != but}
    return named | {name: value for name, value in NEEDED_TOO.get(endpoint.name, {}).items() if name != but}


def form(*parts: str, **more: str) -> str:
    return "&".join([*parts, *(f"{name}={value}" for name, value in more.items())])


def wrong_forms(endpoint: Endpoint) -> Iterator[tuple[str, Named]]:
    """Every mistake that can be made with an endpoint's parameters by themselves."""
    schema = sent(endpoint)
    yield form("nonsense=1", **needed(endpoint)), (UNKNOWN, "nonsense")
    yield form("expand[]=nonsense", **needed(endpoint)), (None, "expand")
    for name in schema.get("required", ()):
        yield form(**needed(endpoint, but=name)), (MISSING, name)
    for name, of in schema["properties"].items():
        for mistake, named in mistakes(name, of):
            yield form(mistake, **needed(endpoint, but=name)), named
    if "starting_after" in schema["properties"]:
        both = form("starting_after=a_1", "ending_before=a_2", **needed(endpoint))
        yield both, ("parameters_exclusive", "ending_before")


async def ask(shop: Shop, endpoint: Endpoint, address: str, sent: str) -> tuple[Any, ...]:
    if endpoint.method == "POST":
        return await shop.refusal("POST", address, sent)
    return await shop.refusal(endpoint.method, f"{address}?{sent}")


@pytest.mark.parametrize("fresh_database", ["sqlite"], indirect=True)
async def test_what_is_wrong_with_a_parameter_is_told_of_whatever_it_is(shop: Shop) -> None:
    asked = 0
    for endpoint in ENDPOINTS:
        address = re.sub(r"\{\w+\}", "x_1", endpoint.path)
        for wrong, named in wrong_forms(endpoint):
            told = await ask(shop, endpoint, address, wrong)
            assert told == (400, INVALID, *named), (endpoint.name, wrong)
            asked += 1
    assert asked > 600


NOTHING = {
    **dict.fromkeys(("starting_after", "ending_before"), "x_1"),
    **dict.fromkeys(("customer", "customerId"), "cus_1"),
    "subscription": "sub_1",
    "entitlement_feature": "feat_1",
    "price": "price_1month_prod_1",
}
"""An id of nothing for each parameter that takes one."""


async def furnished(shop: Shop) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Ids of things that are there, by the part of an address before them; and values of parameters that name such."""

    def walk() -> tuple[str, str, str, str, str, str]:
        customer, product = shop.customer(), shop.product("sso")
        subscription = shop.subscribe(customer, product)
        [item] = shop.stripe.v1.subscription_items.list({"subscription": subscription}).data
        endpoint = shop.stripe.v1.webhook_endpoints.create({"url": "https://a.example", "enabled_events": ["*"]})
        return customer, product, subscription, item.id, shop.feature("other").id, endpoint.id

    customer, product, subscription, item, feature, endpoint = await shop.use(walk)
    there = {
        **dict.fromkeys(("customer", "customers"), customer),
        "products": product,
        "subscriptions": subscription,
        "subscription_items": item,
        "features": feature,
        "webhook_endpoints": endpoint,
    }
    more = {"customer": customer, "customerId": customer, "subscription": subscription, "entitlement_feature": feature}
    return there, {**GIVEN, **more, "items": f"price_1month_{product}"}


def filled(path: str, there: Mapping[str, str]) -> str:
    """An endpoint's path with ids of things that are there, as far as there are any."""
    return re.sub(r"(\w+)/\{\w+\}", lambda found: f"{found[1]}/{there.get(found[1], 'x_1')}", path)


def excesses(endpoint: Endpoint) -> Iterator[tuple[str, str]]:
    """What is longer than may be, or more, or no text, in each parameter that says so; with the name it is told by."""
    for name, schema in sent(endpoint)["properties"].items():
        of = resolved(schema)
        if "maxLength" in of:
            yield f"{name}={'x' * (of['maxLength'] + 1)}", name
            yield f"{name}=x%00", name
        if kind_of(of) == "metadata":
            yield "&".join(f"{name}[k{number}]=x" for number in range(51)), name
            yield f"{name}[{'k' * 41}]=x", name
            yield f"{name}[k]={'x' * 501}", f"{name}[k]"
            yield f"{name}[k]=x%00", f"{name}[k]"


async def test_what_is_too_long_or_too_many_is_told_of_wherever_it_is_sent(shop: Shop) -> None:
    there, given = await furnished(shop)

    asked = 0
    for endpoint in ENDPOINTS:
        address = filled(endpoint.path, there)
        for wrong, name in excesses(endpoint):
            told = await ask(shop, endpoint, address, form(wrong, **needed(endpoint, given, but=name)))
            assert told == (400, INVALID, None, name), (endpoint.name, wrong)
            asked += 1
    assert asked > 50


async def test_an_id_of_nothing_is_told_of_wherever_it_is_sent(shop: Shop) -> None:
    there, given = await furnished(shop)
    asked = 0
    for endpoint in ENDPOINTS:
        schema = sent(endpoint)
        for name in re.findall(r"\{(\w+)\}", endpoint.path):
            address = filled(endpoint.path.replace(f"{{{name}}}", "x_1"), there)
            told = await ask(shop, endpoint, address, form(**needed(endpoint, given)))
            assert told == (404, INVALID, NOT_THERE, name), (endpoint.name, name)
            asked += 1
        for name in NOTHING.keys() & schema["properties"].keys():
            wrong = form(f"{name}={NOTHING[name]}", **needed(endpoint, given, but=name))
            told = await ask(shop, endpoint, filled(endpoint.path, there), wrong)
            assert told == (400, INVALID, NOT_THERE, name), (endpoint.name, wrong)
            asked += 1
    assert asked > 50

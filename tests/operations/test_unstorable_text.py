"""NUL and unpaired surrogates: no text holds them, in any input or argument, on either database."""

from collections.abc import Iterator
from typing import cast

import pytest
from graphql import GraphQLObjectType

from tests.operations.api import Api, Json
from tests.operations.inputs import TYPES, everything, fields, input_fields, valid_inputs

READS = [
    "{ node(id: $id) { id } }",
    "{ nodes(ids: [$id]) { id } }",
    "{ feature(by: {id: $id}) { id } }",
    "{ feature(by: {lookupKey: $key}) { id } }",
    "{ features(lookupKey: $key) { totalCount nodes { id } } }",
    "{ product(by: {id: $id}) { id } }",
    "{ product(by: {lookupKey: $key}) { id } }",
    "{ customer(by: {id: $id}) { id } }",
    "{ customer(by: {externalId: $key}) { id } }",
    "{ customersBy(by: [{externalId: $key}]) { id } }",
    "{ customers(email: $key) { totalCount nodes { id } } }",
    "{ subscription(id: $id) { id } }",
    "{ entitlement(id: $id) { id } }",
    "{ testClock(id: $id) { id } }",
    "{ webhookEndpoint(id: $id) { id } }",
    "{ webhookEvents(type: $key) { totalCount nodes { id } } }",
    '{ customer(by: {externalId: "acme"}) { entitlement(lookupKey: $key) { id } } }',
    '{ customer(by: {externalId: "acme"}) { entitlements(lookupKeys: [$key]) { totalCount nodes { id } } } }',
    '{ customer(by: {externalId: "acme"}) { timeline(lookupKeys: [$key]) { totalCount nodes { id } } } }',
    '{ customer(by: {externalId: "acme"}) { hasAccess(lookupKey: $key) } }',
    '{ customer(by: {externalId: "acme"}) { access(lookupKeys: [$key]) { hasAccess feature { id } } } }',
]


@pytest.mark.parametrize("bad", ["\0", "sso\0", "\ud800", "sso\udfff"], ids=ascii)
async def test_every_text_of_every_input_refuses_them_and_nothing_is_stored(api: Api, bad: str) -> None:
    """NUL and lone surrogates, as a text: INVALID; as the name of something: NOT_FOUND"""
    inputs = await valid_inputs(api)
    before = await everything(api)

    for mutation, field, code in [*texts(bad), *nested_names(bad)]:
        payload = await api.try_mutation(mutation, **inputs[mutation] | field)
        assert [error["code"] for error in payload["userErrors"]] == [code], (mutation, field)

    assert await everything(api) == before


@pytest.mark.parametrize("bad", ["\0", "sso\0", "\ud800", "sso\udfff"], ids=ascii)
async def test_every_text_of_every_query_names_nothing(api: Api, bad: str) -> None:
    """NUL and lone surrogates"""
    await valid_inputs(api)

    for read in READS:
        variable = "id: ID!" if "$id" in read else "key: String!"
        data = await api.run(f"query Q(${variable}) {read}", **{variable[: variable.index(":")]: bad})
        assert not any(leaves(data)), read


def test_every_query_with_a_text_is_among_those_tested() -> None:
    """Cursors have tests of their own."""
    query = cast("GraphQLObjectType", TYPES["Query"])
    with_arguments = {name for name, field in query.fields.items() if field.args}

    assert with_arguments - {read.split("(")[0][2:] for read in READS} == {"products", "webhookEndpoints"}


def texts(bad: str) -> Iterator[tuple[str, Json, str]]:
    """Every text that an input of the schema holds, with a bad one in it, and the code it is refused with."""
    for mutation, name, type_ in input_fields():
        match type_:
            case "String":
                yield mutation, {name: bad}, "INVALID"
            case "ID":
                yield mutation, {name: bad}, "NOT_FOUND"
            case "Metadata":
                yield mutation, {name: {bad: "text"}}, "INVALID"
                yield mutation, {name: {"key": bad}}, "INVALID"
            case "FeatureBy" | "ProductBy" | "CustomerBy":
                for key in fields(type_):
                    yield mutation, {name: {key: bad}}, "NOT_FOUND"
            case _:
                pass


def nested_names(bad: str) -> Iterator[tuple[str, Json, str]]:
    """Names within the lists of an input."""
    for by in ({"id": bad}, {"lookupKey": bad}):
        yield "createProduct", {"features": [by]}, "NOT_FOUND"
        yield "createSubscription", {"items": [{"product": by}]}, "NOT_FOUND"
        yield "updateSubscription", {"items": [{"add": {"product": by}}]}, "NOT_FOUND"
    yield "updateSubscription", {"items": [{"update": {"id": bad}}]}, "NOT_FOUND"
    yield "updateSubscription", {"items": [{"remove": bad}]}, "NOT_FOUND"


def leaves(data: Json) -> Iterator[Json]:
    """The values that stand in an answer, without the names of its fields."""
    if isinstance(data, dict):
        for part in cast("dict[str, Json]", data).values():
            yield from leaves(part)
    elif isinstance(data, list):
        for part in cast("list[Json]", data):
            yield from leaves(part)
    else:
        yield data

"""Several operations in one request: refused, unless settings allow it, and then together under one's limits."""

from collections.abc import AsyncGenerator

import httpx2
import pytest

from storage.database import Database
from tests.service.serving import NO_TLS, Caller, serving

VIEWER = {"query": "{ viewer { kind } }"}
FEATURES = {"query": "{ features(first: 100) { nodes { id } } }"}
MUTATION = {"query": 'mutation { createFeature(input: {name: "A", lookupKey: "a"}) { feature { lookupKey } } }'}


@pytest.fixture
async def batcher(database_url: str, database: Database) -> AsyncGenerator[Caller]:
    """A holder of a key to an application that takes up to three operations at once, at a cost of 150."""
    with serving(database_url, batch_size=3, max_cost=150) as url:
        async with httpx2.AsyncClient(base_url=url, verify=NO_TLS) as client:
            yield await Caller.arrive(client, database)


async def test_an_array_is_refused_by_default(caller: Caller) -> None:
    response = await caller.post([VIEWER])

    assert response.status_code == 400
    assert "one JSON object" in response.json()["errors"][0]["message"]


async def test_a_batch_is_carried_out_in_its_order(batcher: Caller) -> None:
    response = await batcher.post([MUTATION, FEATURES, {"query": "{"}])

    made, listed, refused = response.json()
    assert response.status_code == 200
    assert made["data"] == {"createFeature": {"feature": {"lookupKey": "a"}}}
    assert len(listed["data"]["features"]["nodes"]) == 1
    assert refused["errors"][0]["extensions"]["code"] == "GRAPHQL_PARSE_FAILED"


@pytest.mark.parametrize("count", [0, 4])
async def test_a_batch_of_none_or_too_many_is_refused(batcher: Caller, count: int) -> None:
    assert (await batcher.post([VIEWER] * count)).status_code == 400


async def test_operations_of_a_batch_cost_together(batcher: Caller) -> None:
    first, second = (await batcher.post([FEATURES, FEATURES])).json()

    assert "errors" not in first
    assert second["errors"][0]["extensions"]["code"] == "COST_LIMIT_EXCEEDED"


async def test_an_entry_that_is_no_operation_refuses_the_batch(batcher: Caller) -> None:
    response = await batcher.post([MUTATION, None])

    assert response.status_code == 400
    assert (await batcher.ask("{ features { totalCount } }"))["features"]["totalCount"] == 0

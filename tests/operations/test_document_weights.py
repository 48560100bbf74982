"""What is kept of documents is weighed as the interpreter allots it, with what their operations are compiled to."""

import gc
import tracemalloc
from collections.abc import Awaitable, Iterable

import pytest

from gateway.executing import execute
from gateway.preparing.limits import NO_LIMITS
from gateway.preparing.preparation import Preparation
from resolvers.callers import holder_of
from resolvers.context import new_context
from schema.build import CORE_SCHEMA
from tests.either import only_sqlite
from tests.operations.api import Api

DOCUMENTS = 40

NAMES = " ".join(f"a{n}N: name" for n in range(40))
CUSTOMERS = " ".join(f'c{n}N: customer(by: {{externalId: "{n}N"}}) {{ id }}' for n in range(8))

SHAPES = {
    "a page": """query N { customer(by: {externalId: "acme"}) { iN: id entitlements(first: 3) {
      tN: totalCount pageInfo { hN: hasPreviousPage }
      nodes { aN: id bN: lookupKey cN: status feature { fN: name } sources { kN: kind product { pN: name } } }
    } } }""",
    "one field": "query N { vN: viewer { id } }",
    "many fields": f"query N {{ customers {{ nodes {{ {NAMES} }} }} }}",
    "arguments": f"query N {{ {CUSTOMERS} }}",
}


@pytest.fixture
async def furnished(shop: Api) -> Api:
    """A customer who has what every shape asks for."""
    await shop.subscribe("acme", "pro")
    return shop


@only_sqlite
@pytest.mark.parametrize("shape", SHAPES)
async def test_documents_weigh_what_they_take(furnished: Api, shape: str) -> None:
    preparation = Preparation(CORE_SCHEMA, NO_LIMITS, compiled=True)

    async def run(name: str) -> None:
        prepared = preparation.prepare(SHAPES[shape].replace("N", name))
        context = new_context(furnished.database, furnished.environment, holder_of(furnished.credential))
        assert not (await execute(prepared, prepared.operation(None), {}, context)).errors
        preparation.weigh(prepared)

    # What all of them share is made by the first.
    await run("warm")
    weight, taken = preparation.size_bytes, await _taken([run(f"n{number}") for number in range(DOCUMENTS)])

    assert 0.6 < taken / (preparation.size_bytes - weight) < 1.4


async def _taken(runs: Iterable[Awaitable[None]]) -> int:
    """The bytes that are in use after some work and were not before."""
    gc.collect()
    tracemalloc.start()
    try:
        for each in runs:
            await each
        gc.collect()
        return tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()

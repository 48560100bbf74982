"""Hostile documents over HTTP: refused in no time and in few words, while nobody else notices."""

import asyncio
import shutil
import statistics
from collections.abc import Generator
from itertools import permutations
from pathlib import Path

import httpx2
import pytest

from tests.hostile.attack import ATTEMPTS, Json, Target, attacked, fresh, honest_client, refused, stall
from tests.limits.test_hostile_documents import GOOD, REFUSED

ALLOWED_SECONDS = 0.05
ALLOWED_STALL_SECONDS = 0.1
ALLOWED_MEMORY = 50_000_000

RATE = "1000000000/second"
FLOOD = 24

CIRCLE = "entitlements(first: 1) { nodes { feature { customers(first: 1) { nodes { # } } } } }"
PAGE = "customers(first: 100) { nodes { entitlements(first: 100) { nodes { # } } } }"

# Those of tests/limits are made ready there without a server. These add what only a whole operation shows.
ATTACKS = REFUSED | {
    "customers of entitlements of customers": "{ customers { nodes { # } } }".replace(
        "#", CIRCLE.replace("#", CIRCLE.replace("#", CIRCLE.replace("#", "id")))
    ),
    "pages of a hundred inside each other": f"{{ {PAGE.replace('#', 'feature { id }')} }}",
    "a list in pages in pages": "{ customers(first: 100) { nodes { subscriptions { nodes { items { id } } } } } }",
    "pages under aliases": "{ " + " ".join(f"a{n}: {PAGE.replace('#', 'id')}" for n in range(50)) + " }",
    "mutations under aliases": "mutation { "
    + " ".join(f'a{n}: createCustomer(input: {{name: "x"}}) {{ customer {{ id }} }}' for n in range(51))
    + " }",
    "a subscription to thirty fields": "subscription { " + "viewer { id } " * 30 + "}",
}

DOUBLING = (
    *(
        f"fragment {name} on Customer {{ a: grants {{ nodes {{ customer {{ ...{below} }} }} }} ...{below} }}"
        for name, below in ("AB", "BC", "CD")
    ),
    "fragment D on Customer { grants(first: 100) { nodes { id } } }",
)
CIRCULAR = tuple(f"fragment {name} on Customer {{ ...{other} id }}" for name, other in ("AB", "BC", "CD", "DA"))
SPREADING = "{ viewer { customer { ...A } } }"


@pytest.fixture(scope="module")
def target(sqlite_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Generator[Target]:
    """One server for all of these attacks: what one of them leaves behind, the next one meets."""
    path = shutil.copy(sqlite_path, tmp_path_factory.mktemp("attacked"))
    with attacked(f"sqlite:///{path}", key_rate=RATE, session_rate=RATE) as target:
        yield target


@pytest.fixture(scope="module")
def memory_before(target: Target) -> int:
    """The most that the server took before any attack, in bytes."""
    return target.most_memory()


async def _send(client: httpx2.AsyncClient, document: str, **more: Json) -> httpx2.Response:
    return await client.post("/graphql", json={"query": fresh(document), **more})


async def _seconds(target: Target, client: httpx2.AsyncClient, document: str) -> float:
    """What one answer takes of a processor, at the best of some attempts."""
    best = float("inf")
    for _ in range(ATTEMPTS):
        before = target.seconds()
        await _send(client, document)
        best = min(best, target.seconds() - before)
        if best < ALLOWED_SECONDS:
            break
    return best


async def _stall(target: Target, client: httpx2.AsyncClient, document: str) -> float:
    return await stall(target, lambda: _send(client, document), allowed=ALLOWED_STALL_SECONDS)


@pytest.mark.parametrize("document", ATTACKS.values(), ids=ATTACKS.keys())
async def test_a_hostile_document_is_refused_in_no_time(target: Target, memory_before: int, document: str) -> None:
    async with target.client() as client:
        refused(await _send(client, document))

        assert await _seconds(target, client, document) < ALLOWED_SECONDS
        assert await _stall(target, client, document) < ALLOWED_STALL_SECONDS
    assert target.most_memory() - memory_before < ALLOWED_MEMORY


@pytest.mark.parametrize("document", GOOD.values(), ids=GOOD.keys())
async def test_the_largest_that_is_taken_stalls_nobody(target: Target, memory_before: int, document: str) -> None:
    async with target.client() as client:
        answer = await _send(client, document)

        assert answer.status_code < 500
        assert await _stall(target, client, document) < ALLOWED_STALL_SECONDS
    assert target.most_memory() - memory_before < ALLOWED_MEMORY


@pytest.mark.parametrize("fragments", [DOUBLING, CIRCULAR], ids=["that double", "in a circle"])
async def test_no_order_of_fragments_changes_the_answer(target: Target, fragments: tuple[str, ...]) -> None:
    async with target.client() as client:
        answers: set[str] = set()
        for order in permutations((*fragments, SPREADING)):
            answer = await _send(client, " ".join(order))
            answers.add(" ".join(error["extensions"]["code"] for error in refused(answer)))

    assert len(answers) == 1, answers


async def test_a_flood_of_them_from_one_caller_lets_others_through(target: Target) -> None:
    document = ATTACKS["fragments that overlap"]

    async with honest_client(target) as waits, target.client(target.session) as client:
        answers = await asyncio.gather(*(_send(client, document) for _ in range(FLOOD)))

    for answer in answers:
        refused(answer)
    # Checked one right after the other, the whole flood would be over before the second answer to anybody else.
    assert len(waits) > FLOOD
    assert statistics.median(waits) < ALLOWED_STALL_SECONDS


async def test_the_dearest_operation_there_may_be_stalls_nobody(target: Target, memory_before: int) -> None:
    customers = " ".join(f"a{number}: createCustomer(input: {{}}) {{ customer {{ id }} }}" for number in range(50))
    fields = " ".join(f"a{number}: id b{number}: externalId" for number in range(49))
    document = f"{{ customers(first: 100) {{ nodes {{ {fields} }} }} }}"

    async with target.client() as client:
        for _ in range(2):
            await _send(client, f"mutation {{ {customers} }}")
        answer = await _send(client, document)

        assert answer.json()["extensions"]["cost"]["requested"] == 9_802
        assert len(answer.json()["data"]["customers"]["nodes"]) == 100
        assert await _stall(target, client, document) < ALLOWED_STALL_SECONDS
    assert target.most_memory() - memory_before < ALLOWED_MEMORY

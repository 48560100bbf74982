"""Hostile documents over HTTP: refused in no time and in few words, while nobody else notices."""

import asyncio
import shutil
from collections.abc import Generator
from itertools import permutations
from pathlib import Path

import httpx2
import pytest

from tests.hostile.attack import ATTEMPTS, Json, Target, attacked, fresh, honest_client, refused
from tests.limits.test_hostile_documents import GOOD, REFUSED

ALLOWED_SECONDS = 0.05
ALLOWED_STALL_SECONDS = 0.1
ALLOWED_MEMORY = 50_000_000

RATE = "1000000000/second"
FLOOD = 48
ALLOWED_IN_A_FLOOD_SECONDS = 0.5
"""All of them together take more than one second. The bodies that come in at once are read at once."""

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
    """The longest that an honest client waits meanwhile, at the best of some attempts."""
    best = float("inf")
    for _ in range(ATTEMPTS):
        async with honest_client(target) as waits:
            await _send(client, document)
        best = min(best, max(waits))
        if best < ALLOWED_STALL_SECONDS:
            break
    return best


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


async def test_a_flood_of_them_keeps_nobody_waiting_for_all(target: Target) -> None:
    document = ATTACKS["fragments that overlap"]
    best = float("inf")
    for _ in range(ATTEMPTS):
        async with honest_client(target) as waits, target.client(target.session) as client:
            for answer in await asyncio.gather(*(_send(client, document) for _ in range(FLOOD))):
                refused(answer)
        best = min(best, max(waits))
        if best < ALLOWED_IN_A_FLOOD_SECONDS:
            break

    assert best < ALLOWED_IN_A_FLOOD_SECONDS

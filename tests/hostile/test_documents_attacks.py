"""Hostile documents over HTTP: refused in no time and in few words, while nobody else notices."""

import shutil
import time
from collections.abc import Generator
from itertools import permutations
from pathlib import Path

import httpx2
import pytest

from tests.hostile.attack import ATTEMPTS, Target, attacked, fresh, honest_client, refused
from tests.limits.test_hostile_documents import GOOD, REFUSED

ALLOWED_SECONDS = 0.05
ALLOWED_STALL_SECONDS = 0.1
ALLOWED_MEMORY = 50_000_000

CIRCULAR = '{ customer(by: {externalId: "acme"}) { # } }'
CUSTOMER = "entitlements(first: 1) { nodes { # } }"

MORE = {
    "a circle through customers": "{ features { nodes { customers { nodes { "
    + "entitlements { nodes { feature { customers { nodes { " * 3
    + "id"
    + " } } } } } }" * 3
    + " } } } } }",
    "lists inside each other": "{ features(first: 100) { nodes { customers(first: 100) { nodes { entitlements(first: 100)"
    " { nodes { id } } } } } } }",
    "a bomb of pages": "{ "
    + " ".join(f"a{n}: features(first: 100) {{ nodes {{ id }} }}" for n in range(50)) * 2
    + " }",
}


@pytest.fixture(scope="module")
def target(sqlite_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Generator[Target]:
    """One server for all of these attacks: what one of them leaves behind, the next one meets."""
    path = shutil.copy(sqlite_path, tmp_path_factory.mktemp("attacked"))
    with attacked(f"sqlite:///{path}", key_rate="1000000000/second") as target:
        yield target

"""What pages tell people to type works. Here is run what no other test runs, and found what none does."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx2
import pytest
from graphql import DocumentNode, OperationDefinitionNode, build_schema, parse, print_ast, validate

from docs.making.scenes import drawn
from gateway.demo.loading import open_demonstration
from storage.database import Database
from tests.curl import read_curls
from tests.pages import PAGES, ROOT, RUN_BY, SHOWN, Block, all_blocks, blocks, read_page
from tests.service.event_streams import EventStream
from tests.service.serving import Caller

Json = Any

SMALL = 30
"""Customers to load: the named ones are among them."""

CONTRACT = build_schema((ROOT / "graphql" / "schema.graphql").read_text(encoding="utf-8"))
OWN = sorted(page for (page, language), (_, test) in RUN_BY.items() if language == "graphql" and "test_pages" in test)
"""The pages whose documents are carried out here."""


@pytest.fixture
async def demonstration(client: httpx2.AsyncClient, database: Database, tmp_path: Path) -> Caller:
    """The holder of the key that `make serve` prints."""
    loaded = await open_demonstration(database, tmp_path / "key", lambda _played, _of: None, customers=SMALL)
    return Caller(client, database, loaded.environment, loaded.secret)


def test_no_block_of_a_page_is_run_by_nobody() -> None:
    found = Counter((page, block.language) for page in PAGES for block in all_blocks(page) if not block.included)

    assert {block: number for block, number in found.items() if block not in SHOWN} == {
        block: number for block, (number, _) in RUN_BY.items()
    }


@pytest.mark.parametrize("page", [page for page in PAGES if page.startswith("docs/")])
def test_no_page_hides_a_block_by_indenting_it(page: str) -> None:
    unfenced = re.sub(r"^( *)```.*?^ *```$", "", read_page(page), flags=re.MULTILINE | re.DOTALL)

    assert re.findall(r"\n\n(?: {4}|\t)(.*)", unfenced) == []


@pytest.mark.parametrize(("page", "test"), sorted({(page, test) for (page, _), (_, test) in RUN_BY.items()}))
def test_what_runs_a_page_reads_it(page: str, test: str) -> None:
    text = (ROOT / "tests" / test).read_text(encoding="utf-8")

    assert Path(page).name in text or (test == "service/test_pages.py" and page in PAGES)


def test_every_file_that_a_page_shows_is_one_that_tests_run() -> None:
    shown = {path for page in PAGES for block in all_blocks(page) for path, _ in block.included}

    assert shown
    assert [path for path in sorted(shown) if not path.startswith(("tests/clients/teams/", "docs/examples/"))] == []


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "graphql")])
def test_every_operation_of_a_page_fits_the_schema(page: str) -> None:
    documents = [document for document in map(parse, blocks(page, "graphql")) if _is_asked_of_us(document)]

    assert [validate(CONTRACT, document) for document in documents] == [[] for _ in documents]


def _is_asked_of_us(document: DocumentNode) -> bool:
    """Not a schema, nor a question to a graph that has ours as a subgraph."""
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    return any(operations) and "viewer {\n    name" not in print_ast(document)


async def test_the_operations_of_the_pages_are_answered_as_shown_and_refused_nothing(demonstration: Caller) -> None:
    for page in OWN:
        for text, told in _asked(page):
            assert told.keys() <= {"Variables", "Answer"}, (page, text)
            answer = await demonstration.ask(text, told.get("Variables"))

            assert answer.get("customer", answer) is not None, (page, text)
            assert [payload for payload in answer.values() if payload.get("userErrors")] == [], (page, text)
            assert told.get("Answer", answer) == answer, (page, text)


def _asked(page: str) -> Iterator[tuple[str, dict[str, Json]]]:
    """Each document of a page, with the variables and the answer that stand below it."""
    below = [*all_blocks(page), Block("graphql", "", "")]
    starts = [at for at, block in enumerate(below) if block.language == "graphql"]
    for start, following in pairwise(starts):
        told = below[start + 1 : following]
        yield below[start].text, {block.title: json.loads(block.text) for block in told if block.language == "json"}


async def test_what_is_asked_by_curl_is_answered_as_shown(demonstration: Caller) -> None:
    client, secret = demonstration.client, demonstration.secret
    for page in ("README.md", "docs/index.md", "docs/clients/curl.md"):
        asked = [curl for curl in read_curls(page) if not curl.goes_on]

        answers = [(await client.send(curl.request(client, secret))).json() for curl in asked]

        assert answers == [json.loads(shown) for shown in blocks(page, "json")], page
    [followed] = [curl for curl in read_curls("docs/clients/curl.md") if curl.goes_on]
    [shown] = blocks("docs/clients/curl.md", "text")

    response = await client.send(followed.request(client, secret), stream=True)
    stream = EventStream(response)
    frames = [await stream.frame(), await stream.frame()]
    await response.aclose()

    assert frames == shown.strip().split("\n\n")


def test_the_pictures_are_what_the_rule_says() -> None:
    """After a change in the rule or the drawing: `make pictures`."""
    folder = ROOT / "docs" / "pictures"

    assert {file.name: file.read_text(encoding="utf-8") for file in folder.iterdir()} == drawn()


def test_every_picture_is_shown() -> None:
    shown = {name for page in PAGES for name in re.findall(r"\]\([./]*pictures/([\w-]+\.svg)\)", read_page(page))}

    assert shown == set(drawn())

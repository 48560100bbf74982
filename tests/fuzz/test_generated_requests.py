"""Whatever is sent, the answer is GraphQL: no status of 500, no masked surprise, and no text of Python.

10,000 requests in all, over both databases. FUZZ_REQUESTS asks for more, and FUZZ_SEED for others.
"""

import json
import os
from typing import Any

import pytest
from graphql import DocumentNode, parse, print_ast
from hypothesis import strategies as st
from schemathesis import GenerationMode

from tests.fuzz.by_schemathesis import Case, cases, own_failures
from tests.fuzz.documents import SCHEMA, invalid_documents, valid_mutations, valid_queries
from tests.fuzz.generating import each_of
from tests.fuzz.grounding import ground
from tests.fuzz.scene import Scene
from tests.fuzz.variables import MISTAKES, hoist, spoil

Json = Any

REQUESTS = int(os.environ.get("FUZZ_REQUESTS", "10000"))

_FAITHS = (0.0, 0.9, 1.0, 1.0, 1.0)
"""How many of its values a document has replaced by names of what there is; each is as likely."""

_GROUNDED = 2
"""Times each document is grounded anew and sent, as to generate one takes thrice as long as to answer it."""

pytestmark = pytest.mark.timeout(900)


def share(percent: int) -> int:
    """So much of all requests, on one of the two databases."""
    return REQUESTS * percent // 200


def grounded(scene: Scene, document: DocumentNode) -> DocumentNode:
    """A document that asks, more or less, for what there is."""
    return ground(document, SCHEMA, scene.pool, scene.random, scene.random.choice(_FAITHS))


def assert_nothing_found(scene: Scene, caplog: pytest.LogCaptureFixture, at_least: int) -> None:
    """That all were sent and nothing is wrong with any answer, nor in the server's log."""
    logged = [record.getMessage() for record in caplog.get_records("call") if record.levelname in {"ERROR", "CRITICAL"}]
    shown = "\n".join(f"{objection}\n  {json.dumps(request)[:2000]}" for objection, request in scene.findings.items())
    assert not scene.findings, f"{len(scene.findings)} findings:\n{shown}"
    assert logged == []
    assert scene.outcomes["sent"] >= at_least


@pytest.mark.parametrize(
    ("strategy", "percent"),
    [
        pytest.param(valid_queries(), 20, id="queries"),
        pytest.param(valid_mutations(), 20, id="mutations"),
        pytest.param(invalid_documents(), 8, id="invalid"),
    ],
)
def test_a_generated_document_is_answered_by_the_book(
    scene: Scene, seed: int, caplog: pytest.LogCaptureFixture, strategy: st.SearchStrategy[DocumentNode], percent: int
) -> None:
    def send(document: DocumentNode) -> None:
        for _ in range(_GROUNDED):
            scene.send(print_ast(grounded(scene, document)))

    each_of(strategy, -(-share(percent) // _GROUNDED), seed, send)

    assert_nothing_found(scene, caplog, share(percent))


@pytest.mark.parametrize("strategy", [valid_queries(), valid_mutations()], ids=["queries", "mutations"])
def test_generated_variables_good_and_spoilt_are_answered_by_the_book(
    scene: Scene, seed: int, caplog: pytest.LogCaptureFixture, strategy: st.SearchStrategy[DocumentNode]
) -> None:
    def send(drawn: tuple[DocumentNode, list[list[Json]]]) -> None:
        document, mistakes = drawn
        for made in mistakes:
            hoisted, variables = hoist(grounded(scene, document), SCHEMA)
            text = print_ast(hoisted)
            scene.send(text, variables)
            scene.send(text, spoil(variables, made, scene.random))

    drawn = st.tuples(strategy, st.lists(MISTAKES, min_size=_GROUNDED, max_size=_GROUNDED))
    each_of(drawn, -(-share(16) // (2 * _GROUNDED)), seed, send)

    assert_nothing_found(scene, caplog, share(16))


@pytest.mark.parametrize(("mode", "percent"), [(GenerationMode.POSITIVE, 14), (GenerationMode.NEGATIVE, 6)])
def test_what_schemathesis_sends_passes_its_own_checks_too(
    scene: Scene, seed: int, caplog: pytest.LogCaptureFixture, mode: GenerationMode, percent: int
) -> None:
    def send(case: Case) -> None:
        case.body = print_ast(grounded(scene, parse(case.body)))
        caller, response = scene.send(case.body)
        # What others may not see is refused, which the tool takes for a failure of the server.
        for failure in own_failures(case, response) if caller == "a back end" else ():
            scene.object(failure, {"query": case.body})

    each_of(cases(scene.url, scene.secrets["a back end"], mode), share(percent), seed, send)

    assert_nothing_found(scene, caplog, share(percent))

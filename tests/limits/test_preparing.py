"""What is kept of documents, and for how long; which operation is meant."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLSyntaxError, OperationType

from execution import FIELD_BYTES, CompiledOperation
from gateway.preparing import preparation as preparing
from gateway.preparing.limits import Limits
from gateway.preparing.preparation import Preparation, UnknownOperation
from gateway.settings import Settings
from tests.limits.documents import CORE, codes, prepare
from tests.limits.test_cost import PAGE
from tests.processor import timed

OPERATIONS = Path(__file__).parents[2] / "graphql" / "operations"


@pytest.fixture
def preparation() -> Preparation:
    return Preparation(CORE, Limits())


def test_limits_are_the_settings() -> None:
    settings = Settings(
        max_tokens=1,
        max_depth=2,
        max_list_depth=3,
        max_aliases=4,
        max_page_size=5,
        max_cost=6,
        max_introspection_depth=7,
    )

    assert Limits.of(settings) == Limits(1, 2, 3, 4, 5, 6, 7)
    assert Limits.of(Settings()) == Limits()


def test_a_document_is_made_ready_once(preparation: Preparation) -> None:
    text = "{ viewer { id } }"

    first, again, other = (preparation.prepare(each) for each in (text, text[:3] + text[3:], text + " "))

    assert first is again
    assert first is not other
    assert preparation.prepare("{ nope }") is preparation.prepare("{ nope }")
    assert preparation.prepare("{") is preparation.prepare("{")


def test_a_document_of_ones_own_is_apart_from_the_same_text_sent_by_anybody(preparation: Preparation) -> None:
    text = f"{{ viewer {{ {'id ' * 60} }} }}"

    assert preparation.prepare(text, trusted=True).errors == ()
    assert codes(preparation.prepare(text)) == ["ALIAS_LIMIT_EXCEEDED"]
    assert preparation.prepare(text, trusted=True).errors == ()


def test_the_documents_last_used_are_kept(preparation: Preparation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preparing, "KEPT_DOCUMENTS", 2)
    one, two = (preparation.prepare(text) for text in ("query One { __typename }", "query Two { __typename }"))

    preparation.prepare(one.text)
    preparation.prepare("query Three { __typename }")

    assert preparation.prepare(one.text) is one
    assert preparation.prepare(two.text) is not two


@pytest.mark.parametrize("template", ["{ viewer { # #id } }", "{ viewer { #%s\n id } }" % ("x" * 5_000), "{ nope#"])
def test_documents_are_kept_up_to_so_much_memory(
    preparation: Preparation, monkeypatch: pytest.MonkeyPatch, template: str
) -> None:
    monkeypatch.setattr(preparing, "KEPT_BYTES", 100_000)
    first = preparation.prepare("query First { __typename }")

    for number in range(100):
        preparation.prepare(template.replace("#", f"#{number}\n", 1).replace("#id", "id " * 20))

    assert preparation.prepare("query First { __typename }") is not first


async def test_what_operations_are_compiled_to_counts_and_leaves_with_their_document(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    preparation = Preparation(CORE, Limits(), compiled=True)
    text = "{ a: __typename b: __typename }"
    prepared = preparation.prepare(text)
    size, compiled = prepared.size, prepared.operation(None).compiled
    assert isinstance(compiled, CompiledOperation)

    await compiled.run(None)
    preparation.weigh(prepared)
    preparation.weigh(prepared)

    assert prepared.size == size + 2 * FIELD_BYTES
    assert preparation.prepare(text) is prepared
    monkeypatch.setattr(preparing, "KEPT_BYTES", prepared.size)
    preparation.prepare("{ viewer { id } }")
    assert preparation.prepare(text) is not prepared


def test_a_document_beyond_the_largest_is_not_even_kept(preparation: Preparation) -> None:
    text = "{ viewer { id } }".ljust(100_001)

    assert preparation.prepare(text) is not preparation.prepare(text)


def test_the_operation_is_the_one_that_is_named_or_the_only_one() -> None:
    several = prepare(
        "query One { __typename } mutation Two { a: archiveFeature(input: {feature: {id: 1}}) { __typename } }"
    )

    assert several.operation("One").type is OperationType.QUERY
    assert several.operation("Two").type is OperationType.MUTATION
    assert several.operation("Two").name == "Two"
    assert prepare("{ __typename }").operation(None).name is None
    assert prepare("query One { __typename }").operation(None).name == "One"


@pytest.mark.parametrize(
    ("document", "name", "message"),
    [
        (
            "query One { __typename } query Two { __typename }",
            None,
            "The document has several operations: say which one by `operationName`.",
        ),
        ("query One { __typename }", "Two", 'The document has no operation named "Two".'),
        ("{ __typename }", "One", 'The document has no operation named "One".'),
        ("query One { __typename }", "", 'The document has no operation named "".'),
        ("query One { __typename }", "x" * 1_000, f'The document has no operation named "{"x" * 80}".'),
    ],
)
def test_an_operation_that_is_not_there_is_said_so(document: str, name: str | None, message: str) -> None:
    with pytest.raises(UnknownOperation) as raised:
        prepare(document).operation(name)

    assert str(raised.value) == message


def test_a_document_that_holds_no_operation_is_not_valid_to_begin_with() -> None:
    prepared = prepare("fragment F on Viewer { id }")

    assert prepared.errors
    with pytest.raises(UnknownOperation, match=r"The document has no operation\."):
        prepared.operation(None)


def test_a_text_that_is_no_document_says_where() -> None:
    error = prepare("{\n  viewer {").errors[0]

    assert isinstance(error, GraphQLSyntaxError)
    assert error.message == "Syntax Error: Expected Name, found <EOF>."
    assert [location.formatted for location in error.locations or ()] == [{"line": 2, "column": 11}]


def test_mistakes_say_where_and_hold_on_to_nothing() -> None:
    error = prepare("{\n  nope\n}").errors[0]

    assert error.message == "Cannot query field 'nope' on type 'Query'. Did you mean 'node' or 'nodes'?"
    assert [location.formatted for location in error.locations or ()] == [{"line": 2, "column": 3}]
    assert error.nodes is None
    assert error.__traceback__ is None


@pytest.mark.parametrize("file", sorted(OPERATIONS.glob("*.graphql")), ids=lambda file: file.stem)
def test_the_operations_that_are_shown_are_within_the_limits(file: Path) -> None:
    prepared = prepare(file.read_text(encoding="utf-8"))

    assert prepared.errors == ()
    for operation in prepared.operations:
        assert operation.check(None) == []


@pytest.mark.parametrize(
    "variables",
    [
        None,
        {},
        {"customer": None},
        {"first": {}},
        {"first": []},
        {"first": "x"},
        {"first": 1e400},
    ],
)
def test_no_variables_make_the_cost_fail(variables: Mapping[str, Any] | None) -> None:
    operation = prepare(PAGE).operation(None)

    assert operation.cost(variables) in {8 + 20 * 20, 8 + 50 * 20}
    assert operation.check(variables) == []


def test_a_thousand_page_sizes_leave_no_more_behind_than_some() -> None:
    operation = prepare(PAGE).operation(None)

    costs = [operation.cost({"first": size}) for size in range(1_000)]

    assert costs == [8 + 20 * size for size in range(1_000)]
    assert len(operation._costs) <= preparing.KEPT_COSTS  # pyright: ignore[reportPrivateUsage]


def test_a_document_known_already_costs_microseconds(preparation: Preparation) -> None:
    variables = {"customer": "cus_1", "first": 50}
    preparation.prepare(PAGE).operation("Page").check(variables)
    best = 1.0

    for _ in range(20):
        with timed(time.thread_time) as stopwatch:
            for _ in range(100):
                preparation.prepare(PAGE).operation("Page").check(variables)
        best = min(best, stopwatch.seconds / 100)

    assert best < 20e-6

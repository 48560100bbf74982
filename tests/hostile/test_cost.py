"""Pages that are none, and operations just below and above the cost there may be: refused before anything is read."""

import json
from collections.abc import Generator
from contextlib import contextmanager

import httpx2
import pytest
from sqlalchemy import Engine, event

from tests.hostile.attack import Json, refused
from tests.service.serving import Caller

LITERAL = "{{ customers(first: {0}) {{ nodes {{ id }} }} }}"
VARIABLE = "query($size: Int) { customers(first: $size) { nodes { id } } }"
DEFAULT = "query($size: Int = {0}) {{ customers(first: $size) {{ nodes {{ id }} }} }}"
DEEPER = "query($size: Int) { features { nodes { customers(last: $size) { nodes { id } } } } }"

NO_PAGES = [0, -1, 101, 2**31 - 1]
NO_NUMBERS: list[Json] = [2**31, -(2**31) - 1, 2**63, 10**30, 1.5, "1", True]

PRICED = "query{variables} {{ customers(first: {size}) {{ nodes {{ {inside} }} }} viewer {{ {beside} }} }}"
"""It costs 3 fields, those beside, and each of those inside as often as the size says."""


@contextmanager
def statements() -> Generator[list[str]]:
    """The statements that any engine of this process sends within the block."""
    sent: list[str] = []

    def note(*arguments: object) -> None:
        sent.append(str(arguments[2]))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(Engine, "before_cursor_execute", note)


async def _ask(caller: Caller, query: str, **variables: Json) -> httpx2.Response:
    body = {"query": query, "variables": variables}
    return await caller.post(body, Accept="application/graphql-response+json")


async def _refused_unread(caller: Caller, query: str, **variables: Json) -> list[Json]:
    """The errors of a refusal during which no more was read than for asking nothing at all."""
    with statements() as to_know_the_caller:
        await _ask(caller, "{ __typename }")
    with statements() as sent:
        errors = refused(await _ask(caller, query, **variables))
    assert sent == to_know_the_caller
    return errors


async def test_a_page_that_is_none_is_refused_before_anything_is_read(caller: Caller) -> None:
    for size in NO_PAGES:
        literal = await _refused_unread(caller, LITERAL.format(size))
        given = await _refused_unread(caller, VARIABLE, size=size)
        by_default = await _refused_unread(caller, DEFAULT.format(size))
        deeper = await _refused_unread(caller, DEEPER, size=size)

        # A size beyond all costs is refused for that too.
        for error, *_ in (literal, given, by_default, deeper):
            assert error["extensions"]["code"] == "BAD_USER_INPUT"
            assert error["extensions"]["pageSize"] == {"requested": size, "limit": 100}
            assert f"must be from 1 to 100; it is {size}." in error["message"]


async def test_a_size_that_is_no_number_of_graphql_is_refused_before_anything_is_read(caller: Caller) -> None:
    wrong = {"BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED"}
    for size in NO_NUMBERS:
        written = await _refused_unread(caller, LITERAL.format(json.dumps(size)))
        given = await _refused_unread(caller, VARIABLE, size=size)

        assert all({error["extensions"]["code"] for error in errors} & wrong for errors in (written, given)), size


def _fields(count: int, *names: str) -> str:
    return " ".join(f"a{number}: {names[number % len(names)]}" for number in range(count))


def _priced(beside: int, *, by_variable: bool) -> str:
    inside = _fields(98, "id", "name")
    size, variables = ("$size", "($size: Int)") if by_variable else ("100", "")
    beside_it = _fields(beside, "id", "kind", "scopes", "__typename")
    return PRICED.format(size=size, variables=variables, inside=inside, beside=beside_it)


@pytest.mark.parametrize("by_variable", [False, True], ids=["literal", "variable"])
async def test_an_operation_may_cost_the_limit_to_the_last_field(caller: Caller, by_variable: bool) -> None:
    variables = {"size": 100} if by_variable else {}

    below = await _ask(caller, _priced(197, by_variable=by_variable), **variables)
    [above] = await _refused_unread(caller, _priced(198, by_variable=by_variable), **variables)

    assert below.status_code == 200
    assert below.json()["extensions"]["cost"] == {"requested": 10_000, "limit": 10_000}
    assert above["extensions"] == {"code": "COST_LIMIT_EXCEEDED", "cost": {"requested": 10_001, "limit": 10_000}}


async def test_a_smaller_page_by_variable_makes_room(caller: Caller) -> None:
    document = _priced(198, by_variable=True)

    answer = await _ask(caller, document, size=99)

    assert answer.json()["extensions"]["cost"]["requested"] == 3 + 98 * 99 + 198


async def test_what_is_refused_costs_by_its_length(caller: Caller) -> None:
    document = LITERAL.format(0)

    small = await _ask(caller, document)
    large = await _ask(caller, f"{document}{' ' * 20_000}")

    spent = [
        int(answer.headers["RateLimit-Limit"]) - int(answer.headers["RateLimit-Remaining"]) for answer in (small, large)
    ]
    assert spent == [10, 10 + (len(document) + 20_000) // 10]

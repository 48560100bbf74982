"""What is taken for a matter of time is that, and nothing else passes for it."""

import asyncio

import pytest
from graphql import GraphQLError, build_schema, parse

from tests.compiled.comparing import Value
from tests.compiled.possible_errors import Failures, all_failures

SCHEMA = build_schema("""
type Query { a: Int, sure: Inner!, inner: Inner }
type Inner { now: Int!, soon: Int!, later: Int!, perhaps: Int }
""")


def now(_info: Value) -> Value:
    raise ValueError("now")


def awaited(message: str) -> Value:
    async def fail(_info: Value) -> Value:
        await asyncio.sleep(0)
        raise ValueError(message)

    return fail


INNER = {"now": 1, "soon": awaited("soon"), "later": awaited("later"), "perhaps": awaited("perhaps")}


async def failures(document: str, root: Value) -> Failures:
    return await all_failures(SCHEMA, parse(document), {}, root)


def error(*path: str | int, message: str | None = None, column: int) -> GraphQLError:
    name = message or str(path[-1])
    source = parse(" " * (column - 1) + "{ a }")
    return GraphQLError(name, nodes=source.definitions[0], path=path, original_error=ValueError(name))


SOON = error("inner", "soon", column=11)
LATER = error("inner", "later", column=16)
PERHAPS = error("inner", "perhaps", column=22)


@pytest.mark.parametrize(
    ("reported", "is_possible"),
    [
        ([SOON], True),
        ([LATER], True),
        ([PERHAPS, LATER], True),
        ([], False),
        ([SOON, LATER], False),
        ([PERHAPS], False),
        ([SOON, SOON], False),
        ([error("inner", "soon", message="sooner", column=11)], False),
        ([error("inner", "soon", column=12)], False),
        ([error("inner", column=3, message="soon")], False),
    ],
)
async def test_of_failures_that_meet_in_one_place_any_may_come_first(
    reported: list[GraphQLError], is_possible: bool
) -> None:
    found = await failures("{ inner { soon later perhaps } }", {"inner": INNER})

    assert found.may_be_reported_as(reported) is is_possible


async def test_what_fails_without_being_awaited_comes_first() -> None:
    found = await failures("{ inner { soon perhaps now } a }", {"inner": {**INNER, "now": now}, "a": now})

    first, second = error("inner", "now", column=24), error("a", message="now", column=30)
    assert found.may_be_reported_as([second, first])
    assert not found.may_be_reported_as([first])
    assert not found.may_be_reported_as([error("inner", "soon", column=11), second])
    assert not found.may_be_reported_as([error("inner", "perhaps", column=16), first, second])


async def test_a_failure_that_leaves_nothing_of_the_answer_may_be_the_only_one() -> None:
    found = await failures("{ sure { later } inner { soon } }", {"sure": INNER, "inner": INNER})

    last, other = error("sure", "later", column=10), error("inner", "soon", column=26)
    assert found.may_be_reported_as([last])
    assert found.may_be_reported_as([other, last])
    assert not found.may_be_reported_as([other])

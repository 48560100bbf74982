"""Mutations one after another: graphql-core's `test_mutations`. Not here: those with `@defer`."""

from graphql import build_schema

from tests.compiled.comparing import Value, late
from tests.compiled.core_cases.answering import Said, assert_answer

SCHEMA = build_schema("""
type Query { holder: Holder }
type Holder { number: Int, numberLater: Int }
type Mutation { now(to: Int): Holder, soon(to: Int): Holder, failNow(to: Int): Holder, failSoon(to: Int): Holder }
""")


class Holder:
    """Holds one number; shown later than it was set, it would show what came after."""

    def __init__(self) -> None:
        self.number = 6

    async def numberLater(self, _info: Value) -> int:  # noqa: N802 - the field's name
        return await late(self.number)

    def now(self, _info: Value, to: int) -> "Holder":
        self.number = to
        return self

    async def soon(self, info: Value, to: int) -> "Holder":
        await late(None)
        return self.now(info, to)

    def failNow(self, _info: Value, to: int) -> "Holder":  # noqa: N802 - the field's name
        raise ValueError(f"Cannot change the number to {to}")

    async def failSoon(self, info: Value, to: int) -> "Holder":  # noqa: N802 - the field's name
        await late(None)
        return self.failNow(info, to)


async def test_each_is_over_before_the_next_begins() -> None:
    document = """mutation {
      first: now(to: 1) { number } second: soon(to: 2) { number numberLater } third: now(to: 3) { numberLater }
      fourth: soon(to: 4) { number } fifth: now(to: 5) { number }
    }"""

    await assert_answer(
        SCHEMA,
        document,
        {
            "first": {"number": 1},
            "second": {"number": 2, "numberLater": 2},
            "third": {"numberLater": 3},
            "fourth": {"number": 4},
            "fifth": {"number": 5},
        },
        root=Holder,
    )


async def test_one_that_fails_leaves_the_others() -> None:
    document = """mutation {
      first: now(to: 1) { number } second: soon(to: 2) { number }
      third: failNow(to: 3) { number } fourth: soon(to: 4) { number } fifth: failSoon(to: 5) { number }
    }"""

    await assert_answer(
        SCHEMA,
        document,
        {"first": {"number": 1}, "second": {"number": 2}, "third": None, "fourth": {"number": 4}, "fifth": None},
        Said("Cannot change the number to 3", ("third",), (3, 7)),
        Said("Cannot change the number to 5", ("fifth",), (3, 71)),
        root=Holder,
    )


async def test_those_of_a_fragment_take_their_turn() -> None:
    document = (
        "mutation { ...F second: now(to: 2) { number } } fragment F on Mutation { first: soon(to: 1) { number } }"
    )

    await assert_answer(SCHEMA, document, {"first": {"number": 1}, "second": {"number": 2}}, root=Holder)


async def test_one_that_the_schema_has_not_is_left_out() -> None:
    await assert_answer(SCHEMA, "mutation { nothingOfTheSchema }", {}, root=Holder)

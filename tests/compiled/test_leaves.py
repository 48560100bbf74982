"""By hand: what scalars and enums are serialised to, each value beside graphql-core."""

from enum import Enum
from math import inf, nan

import pytest
from graphql import GraphQLEnumType, GraphQLError, GraphQLSchema, Undefined, build_schema

from tests.compiled.comparing import Value, assert_same, late


class Level(Enum):
    LOW = 1
    HIGH = "high"


SDL = """
enum Colour { RED GREEN }
enum Inner { NUMBER TEXT LIST NOTHING }
enum Level { LOW HIGH }
scalar Even
type Query {
  int: Int, id: ID, yes: Boolean, float: Float, text: String, colour: Colour, inner: Inner, level: Level, even: Even
  evens: [Even], sureEvens: [Even!], sureEven: Even!, colours: [Colour!]!, b: String, deep: Query
}
"""


def _schema() -> GraphQLSchema:
    schema = build_schema(SDL)
    types: Value = schema.type_map
    # Names of the schema may stand for values of another kind; one of these can't even be hashed.
    for name, value in {"NUMBER": 7, "TEXT": "inside", "LIST": [1], "NOTHING": None}.items():
        types["Inner"].values[name].value = value
    types["Level"].coerce_output_value = GraphQLEnumType("Level", Level).coerce_output_value
    types["Even"].coerce_output_value = even
    return schema


def even(value: Value) -> Value:
    if value == "nothing":
        return None
    if value == "undefined":
        return Undefined
    if value == "odd":
        raise GraphQLError("It is odd.", extensions={"code": "ODD"})
    return value // 2 * 2


SCHEMA = _schema()
SERIALISED: list[tuple[str, list[Value]]] = [
    ("int", [0, -(2**31), 2**31, 1.0, 1.5, "7", "x", True, None, nan, [1]]),
    ("id", ["x", 3, 3.5, True, None, object]),
    ("yes", [True, 0, 1.5, "yes", None]),
    ("float", [1, 1.5, "2.5", inf, False, None]),
    ("text", ["x", 1, 1.5, True, None, [1]]),
    ("colour", ["RED", "BLUE", 1, None, []]),
    ("inner", [7, 7.0, "inside", "TEXT", [1], [2], None, {}]),
    ("level", [Level.LOW, Level.HIGH, 1, "high", "LOW", None]),
    ("even", [2, 3, "x", "odd", "nothing", "undefined", None, [2]]),
]


@pytest.mark.parametrize(("field", "values"), SERIALISED)
async def test_scalars_and_enums_are_serialised_alike(field: str, values: list[Value]) -> None:
    for value in [*values, Undefined, ValueError("returned"), GraphQLError("returned")]:
        await assert_same(SCHEMA, f"{{ {field} b }}", root={field: value})
        await assert_same(
            SCHEMA, f"{{ deep {{ {field} b }} }}", root=lambda value=value: {"deep": {field: late(value)}}
        )


@pytest.mark.parametrize(
    "values", [[2, 3], [2, None, 4], [2, "odd", "x"], ["nothing"], [Undefined], [ValueError("item")]]
)
async def test_scalars_of_ones_own_in_lists_and_where_null_may_not_be(values: list[Value]) -> None:
    for field in ("evens", "sureEvens"):
        await assert_same(SCHEMA, f"{{ deep {{ {field} b }} b }}", root={"deep": {field: values}})
    for value in values:
        await assert_same(SCHEMA, "{ deep { sureEven b } b }", root={"deep": {"sureEven": value}})
        await assert_same(SCHEMA, "{ sureEven b }", root={"sureEven": value})


@pytest.mark.parametrize("colours", [["RED", "GREEN"], ["RED", "BLUE"], [None], [late], "RED", None])
async def test_lists_of_enums(colours: Value) -> None:
    await assert_same(SCHEMA, "{ deep { colours } b }", root={"deep": {"colours": colours}})


async def test_a_function_that_answers_a_scalar_of_ones_own_is_called() -> None:
    def five(_info: Value) -> int:
        return 5

    await assert_same(
        SCHEMA, "{ even b deep { even evens } }", root={"even": five, "deep": {"even": five, "evens": [five]}}
    )

"""Variables and arguments are what graphql-core, and Strawberry upon it, make of what is sent: quickly or the long way.

Every field of every operation that ships is looked at, and a schema with all that Strawberry offers for input; with
variables as they should be, and with variables that are spoilt.
"""

import asyncio
from enum import Enum
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Generic, NewType, TypeVar, cast

import pytest
import strawberry
from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLField,
    GraphQLSchema,
    OperationDefinitionNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    parse,
    validate,
    visit,
)
from graphql.execution.values import VariableValues, get_argument_values, get_variable_values
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strawberry import UNSET, Maybe
from strawberry.relay import GlobalID
from strawberry.schema.config import StrawberryConfig

from execution.adapting import adapter_for
from execution.arguments import argument_maker
from execution.inputs import Coercers
from execution.plan import Operation
from execution.variables import MAX_COERCION_ERRORS, Variables, coerce_quickly, quick_variables
from schema.build import CORE_SCHEMA
from tests.compiled.comparing import Value, assert_same
from tests.compiled.sent import Json, spoilt, variables_for

T = TypeVar("T")

FOLDER = Path(__file__).parents[2]
SHIPPED = [
    *sorted((FOLDER / "graphql" / "operations").glob("*.graphql")),
    *sorted((FOLDER / "benchmarks" / "documents").glob("*.admittance.graphql")),
]

THOROUGH = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)


@strawberry.enum
class Colour(Enum):
    RED = 1
    GREEN = strawberry.enum_value("g", name="VERT")


@strawberry.input(one_of=True)
class By:
    id: strawberry.ID | None = UNSET
    number: int | None = UNSET
    colours: list[Colour] | None = UNSET


@strawberry.input
class Pair(Generic[T]):
    left: T
    right: T | None


@strawberry.input
class Deep:
    by: By
    wide: float = 1.5
    tags: list[str] = strawberry.field(default_factory=lambda: ["fresh"])
    note: str | None = strawberry.field(name="remark", default="none")
    colour: Colour = Colour.GREEN
    perhaps: Maybe[int | None]
    many: list[By | None] | None
    grid: list[list[int | None]] | None = UNSET
    pair: Pair[int] | None = None
    at: Annotated["By", strawberry.lazy("tests.compiled.test_arguments")] | None = None

    def __post_init__(self) -> None:
        if len(self.note or "") > 5:
            raise ValueError("too long")


@strawberry.input
class Tree:
    name: str = "leaf"
    inner: list["Tree"] | None = None


def _even(value: int) -> int:
    if value % 2:
        raise GraphQLError(f"{value} is odd", extensions={"code": "ODD"})
    return value


Even = NewType("Even", int)


@strawberry.type
class Query:
    @strawberry.field
    def flat(
        self,
        text: str = "t",
        id: strawberry.ID | None = None,  # noqa: A002 - a name a client may send
        whole: int = 3,
        part: float | None = UNSET,
        yes: bool | None = None,
        colour: Colour = Colour.RED,
        even: Even | None = None,
    ) -> str:
        return repr((text, id, whole, part, yes, colour, even))

    @strawberry.field
    def lists(
        self,
        names: list[str | None] | None = UNSET,
        colours: list[Colour] = [Colour.RED],  # noqa: B006 - the schema's default
        grid: list[list[int]] | None = None,
        evens: list[Even] | None = None,
        by_many: list[By] | None = None,
        renamed: Annotated[int | None, strawberry.argument(name="other")] = None,
    ) -> str:
        return repr((names, colours, grid, evens, by_many, renamed))

    @strawberry.field
    def deep(
        self, deep: Deep, by: By | None = None, perhaps: Maybe[Deep | None] = None, sure: Maybe[str] = None
    ) -> str:
        return repr((deep, by, perhaps, sure))

    @strawberry.field
    def change(self, names: list[str] = ["default"]) -> str:  # noqa: B006 - the schema's default
        names.append("more")
        return repr(names)

    @strawberry.field
    def left(self, tree: Tree | None = None, node: GlobalID | None = None) -> str:
        return repr((tree, node))


CONFIG = StrawberryConfig(scalar_map={Even: strawberry.scalar(name="Even", parse_value=_even)})
OWN: GraphQLSchema = strawberry.Schema(Query, config=CONFIG)._schema  # pyright: ignore[reportPrivateUsage]

QUICK = [
    """query ($id: ID, $part: Float, $yes: Boolean = true, $colour: Colour! = VERT) {
      flat(text: "given", id: $id, whole: 5, part: $part, yes: $yes, colour: $colour) b: flat(part: 1, yes: null)
    }""",
    """query ($text: String!, $whole: Int! = 7, $even: Even, $colour: Colour! = RED) {
      flat(text: $text, whole: $whole, even: $even, colour: $colour) literal: flat(even: 4, id: 3) all: flat
    }""",
    """query ($names: [String], $colours: [Colour!]! = [VERT], $grid: [[Int!]!], $evens: [Even!] = [2], $n: Int) {
      lists(names: $names, colours: $colours, grid: $grid, evens: $evens, other: $n) alone: lists(colours: RED)
    }""",
    """query ($name: String, $n: Int!, $id: ID!, $by: [By!], $even: Even!) {
      lists(names: [$name, "b", null], grid: [[$n, 1], []], byMany: [{id: $id}, {number: $n}], evens: [$even, 2])
      b: lists(byMany: $by, names: "alone") c: lists(byMany: {colours: [RED, VERT]}, grid: 3)
    }""",
    "query ($deep: Deep!, $by: By, $perhaps: Deep) { deep(deep: $deep, by: $by, perhaps: $perhaps) }",
    """query ($by: By!, $note: String = null, $maybe: Int, $many: [By], $n: Int!) {
      deep(deep: {by: $by, wide: 2, remark: $note, perhaps: $maybe, many: $many, colour: RED, pair: {left: $n}})
      b: deep(deep: {by: {number: $n}, perhaps: null, grid: [[$n, null], 1], at: $by, tags: []}, perhaps: null)
      c: deep(sure: "s", deep: {by: {colours: [RED]}, pair: {left: 1, right: $n}, many: {id: "x"}})
    }""",
]
"""Whatever is right in these is made quickly."""

LONG = [
    "query ($tree: Tree, $node: ID, $s: String) { left(tree: $tree, node: $node) b: left(tree: {inner: {name: $s}}) }",
    "query ($wide: Float, $by: By!, $s: String) { deep(deep: {by: $by, wide: $wide}, sure: $s) }",
    'query ($by: By!) { deep(deep: {by: $by, remark: "more than fits"}) b: deep(deep: {by: $by}) }',
    "query ($id: ID) { lists(byMany: {id: $id}) }",
]
"""These have inputs that hold themselves, ids that are taken apart, and more that is right for graphql-core alone."""


@pytest.mark.parametrize("text", [*QUICK, *LONG])
@THOROUGH
@given(st.data())
def test_whatever_is_sent_is_answered_and_refused_alike(text: str, data: st.DataObject) -> None:
    good = _scene(text).good

    asyncio.run(assert_same(OWN, text, data.draw(good | spoilt(good))))


@pytest.mark.parametrize("text", [*QUICK, *(path.read_text() for path in SHIPPED)])
@THOROUGH
@given(st.data())
def test_whatever_is_right_is_made_quickly(text: str, data: st.DataObject) -> None:
    scene = _scene(text)
    variables = data.draw(scene.good)
    values = scene.coerced_by_core(variables)
    assert isinstance(values, VariableValues)
    quick = quick_variables(scene.operation, Coercers())
    assert quick is not None

    assert _shown(coerce_quickly(quick, variables)) == _shown(values)
    for field in scene.fields:
        expected = field.made_the_long_way(values)
        assert _shown(field.made_quickly(values)) == _shown(expected)


@pytest.mark.parametrize("text", [*QUICK, *LONG, *(path.read_text() for path in SHIPPED)])
@THOROUGH
@given(st.data())
def test_whatever_is_wrong_is_told_by_graphql_core(text: str, data: st.DataObject) -> None:
    scene = _scene(text)
    variables = data.draw(spoilt(scene.good))
    values = scene.coerced_by_core(variables)

    found = Variables(scene.operation, Coercers()).coerce(variables)

    assert _shown(found) == _shown(values)
    if not isinstance(values, VariableValues):
        return
    for field in scene.fields:
        made = field.made_quickly(values)
        assert made is None or _shown(made) == _shown(field.made_the_long_way(values))


async def test_a_resolver_may_change_what_it_is_given() -> None:
    document = 'query ($names: [String] = ["a"]) { a: change(names: $names) b: change(names: $names) c: change }'

    for _ in range(2):
        await assert_same(OWN, document)
        await assert_same(OWN, document, {"names": ["x"]})


class _Asked:
    """A field of a document, and the two ways to its arguments."""

    def __init__(self, schema: GraphQLSchema, definition: GraphQLField, node: FieldNode) -> None:
        self.definition = definition
        self.node = node
        _, self.conversion = adapter_for(schema).access(node.name.value, definition)

    def made_the_long_way(self, values: VariableValues) -> Value:
        """What the resolver takes by graphql-core, and by Strawberry upon it."""
        coerced = get_argument_values(self.definition, self.node, values)
        return coerced if self.conversion is None else self.conversion.all(coerced)

    def made_quickly(self, values: VariableValues) -> Value:
        """The same; None if it has to be made the long way."""
        taken = None if self.conversion is None else self.conversion.each
        make = argument_maker(self.definition, self.node, taken)
        return None if make is None or (self.conversion is not None and taken is None) else make(values)


class Scene:
    """A document of one operation, and the fields in it that take arguments."""

    def __init__(self, text: str) -> None:
        self.document = parse(text)
        self.schema = CORE_SCHEMA if validate(OWN, self.document) else OWN
        assert not validate(self.schema, self.document)
        self.good = variables_for(self.schema, self.document)
        [definition] = [each for each in self.document.definitions if isinstance(each, OperationDefinitionNode)]
        root_type: Value = self.schema.get_root_type(definition.operation)
        self.operation = Operation(self.schema, self.document, definition, {}, root_type, hide_suggestions=False)
        self.fields: list[_Asked] = []
        info = TypeInfo(self.schema)
        visit(self.document, TypeInfoVisitor(info, _Collecting(info, self)))

    def coerced_by_core(self, variables: Json) -> VariableValues | list[GraphQLError]:
        """Its variables by graphql-core."""
        nodes = self.operation.definition.variable_definitions or ()
        return get_variable_values(self.schema, nodes, variables, max_errors=MAX_COERCION_ERRORS)


_scene = lru_cache(None)(Scene)


class _Collecting(Visitor):
    def __init__(self, info: TypeInfo, scene: Scene) -> None:
        super().__init__()
        self.info = info
        self.scene = scene

    def enter_field(self, node: FieldNode, *_: Value) -> None:
        """Notes a field that takes arguments."""
        definition: Value = self.info.get_field_def()
        if definition.args:
            self.scene.fields.append(_Asked(self.scene.schema, definition, node))


def _shown(value: Value) -> str:
    """With types, as 1, 1.0 and True are equal."""
    if isinstance(value, VariableValues):
        return repr(({name: each.value for name, each in value.sources.items()}, value.coerced))
    if isinstance(value, list):
        return repr([(error.message, error.locations) for error in cast("list[GraphQLError]", value)])
    return repr(cast("object", value))

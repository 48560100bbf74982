"""Variables for generated documents: good ones, taken out of their literals, and the same with something spoilt."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, cast

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLSchema,
    NameNode,
    OperationDefinitionNode,
    TypeInfo,
    TypeInfoVisitor,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    parse_type,
    value_from_ast_untyped,
    visit,
)
from hypothesis import strategies as st

Json = Any
Path = tuple[str | int, ...]

_SURPRISES: tuple[Json, ...] = (
    None,
    True,
    -1,
    2**31,
    2**53 + 1,
    2**70,
    1.5,
    1e308,
    "",
    " ",
    "\0",
    "\ud800",
    "\u202e",
    "None",
    "null",
    "x" * 10_000,
    [],
    {},
    [[]],
    [None],
    {"": ""},
    {"id": None},
    {"__proto__": {}},
    {"metadata": {"a": {"b": 1}}},
)

MISTAKES: st.SearchStrategy[list[Json]] = st.lists(
    st.sampled_from(_SURPRISES)
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=6,
    ),
    min_size=1,
    max_size=3,
)
"""JSON to put into variables where other JSON was."""


def hoist(document: DocumentNode, schema: GraphQLSchema) -> tuple[DocumentNode, dict[str, Json]]:
    """The document with a variable in place of every argument, and their values."""
    info = TypeInfo(schema)
    hoisting = _Hoisting(info)
    hoisted = visit(document, TypeInfoVisitor(info, hoisting))
    (definition,) = hoisted.definitions
    assert isinstance(definition, OperationDefinitionNode), "the generators write one operation and nothing else"
    whole = replace(definition, variable_definitions=tuple(hoisting.definitions))
    return replace(hoisted, definitions=(whole,)), hoisting.values


def spoil(variables: dict[str, Json], mistakes: list[Json], random: Random) -> Json:
    """The variables with a mistake put at some place for each of them: instead of a value, beside it, or around it."""
    spoilt = deepcopy(variables)
    for mistake in mistakes:
        places = list(_places(spoilt))
        if not places:
            return {"unknown": mistake}
        *way, last = random.choice(places)
        holder: Json = spoilt
        for part in way:
            holder = holder[part]
        # A copy, as the next mistake may be put into this one, and this one may be a constant.
        _spoil_at(holder, last, deepcopy(mistake), random)
    return spoilt


def _spoil_at(holder: Json, key: str | int, mistake: Json, random: Random) -> None:
    chance = random.random()
    if chance < 0.6:
        holder[key] = mistake
    elif chance < 0.7:
        holder[key] = [holder[key], mistake]
    elif chance < 0.8 or isinstance(key, int):
        del holder[key]
    else:
        holder[f"{key}_"] = mistake


@dataclass
class _Hoisting(Visitor):
    info: TypeInfo
    definitions: list[VariableDefinitionNode] = field(default_factory=list[VariableDefinitionNode])
    values: dict[str, Json] = field(default_factory=dict[str, Json])

    def __post_init__(self) -> None:
        super().__init__()

    def enter_field(self, node: FieldNode, *_: Any) -> FieldNode | None:  # noqa: ANN401 - where it stands
        """Takes a field's arguments out."""
        definition: Any = self.info.get_field_def()
        if definition is None or not node.arguments:
            return None
        arguments = [
            replace(
                each, value=self._take(str(definition.args[each.name.value].type), value_from_ast_untyped(each.value))
            )
            for each in node.arguments
        ]
        return replace(node, arguments=tuple(arguments))

    def _take(self, type_: str, value: Json) -> VariableNode:
        name = f"v{len(self.values)}"
        variable = VariableNode(name=NameNode(value=name))
        self.definitions.append(VariableDefinitionNode(variable=variable, type=parse_type(type_)))
        self.values[name] = value
        return variable


def _places(value: Json, way: Path = ()) -> Iterator[Path]:
    """The ways to all values inside a value."""
    entries: Iterator[tuple[str | int, Json]]
    if isinstance(value, dict):
        entries = iter(cast("dict[str, Json]", value).items())
    elif isinstance(value, list):
        entries = enumerate(cast("list[Json]", value))
    else:
        return
    for key, each in entries:
        yield (*way, key)
        yield from _places(each, (*way, key))

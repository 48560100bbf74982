"""Values a client may send for an operation's variables: good ones of any input type, and good ones spoilt."""

from random import Random
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLInputObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    is_enum_type,
    is_input_object_type,
)
from hypothesis import strategies as st

from execution.core import is_list_type, is_non_null_type, variable_signature
from execution.inputs import has_default, is_required
from tests.fuzz.variables import MISTAKES, spoil

Json = Any

_DEPTH = 3

_SCALARS: dict[str, st.SearchStrategy[Json]] = {
    "String": st.text(max_size=5),
    "ID": st.text(max_size=5) | st.integers(),
    "Int": st.integers(-(2**31), 2**31 - 1) | st.sampled_from([1.0, -0.0]),
    "Float": st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53), 2**53),
    "Boolean": st.booleans(),
    "DateTime": st.sampled_from(["2026-01-15T10:00:00Z", "2026-01-15T10:00:00.123+02:00"]),
    "Metadata": st.dictionaries(st.text(max_size=3), st.none() | st.text(max_size=3), max_size=2),
    "Even": st.integers(-5, 5).map(lambda number: 2 * number),
}


def variables_for(schema: GraphQLSchema, document: DocumentNode) -> st.SearchStrategy[dict[str, Json]]:
    """Variables that are as the only operation of a document declares them."""
    [operation] = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    signatures = [variable_signature(schema, each) for each in operation.variable_definitions or ()]
    return _entries({each.name: each for each in signatures}, 0)


def spoilt(variables: st.SearchStrategy[dict[str, Json]]) -> st.SearchStrategy[dict[str, Json]]:
    """The same with something wrong somewhere, or so it may be."""
    return st.builds(_spoil, variables, MISTAKES, st.integers(0, 2**16))


def _spoil(variables: dict[str, Json], mistakes: list[Json], seed: int) -> dict[str, Json]:
    return spoil(variables, mistakes, Random(seed))  # noqa: S311 - it is to be foreseeable


def _value(type_: Any, depth: int) -> st.SearchStrategy[Json]:  # noqa: ANN401 - any input type
    if is_non_null_type(type_):
        return _present(type_.of_type, depth)
    return st.none() | _present(type_, depth) if depth < _DEPTH else st.none()


def _present(type_: Any, depth: int) -> st.SearchStrategy[Json]:  # noqa: ANN401 - any input type but NonNull
    if is_list_type(type_):
        alone = _present(type_.of_type, depth) if not is_non_null_type(type_.of_type) else st.nothing()
        return st.lists(_value(type_.of_type, depth + 1), max_size=3) | alone
    if is_enum_type(type_):
        return st.sampled_from(list(type_.values))
    if is_input_object_type(type_):
        return _object(type_, depth + 1)
    return _SCALARS[type_.name]


def _object(type_: GraphQLInputObjectType, depth: int) -> st.SearchStrategy[Json]:
    definition = type_.extensions.get("strawberry-definition")
    if not (type_.is_one_of or (definition is not None and definition.is_one_of)):
        return _entries(type_.fields, depth)
    return st.one_of(
        [st.fixed_dictionaries({name: _present(field.type, depth)}) for name, field in type_.fields.items()]
    )


def _entries(definitions: Any, depth: int) -> st.SearchStrategy[dict[str, Json]]:  # noqa: ANN401 - by name
    required = {name: _value(each.type, depth) for name, each in definitions.items() if is_required(each)}
    optional = {
        name: _value(each.type, depth)
        for name, each in definitions.items()
        if not is_required(each) and (depth < _DEPTH or has_default(each))
    }
    return st.fixed_dictionaries(required, optional=optional)

"""A field's arguments, made by a function put together when the field is planned.

It does what graphql-core does, and what a library upon it makes of each argument then, while literals and variables are
as they should be. Where they aren't it gives up, and the long way finds out once more, and says, what is wrong.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLInputObjectType,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    ValueNode,
    VariableNode,
    is_input_object_type,
)
from graphql.execution.values import VariableValues
from graphql.utilities.coerce_input_value import coerce_default_value

from execution.core import is_list_type, is_non_null_type
from execution.inputs import UnfitError, coerce_literal, finish_object, has_default, is_required, means_always_the_same
from execution.plan import Convert, MakeArguments, Taken

Make = Callable[[VariableValues], Any]
"""Makes one value. Raises whatever it may, if graphql-core has to judge it."""


class _Entry(NamedTuple):
    """How the value of an argument is made, or of an input object's field.

    `variable`: if this one has no value, the entry is left out, or has its `default` made.
    """

    name: str
    make: Make
    variable: str | None
    default: Make | None


def argument_maker(
    definition: GraphQLField, node: FieldNode, taken: Mapping[str, Taken] | None
) -> MakeArguments | None:
    """The function for a field's arguments; None if they must be made the long way.

    `taken`: how the resolver takes them, by their names; None if it takes them as they are.
    """
    given = {each.name.value: each.value for each in node.arguments or ()}
    try:
        entries = _entries(definition.args, given)
    except UnfitError:
        return None
    if taken is not None:
        entries = [_converted(each, taken[each.name]) for each in entries if each.name in taken]

    def make(variables: VariableValues) -> dict[str, Any] | None:
        try:
            return _fill(entries, variables)
        except Exception:  # noqa: BLE001 - whatever is wrong, the long way finds it once more, and raises it
            return None

    return make


def _fill(entries: Iterable[_Entry], variables: VariableValues) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, make, variable, default in entries:
        if variable is None or variable in variables.coerced:
            made[name] = make(variables)
        elif default is not None:
            made[name] = default(variables)
    return made


def _converted(entry: _Entry, taken: Taken) -> _Entry:
    name, convert = taken
    if convert is None:
        return entry._replace(name=name)
    default = None if entry.default is None else _then(entry.default, convert)
    return _Entry(name, _then(entry.make, convert), entry.variable, default)


def _then(make: Make, convert: Convert) -> Make:
    return lambda variables: convert(make(variables))


def _entries(definitions: Mapping[str, Any], given: Mapping[str, ValueNode]) -> list[_Entry]:
    """Those that are given, or have a default. Raises UnfitError, if one can't be made of what is given."""
    entries: list[_Entry] = []
    for name, definition in definitions.items():
        out_name = definition.out_name or name
        default = _default(definition) if has_default(definition) else None
        node = given.get(name)
        if node is not None:
            variable = node.name.value if isinstance(node, VariableNode) and not is_required(definition) else None
            entries.append(_Entry(out_name, _value(node, definition.type), variable, default))
        elif is_required(definition):
            raise UnfitError
        elif default is not None:
            entries.append(_Entry(out_name, default, None, None))
    return entries


def _default(definition: Any) -> Make:  # noqa: ANN401 - an argument, or a field of an input object
    return lambda _: coerce_default_value(definition)


def _value(node: ValueNode, type_: Any) -> Make:  # noqa: ANN401 - any input type
    if isinstance(node, VariableNode):
        return _variable(node.name.value, is_nullable=not is_non_null_type(type_))
    if isinstance(node, NullValueNode):
        if is_non_null_type(type_):
            raise UnfitError
        return lambda _: None
    nullable = type_.of_type if is_non_null_type(type_) else type_
    if is_list_type(nullable):
        return _list(node, nullable.of_type)
    if is_input_object_type(nullable):
        return _object(node, nullable)
    if not means_always_the_same(nullable):
        return lambda variables: coerce_literal(node, nullable, variables)
    value = coerce_literal(node, nullable)
    return lambda _: value


def _variable(name: str, *, is_nullable: bool) -> Make:
    if is_nullable:
        # In a list, one without a value stands for null.
        return lambda variables: variables.coerced.get(name)

    def make(variables: VariableValues) -> Any:  # noqa: ANN401 - any value
        value = variables.coerced[name]
        if value is None:
            raise UnfitError
        return value

    return make


def _list(node: ValueNode, item_type: Any) -> Make:  # noqa: ANN401 - any input type
    if not isinstance(node, ListValueNode):
        alone = _value(node, item_type)
        return lambda variables: [alone(variables)]
    items = [_value(each, item_type) for each in node.values]
    return lambda variables: [make(variables) for make in items]


def _object(node: ValueNode, type_: GraphQLInputObjectType) -> Make:
    if not isinstance(node, ObjectValueNode):
        raise UnfitError
    given = {each.name.value: each.value for each in node.fields}
    entries = _entries(type_.fields, given)
    if not given.keys() <= type_.fields.keys() or (type_.is_one_of and len(given) != 1):
        raise UnfitError
    return lambda variables: finish_object(type_, _fill(entries, variables))

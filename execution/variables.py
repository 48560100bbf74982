"""An operation's variables: coerced quickly where that can be, and else, with the same result, by graphql-core."""

from collections.abc import Callable, Mapping
from typing import Any

from graphql import GraphQLError, Undefined, VariableDefinitionNode
from graphql.execution.values import VariableValues, VariableValueSource, get_variable_values

from execution.core import is_non_null_type, variable_signature
from execution.inputs import Coerce, Coercers, UnfitError, coerce_literal, means_always_the_same
from execution.plan import Operation

MAX_COERCION_ERRORS = 50


class Variables:
    """The variables an operation defines."""

    def __init__(self, operation: Operation, coercers: Coercers) -> None:
        self._operation = operation
        self._nodes = operation.definition.variable_definitions or ()
        self._quick = _all_quick(operation, self._nodes, coercers)

    def coerce(self, given: Mapping[str, Any]) -> VariableValues | list[GraphQLError]:
        """Their values, or what is wrong with them, as graphql-core has it."""
        if self._quick is not None:
            try:
                return _coerce_quickly(self._quick, given)
            except Exception:  # noqa: BLE001, S110 - whatever is wrong, graphql-core finds it once more and words it
                pass
        operation = self._operation
        return get_variable_values(
            operation.schema,
            self._nodes,
            dict(given),
            max_errors=MAX_COERCION_ERRORS,
            hide_suggestions=operation.hide_suggestions,
        )


class _Quick:
    """A variable whose every value is coerced by functions known in advance.

    `absent`: its source if it isn't given. `default`: makes its value then, if it has one.
    """

    __slots__ = ("absent", "coerce", "default", "name", "required", "signature")

    def __init__(self, signature: Any, coerce: Coerce) -> None:  # noqa: ANN401 - a GraphQLVariableSignature
        self.name: str = signature.name
        self.signature = signature
        self.coerce = coerce
        self.absent = VariableValueSource(signature)
        self.default = None if signature.default is None else _default(signature.default.literal, signature.type)
        self.required = signature.default is None and is_non_null_type(signature.type)


def _all_quick(
    operation: Operation, nodes: tuple[VariableDefinitionNode, ...], coercers: Coercers
) -> list[_Quick] | None:
    quick: list[_Quick] = []
    for node in nodes:
        signature = variable_signature(operation.schema, node)
        coerce = None if isinstance(signature, GraphQLError) else coercers.find(signature.type)
        if coerce is None:
            return None
        quick.append(_Quick(signature, coerce))
    return quick


def _default(literal: Any, type_: Any) -> Callable[[], Any]:  # noqa: ANN401 - a literal of any input type
    named = type_.of_type if is_non_null_type(type_) else type_
    if not means_always_the_same(named):
        # Each run has one of its own, as resolvers may change it.
        return lambda: coerce_literal(literal, type_)
    try:
        value = coerce_literal(literal, type_)
    except UnfitError:
        return lambda: coerce_literal(literal, type_)
    return lambda: value


def _coerce_quickly(variables: list[_Quick], given: Mapping[str, Any]) -> VariableValues:
    sources: dict[str, VariableValueSource] = {}
    coerced: dict[str, Any] = {}
    for each in variables:
        name = each.name
        value = given.get(name, Undefined)
        if value is not Undefined:
            sources[name] = VariableValueSource(each.signature, value)
            coerced[name] = each.coerce(value)
            continue
        if each.required:
            raise UnfitError
        sources[name] = each.absent
        if each.default is not None:
            coerced[name] = each.default()
    return VariableValues(sources, coerced)

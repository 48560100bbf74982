"""An operation's variables: coerced quickly where that can be, and else, with the same result, by graphql-core."""

from collections.abc import Callable, Mapping
from typing import Any

from graphql import GraphQLError, Undefined
from graphql.execution.values import VariableValues, VariableValueSource, get_variable_values

from execution.core import is_non_null_type, variable_signature
from execution.inputs import Coerce, Coercers, UnfitError, coerce_literal, means_always_the_same
from execution.plan import Operation

MAX_COERCION_ERRORS = 50


class Variables:
    """The variables an operation defines."""

    def __init__(self, operation: Operation, coercers: Coercers) -> None:
        self._operation = operation
        self._quick = quick_variables(operation, coercers)

    def coerce(self, given: Mapping[str, Any]) -> VariableValues | list[GraphQLError]:
        """Their values, or what is wrong with them, as graphql-core has it."""
        if self._quick is not None:
            try:
                return coerce_quickly(self._quick, given)
            except Exception:  # noqa: BLE001, S110 - whatever is wrong, graphql-core finds it once more and words it
                pass
        operation = self._operation
        return get_variable_values(
            operation.schema,
            operation.definition.variable_definitions or (),
            dict(given),
            max_errors=MAX_COERCION_ERRORS,
            hide_suggestions=operation.hide_suggestions,
        )


class QuickVariable:
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


def quick_variables(operation: Operation, coercers: Coercers) -> list[QuickVariable] | None:
    """How an operation's variables are coerced; None if the values of one may be nested deeply."""
    quick: list[QuickVariable] = []
    for node in operation.definition.variable_definitions or ():
        signature = variable_signature(operation.schema, node)
        coerce = None if isinstance(signature, GraphQLError) else coercers.find(signature.type)
        if coerce is None:
            return None
        quick.append(QuickVariable(signature, coerce))
    return quick


def coerce_quickly(variables: list[QuickVariable], given: Mapping[str, Any]) -> VariableValues:
    """Their values. Raises whatever it may, if graphql-core has to judge what is given."""
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

"""What a document consists of, counted in one walk that looks at no schema and follows no fragment."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    ValueNode,
)

from gateway.preparing.limits import Bounds, too_large


@dataclass(slots=True)
class Census:
    """How many of everything a document has, and which fragments each of its fragments spreads."""

    definitions: int = 0
    variables: int = 0
    directives: int = 0
    selections: int = 0
    values: int = 0
    spreads: dict[str, set[str]] = field(default_factory=dict[str, set[str]])

    @property
    def parts(self) -> int:
        """All of it: the time to check the document, and the memory to keep it, go by this."""
        return self.definitions + self.variables + self.directives + self.selections + self.values

    def refuse(self, bounds: Bounds) -> GraphQLError | None:
        """The error if there is too much of anything."""
        for what in ("definitions", "variables", "directives", "parts"):
            found, limit = getattr(self, what), getattr(bounds, what)
            if limit and found > limit:
                return too_large(what, found, limit)
        return None


def take_census(document: DocumentNode) -> Census:
    """Counts a document: linear in its length."""
    census = Census(definitions=len(document.definitions))
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            _count_variables(census, definition)
            _count_selections(census, definition.selection_set)
        elif isinstance(definition, FragmentDefinitionNode):
            spreads = _count_selections(census, definition.selection_set)
            census.spreads.setdefault(definition.name.value, set()).update(spreads)
        _count_directives(census, getattr(definition, "directives", ()))
    return census


def _count_variables(census: Census, operation: OperationDefinitionNode) -> None:
    for variable in operation.variable_definitions or ():
        census.variables += 1
        _count_directives(census, variable.directives)
        if variable.default_value is not None:
            _count_values(census, [variable.default_value])


def _count_selections(census: Census, selection_set: SelectionSetNode) -> set[str]:
    spreads: set[str] = set()
    waiting: list[SelectionNode] = list(selection_set.selections)
    while waiting:
        node = waiting.pop()
        census.selections += 1
        _count_directives(census, node.directives)
        if isinstance(node, FragmentSpreadNode):
            spreads.add(node.name.value)
            continue
        if isinstance(node, FieldNode):
            _count_values(census, (argument.value for argument in node.arguments or ()))
        below = getattr(node, "selection_set", None)
        if below:
            waiting.extend(below.selections)
    return spreads


def _count_directives(census: Census, directives: Iterable[DirectiveNode] | None) -> None:
    for directive in directives or ():
        census.directives += 1
        _count_values(census, (argument.value for argument in directive.arguments or ()))


def _count_values(census: Census, values: Iterable[ValueNode]) -> None:
    waiting = list(values)
    while waiting:
        value = waiting.pop()
        census.values += 1
        if isinstance(value, ListValueNode):
            waiting.extend(value.values)
        elif isinstance(value, ObjectValueNode):
            waiting.extend(each.value for each in value.fields)

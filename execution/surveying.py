"""What there is in an operation before anything is made of it: what can't be compiled, and which variables decide."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from graphql import (
    DirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
)

MAX_DEPTH = 50
"""Selections nested deeper are left to graphql-core, which knows what to say when Python's own stack ends."""

_CONDITIONS = frozenset({"skip", "include"})


class NotCompilable(Exception):
    """An operation with something in it that is left to graphql-core. The message says what."""


@dataclass(slots=True)
class Survey:
    """Walks an operation with all fragments it uses.

    `conditions`: the variables that decide, by `@skip` and `@include`, what is selected.
    """

    fragments: Mapping[str, FragmentDefinitionNode]
    conditions: set[str] = field(default_factory=set[str])
    _depths: dict[str, int] = field(default_factory=dict[str, int])

    def visit(self, operation: OperationDefinitionNode) -> None:
        """Raises: NotCompilable."""
        if operation.directives:
            raise NotCompilable("directive on the operation")
        if self._depth(operation.selection_set) > MAX_DEPTH:
            raise NotCompilable("depth")

    def _depth(self, selections: SelectionSetNode) -> int:
        return 1 + max((self._visit(each) for each in selections.selections), default=0)

    def _visit(self, node: SelectionNode) -> int:
        self._visit_directives(node.directives or ())
        if isinstance(node, FragmentSpreadNode):
            return self._visit_spread(node)
        if isinstance(node, FieldNode) and node.name.value in {"__schema", "__type"}:
            raise NotCompilable("introspection")
        if isinstance(node, FieldNode | InlineFragmentNode):
            return self._depth(node.selection_set) if node.selection_set else 0
        raise NotCompilable(node.kind)

    def _visit_spread(self, node: FragmentSpreadNode) -> int:
        name = node.name.value
        definition = self.fragments.get(name)
        if node.arguments or definition is None or definition.variable_definitions:
            raise NotCompilable("fragment variables")
        if name not in self._depths:
            # A fragment within itself, which validation refuses, would never end.
            self._depths[name] = MAX_DEPTH
            self._depths[name] = self._depth(definition.selection_set)
        return self._depths[name]

    def _visit_directives(self, directives: Iterable[DirectiveNode]) -> None:
        for directive in directives:
            name = directive.name.value
            if name in {"defer", "stream"}:
                raise NotCompilable(f"@{name}")
            if name in _CONDITIONS:
                values = [argument.value for argument in directive.arguments or ()]
                self.conditions.update(value.name.value for value in values if isinstance(value, VariableNode))

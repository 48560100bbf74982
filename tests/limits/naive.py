"""Depth and cost as one would work them out by hand: from the top, every fragment written out where it is spread."""

from collections.abc import Mapping
from dataclasses import dataclass

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLCompositeType,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    is_composite_type,
)


@dataclass(frozen=True, slots=True)
class Found:
    """What a document's operation comes to."""

    depth: int
    list_depth: int
    cost: int

    def beside(self, other: "Found") -> "Found":
        return Found(max(self.depth, other.depth), max(self.list_depth, other.list_depth), self.cost + other.cost)


def walk(
    schema: GraphQLSchema,
    fragments: Mapping[str, FragmentDefinitionNode],
    sizes: Mapping[str, int],
    selection_set: SelectionSetNode,
    parent: GraphQLNamedType | None,
    times: int = 1,
    page: int = 20,
) -> Found:
    """What a selection comes to that is carried out so many times, inside a connection of this page."""
    total = Found(0, 0, 0)
    for node in selection_set.selections:
        if isinstance(node, FieldNode):
            total = total.beside(_field(schema, fragments, sizes, node, parent, times, page))
        elif isinstance(node, InlineFragmentNode):
            assert node.type_condition is not None
            inner = schema.get_type(node.type_condition.name.value)
            total = total.beside(walk(schema, fragments, sizes, node.selection_set, inner, times, page))
        elif isinstance(node, FragmentSpreadNode) and node.name.value in fragments:
            fragment = fragments[node.name.value]
            inner = schema.get_type(fragment.type_condition.name.value)
            total = total.beside(walk(schema, fragments, sizes, fragment.selection_set, inner, times, page))
    return total


def _field(
    schema: GraphQLSchema,
    fragments: Mapping[str, FragmentDefinitionNode],
    sizes: Mapping[str, int],
    node: FieldNode,
    parent: GraphQLNamedType | None,
    times: int,
    page: int,
) -> Found:
    known = schema.get_field(parent, node.name.value) if is_composite_type(parent) else None
    returned = str(getattr(known, "type", ""))
    below = schema.get_type(returned.strip("[]!")) if known else None
    is_list = returned.startswith("[") and is_composite_type(below)
    given = {each.name.value: _size(each.value, sizes) for each in node.arguments or ()}
    asked = max((given[name] for name in ("first", "last") if name in given), default=None)
    inner_times, inner_page = times, 20
    if is_list:
        length = {"nodes": page, "edges": page, "byIds": given.get("ids", 0), "pets": 5, "toys": asked or 3}
        inner_times = times * length[node.name.value]
    elif asked is not None:
        inner_page = asked
    inner = Found(0, 0, 0)
    if node.selection_set:
        inner_parent: GraphQLCompositeType | None = below if is_composite_type(below) else None
        inner = walk(schema, fragments, sizes, node.selection_set, inner_parent, inner_times, inner_page)
    return Found(inner.depth + 1, inner.list_depth + is_list, inner.cost + times)


def _size(value: ValueNode, sizes: Mapping[str, int]) -> int:
    if isinstance(value, VariableNode):
        return sizes[value.name.value]
    if isinstance(value, ListValueNode):
        return len(value.values)
    assert isinstance(value, IntValueNode)
    return int(value.value)

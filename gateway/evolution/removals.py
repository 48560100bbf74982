"""What may be removed: that which was deprecated with a date, once the date has come."""

from collections.abc import Iterable, Iterator
from datetime import date

from graphql import (
    REMOVE,
    DocumentNode,
    InterfaceTypeDefinitionNode,
    NamedTypeNode,
    Node,
    ObjectTypeDefinitionNode,
    TypeDefinitionNode,
    UnionTypeDefinitionNode,
    VisitorAction,
    visit,
)
from graphql.language import Visitor

from gateway.evolution.deprecations import read_deprecation, reason_of
from gateway.evolution.places import places

_ROOTS = ("Query", "Mutation", "Subscription")


def without_due(released: DocumentNode, proposed: DocumentNode, today: date) -> DocumentNode:
    """A released schema without what the proposed one rightly lacks, so that no comparison finds it missing.

    That is what was due, and types that nothing leads to any more after it. An interface or union leads to its types
    as long as one of their fields wasn't due: a client may have asked for that one there.
    """
    kept = places(proposed).keys()
    missing = [(place, node) for place, node in places(released).items() if place not in kept]
    left: DocumentNode = visit(released, _Remover(node for _, node in missing if _is_due(node, today)))
    reached = _reached(left)
    gone = {name for (name, *rest), _ in missing if not rest and name not in reached}
    return visit(left, _Remover(_mentions(left, gone)))


def _is_due(node: Node, today: date) -> bool:
    promised = read_deprecation(reason_of(node) or "")
    return promised is not None and promised.removal <= today


class _Remover(Visitor):
    def __init__(self, nodes: Iterable[Node]) -> None:
        super().__init__()
        self._ids = {id(node) for node in nodes}

    def enter(self, node: Node, *_: object) -> VisitorAction:
        return REMOVE if id(node) in self._ids else None


def _reached(schema: DocumentNode) -> set[str]:
    """The types that operations can come to."""
    types = {each.name.value: each for each in schema.definitions if isinstance(each, TypeDefinitionNode)}
    others = [each for each in schema.definitions if not isinstance(each, TypeDefinitionNode)]
    ahead = [*_ROOTS, *(name for each in others for name in _named(each))]
    reached: set[str] = set()
    while ahead:
        name = ahead.pop()
        if name in types and name not in reached:
            reached.add(name)
            ahead += _next(types[name], types)
    return reached


def _next(definition: TypeDefinitionNode, types: dict[str, TypeDefinitionNode]) -> Iterator[str]:
    if isinstance(definition, UnionTypeDefinitionNode):
        yield from (name for name in _named(definition) if getattr(types.get(name), "fields", None))
        return
    yield from _named(definition)
    if isinstance(definition, InterfaceTypeDefinitionNode):
        yield from (name for name, other in types.items() if _implements(other, definition.name.value))


def _implements(definition: TypeDefinitionNode, interface: str) -> bool:
    """Whether it does, with any field left."""
    if not isinstance(definition, ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode) or not definition.fields:
        return False
    return any(each.name.value == interface for each in definition.interfaces or ())


def _named(definition: Node) -> list[str]:
    names = _TypeNames()
    visit(definition, names)
    return names.found


class _TypeNames(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def enter_named_type(self, node: NamedTypeNode, *_: object) -> None:
        self.found.append(node.name.value)


def _mentions(schema: DocumentNode, names: set[str]) -> Iterator[Node]:
    """The definitions of types, and where unions name them."""
    for definition in schema.definitions:
        if isinstance(definition, TypeDefinitionNode) and definition.name.value in names:
            yield definition
        elif isinstance(definition, UnionTypeDefinitionNode):
            yield from (each for each in definition.types or () if each.name.value in names)

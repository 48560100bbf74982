"""How deep, wide and costly the selections of a document are: one walk over each definition.

What is known of a fragment is a function of the fragment alone, and of those it spreads: it doesn't matter where it was
met first, in what order the document has its definitions, or what stands above a spread.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLCompositeType,
    GraphQLError,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    is_composite_type,
)

from gateway.preparing.census import Census
from gateway.preparing.cost import NOTHING, Amount, Formula
from gateway.preparing.excess import Excesses
from gateway.preparing.limits import Limits
from gateway.preparing.sizes import DEFAULT_PAGE_SIZE, FieldShapes, Size, VariableSize, sizes_asked

MUTATION_COST = 10
"""What a field of Mutation costs beside itself: a transaction."""

_SCHEMA_FIELDS = frozenset({"__schema", "__type", "_service"})
_SCHEMA_TYPES = ("__", "_Service")
"""Fields that tell of the schema, and how the names of types begin that do. The last of each are a subgraph's."""

_ANY_PAGE = (DEFAULT_PAGE_SIZE,)
"""The page of entries that stand in no connection: nowhere but in documents that aren't valid."""


@dataclass(slots=True)
class Measure:
    """What was found of a selection: of everything below one point, counted from there.

    `entries` is the part of the cost that is multiplied by the page of the connection it stands in, `cost` the rest.
    Introspection is as deep as it is by itself: it doesn't count into `depth` and `list_depth`.
    """

    depth: int = 0
    list_depth: int = 0
    introspection_depth: int = 0
    introspection_list_depth: int = 0
    cost: Amount = NOTHING
    entries: Amount = NOTHING
    variables: frozenset[VariableSize] = frozenset()

    def include(self, other: "Measure") -> None:
        """Takes in what stands beside it."""
        self.depth = max(self.depth, other.depth)
        self.list_depth = max(self.list_depth, other.list_depth)
        self.introspection_depth = max(self.introspection_depth, other.introspection_depth)
        self.introspection_list_depth = max(self.introspection_list_depth, other.introspection_list_depth)
        self.cost += other.cost
        self.entries += other.entries
        if other.variables:
            self.variables |= other.variables


@dataclass(slots=True)
class Level:
    """The fields that become one object of the answer: how often each stands there, and which fragments add to them."""

    fields: Counter[str] = field(default_factory=Counter[str])
    fragments: set[str] = field(default_factory=set[str])


@dataclass(frozen=True, slots=True)
class MeasuredFragment:
    """All that is to be known of a fragment where it is spread."""

    measure: Measure
    level: Level


class Measuring:
    """The measuring of one document."""

    def __init__(self, schema: GraphQLSchema, shapes: FieldShapes, limits: Limits) -> None:
        self.formula = Formula()
        self.operations: list[Measure] = []
        self._schema = schema
        self._shapes = shapes
        self._excesses = Excesses(limits)
        self._fragments: dict[str, MeasuredFragment] = {}
        self._widths: dict[frozenset[str], Counter[str]] = {}

    def measure(self, document: DocumentNode, census: Census) -> list[GraphQLError]:
        """Measures every definition. Returns what is over the limits, the first of each kind."""
        fragments = [each for each in document.definitions if isinstance(each, FragmentDefinitionNode)]
        by_name: dict[str, list[FragmentDefinitionNode]] = {}
        for fragment in fragments:
            by_name.setdefault(fragment.name.value, []).append(fragment)
        for name in _leaves_first(census.spreads):
            self._fragments[name] = self._measure_fragment(by_name.pop(name))
        # Those that are left spread themselves, however far down. Validation says so; here they count nothing.
        for rest in by_name.values():
            self._measure_fragment(rest)
        for each in document.definitions:
            if isinstance(each, OperationDefinitionNode):
                measure, _ = self._measure(each.selection_set, self._schema.get_root_type(each.operation))
                measure.cost += self.formula.multiply(_ANY_PAGE, measure.entries)
                self._excesses.judge(each, measure)
                self.operations.append(measure)
        return self._excesses.errors

    def _measure_fragment(self, definitions: list[FragmentDefinitionNode]) -> MeasuredFragment:
        """A fragment, of which there is more than one definition only in documents that aren't valid."""
        whole, whole_level = Measure(), Level()
        for definition in definitions:
            found = self._schema.get_type(definition.type_condition.name.value)
            measure, level = self._measure(definition.selection_set, found if is_composite_type(found) else None)
            self._excesses.judge(definition, measure)
            whole.include(measure)
            whole_level.fields.update(level.fields)
            whole_level.fragments |= level.fragments
        if whole.cost.lines:
            whole.cost = self.formula.refer((1,), whole.cost)
        if whole.entries.lines:
            whole.entries = self.formula.refer((1,), whole.entries)
        return MeasuredFragment(whole, whole_level)

    def _measure(self, selection_set: SelectionSetNode, parent: GraphQLCompositeType | None) -> tuple[Measure, Level]:
        measure, level = Measure(), Level()
        self._take_in(selection_set, parent, measure, level)
        self._excesses.judge_width(selection_set, self._widest(level))
        return measure, level

    def _take_in(
        self, selection_set: SelectionSetNode, parent: GraphQLCompositeType | None, measure: Measure, level: Level
    ) -> None:
        for node in selection_set.selections:
            if isinstance(node, FieldNode):
                level.fields[node.name.value] += 1
                if node.alias and _is_introspection(node.name.value, parent):
                    self._excesses.refuse_alias(node)
                measure.include(self._measure_field(node, parent))
            elif isinstance(node, InlineFragmentNode):
                self._take_in(node.selection_set, self._narrow(node, parent), measure, level)
            elif isinstance(node, FragmentSpreadNode):
                fragment = self._fragments.get(node.name.value)
                if fragment is not None:
                    level.fragments |= {node.name.value, *fragment.level.fragments}
                    measure.include(fragment.measure)

    def _narrow(self, node: InlineFragmentNode, parent: GraphQLCompositeType | None) -> GraphQLCompositeType | None:
        if node.type_condition is None:
            return parent
        found = self._schema.get_type(node.type_condition.name.value)
        return found if is_composite_type(found) else None

    def _measure_field(self, node: FieldNode, parent: GraphQLCompositeType | None) -> Measure:
        shape = self._shapes.find(parent, node.name.value)
        below = self._measure(node.selection_set, shape.type)[0] if node.selection_set else Measure()
        sizes = sizes_asked(shape, node)
        self._excesses.judge_pages(shape, node)
        is_mutation = parent is not None and parent is self._schema.mutation_type
        own = Amount(1 + MUTATION_COST if is_mutation else 1)
        # Entries of a connection are as many as the page that a field above asks for: known to that field alone.
        inside = below.cost + self.formula.multiply(_ANY_PAGE if shape.is_list else sizes, below.entries)
        if shape.is_entry:
            below.cost, below.entries = own, inside
        else:
            below.cost = own + (self.formula.multiply(sizes, inside) if shape.is_list else inside)
            below.entries = NOTHING
        below.variables |= _variables(sizes)
        _deepen(below, node.name.value, parent, is_list=shape.is_list)
        return below

    def _widest(self, level: Level) -> tuple[str, int]:
        """The field that stands most often at a level, and how often. A fragment counts once, as it is carried out."""
        fields = level.fields
        if level.fragments:
            key = frozenset(level.fragments)
            if key not in self._widths:
                self._widths[key] = _total(self._fragments[name].level.fields for name in key)
            fields = fields + self._widths[key]
        return max(fields.items(), key=lambda each: each[1], default=("", 0))


def _deepen(measure: Measure, name: str, parent: GraphQLCompositeType | None, *, is_list: bool) -> None:
    """A field's own level, on top of what is below it."""
    if name in _SCHEMA_FIELDS or (parent is not None and parent.name.startswith(_SCHEMA_TYPES)):
        measure.introspection_depth += 1
        measure.introspection_list_depth += is_list or name == "__type"
    else:
        measure.depth += 1
        measure.list_depth += is_list


def _is_introspection(name: str, parent: GraphQLCompositeType | None) -> bool:
    """Whether a field tells of the whole schema or lies in what does. `__type` tells of one type alone."""
    return name in {"__schema", "_service"} or (parent is not None and parent.name.startswith(_SCHEMA_TYPES))


def _variables(sizes: Iterable[Size]) -> frozenset[VariableSize]:
    return frozenset(size for size in sizes if isinstance(size, VariableSize))


def _total(counts: Iterable[Counter[str]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for count in counts:
        total.update(count)
    return total


def _leaves_first(spreads: dict[str, set[str]]) -> list[str]:
    """Fragments, each after those that it spreads; without any that spreads itself, however far down."""
    waiting = {name: sum(spread in spreads for spread in spreads[name]) for name in spreads}
    spread_by: dict[str, list[str]] = {name: [] for name in spreads}
    for name, inner in spreads.items():
        for spread in inner:
            if spread in spread_by:
                spread_by[spread].append(name)
    order = [name for name, count in waiting.items() if count == 0]
    for name in order:
        for outer in spread_by[name]:
            waiting[outer] -= 1
            if waiting[outer] == 0:
                order.append(outer)
    return order

"""Documents made ready once: parsed, held to the limits, validated, and priced for whatever variables come."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    parse,
)

from execution import FIELD_BYTES, CompiledOperation, Compiler, Fallback
from gateway.preparing.census import take_census
from gateway.preparing.cost import Formula
from gateway.preparing.excess import refuse_page
from gateway.preparing.limits import NO_LIMITS, Bounds, Limits, exceeded, too_large
from gateway.preparing.measuring import Measure, Measuring
from gateway.preparing.sizes import FieldShapes, VariableSize, given_size, literal_length, literal_size
from gateway.preparing.validating import LEASHED_RULES, MAX_ERRORS, RULES, brief, explain_syntax, find_mistakes
from schema.error_codes import ErrorCode

KEPT_DOCUMENTS = 1_000
KEPT_BYTES = 32_000_000
BYTES_PER_PART = 1_300
"""What a field, an argument or a value takes in memory with its tokens and positions, measured."""

BYTES_PER_DOCUMENT = 8_000
"""What any document takes beside: its operation, the formula of its cost, and what it is compiled to but for fields."""

KEPT_COSTS = 64

Compile = Callable[[str | None], CompiledOperation | Fallback]
"""Compiles the operation of a name; without one the only one there is."""


class UnknownOperation(Exception):
    """A document without the operation that was asked for. The message is for the caller."""


@dataclass
class Operation:
    """An operation of a document that is valid for a schema."""

    schema: GraphQLSchema = field(repr=False)
    definition: OperationDefinitionNode
    limits: Limits
    formula: Formula = field(repr=False)
    measure: Measure = field(repr=False)
    _compile: Compile | None = field(default=None, repr=False)
    _sizes: tuple[VariableSize, ...] = field(init=False, repr=False)
    _defaults: dict[VariableSize, int] = field(init=False, repr=False)
    _costs: dict[tuple[int | None, ...], int] = field(init=False, repr=False, default_factory=dict[Any, int])

    def __post_init__(self) -> None:
        self._sizes = tuple(sorted(self.measure.variables, key=lambda size: (size.name, size.argument, size.default)))
        self._defaults = _defaults(self.definition, self._sizes)

    @property
    def name(self) -> str | None:
        """What it is called, if it is."""
        return self.definition.name.value if self.definition.name else None

    @property
    def type(self) -> OperationType:
        """Query, mutation or subscription."""
        return self.definition.operation

    @cached_property
    def compiled(self) -> CompiledOperation | Fallback | None:
        """It compiled, when that is first asked for, or why it can't be; None if it isn't to be."""
        return None if self._compile is None else self._compile(self.name)

    @property
    def planned_fields(self) -> int:
        """How many fields it has been compiled to so far."""
        compiled = vars(self).get("compiled")
        return compiled.fields if isinstance(compiled, CompiledOperation) else 0

    @property
    def introspects(self) -> bool:
        """Whether it asks for the schema: `__schema`, `__type`, or a subgraph's `_service`."""
        return self.measure.introspection_depth > 0

    def cost(self, variables: Mapping[str, Any] | None) -> int:
        """What it costs with these variables, as they were sent; those of a wrong type count as left out.

        Fields times list sizes; docs/limits.md says how. At most LARGEST_NUMBER.
        """
        return self._price(self._given(variables))

    def check(self, variables: Mapping[str, Any] | None, spent_before: int = 0) -> list[GraphQLError]:
        """What the variables ask too much for: pages that are too large or none, or more than `max_cost` in all.

        `spent_before`: the cost of other operations of the same request.
        """
        return self.judge(variables, spent_before)[1]

    def judge(self, variables: Mapping[str, Any] | None, spent_before: int = 0) -> tuple[int, list[GraphQLError]]:
        """What it costs with these variables, and what they ask too much for: `cost` and `check` at once."""
        given = self._given(variables)
        errors: list[GraphQLError] = []
        for size, number in zip(self._sizes, given, strict=True):
            if not size.is_list and (error := refuse_page(size.argument, number, self.limits, self.definition)):
                errors.append(error)
        own, limit = self._price(given), self.limits.max_cost
        if limit and spent_before + own > limit:
            errors.append(_too_costly(spent_before + own, limit, self.definition))
        return own, errors[:MAX_ERRORS]

    def _price(self, given: tuple[int | None, ...]) -> int:
        found = self._costs.get(given)
        if found is None:
            known = {
                size: max(number, 0) for size, number in zip(self._sizes, given, strict=True) if number is not None
            }
            found = self.formula.evaluate(self.measure.cost, known)
            if len(self._costs) >= KEPT_COSTS:
                self._costs.clear()
            self._costs[given] = found
        return found

    def _given(self, variables: Mapping[str, Any] | None) -> tuple[int | None, ...]:
        if not self._sizes:
            return ()
        sent = variables or {}
        return tuple(
            [
                given_size(sent[size.name], is_list=size.is_list) if size.name in sent else self._defaults.get(size)
                for size in self._sizes
            ]
        )


@dataclass(slots=True)
class Prepared:
    """A document made ready once. `document` is None, and nothing can be carried out, if there are errors.

    `size`: the bytes it takes, with what its operations are compiled to; `Preparation.weigh` keeps it up to date.
    """

    text: str
    trusted: bool = False
    document: DocumentNode | None = None
    errors: tuple[GraphQLError, ...] = ()
    operations: tuple[Operation, ...] = ()
    size: int = 0
    planned_fields: int = 0

    def operation(self, name: str | None) -> Operation:
        """The operation of this name; without a name the only one there is. Raises: UnknownOperation."""
        if name is not None:
            for operation in self.operations:
                if operation.name == name:
                    return operation
            raise UnknownOperation(f'The document has no operation named "{name[:80]}".')
        if len(self.operations) == 1:
            return self.operations[0]
        if self.operations:
            raise UnknownOperation("The document has several operations: say which one by `operationName`.")
        raise UnknownOperation("The document has no operation.")


class Preparation:
    """Makes documents ready for one schema under one set of limits, and keeps those last used.

    `compiled`: whether their operations can be had compiled. `size_bytes`: the memory of what is kept. `found`,
    `missed` and `dropped`: how many documents were kept, had to be made ready, and made way for others.
    """

    def __init__(self, schema: GraphQLSchema, limits: Limits, *, compiled: bool = False) -> None:
        self._schema = schema
        self._limits = limits
        self._most_characters = Bounds.of(limits.max_tokens).characters
        # What it makes is kept here, with the documents.
        self._compiler = Compiler(schema, entries=0) if compiled else None
        self._shapes = FieldShapes(schema)
        self._kept: OrderedDict[tuple[str, bool], Prepared] = OrderedDict()
        self.size_bytes = 0
        self.found = 0
        self.missed = 0
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._kept)

    def prepare(self, text: str, *, trusted: bool = False) -> Prepared:
        """The document of a text. A trusted one, stored by the installation itself, may have any shape."""
        prepared = self.find(text, trusted=trusted)
        if prepared is None:
            self.missed += 1
            prepared = self._prepare(text, trusted=trusted)
            self._keep((text, trusted), prepared)
        return prepared

    def find(self, text: str, *, trusted: bool = False) -> Prepared | None:
        """What `prepare` would answer, if that takes no work; None otherwise."""
        bound = self._most_characters
        if bound and not trusted and len(text) > bound:
            return Prepared(text, errors=(too_large("characters", len(text), bound),))
        prepared = self._kept.get((text, trusted))
        if prepared is not None:
            self._kept.move_to_end((text, trusted))
            self.found += 1
        return prepared

    def _keep(self, key: tuple[str, bool], prepared: Prepared) -> None:
        self._kept[key] = prepared
        self.size_bytes += prepared.size
        self._drop_what_is_too_much()

    def weigh(self, prepared: Prepared) -> None:
        """Counts what a document takes anew: compiled operations grow when they meet objects they had no plan for."""
        fields = sum(operation.planned_fields for operation in prepared.operations)
        if fields == prepared.planned_fields:
            return
        grown = (fields - prepared.planned_fields) * FIELD_BYTES
        prepared.planned_fields = fields
        prepared.size += grown
        if self._kept.get((prepared.text, prepared.trusted)) is prepared:
            self.size_bytes += grown
            self._drop_what_is_too_much()

    def _drop_what_is_too_much(self) -> None:
        while len(self._kept) > KEPT_DOCUMENTS or self.size_bytes > KEPT_BYTES:
            _, dropped = self._kept.popitem(last=False)
            self.size_bytes -= dropped.size
            self.dropped += 1

    def _prepare(self, text: str, *, trusted: bool) -> Prepared:
        limits = NO_LIMITS if trusted else self._limits
        bounds = Bounds.of(limits.max_tokens)
        try:
            document = parse(text, max_lexical_tokens=limits.max_tokens or None, max_comments=bounds.comments or None)
        except GraphQLError as error:
            return _refused(text, [explain_syntax(error, limits)])
        census = take_census(document)
        if error := census.refuse(bounds):
            return _refused(text, [error])
        measuring = Measuring(self._schema, self._shapes, limits)
        rules = RULES if trusted else LEASHED_RULES
        errors = measuring.measure(document, census) or find_mistakes(self._schema, document, rules)
        if errors:
            return _refused(text, errors)
        definitions = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
        operations = tuple(
            Operation(self._schema, definition, self._limits, measuring.formula, measure, self._compiling(document))
            for definition, measure in zip(definitions, measuring.operations, strict=True)
        )
        size = len(text) + BYTES_PER_DOCUMENT + BYTES_PER_PART * census.parts
        return Prepared(text, trusted, document, (), operations, size)

    def _compiling(self, document: DocumentNode) -> Compile | None:
        return None if self._compiler is None else partial(self._compiler.compile, document)


def _refused(text: str, errors: Iterable[GraphQLError]) -> Prepared:
    return Prepared(text, errors=tuple(brief(error) for error in errors), size=len(text) + 10_000)


def _defaults(definition: OperationDefinitionNode, sizes: Iterable[VariableSize]) -> dict[VariableSize, int]:
    written = {each.variable.name.value: each.default_value for each in definition.variable_definitions or ()}
    defaults: dict[VariableSize, int] = {}
    for size in sizes:
        value = written.get(size.name)
        number = None if value is None else literal_length(value) if size.is_list else literal_size(value)
        if number is not None:
            defaults[size] = number
    return defaults


def _too_costly(cost: int, limit: int, definition: OperationDefinitionNode) -> GraphQLError:
    sentence = f"The operation costs {cost:,}; at most {limit:,} are taken. Ask for smaller pages or fewer fields."
    return exceeded(ErrorCode.COST_LIMIT_EXCEEDED, "cost", cost, limit, sentence, definition)

"""Operations compiled, kept, and run."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
)
from graphql.execution.values import VariableValues

from execution.adapting import Adapter, adapter_for
from execution.columns import settle
from execution.completing import advance, carry_out
from execution.core import execute, is_awaitable
from execution.failures import apply_failures, reaches_root
from execution.inputs import Coercers
from execution.plan import Operation, Selection
from execution.planning import Planner
from execution.running import Level, Pending, Run
from execution.surveying import NotCompilable, Survey
from execution.variables import Variables

KEPT_VARIANTS = 8

FIELD_BYTES = 5_000
"""What a planned field takes in memory with its code, measured."""


@dataclass(slots=True)
class Result:
    """What an operation came to: dictionaries and lists ready to be written as JSON, and the errors beside them.

    `data` is None if there is none, be it that the variables were wrong, or that a null had nowhere else to go.
    `fallback`: set if graphql-core had to run it after all.
    """

    data: dict[str, Any] | None
    errors: list[GraphQLError] = field(default_factory=list[GraphQLError])
    fallback: "Fallback | None" = None


@dataclass(frozen=True, slots=True)
class Fallback:
    """An operation that is left, whole, to graphql-core. `reason`: one of few words, for a metric."""

    reason: str


class CompiledOperation:
    """An operation of a valid document, ready to be run any number of times, and by many at once."""

    def __init__(self, operation: Operation, conditions: frozenset[str], adapter: Adapter, coercers: Coercers) -> None:
        self._operation = operation
        self._variables = Variables(operation, coercers)
        self._conditions = sorted(conditions)
        self._adapter = adapter
        self._variants: OrderedDict[tuple[bool, ...], Planner] = OrderedDict()

    @property
    def source(self) -> str:
        """The Python that was written for what has been run so far."""
        made = [selection.source for planner in self._variants.values() for selection in planner.selections]
        return "\n\n".join(made)

    @property
    def fields(self) -> int:
        """How many fields have been planned so far, and variables: memory goes by them, some FIELD_BYTES each."""
        variables = len(self._operation.definition.variable_definitions or ())
        return variables + sum(planner.fields for planner in self._variants.values())

    async def run(
        self,
        context: object,
        variables: Mapping[str, Any] | None = None,
        root: object = None,
        extensions: object = None,
    ) -> Result:
        """Runs it; of a subscription one event, which is the `root`.

        `extensions`: those of the request, for resolvers that ask Strawberry's info for them.
        """
        operation = self._operation
        values = self._variables.coerce(variables or {})
        if isinstance(values, list):
            return Result(None, values)
        selection = self._selection(values)
        if selection is None:
            return await self._run_by_core(context, variables, root)
        run = Run(operation, context, values, root, extensions)
        level = Level(run, selection, [root])
        selection.read(level)
        if operation.definition.operation is OperationType.MUTATION:
            await _run_serially(level)
        else:
            pending: Pending = []
            advance(level, pending)
            await settle(pending)
        if not run.failures:
            return Result(level.outs[0])
        return Result(*apply_failures(level.outs[0], run.failures))

    def _selection(self, values: VariableValues) -> Selection | None:
        """What is selected under these variables; None if one that decides it has no value."""
        decided = tuple(value for name in self._conditions if isinstance(value := values.coerced.get(name), bool))
        if len(decided) < len(self._conditions):
            return None
        planner = self._variants.get(decided)
        if planner is None:
            # Nothing else of what the first caller sent is kept.
            known = VariableValues(
                {name: values.sources[name] for name in self._conditions},
                dict(zip(self._conditions, decided, strict=True)),
            )
            planner = self._variants[decided] = Planner(self._operation, known, self._adapter)
            if len(self._variants) > KEPT_VARIANTS:
                self._variants.popitem(last=False)
        return planner.root

    async def _run_by_core(self, context: object, variables: Mapping[str, Any] | None, root: object) -> Result:
        operation = self._operation
        name = operation.definition.name
        answered: Any = execute(
            operation.schema,
            operation.document,
            root,
            context,
            dict(variables or {}),
            name.value if name else None,
            hide_suggestions=operation.hide_suggestions,
        )
        result = await answered if is_awaitable(answered) else answered
        return Result(result.data, list(result.errors or ()), Fallback("condition without a value"))


class Compiler:
    """Compiles operations of documents that are valid for a schema, and keeps those last used.

    `entries`: how many it keeps; 0 if whoever asks keeps them. `hide_suggestions`: no error says what a name should
    have been.
    """

    def __init__(self, schema: GraphQLSchema, *, entries: int = 1_000, hide_suggestions: bool = False) -> None:
        self._schema = schema
        self._adapter = adapter_for(schema)
        self._coercers = Coercers()
        self._entries = entries
        self._hide_suggestions = hide_suggestions
        # Documents are known by identity, and kept alive, so that no other one can take an identity over.
        self._kept: OrderedDict[tuple[int, str | None], tuple[DocumentNode, CompiledOperation | Fallback]] = (
            OrderedDict()
        )

    def __len__(self) -> int:
        return len(self._kept)

    def compile(self, document: DocumentNode, operation_name: str | None = None) -> CompiledOperation | Fallback:
        """The operation of this name; without a name, the only one there is."""
        key = (id(document), operation_name)
        kept = self._kept.get(key)
        if kept is not None:
            self._kept.move_to_end(key)
            return kept[1]
        made = self._compile(document, operation_name)
        self._kept[key] = (document, made)
        if len(self._kept) > self._entries:
            self._kept.popitem(last=False)
        return made

    def _compile(self, document: DocumentNode, name: str | None) -> CompiledOperation | Fallback:
        why_not = self._adapter.why_not()
        if why_not is not None:
            return Fallback(why_not)
        operations = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
        found = [each for each in operations if name is None or (each.name is not None and each.name.value == name)]
        if len(found) != 1:
            return Fallback("unknown operation")
        fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
        survey = Survey(fragments)
        root_type = self._schema.get_root_type(found[0].operation)
        try:
            survey.visit(found[0])
        except NotCompilable as reason:
            return Fallback(str(reason))
        if root_type is None:
            return Fallback("no root type")
        operation = Operation(self._schema, document, found[0], fragments, root_type, self._hide_suggestions)
        return CompiledOperation(operation, frozenset(survey.conditions), self._adapter, self._coercers)


async def _run_serially(level: Level) -> None:
    run = level.run
    for step in level.selection.steps:
        seen = len(run.failures)
        pending: Pending = []
        carry_out(level, step, pending)
        await settle(pending)
        if any(map(reaches_root, run.failures[seen:])):
            # graphql-core doesn't begin what comes after a failure that leaves nothing of the answer.
            break

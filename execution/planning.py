"""Makes selections of an operation: which fields there are, how each is had, and how each is answered."""

from collections.abc import Iterable, Mapping
from typing import Any

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLObjectType,
    ListValueNode,
    ObjectValueNode,
    OperationType,
    ValueNode,
    VariableNode,
    is_enum_type,
    is_leaf_type,
    is_object_type,
)
from graphql.execution.collect_fields import (
    FieldDetailsList,
    FragmentDetails,
    collect_fields,
    collect_subfields,
)
from graphql.execution.values import VariableValues

from execution.adapting import Adapter
from execution.arguments import argument_maker
from execution.completing import (
    Select,
    abstract_completion,
    leaf_completion,
    list_completion,
    object_completion,
)
from execution.core import is_list_type, is_non_null_type, output_type
from execution.generating import select
from execution.leaves import leaf_results, quick_serialiser, serialiser
from execution.plan import Conversion, Field, Leaf, MakeArguments, Operation, Selection
from execution.running import Complete
from execution.runtime_types import checked, resolved, vouching

Groups = dict[str, FieldDetailsList]


class Planner:
    """Plans an operation for one outcome of its `@skip` and `@include`.

    What is selected of an object is planned when there is one: a document may say more than any data will ever need.
    """

    def __init__(self, operation: Operation, conditions: VariableValues, adapter: Adapter) -> None:
        self._operation = operation
        self._conditions = conditions
        self._adapter = adapter
        self._fragments = {name: FragmentDetails(each) for name, each in operation.fragments.items()}
        self.selections: list[Selection] = []
        self.fields = 0
        self.root = self._plan_root()

    def _plan_root(self) -> Selection:
        operation = self._operation
        groups = collect_fields(
            operation.schema, self._fragments, self._conditions, operation.root_type, operation.definition
        ).grouped_field_set
        # The fields of a mutation take effect one after another, even if they are functions found in the root value.
        is_mutation = operation.definition.operation is OperationType.MUTATION
        return self._select(operation.root_type, groups, read_all=not is_mutation)

    def _select(self, type_: GraphQLObjectType, groups: Groups, *, read_all: bool = True) -> Selection:
        fields: list[Field] = []
        keys: list[str] = []
        for key, details in groups.items():
            name = details[0].node.name.value
            definition = self._operation.schema.get_field(type_, name)
            if definition is None:
                continue
            if name != "__typename":
                fields.append(self._field(key, len(keys), type_, definition, details))
            keys.append(key)
        selection = select(type_, fields, keys, read_all=read_all)
        self.selections.append(selection)
        self.fields += len(keys)
        return selection

    def _field(
        self, key: str, order: int, parent: GraphQLObjectType, definition: GraphQLField, details: FieldDetailsList
    ) -> Field:
        nodes = [each.node for each in details]
        access, conversion = self._adapter.access(nodes[0].name.value, definition)
        type_ = output_type(definition)
        leaf, complete = self._completion(type_, details)
        return Field(
            key,
            nodes[0].name.value,
            order,
            nodes,
            definition,
            parent,
            type_,
            access,
            complete,
            leaf,
            conversion,
            _arguments(definition, nodes[0], conversion),
            constant=not any(map(_has_variable, _values(nodes[0]))),
        )

    def _completion(self, type_: Any, details: FieldDetailsList) -> tuple[Leaf | None, Complete]:  # noqa: ANN401 - any output type
        nullable = not is_non_null_type(type_)
        named: Any = type_.of_type if is_non_null_type(type_) else type_
        adapter, schema = self._adapter, self._operation.schema
        if is_leaf_type(named):
            leaf = _leaf(named, adapter, nullable=nullable)
            return leaf, leaf_completion(leaf)
        if is_list_type(named):
            _, items = self._completion(named.of_type, details)
            return None, list_completion(items, nullable=nullable)
        select_ = self._selecting(details)
        if is_object_type(named):
            classes = adapter.classes([named])
            check, vouch = checked(named, classes), vouching(next(iter(classes), None))
            return None, object_completion(named, check, vouch, select_, nullable=nullable)
        # What remains is an interface or a union.
        classes = adapter.classes_of_abstract(named)
        return None, abstract_completion(resolved(named, schema, classes), select_, nullable=nullable)

    def _selecting(self, details: FieldDetailsList) -> Select:
        made: dict[GraphQLObjectType, Selection] = {}
        operation = self._operation

        def select_(type_: GraphQLObjectType) -> Selection:
            selection = made.get(type_)
            if selection is None:
                groups = collect_subfields(
                    operation.schema, self._fragments, self._conditions, operation.definition, type_, details
                ).grouped_field_set
                selection = made[type_] = self._select(type_, groups)
            return selection

        return select_


def _leaf(type_: Any, adapter: Adapter, *, nullable: bool) -> Leaf:  # noqa: ANN401 - a scalar or an enum
    members: Mapping[int, str] = adapter.members(type_) if is_enum_type(type_) else {}
    return Leaf(quick_serialiser(type_, members, nullable=nullable), leaf_results(serialiser(type_), nullable=nullable))


def _arguments(definition: GraphQLField, node: FieldNode, conversion: Conversion | None) -> MakeArguments | None:
    if not definition.args or (conversion is not None and conversion.each is None):
        return None
    return argument_maker(definition, node, None if conversion is None else conversion.each)


def _values(node: FieldNode) -> Iterable[ValueNode]:
    return (argument.value for argument in node.arguments or ())


def _has_variable(node: ValueNode) -> bool:
    if isinstance(node, ListValueNode):
        return any(map(_has_variable, node.values))
    if isinstance(node, ObjectValueNode):
        return any(_has_variable(field.value) for field in node.fields)
    return isinstance(node, VariableNode)

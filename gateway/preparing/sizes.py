"""How long the lists of a schema are assumed to be, read from the schema itself: from arguments wherever there are."""

from dataclasses import dataclass
from typing import Any, cast

from graphql import (
    ArgumentNode,
    FieldNode,
    GraphQLArgument,
    GraphQLCompositeType,
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    ValueNode,
    VariableNode,
    get_named_type,
    is_composite_type,
)
from graphql.utilities.coerce_input_value import coerce_default_value

from gateway.preparing.limits import LARGEST_NUMBER, bounded

PAGE_ARGUMENTS = ("first", "last")
DEFAULT_PAGE_SIZE = 20
"""A page whose size is left out. Source: the connections' own arguments."""

ASSUMED_LIST_SIZE = 5
"""A list that no argument bounds: the sources of an entitlement, the items of a subscription."""

ASSUMED_INTROSPECTION_LIST_SIZE = 4
"""A list of an introspection. Its answer is the same for everyone, and small beside what the number would make it."""


@dataclass(frozen=True, slots=True)
class VariableSize:
    """A length that only the variables tell: a page's, or a list's that is passed."""

    name: str
    is_list: bool
    default: int
    argument: str


Size = int | VariableSize
Sizes = tuple[Size, ...]
"""Several are `first` and `last`: a request with both is refused, and costs the larger until then."""


@dataclass(frozen=True, slots=True)
class FieldShape:
    """What a field of the schema multiplies.

    `type` is what is selected below it, None for a leaf. `is_entry`: its length is the page of the connection that it
    stands in. `assumed`: its length, or its connection's page, if no argument tells.
    """

    type: GraphQLCompositeType | None
    is_list: bool
    is_entry: bool
    page_arguments: tuple[str, ...]
    list_argument: str | None
    assumed: int


_UNKNOWN = FieldShape(
    type=None, is_list=False, is_entry=False, page_arguments=(), list_argument=None, assumed=DEFAULT_PAGE_SIZE
)
"""A field that there isn't. Validation says so; until then it costs as a plain one."""


class FieldShapes:
    """The shapes of a schema's fields, each worked out when it is first asked for."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._known: dict[tuple[str, str], FieldShape] = {}

    def find(self, parent: GraphQLCompositeType | None, name: str) -> FieldShape:
        """The shape of a parent's field; that of a plain leaf if there is no such field."""
        if parent is None:
            return _UNKNOWN
        key = (parent.name, name)
        if key not in self._known:
            field = self._schema.get_field(parent, name)
            if field is None:
                # Not kept: the names of mistakes are without number.
                return _UNKNOWN
            self._known[key] = _shape(parent, field)
        return self._known[key]


def _shape(parent: GraphQLCompositeType, field: GraphQLField) -> FieldShape:
    named = cast("GraphQLNamedType", get_named_type(_type_of(field)))
    composite = named if is_composite_type(named) else None
    # Numbers, texts and enums come with what holds them: a list of them is as cheap as one.
    is_list = composite is not None and _is_list(field)
    page_arguments = tuple(name for name in PAGE_ARGUMENTS if name in field.args)
    lists = [name for name, argument in field.args.items() if _is_list(argument)]
    return FieldShape(
        type=composite,
        is_list=is_list,
        is_entry=is_list and "pageInfo" in getattr(parent, "fields", {}),
        page_arguments=page_arguments,
        list_argument=lists[0] if is_list and len(lists) == 1 else None,
        assumed=_assumed(parent, field, page_arguments, is_list=is_list),
    )


def _assumed(
    parent: GraphQLCompositeType, field: GraphQLField, page_arguments: tuple[str, ...], *, is_list: bool
) -> int:
    for name in page_arguments:
        default: object = coerce_default_value(field.args[name])
        if isinstance(default, int):
            return default
    if page_arguments or not is_list:
        return DEFAULT_PAGE_SIZE
    return ASSUMED_INTROSPECTION_LIST_SIZE if parent.name.startswith("__") else ASSUMED_LIST_SIZE


def _is_list(typed: GraphQLField | GraphQLArgument) -> bool:
    return str(_type_of(typed)).startswith("[")


def _type_of(typed: GraphQLField | GraphQLArgument) -> Any:  # noqa: ANN401 - the library's own types leave it half open
    return cast("Any", typed).type


def sizes_asked(shape: FieldShape, node: FieldNode) -> Sizes:
    """The length a field's arguments ask for: of its list, or of the page that it returns."""
    if shape.page_arguments:
        asked = [
            _page_size(argument, shape.assumed)
            for argument in node.arguments or ()
            if argument.name.value in shape.page_arguments
        ]
        return tuple(asked) or (shape.assumed,)
    for argument in node.arguments or ():
        if argument.name.value == shape.list_argument:
            return (_list_size(argument, shape.assumed),)
    return (shape.assumed,)


def _page_size(argument: ArgumentNode, default: int) -> Size:
    value = argument.value
    if isinstance(value, VariableNode):
        return VariableSize(value.name.value, is_list=False, default=default, argument=argument.name.value)
    written = literal_size(value)
    return default if written is None else max(written, 1)


def _list_size(argument: ArgumentNode, default: int) -> Size:
    value = argument.value
    if isinstance(value, VariableNode):
        return VariableSize(value.name.value, is_list=True, default=default, argument=argument.name.value)
    return literal_length(value)


def literal_size(value: ValueNode) -> int | None:
    """A page size as it is written in a document; None if it is none."""
    if not isinstance(value, IntValueNode):
        return None
    if len(value.value) > len(str(LARGEST_NUMBER)):
        # Python refuses to read numbers of thousands of digits.
        return -LARGEST_NUMBER if value.value.startswith("-") else LARGEST_NUMBER
    return bounded(int(value.value))


def literal_length(value: ValueNode) -> int:
    """The length of a list as it is written in a document; a single value stands for a list of one."""
    if isinstance(value, ListValueNode):
        return len(value.values)
    return 0 if isinstance(value, NullValueNode) else 1


def given_size(value: object, *, is_list: bool) -> int | None:
    """The length that a variable's value asks for, before anything was checked; None if it asks for none."""
    if is_list:
        return None if value is None else len(value) if isinstance(value, list | tuple) else 1  # pyright: ignore[reportUnknownArgumentType]
    if isinstance(value, float) and value.is_integer():
        # JSON has one kind of numbers, and 5.0 is taken for 5 later too.
        value = int(value)
    return bounded(value) if isinstance(value, int) and not isinstance(value, bool) else None

"""Generated documents that ask for something: values that name nothing are replaced by some that name what there is.

Only values that fit the schema are, so that what was generated to be wrong stays as wrong as it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    GraphQLID,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLString,
    IntValueNode,
    ListValueNode,
    NameNode,
    NullValueNode,
    ObjectFieldNode,
    ObjectValueNode,
    StringValueNode,
    TypeInfo,
    TypeInfoVisitor,
    ValueNode,
    Visitor,
    visit,
)

from tests.fuzz.pool import Pool

# Lists are cut to this length, as the cost of a document grows with them.
_LIST_LENGTH = 3

_BY_NAME: Mapping[str, tuple[str, ...]] = {
    "productFeatureId": ("prodft",),
    "grantId": ("grt",),
    "remove": ("si",),
    "eventId": ("evt",),
    "endpointId": ("we",),
}
_BY_OWNER: Mapping[str, tuple[str, ...]] = {
    "CustomerBy": ("cus",),
    "FeatureBy": ("feat",),
    "ProductBy": ("prod",),
    "Query.entitlement": ("ent",),
    "Query.subscription": ("sub",),
    "UpdateSubscriptionInput": ("sub",),
    "CancelSubscriptionInput": ("sub",),
    "SetSubscriptionStatusInput": ("sub",),
    "RevokeCustomerSessionInput": ("cs",),
    "SubscriptionItemUpdate": ("si",),
    "Query.webhookEndpoint": ("we",),
    "UpdateWebhookEndpointInput": ("we",),
    "DeleteWebhookEndpointInput": ("we",),
    "RotateWebhookSecretInput": ("we",),
}
"""What an id is of: told by the argument's or field's own name, or by what it belongs to."""

_TEXTS = {"lookupKey": "lookupKey", "lookupKeys": "lookupKey", "externalId": "externalId", "email": "email"}
_NUMBERS = {
    "first": (1, 5),
    "last": (1, 5),
    "quantity": (0, 3),
    "intervalCount": (1, 4),
    "expiresIn": (60, 3600),
    "previousExpiresIn": (0, 3600),
}
_NOTHING = StringValueNode(value="")
_PAGES = (("first", "after"), ("last", "before"))


def ground(document: DocumentNode, schema: GraphQLSchema, pool: Pool, random: Random, faith: float) -> DocumentNode:
    """The document with names from the pool. `faith`: how many of the values that could name something do, 0 to 1."""
    info = TypeInfo(schema)
    return visit(document, TypeInfoVisitor(info, _Grounding(info, pool, random, faith)))


@dataclass
class _Grounding(Visitor):
    info: TypeInfo
    pool: Pool
    random: Random
    faith: float

    def __post_init__(self) -> None:
        super().__init__()

    def enter_field(self, node: FieldNode, *_: Any) -> FieldNode | None:  # noqa: ANN401 - where it stands
        """Rewrites a field's arguments."""
        parent = self.info.get_parent_type()
        definition: Any = self.info.get_field_def()
        if parent is None or definition is None or not node.arguments:
            return None
        owner = f"{parent.name}.{node.name.value}"
        grounded = [
            replace(each, value=self._value(definition.args[each.name.value].type, each.name.value, owner, each.value))
            for each in node.arguments
        ]
        return replace(node, arguments=tuple(self._turn_one_way(grounded)))

    def _value(self, type_: Any, name: str, owner: str, node: ValueNode) -> ValueNode:  # noqa: ANN401 - of GraphQL's types
        inner: Any = getattr(type_, "of_type", None)
        if isinstance(type_, GraphQLNonNull):
            return self._value(inner, name, owner, node)
        if isinstance(type_, GraphQLList) and isinstance(node, ListValueNode):
            entries = node.values[:_LIST_LENGTH] or self._entries(inner)
            return replace(node, values=tuple(self._value(inner, name, owner, each) for each in entries))
        if isinstance(type_, GraphQLInputObjectType) and isinstance(node, ObjectValueNode):
            fields = self._one_of(type_, node.fields) if type_.is_one_of else node.fields
            return replace(node, fields=tuple(self._field(type_, each) for each in fields))
        if isinstance(type_, GraphQLScalarType) and self.random.random() < self.faith:
            return self._leaf(type_.name, name, owner, node)
        return node

    def _field(self, owner: GraphQLInputObjectType, node: ObjectFieldNode) -> ObjectFieldNode:
        name = node.name.value
        return replace(node, value=self._value(owner.fields[name].type, name, owner.name, node.value))

    def _one_of(self, type_: GraphQLInputObjectType, fields: Sequence[ObjectFieldNode]) -> Sequence[ObjectFieldNode]:
        """One of an input's fields where exactly one may be given, which the generators don't know."""
        if self.random.random() >= self.faith:
            return fields
        given = [each for each in fields if not isinstance(each.value, NullValueNode)]
        by_id = next(name for name, each in type_.fields.items() if each.type is GraphQLID)
        return [self.random.choice(given or [ObjectFieldNode(name=NameNode(value=by_id), value=_NOTHING)])]

    def _entries(self, type_: object) -> Sequence[ValueNode]:
        """Something to make names of in a list that has no entries, where that is an error or asks for nothing.

        `type_` is that of its entries, which no list of this schema allows to be null.
        """
        entry: object = getattr(type_, "of_type", None)
        if self.random.random() >= self.faith:
            return ()
        if entry is GraphQLID or entry is GraphQLString:
            return (_NOTHING, _NOTHING)
        return (ObjectValueNode(),) if isinstance(entry, GraphQLInputObjectType) and entry.is_one_of else ()

    def _leaf(self, type_: str, name: str, owner: str, node: ValueNode) -> ValueNode:
        if type_ == "ID" and isinstance(node, StringValueNode | IntValueNode):
            return StringValueNode(value=self._id(name, owner))
        if type_ == "String" and isinstance(node, StringValueNode):
            return self._text(name, owner, node)
        if type_ == "Int" and name in _NUMBERS and _is_int(node):
            return IntValueNode(value=str(self.random.randint(*_NUMBERS[name])))
        if type_ == "DateTime" and isinstance(node, StringValueNode):
            return StringValueNode(value=f"202{self.random.randint(4, 8)}-0{self.random.randint(1, 9)}-15T12:00:00Z")
        return node

    def _id(self, name: str, owner: str) -> str:
        # One in ten is of whatever type it happens to be.
        kinds = _BY_NAME.get(name) or _BY_OWNER.get(owner, ())
        return self.pool.id(self.random, *(kinds if self.random.random() < 0.9 else ()))

    def _text(self, name: str, owner: str, node: StringValueNode) -> ValueNode:
        if name in ("after", "before"):
            # A cursor of another list is an error, so most pages are first ones.
            is_first = self.random.random() < 0.7
            return NullValueNode() if is_first else StringValueNode(value=self.pool.text(self.random, "cursor"))
        if name == "idempotencyKey":
            return StringValueNode(value=f"key {self.random.randrange(200)}")
        is_new = owner.startswith("Create") and self.random.random() < 0.8
        if name not in _TEXTS or is_new:
            return node
        return StringValueNode(value=self.pool.text(self.random, _TEXTS[name]))

    def _turn_one_way(self, arguments: list[ArgumentNode]) -> list[ArgumentNode]:
        """Of a page's arguments those for one direction: both together are an error. Wrong ones stay."""
        by_name = {each.name.value: each for each in arguments}
        is_page = all(name in by_name for pair in _PAGES for name in pair)
        if not is_page or self.random.random() >= self.faith or any(_is_wrong(each) for each in arguments):
            return arguments
        (size, _), others = self.random.sample(_PAGES, 2)
        number = IntValueNode(value=str(self.random.randint(1, 5)))
        sized = replace(by_name[size], value=number)
        return [sized if each.name.value == size else each for each in arguments if each.name.value not in others]


def _is_int(node: ValueNode) -> bool:
    return isinstance(node, IntValueNode) and -(2**31) <= int(node.value) < 2**31


def _is_wrong(argument: ArgumentNode) -> bool:
    if isinstance(argument.value, NullValueNode):
        return False
    if argument.name.value in ("first", "last"):
        return not _is_int(argument.value)
    return argument.name.value in ("after", "before") and not isinstance(argument.value, StringValueNode)

"""The difference of two schemas, by what it does to clients that were shipped with the older one."""

from collections.abc import Iterator
from datetime import date
from enum import IntEnum
from typing import NamedTuple

from graphql import (
    DocumentNode,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    build_ast_schema,
)
from graphql.utilities import (
    BreakingChangeType,
    DangerousChangeType,
    SafeChangeType,
    find_schema_changes,
)

from gateway.evolution.removals import without_due

OPEN = "Open: clients must expect"
"""What the description of an enum, interface or union says if it will grow."""


class Impact(IntEnum):
    """What a change does to clients, the worst first."""

    BREAKING = 0
    """Operations that were valid are refused, or answers come that no client was made for."""
    DANGEROUS = 1
    """Operations go on, and may mean something else or answer what a client must have been ready for."""
    SAFE = 2
    """No client notices."""


class Change(NamedTuple):
    """One difference between two schemas."""

    impact: Impact
    what: str


def compare(released: DocumentNode, proposed: DocumentNode, today: date) -> list[Change]:
    """What changed since a release, the worst first; descriptions aside, and what was due to be removed by `today`."""
    old = build_ast_schema(without_due(released, proposed, today), assume_valid=True, assume_valid_sdl=True)
    new = build_ast_schema(proposed)
    return sorted({*_found_by_library(old, new), *_growth(old, new), *_choices(old, new)})


def _found_by_library(old: GraphQLSchema, new: GraphQLSchema) -> Iterator[Change]:
    for change in find_schema_changes(old, new):
        if change.type in _JUDGED_HERE or change.type is SafeChangeType.DESCRIPTION_CHANGED:
            continue
        if isinstance(change.type, BreakingChangeType):
            yield Change(Impact.BREAKING, change.description)
        elif isinstance(change.type, DangerousChangeType):
            yield Change(Impact.DANGEROUS, change.description)
        else:
            yield Change(Impact.SAFE, change.description)


_JUDGED_HERE = {
    DangerousChangeType.VALUE_ADDED_TO_ENUM,
    DangerousChangeType.TYPE_ADDED_TO_UNION,
    DangerousChangeType.IMPLEMENTED_INTERFACE_ADDED,
}
"""What the library calls dangerous whatever was promised; and a new type that implements an interface it overlooks."""


def _growth(old: GraphQLSchema, new: GraphQLSchema) -> Iterator[Change]:
    answered = _answered(old)
    for name, before in old.type_map.items():
        after = new.type_map.get(name)
        if after is None or type(after) is not type(before):
            continue
        for member in sorted(_members(new, after) - _members(old, before)):
            if isinstance(before, GraphQLEnumType) and name not in answered:
                yield Change(Impact.SAFE, f"{name} gained {member}; it is never answered.")
            elif OPEN in (before.description or ""):
                yield Change(Impact.DANGEROUS, f"{name} gained {member}; it is open.")
            else:
                yield Change(Impact.BREAKING, f"{name} gained {member}, and it isn't open.")


def _choices(old: GraphQLSchema, new: GraphQLSchema) -> Iterator[Change]:
    """Inputs that begin or cease to be `@oneOf`, which the library overlooks too."""
    for name, before in old.type_map.items():
        after = new.type_map.get(name)
        if not isinstance(before, GraphQLInputObjectType) or not isinstance(after, GraphQLInputObjectType):
            continue
        if after.is_one_of and not before.is_one_of:
            yield Change(Impact.BREAKING, f"{name} takes exactly one field now.")
        elif before.is_one_of and not after.is_one_of:
            yield Change(Impact.SAFE, f"{name} takes more than one field now.")


def _members(schema: GraphQLSchema, of: GraphQLNamedType) -> set[str]:
    """What an answer may hold where this type stands: values of an enum, types of an interface or union."""
    if isinstance(of, GraphQLEnumType):
        return set(of.values)
    if isinstance(of, GraphQLInterfaceType | GraphQLUnionType):
        return {each.name for each in schema.get_possible_types(of)}
    return set()


def _answered(schema: GraphQLSchema) -> set[str]:
    holders = [each for each in schema.type_map.values() if isinstance(each, GraphQLObjectType | GraphQLInterfaceType)]
    return {str(field.type).strip("[]!") for holder in holders for field in holder.fields.values()}

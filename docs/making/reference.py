"""The reference: what the pages of `docs/reference` go on with, all that the schema's SDL says, in Markdown."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLEnumValue,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    build_schema,
    print_ast,
)

from docs.making.usage import Operation, find_uses, read_operations

Fielded = GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType
Typed = GraphQLField | GraphQLInputField | GraphQLArgument
Described = Typed | GraphQLEnumValue

MANY = 12
ROOTS = {"Query": "queries.md", "Mutation": "mutations.md", "Subscription": "subscriptions.md"}


@dataclass(frozen=True, slots=True)
class Reference:
    """What the pages are made of."""

    schema: GraphQLSchema
    places: Mapping[str, str]
    """The page of each type, by the type's name."""
    answered: Mapping[str, list[str]]
    """For each type the fields that answer it, or a list of it in pages."""
    uses: Mapping[str, list[str]]
    """For each type and field the operations that ask for it."""


def write_reference(contract: Path) -> dict[str, str]:
    """The sections of each page, by its name, made from `schema.graphql` and `operations/` of a folder."""
    schema = build_schema((contract / "schema.graphql").read_text(encoding="utf-8"))
    operations = read_operations(contract / "operations")
    types = [each for each in schema.type_map.values() if not each.name.startswith("__")]
    places = {each.name: _place(schema, each) for each in types}
    reference = Reference(schema, places, _answered(types), find_uses(schema, operations))
    sections: dict[str, list[str]] = defaultdict(list)
    for each in sorted(types, key=lambda each: each.name.lower()):
        sections[reference.places[each.name]] += _sections(reference, each)
    sections["operations.md"] = [_operation(each) for each in operations]
    return {page: "\n".join(each) for page, each in sections.items()}


def _answered(types: Iterable[GraphQLNamedType]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for owner in types:
        # A page of a list and what stands in it say nothing of where the list is.
        if isinstance(owner, GraphQLObjectType | GraphQLInterfaceType) and not owner.name.endswith(
            ("Connection", "Edge")
        ):
            for name, each in owner.fields.items():
                found[_name(each).removesuffix("Connection")].append(f"{owner.name}.{name}")
    return found


def _place(schema: GraphQLSchema, named: GraphQLNamedType) -> str:
    """The page that a type stands on."""
    if named.name in ROOTS:
        return ROOTS[named.name]
    if named.name.endswith("Payload") or named.name in _inputs_of_mutations(schema):
        return "mutations.md"
    if named.name.endswith(("Connection", "Edge")) or named.name == "PageInfo":
        return "connections.md"
    if isinstance(named, GraphQLInputObjectType):
        return "inputs.md"
    if isinstance(named, GraphQLEnumType):
        return "enums.md"
    return "scalars.md" if isinstance(named, GraphQLScalarType) else "objects.md"


def _inputs_of_mutations(schema: GraphQLSchema) -> set[str]:
    mutations = schema.mutation_type.fields.values() if schema.mutation_type else ()
    return {_name(mutation.args["input"]) for mutation in mutations}


def _written(typed: Typed) -> str:
    """Its type as the SDL writes it."""
    # The library's own types leave `type` half open.
    return str(cast("Any", typed).type)


def _name(typed: Typed) -> str:
    return _written(typed).strip("[]!")


def _sections(reference: Reference, named: GraphQLNamedType) -> list[str]:
    """What the page of a type says of it: a section, or one for each field of a root."""
    if named.name in ROOTS and isinstance(named, GraphQLObjectType):
        return [_root_field(reference, named, name, each) for name, each in named.fields.items()]
    if reference.places[named.name] == "mutations.md":
        return []
    return [f"## {named.name} {{#{named.name}}}\n\n{_type(reference, named)}"]


def _root_field(reference: Reference, root: GraphQLObjectType, name: str, asked: GraphQLField) -> str:
    parts = [f"## {name} {{#{root.name}.{name}}}", *_notes(asked)]
    if root.name == "Mutation":
        both = [reference.schema.type_map[_name(each)] for each in (asked.args["input"], asked)]
        parts += [f"### {each.name} {{#{each.name}}}\n\n{_type(reference, each)}" for each in both]
    else:
        parts += [f"Answers {_link(reference, _written(asked))}.", _list(reference, f"{root.name}.{name}", asked.args)]
    return "\n\n".join([*parts, *_used(reference, f"{root.name}.{name}")]) + "\n"


def _type(reference: Reference, named: GraphQLNamedType) -> str:
    parts = [_text(named.description), *_found(reference, named)]
    if isinstance(named, GraphQLInputObjectType) and named.is_one_of:
        parts.append("Exactly one of these is given.")
    if isinstance(named, GraphQLObjectType) and named.interfaces:
        parts.append("Implements " + ", ".join(_link(reference, each.name) for each in named.interfaces) + ".")
    if isinstance(named, GraphQLInterfaceType):
        kinds = reference.schema.get_possible_types(named)
        parts.append("One of " + ", ".join(_link(reference, each.name) for each in kinds) + ".")
    if isinstance(named, GraphQLScalarType) and named.specified_by_url:
        parts.append(f"Specified by <{named.specified_by_url}>.")
    if isinstance(named, GraphQLEnumType):
        parts.append(_list(reference, named.name, named.values))
    if isinstance(named, Fielded):
        parts.append(_list(reference, named.name, named.fields))
    return "\n\n".join([*parts, *_used(reference, named.name)]) + "\n"


def _list(reference: Reference, owner: str, described: Mapping[str, Described]) -> str:
    """A list of what a type or field has, each entry with an anchor of its own."""
    return "\n".join(_entry(reference, f"{owner}.{name}", name, each) for name, each in described.items())


def _entry(reference: Reference, coordinate: str, name: str, described: Described) -> str:
    head = f"[`{name}`](#{coordinate}){{#{coordinate} .member}}"
    if not isinstance(described, GraphQLEnumValue):
        head += f" {_link(reference, _written(described))}{_default(described)}"
    body = "\n\n".join(_notes(described))
    if isinstance(described, GraphQLField) and described.args:
        body += "\n\n" + _list(reference, coordinate, described.args)
    return f"{head}\n\n:   {_indented(body)}\n"


def _notes(described: Described) -> Iterable[str]:
    if described.deprecation_reason:
        yield f"**Deprecated.** {_text(described.deprecation_reason)}"
    yield _text(described.description)


def _default(described: Described) -> str:
    given = None if isinstance(described, GraphQLField | GraphQLEnumValue) else described.default
    return f" = `{print_ast(given.literal)}`" if given and given.literal else ""


def _link(reference: Reference, written: str) -> str:
    """A type as the SDL writes it, leading to where it stands."""
    name = written.strip("[]!")
    return f"[`{written}`]({reference.places[name]}#{name})"


def _found(reference: Reference, named: GraphQLNamedType) -> Iterable[str]:
    """The fields that answer an object or a value of an enum, unless that is plain or they are too many to help."""
    fields = reference.answered.get(named.name, [])
    is_plain = isinstance(named, GraphQLScalarType) or named.name.endswith("Payload")
    if not is_plain and 0 < len(fields) <= MANY:
        links = (f"[`{each}`]({reference.places[each.partition('.')[0]]}#{each})" for each in fields)
        yield f"Answered by {', '.join(links)}."


def _used(reference: Reference, coordinate: str) -> Iterable[str]:
    names = reference.uses.get(coordinate, [])
    if names:
        yield "In operations: " + ", ".join(f"[{name}](operations.md#{name})" for name in names) + "."


def _operation(operation: Operation) -> str:
    parts = [f"## {operation.name} {{#{operation.name}}}", operation.about, f"```graphql\n{operation.text}```"]
    if operation.variables:
        parts.append(f'```json title="Variables"\n{operation.variables.rstrip()}\n```')
    return "\n\n".join(parts) + "\n"


def _indented(text: str) -> str:
    return text.replace("\n", "\n    ").replace("\n    \n", "\n\n")


def _text(description: str | None) -> str:
    return (description or "").strip()

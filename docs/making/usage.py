"""The operations of `graphql/operations`: their texts, and which fields of the schema each one asks for."""

import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from graphql import FieldNode, GraphQLSchema, TypeInfo, TypeInfoVisitor, Visitor, parse, visit

Coordinate = str
"""A type's name, or a field as `Type.field`."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One that a team starts from."""

    name: str
    about: str
    """What its comment says, as a paragraph."""
    text: str
    """Without that comment."""
    variables: str
    """JSON that works on the demonstration data; empty if it takes none."""


def read_operations(folder: Path) -> list[Operation]:
    """All operations of a folder, by name."""
    return [_read(file) for file in sorted(folder.glob("*.graphql"))]


def find_uses(schema: GraphQLSchema, operations: list[Operation]) -> dict[Coordinate, list[str]]:
    """For each type and field that is asked for, the names of the operations that do."""
    uses: dict[Coordinate, list[str]] = defaultdict(list)
    for operation in operations:
        for coordinate in sorted(_coordinates(schema, operation.text)):
            uses[coordinate].append(operation.name)
    return uses


def _read(file: Path) -> Operation:
    written = file.read_text(encoding="utf-8")
    text = re.sub(r"\A(#.*\n)+", "", written)
    comment = written[: len(written) - len(text)]
    variables = file.with_suffix(".variables.json")
    given = variables.read_text(encoding="utf-8") if variables.exists() else ""
    return Operation(
        name=file.stem,
        about=" ".join(line.removeprefix("#").strip() for line in comment.splitlines()),
        text=text,
        variables="" if given.strip() == "{}" else given,
    )


def _coordinates(schema: GraphQLSchema, text: str) -> set[Coordinate]:
    found: set[Coordinate] = set()
    type_info = TypeInfo(schema)

    class Noting(Visitor):
        def enter_field(self, node: FieldNode, *_: object) -> None:
            if parent := type_info.get_parent_type():
                found.update({parent.name, f"{parent.name}.{node.name.value}"})

    visit(parse(text), TypeInfoVisitor(type_info, Noting()))
    return found

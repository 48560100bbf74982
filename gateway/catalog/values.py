"""Typed values out of a YAML tree. What is wrong is noted with its line and field, and reading goes on."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from gateway.catalog.file import Position, Problem
from gateway.catalog.tree import Tree

E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Entry:
    """A key of a mapping with its value, and where it stands."""

    key: str
    position: Position
    value: Tree


class Notes:
    """Collects what is wrong with a file, so that all of it can be said at once."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def add(self, position: Position, message: str) -> None:
        """Notes one problem."""
        self.problems.append(Problem(position, message))


def entries(notes: Notes, position: Position, node: Tree) -> Iterator[Entry]:
    """The entries of a mapping. Notes a value that is none, keys that aren't texts, and keys that stand there twice."""
    if node.kind != "map":
        notes.add(position, f"must be a mapping of keys to values, not {_kind(node)}.")
        return
    lines: dict[str, int] = {}
    for label, value in node.pairs:
        if label.kind != "str":
            notes.add(Position(label.line, position.field), f"has a key that is {_kind(label)}; put it in quotes.")
            continue
        key = label.text
        place = Position(label.line, f"{position.field}.{key}" if position.field else key)
        if key in lines:
            notes.add(place, f"stands here twice; the first is on line {lines[key]}.")
            continue
        lines[key] = label.line
        yield Entry(key, place, value)


def fields(notes: Notes, position: Position, node: Tree, known: tuple[str, ...]) -> dict[str, Entry]:
    """The entries of a mapping whose keys are fields. Notes those that aren't known."""
    found: dict[str, Entry] = {}
    for entry in entries(notes, position, node):
        if entry.key in known:
            found[entry.key] = entry
        else:
            notes.add(entry.position, f"is not a field here; the fields are {', '.join(known)}.")
    return found


def read_text(notes: Notes, entry: Entry) -> str | None:
    """A text; anything else is noted and answered as None."""
    if entry.value.kind == "str":
        return entry.value.text
    notes.add(entry.position, f"must be a text, not {_kind(entry.value)}; put it in quotes if it is one.")
    return None


def read_flag(notes: Notes, entry: Entry) -> bool | None:
    """true or false; anything else is noted and answered as None."""
    if entry.value.kind == "bool":
        return entry.value.text.lower() == "true"
    notes.add(entry.position, f"must be true or false, not {_kind(entry.value)}.")
    return None


def read_choice(notes: Notes, entry: Entry, kind: type[E]) -> E | None:
    """One of an enumeration's values; anything else is noted and answered as None."""
    text = read_text(notes, entry)
    if text is None:
        return None
    # Python 3.11 can't ask an enumeration whether it holds a text.
    if text not in list(kind):
        notes.add(entry.position, f"must be one of {', '.join(kind)}.")
        return None
    return kind(text)


def read_texts(notes: Notes, entry: Entry) -> dict[str, Position] | None:
    """A list of different texts with their positions; what isn't one is noted."""
    if entry.value.kind != "seq":
        notes.add(entry.position, f"must be a list, not {_kind(entry.value)}.")
        return None
    found: dict[str, Position] = {}
    for index, node in enumerate(entry.value.items):
        place = Position(node.line, f"{entry.position.field}[{index}]")
        text = read_text(notes, Entry(str(index), place, node))
        if text in found:
            notes.add(place, f"`{text}` stands here twice; the first is on line {found[text].line}.")
        elif text is not None:
            found[text] = place
    return found


def _kind(node: Tree) -> str:
    return _KINDS.get(node.kind, f"a value tagged {node.kind}")


_KINDS = {
    "map": "a mapping",
    "seq": "a list",
    "str": "a text",
    "int": "a number",
    "float": "a number",
    "bool": "true or false",
    "null": "empty",
    "timestamp": "a date",
    "merge": "a merge (<<)",
}

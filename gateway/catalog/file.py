"""What a catalogue file says. The format is described in docs/catalog.md."""

from collections.abc import Mapping
from dataclasses import dataclass

from entitlements.facts import CatalogRollout, Metadata


@dataclass(frozen=True, slots=True)
class Position:
    """Where something stands in the file: its line, from 1, and its path of fields, as `products.team.features`."""

    line: int
    field: str


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a file, and where."""

    position: Position
    message: str


class CatalogInvalid(Exception):
    """A file that can't be used: everything that is wrong with it, each with file, line and field."""

    def __init__(self, path: str, problems: list[Problem]) -> None:
        self.problems = sorted(problems, key=lambda problem: (problem.position.line, problem.position.field))
        super().__init__("\n".join(_sentence(path, problem) for problem in self.problems))


@dataclass(frozen=True, slots=True)
class FeatureEntry:
    """A feature as the file wants it. `metadata` None: left as it is."""

    key: str
    position: Position
    name: str
    metadata: Metadata | None = None
    archived: bool = False


@dataclass(frozen=True, slots=True)
class ProductEntry:
    """A product as the file wants it. None: left as it is.

    `features` are lookup keys with their positions, and complete: what is attached and not listed is detached.
    `rollout` says how attachments and detachments reach the subscriptions that are there already.
    """

    key: str
    position: Position
    name: str
    active: bool | None = None
    metadata: Metadata | None = None
    features: Mapping[str, Position] | None = None
    rollout: CatalogRollout = CatalogRollout.NEXT_PERIOD


@dataclass(frozen=True, slots=True)
class Catalog:
    """A whole file. What it doesn't name is left alone."""

    path: str
    features: tuple[FeatureEntry, ...]
    products: tuple[ProductEntry, ...]


def _sentence(path: str, problem: Problem) -> str:
    field = f"{problem.position.field}: " if problem.position.field else ""
    return f"{path}:{problem.position.line}: {field}{problem.message}"

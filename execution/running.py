"""What exists while an operation runs: the run, its levels, and the places its values go to."""

from bisect import bisect_right
from collections.abc import Callable, Coroutine, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeAlias

from graphql.execution.values import VariableValues

if TYPE_CHECKING:
    from execution.plan import Field, Operation, Selection

Key = str | int
Pending: TypeAlias = list[Coroutine[Any, Any, None]]
"""What a level could not finish at once, because it waits for something."""


class Failure(NamedTuple):
    """An exception and the place it befell: a field of one parent of a level, or an item inside of that field's value.

    `round`: how many awaited values led there. graphql-core records errors in the order things happen; this is what is
    kept of that order. `after`: how many items of a list came before its iterator failed.
    """

    level: "Level"
    field: "Field"
    parent: int
    inside: tuple[int, ...]
    error: Exception
    round: int
    after: int = 0


class Run:
    """One execution of an operation."""

    __slots__ = ("arguments", "context", "extensions", "failures", "operation", "root", "variables")

    def __init__(
        self, operation: "Operation", context: object, variables: VariableValues, root: object, extensions: object
    ) -> None:
        self.operation = operation
        self.context = context
        self.variables = variables
        self.root = root
        self.extensions = extensions
        self.failures: list[Failure] = []
        self.arguments: dict[Field, dict[str, Any]] = {}


class Level:
    """All objects of one type that one selection of the document applies to at once.

    `outs` are their answers, in the order of `parents`, each in its place in the whole answer before any resolver of
    the level runs. `places`: where the objects came from, None for the root; `kept`: the index there of each object,
    None if all are here.
    """

    __slots__ = ("kept", "late", "outs", "parents", "places", "round", "run", "selection")

    def __init__(
        self,
        run: Run,
        selection: "Selection",
        parents: Sequence[Any],
        places: "Places | None" = None,
        kept: Sequence[int] | None = None,
    ) -> None:
        self.run = run
        self.selection = selection
        self.parents = parents
        self.places = places
        self.kept = kept
        self.round = 0 if places is None else places.round
        self.outs: list[dict[str, Any]] = []
        self.late: list[tuple[Field, list[Any]]] = []

    def origin(self, index: int) -> "tuple[Level, Field, int, tuple[int, ...]] | None":
        """The place an object is the value of; None for the root."""
        places = self.places
        if places is None:
            return None
        parent, inside = places.locate(index if self.kept is None else self.kept[index])
        return places.level, places.field, parent, inside

    def path(self, index: int) -> list[Key]:
        """The response path of an object."""
        origin = self.origin(index)
        if origin is None:
            return []
        level, field, parent, inside = origin
        return [*level.path(parent), field.key, *inside]


class Places(Protocol):
    """Where a column of values goes: into one field of a level's objects, or into the lists that are its values."""

    level: Level
    field: "Field"
    round: int

    def put(self, results: Sequence[Any]) -> None:
        """Writes the finished values into the answer, one for each place."""
        ...

    def locate(self, index: int) -> tuple[int, tuple[int, ...]]:
        """The parent a place belongs to by its index in the level, and the indices inside of its lists."""
        ...

    def fail(self, index: int, error: Exception, *, after: int = 0) -> None:
        """Records that a place holds no value; `after` so many items of a list that was to stand there."""
        ...


class FieldPlaces:
    """One field of every object of a level."""

    __slots__ = ("field", "level", "round")

    def __init__(self, level: Level, field: "Field") -> None:
        self.level = level
        self.field = field
        self.round = level.round

    def put(self, results: Sequence[Any]) -> None:
        """Writes the finished values."""
        key = self.field.key
        for out, result in zip(self.level.outs, results, strict=True):
            out[key] = result

    def locate(self, index: int) -> tuple[int, tuple[int, ...]]:
        """The parent of a place, and the indices inside of its lists."""
        return index, ()

    def fail(self, index: int, error: Exception, *, after: int = 0) -> None:
        """Records that a place holds no value; `after` so many items of a list that was to stand there."""
        self.level.run.failures.append(Failure(self.level, self.field, index, (), error, self.round, after))


class ItemPlaces:
    """All items of all lists of a column, one after another."""

    __slots__ = ("_ends", "field", "level", "lists", "owners", "round", "sizes", "upper")

    def __init__(
        self, upper: Places, owners: Sequence[int] | None, lists: Sequence[list[Any]], sizes: Sequence[int]
    ) -> None:
        self.upper = upper
        self.level = upper.level
        self.field = upper.field
        self.round = upper.round
        self.owners = owners
        self.lists = lists
        self.sizes = sizes
        self._ends: list[int] | None = None

    def put(self, results: Sequence[Any]) -> None:
        """Writes the finished values."""
        start = 0
        for each, size in zip(self.lists, self.sizes, strict=True):
            each[:] = results[start : start + size]
            start += size

    def locate(self, index: int) -> tuple[int, tuple[int, ...]]:
        """The parent of a place, and the indices inside of its lists."""
        if self._ends is None:
            self._ends = list(accumulate(self.sizes))
        which = bisect_right(self._ends, index)
        parent, inside = self.upper.locate(which if self.owners is None else self.owners[which])
        return parent, (*inside, index - self._ends[which] + self.sizes[which])

    def fail(self, index: int, error: Exception, *, after: int = 0) -> None:
        """Records that a place holds no value; `after` so many items of a list that was to stand there."""
        parent, inside = self.locate(index)
        self.level.run.failures.append(Failure(self.level, self.field, parent, inside, error, self.round, after))


Complete = Callable[[Places, list[Any], Pending], None]
"""Turns a column of what resolvers answered into what clients read, and puts it in its places."""

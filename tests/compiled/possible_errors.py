"""Which errors a document may be answered with, where it is a matter of time which of several failures comes first.

A failure leaves null the nearest place around it that may be null. It is reported unless that place, or one around it,
was null before; then one explanation is enough. What fails before anything is awaited fails in the order of the
document, and is the same for everybody. What is awaited arrives when it arrives: a batched resolver answers for its
objects at once, graphql-core's loop asks for them one by one, and of two failures that leave the same place null either
may be the one reported. Nothing else may differ, and that is what is asked here.

Every failure there is, is found by graphql-core itself, told to let no null go up, as its directive
`@experimental_disableErrorPropagation` does. Its executor is open to subclasses, but the methods overridden here are
no promise of its own: they are tried by all documents of which both answers are the same to the letter.
"""

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from graphql import DocumentNode, GraphQLError, GraphQLSchema
from graphql.execution import Executor

from execution.core import execute, is_awaitable, is_non_null_type

Path = tuple[str | int, ...]
Variables = Mapping[str, Any]
Inner = Any
"""What graphql-core's executor hands to its own methods."""

# Called by its name below: its own types leave parts unknown to a type checker.
_Executor: Inner = Executor


class Failure(NamedTuple):
    """A failure as a client would see it, and the place that is null for it; `()` is the whole answer."""

    shown: str
    place: Path


@dataclass(frozen=True)
class Failures:
    """All that can fail in a document: before anything is awaited, in that order, and later, in any."""

    at_once: list[Failure]
    later: list[Failure]

    def may_be_reported_as(self, errors: Iterable[GraphQLError]) -> bool:
        """Whether errors are what is left of all failures in some order of their happening."""
        reported = [shown(error) for error in errors]
        nulled: set[Path] = set()
        expected: set[str] = set()
        for failure in self.at_once:
            if not _is_within(failure.place, nulled):
                nulled.add(failure.place)
                expected.add(failure.shown)
        open_ = [failure for failure in self.later if not _is_within(failure.place, nulled)]
        chosen = [failure for failure in open_ if failure.shown in reported]
        places = {failure.place for failure in chosen}
        return (
            sorted(reported) == sorted([*expected, *(failure.shown for failure in chosen)])
            and len(places) == len(chosen)
            and all(_is_within(failure.place, places) for failure in open_)
        )


async def all_failures(
    schema: GraphQLSchema,
    document: DocumentNode,
    variables: Variables,
    root: object = None,
    context: object = None,
    *,
    reword: Callable[[str], str] = str,
) -> Failures:
    """Every failure a document meets if none of them keeps it from meeting the others.

    `reword`: makes of graphql-core's messages those that clients are shown.
    """
    made: list[_Unhindered] = []
    answered = execute(schema, document, root, context, dict(variables), executor_class=_Unhindered, made=made)
    if not made:
        # Wrong variables are no matter of places: each of the errors is to be reported.
        return Failures([Failure(shown(error), (shown(error),)) for error in answered.errors], [])
    [executor] = made
    count = len(executor.collected_errors.errors)
    if is_awaitable(answered):
        await answered
    for error in executor.collected_errors.errors:
        error.message = reword(error.message)
    failures = [executor.failure(error) for error in executor.collected_errors.errors]
    return Failures(failures[:count], failures[count:])


def shown(error: GraphQLError) -> str:
    """An error as a client sees it, with the kind of exception behind it."""
    return json.dumps(error.formatted, default=str) + repr(type(error.original_error))


class _Unhindered(_Executor):
    """Lets no null go up, and notes which places may hold none. `made`: where it makes itself known."""

    def __init__(self, *args: Inner, made: "list[_Unhindered]", **kwargs: Inner) -> None:
        _Executor.__init__(self, *args, **kwargs)
        self.error_propagation = False
        self.required: set[Path] = set()
        made.append(self)

    def failure(self, error: GraphQLError) -> Failure:
        """An error with the place that would be null for it."""
        place = tuple(error.path or ())
        while place in self.required:
            place = place[:-1]
        return Failure(shown(error), place)

    def complete_value(self, return_type: Inner, details: Inner, info: Inner, path: Inner, *rest: Inner) -> Inner:
        """Completes a value of a place that is met."""
        self._note(return_type, path)
        return _Executor.complete_value(self, return_type, details, info, path, *rest)

    def handle_field_error(self, raw_error: Exception, return_type: Inner, details: Inner, path: Inner) -> None:
        """Collects the error of a place that may not have been met, for its arguments were wrong."""
        self._note(return_type, path)
        _Executor.handle_field_error(self, raw_error, return_type, details, path)

    def _note(self, type_: object, path: Inner) -> None:
        if is_non_null_type(type_):
            self.required.add(tuple(path.as_list()))


def _is_within(place: Path, places: Collection[Path]) -> bool:
    return any(place[:length] in places for length in range(len(place) + 1))

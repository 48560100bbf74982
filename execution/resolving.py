"""How the values of a field are had, for all objects of a level: read, asked one by one, or asked once for all."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from operator import attrgetter
from typing import Any, cast
from uuid import UUID

from graphql import GraphQLFieldResolver, Undefined
from graphql.execution.values import get_argument_values

from execution.core import is_awaitable
from execution.info import LightInfo
from execution.plan import Access, Field
from execution.running import Level, Run

_IMMUTABLE = frozenset(
    {str, int, float, bool, bytes, type(None), type(Undefined), datetime, date, time, timedelta, Decimal, UUID}
)

Check = Callable[[Level, Field], None]
"""Raises the error of a field that may not be resolved, for whatever object."""

Call = Callable[[Any, dict[str, Any], Level, Field, int], Any]
"""Calls a resolver: for a parent, with arguments; and what it takes to make its info."""


def reading_attribute(path: str) -> Access:
    """For a field that is an attribute of its object, or, with names joined by dots, one of what that holds."""
    get = attrgetter(path)

    def fetch(level: Level, _field: Field) -> list[Any]:
        try:
            return list(map(get, level.parents))
        except Exception:  # noqa: BLE001 - a property may raise anything; whose it is is found out one by one
            return read_singly(get, level.parents)

    return Access(fetch, get, attribute=path)


def reading_by_default(name: str) -> Access:
    """For a field graphql-core's default resolver has: an entry or attribute, called if it is a function."""

    def get(parent: Any) -> Any:  # noqa: ANN401 - any object
        if isinstance(parent, Mapping):
            return cast("Mapping[str, Any]", parent).get(name)
        return getattr(parent, name, None)

    def fetch(level: Level, field: Field) -> list[Any]:
        return call_functions(level, field, read_singly(get, level.parents))

    return Access(fetch, get, may_call=True)


def asking_each(resolve: GraphQLFieldResolver) -> Access:
    """For a field whose resolver is called as graphql-core calls it, once for each parent."""
    function: Callable[..., Any] = resolve
    return calling(lambda parent, given, level, field, index: function(parent, LightInfo(level, field, index), **given))


def calling(call: Call, check: Check | None = None, *, is_awaited: bool = False) -> Access:
    """For a field whose resolver is called once for each parent, in whatever way.

    `check`: comes before all of them. `is_awaited`: what the resolver answers is; so is then what the check raises.
    """

    def fetch(level: Level, field: Field) -> list[Any]:
        run = level.run
        try:
            given = arguments(run, field)
        except Exception as error:  # noqa: BLE001 - a scalar's parser may raise anything: the field's error
            return [error] * len(level.parents)
        try:
            if check is not None:
                check(level, field)
        except Exception as error:  # noqa: BLE001 - a check may raise anything: the error of each of the fields
            # When it is raised decides which errors are reported besides.
            return [_later(error) if is_awaited else error for _ in level.parents]
        is_shared = field in run.arguments
        values: list[Any] = []
        for index, parent in enumerate(level.parents):
            try:
                mine = given if is_shared or index == 0 else arguments(run, field)
                values.append(call(parent, mine, level, field, index))
            except Exception as error:  # noqa: BLE001 - a resolver may raise anything: the field's error
                values.append(error)
        return values

    return Access(fetch)


def asking_once(
    batch: Callable[..., Any],
    wrap_info: Callable[[Any, Field], Any],
    *,
    check: Check | None = None,
    is_at_hand: bool = False,
) -> Access:
    """For a field whose resolver answers for all parents of a level at once.

    `check`: comes before it. `is_at_hand`: it answers without anything that has to be awaited.
    """

    def ask(level: Level, field: Field) -> Any:  # noqa: ANN401 - a sequence, or an awaitable of one
        given = arguments(level.run, field)
        if check is not None:
            check(level, field)
        return batch(level.parents, wrap_info(LightInfo(level, field, 0), field), **given)

    def answer_at_hand(level: Level, field: Field) -> list[Any]:
        try:
            return _one_for_each(level, field, ask(level, field))
        except Exception as error:  # noqa: BLE001 - a resolver may raise anything: the error of each of the fields
            return [error] * len(level.parents)

    async def answer(level: Level, field: Field) -> list[Any]:
        try:
            answered = ask(level, field)
            return _one_for_each(level, field, await answered if is_awaitable(answered) else answered)
        except Exception as error:  # noqa: BLE001 - a resolver may raise anything: the error of each of the fields
            return [error] * len(level.parents)

    return Access(answer_at_hand) if is_at_hand else Access(_never, batch=answer)


def _one_for_each(level: Level, field: Field, answered: Sequence[Any]) -> list[Any]:
    values, count = list(answered), len(level.parents)
    if len(values) != count:
        raise TypeError(f"{field.parent_type}.{field.name} was asked for {count} values and gave {len(values)}.")
    return values


async def _later(error: Exception) -> None:
    raise error


def _never(_level: Level, _field: Field) -> list[Any]:
    raise AssertionError("A batch isn't fetched.")


def read_singly(get: Callable[[Any], Any], parents: Sequence[Any]) -> list[Any]:
    """A column read one by one; exceptions stand for themselves."""
    values: list[Any] = []
    for parent in parents:
        try:
            values.append(get(parent))
        except Exception as error:  # noqa: BLE001 - a property may raise anything: the field's error
            values.append(error)
    return values


def call_functions(level: Level, field: Field, values: list[Any]) -> list[Any]:
    """A column with each function in it replaced by what it answers."""
    called = list(values)
    for index, value in enumerate(values):
        if callable(value):
            try:
                called[index] = value(LightInfo(level, field, index), **arguments(level.run, field))
            except Exception as error:  # noqa: BLE001 - a function may raise anything: the field's error
                called[index] = error
    return called


def arguments(run: Run, field: Field) -> dict[str, Any]:
    """The arguments of a field, made once for a run if nobody can change them, else anew each time.

    Raises: GraphQLError, for those that can't be.
    """
    known = run.arguments.get(field)
    if known is not None:
        return known
    if field.arguments is not None:
        run.arguments[field] = field.arguments
        return field.arguments
    made = _make_arguments(run, field)
    if all(map(_is_immutable, made.values())):
        if field.constant:
            field.arguments = made
        run.arguments[field] = made
    return made


def _make_arguments(run: Run, field: Field) -> dict[str, Any]:
    if not field.definition.args:
        return {}
    made = None if field.make_arguments is None else field.make_arguments(run.variables)
    if made is not None:
        return made
    coerced = get_argument_values(
        field.definition, field.nodes[0], run.variables, hide_suggestions=run.operation.hide_suggestions
    )
    return coerced if field.conversion is None else field.conversion.all(coerced)


def _is_immutable(value: object) -> bool:
    return type(value) in _IMMUTABLE or isinstance(value, Enum)

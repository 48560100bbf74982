"""From what resolvers answered to what clients read, a column at a time: one way for each kind of type."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from itertools import chain
from typing import Any

from graphql import GraphQLError, GraphQLObjectType

from execution.columns import LOST, await_all, is_ordinary, null_error, settle, sift
from execution.core import is_async_iterable, is_awaitable, is_iterable
from execution.plan import Field, Leaf, Selection
from execution.running import Complete, FieldPlaces, ItemPlaces, Level, Pending, Places

RuntimeType = Callable[[Places, int, Any], Any]
"""The object type of a value, or an awaitable of it. Raises what is wrong with the value."""

Select = Callable[[GraphQLObjectType], Selection]
"""What is selected of objects of a type; made when it is first asked for."""


def leaf_completion(leaf: Leaf) -> Complete:
    """For scalars and enums."""
    quick = leaf.quick

    def complete(places: Places, values: list[Any], pending: Pending) -> None:
        results = quick(values)
        if results is None:
            sifted = values if is_ordinary(values) else sift(places, values, complete, pending)
            if sifted is None:
                return
            results = leaf.results(places, sifted)
        places.put(results)

    return complete


def list_completion(complete_items: Complete, *, nullable: bool) -> Complete:
    """For lists: their items are one column again."""

    def complete(places: Places, values: list[Any], pending: Pending) -> None:
        if _LISTS.issuperset(map(type, values)):
            outs: list[list[Any]] = [[] for _ in values]
            places.put(outs)
            _items(ItemPlaces(places, None, outs, list(map(len, values))), values, pending)
            return
        sifted = values if is_ordinary(values) else sift(places, values, complete, pending)
        if sifted is None:
            return
        if any(map(is_async_iterable, sifted)):
            pending.append(_drain(places, sifted, complete))
            return
        found = _lists(places, sifted, nullable=nullable)
        outs = [[] for _ in found]
        owners = list(found)
        places.put(_scattered([(outs, owners)], len(values)))
        _items(ItemPlaces(places, owners, outs, list(map(len, found.values()))), found.values(), pending)

    def _items(places: ItemPlaces, lists: Any, pending: Pending) -> None:  # noqa: ANN401 - lists of anything
        items = list(chain.from_iterable(lists))
        if items:
            complete_items(places, items, pending)

    return complete


def object_completion(
    type_: GraphQLObjectType,
    check: RuntimeType | None,
    vouch: Callable[[list[Any]], bool],
    select: Select,
    *,
    nullable: bool,
) -> Complete:
    """For objects of one type.

    `check`: what it takes to be sure that a value is one, if anything. `vouch`: whether a column needs no checking.
    """

    def complete(places: Places, values: list[Any], pending: Pending) -> None:
        sifted = values if is_ordinary(values) else sift(places, values, complete, pending)
        if sifted is None:
            return
        present = _present(places, sifted, nullable=nullable)
        if check is not None and not (present is None and vouch(sifted)):
            _by_type(places, sifted, present, check, select, pending)
        elif present is None or present:
            _descend(places, sifted, {type_: present}, select, pending)
        else:
            places.put([None] * len(values))

    return complete


def abstract_completion(runtime_type: RuntimeType, select: Select, *, nullable: bool) -> Complete:
    """For objects whose type shows by the value."""

    def complete(places: Places, values: list[Any], pending: Pending) -> None:
        sifted = values if is_ordinary(values) else sift(places, values, complete, pending)
        if sifted is None:
            return
        _by_type(places, sifted, _present(places, sifted, nullable=nullable), runtime_type, select, pending)

    return complete


def advance(level: Level, pending: Pending) -> None:
    """Goes on with what isn't at hand in the objects of a level."""
    for field, values in level.late:
        field.complete(FieldPlaces(level, field), values, pending)
    for field in level.selection.steps:
        carry_out(level, field, pending)


def carry_out(level: Level, field: Field, pending: Pending) -> None:
    """Resolves one field for all objects of a level."""
    if field.access.batch is not None:
        pending.append(_answer_at_once(level, field, field.access.batch(level, field)))
    else:
        field.complete(FieldPlaces(level, field), field.access.fetch(level, field), pending)


async def _answer_at_once(level: Level, field: Field, answers: Awaitable[list[Any]]) -> None:
    places = FieldPlaces(level, field)
    values = await answers
    places.round += 1
    pending: Pending = []
    field.complete(places, values, pending)
    await settle(pending)


_LISTS = frozenset({list, tuple})
_ABSENT = frozenset({type(None), type(LOST)})


def _present(places: Places, values: list[Any], *, nullable: bool) -> list[int] | None:
    """The indices of the values that are objects; None if all are. Each null that may not be is recorded."""
    if _ABSENT.isdisjoint(map(type, values)):
        return None
    present: list[int] = []
    for index, value in enumerate(values):
        if value is None and not nullable:
            places.fail(index, null_error(places.field))
        elif value is not None and value is not LOST:
            present.append(index)
    return present


def _by_type(
    places: Places,
    values: list[Any],
    present: list[int] | None,
    runtime_type: RuntimeType,
    select: Select,
    pending: Pending,
) -> None:
    types: dict[int, Any] = {}
    is_waiting = False
    for index in range(len(values)) if present is None else present:
        try:
            type_ = types[index] = runtime_type(places, index, values[index])
            is_waiting = is_waiting or not isinstance(type_, GraphQLObjectType)
        except Exception as error:  # noqa: BLE001 - a type resolver may raise anything, and that is the field's error
            places.fail(index, error)
    if is_waiting:
        pending.append(_await_types(places, values, types, select))
    else:
        _descend(places, values, _grouped(types), select, pending)


async def _await_types(places: Places, values: list[Any], types: dict[int, Any], select: Select) -> None:
    waiting = [index for index, type_ in types.items() if is_awaitable(type_)]
    outcomes = await await_all([types[index] for index in waiting])
    places.round += 1
    for index, outcome in zip(waiting, outcomes, strict=True):
        if isinstance(outcome, Exception):
            places.fail(index, outcome)
            del types[index]
        else:
            types[index] = outcome
    pending: Pending = []
    _descend(places, values, _grouped(types), select, pending)
    await settle(pending)


def _grouped(types: Mapping[int, GraphQLObjectType]) -> dict[GraphQLObjectType, list[int] | None]:
    groups: dict[GraphQLObjectType, list[int] | None] = {}
    for index, type_ in types.items():
        group = groups.setdefault(type_, [])
        if group is not None:
            group.append(index)
    return groups


def _descend(
    places: Places,
    values: list[Any],
    groups: Mapping[GraphQLObjectType, list[int] | None],
    select: Select,
    pending: Pending,
) -> None:
    """Makes a level of the objects of each type, by their indices; None stands for all."""
    run = places.level.run
    levels: list[Level] = []
    for type_, kept in groups.items():
        parents = values if kept is None else [values[index] for index in kept]
        level = Level(run, select(type_), parents, places, kept)
        level.selection.read(level)
        levels.append(level)
    if len(levels) == 1 and levels[0].kept is None:
        places.put(levels[0].outs)
    else:
        places.put(_scattered([(level.outs, level.kept or ()) for level in levels], len(values)))
    for level in levels:
        advance(level, pending)


def _scattered(parts: Sequence[tuple[Sequence[Any], Sequence[int]]], size: int) -> list[Any]:
    column: list[Any] = [None] * size
    for results, indices in parts:
        for index, result in zip(indices, results, strict=True):
            column[index] = result
    return column


def _lists(places: Places, values: list[Any], *, nullable: bool) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for index, value in enumerate(values):
        if value is LOST or (value is None and nullable):
            continue
        # What an iterator gave before it failed is completed too, since its failures are reported besides.
        items = found[index] = []
        try:
            if value is None:
                raise null_error(places.field)
            if not is_iterable(value):
                name = f"{places.field.parent_type}.{places.field.name}"
                raise GraphQLError(f"Expected Iterable, but did not find one for field '{name}'.")
            items.extend(value)
        except Exception as error:  # noqa: BLE001 - an iterator may raise anything, and that is the field's error
            places.fail(index, error, after=len(items))
    return found


async def _drain(places: Places, values: list[Any], complete: Complete) -> None:
    drained = list(values)
    failed: list[tuple[int, Exception]] = []
    for index, value in enumerate(values):
        if not is_async_iterable(value):
            continue
        items: list[Any] = []
        drained[index] = items
        try:
            async for item in value:
                items.append(item)  # noqa: PERF401 - a comprehension would lose those before a failure
        except Exception as error:  # noqa: BLE001 - an iterator may raise anything, and that is the field's error
            failed.append((index, error))
    places.round += 1
    for index, error in failed:
        places.fail(index, error, after=len(drained[index]))
    pending: Pending = []
    complete(places, drained, pending)
    await settle(pending)

"""What may stand in a column beside values: exceptions, awaitables, and the places already given up."""

from asyncio import gather
from collections.abc import Sequence
from types import GeneratorType
from typing import TYPE_CHECKING, Any, Final

from graphql import Undefined

from execution.core import gather_with_cancel, is_awaitable
from execution.running import Complete, Pending, Places

if TYPE_CHECKING:
    from execution.plan import Field

_KEPT_TYPES = 10_000
_ordinary: set[type] = {str, int, float, bool, list, tuple, dict, type(None)}


class _Lost:
    """Stands where a failure is recorded already: null, and no error more."""


LOST: Final = _Lost()

_SPECIAL: tuple[type[Any], ...] = (BaseException, _Lost, GeneratorType, type(Undefined))


def null_error(field: "Field") -> TypeError:
    """What graphql-core says of a null where there may be none."""
    return TypeError(f"Cannot return null for non-nullable field {field.parent_type}.{field.name}.")


def is_ordinary(values: Sequence[Any]) -> bool:
    """Whether a column holds nothing but values, told by their types: those once seen are known."""
    types = set(map(type, values))
    if types <= _ordinary:
        return True
    return _meet(types - _ordinary)


def _meet(types: set[type]) -> bool:
    if len(_ordinary) > _KEPT_TYPES:
        # Types made at run time would be kept alive here for ever.
        _ordinary.clear()
    plain = {each for each in types if not _is_special(each)}
    _ordinary.update(plain)
    return plain == types


def _is_special(type_: type) -> bool:
    # A generator is awaitable or not by a flag of its own, Undefined is a null.
    return issubclass(type_, _SPECIAL) or hasattr(type_, "__await__")


def sift(places: Places, values: list[Any], complete: Complete, pending: Pending) -> list[Any] | None:
    """A column with its exceptions recorded as failures; None if it must be awaited first, which is arranged for."""
    waiting = [index for index, value in enumerate(values) if is_awaitable(value)]
    if waiting:
        pending.append(_resume(places, list(values), waiting, complete))
        return None
    return without_exceptions(places, values)


def without_exceptions(places: Places, values: list[Any]) -> list[Any]:
    """A column with its exceptions recorded as failures."""
    sifted = list(values)
    for index, value in enumerate(values):
        if isinstance(value, Exception):
            places.fail(index, value)
            sifted[index] = LOST
        elif value is Undefined:
            sifted[index] = None
    return sifted


async def settle(pending: Pending) -> None:
    """Waits for everything, all at once."""
    if len(pending) == 1:
        await pending[0]
    elif pending:
        await gather_with_cancel(*pending)


async def await_all(awaitables: Sequence[Any]) -> list[Any]:
    """What each of them came to, exceptions among them."""
    if len(awaitables) == 1:
        # No task is made for one alone.
        return [await _outcome(awaitables[0])]
    outcomes = await gather(*awaitables, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, BaseException) and not isinstance(outcome, Exception):
            raise outcome
    return outcomes


async def _outcome(awaitable: Any) -> Any:  # noqa: ANN401 - whatever a resolver answers
    try:
        return await awaitable
    except Exception as error:  # noqa: BLE001 - a resolver may raise anything, and that is the field's error
        return error


async def _resume(places: Places, values: list[Any], waiting: list[int], complete: Complete) -> None:
    outcomes = await await_all([values[index] for index in waiting])
    for index, outcome in zip(waiting, outcomes, strict=True):
        values[index] = outcome
    places.round += 1
    pending: Pending = []
    complete(places, values, pending)
    await settle(pending)

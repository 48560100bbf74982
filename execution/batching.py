"""Resolvers that answer for all parents at once."""

import inspect
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Concatenate, ParamSpec, TypeVar, get_args, overload

Parent = TypeVar("Parent")
Value = TypeVar("Value")
Given = ParamSpec("Given")

_ATTRIBUTE = "__answers_for_all__"


@overload
def batched(
    resolver: Callable[Concatenate[Sequence[Parent], Given], Awaitable[Sequence[Value]]],
) -> Callable[Concatenate[Parent, Given], Awaitable[Value]]: ...
@overload
def batched(
    resolver: Callable[Concatenate[Sequence[Parent], Given], Sequence[Value]],
) -> Callable[Concatenate[Parent, Given], Value]: ...
def batched(resolver: Callable[..., Any]) -> Callable[..., Any]:
    """Makes a Strawberry resolver of a function that answers for many parents: `(parents, info, **arguments)`.

    Shape: it answers with one value for each parent, in their order; an exception among them is that field's error
    alone. Its return annotation is a list of what the field returns. Where the operation isn't compiled, or the field
    has extensions that are no guards, it is asked for one parent at a time.
    Raises: TypeError, for an annotation that is no list.
    """
    function = resolver.__func__ if isinstance(resolver, staticmethod) else resolver
    signature = inspect.signature(function)
    first, *others = signature.parameters.values()
    [returned] = get_args(signature.return_annotation) or [None]
    if returned is None:
        raise TypeError(f"{function.__qualname__} must be annotated to return a list of what its field returns.")
    alone: Any = _alone_at_hand(function) if is_at_hand(function) else _alone(function)
    shown = [first.replace(name="self", annotation=inspect.Parameter.empty), *others]
    alone.__name__, alone.__qualname__ = function.__name__, function.__qualname__
    alone.__module__, alone.__doc__ = function.__module__, function.__doc__
    alone.__annotations__ = {each.name: each.annotation for each in others} | {"return": returned}
    alone.__signature__ = signature.replace(parameters=shown, return_annotation=returned)
    setattr(alone, _ATTRIBUTE, function)
    return alone


def is_at_hand(resolver: Callable[..., Any]) -> bool:
    """Whether a resolver answers at once, and not when it is awaited."""
    return not inspect.iscoroutinefunction(resolver)


def _alone(resolver: Callable[..., Awaitable[Sequence[Any]]]) -> Callable[..., Any]:
    async def alone(self: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as the resolver has it
        return _the_one(await resolver([self], *args, **kwargs))

    return alone


def _alone_at_hand(resolver: Callable[..., Sequence[Any]]) -> Callable[..., Any]:
    def alone(self: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as the resolver has it
        return _the_one(resolver([self], *args, **kwargs))

    return alone


def _the_one(values: Sequence[Any]) -> Any:  # noqa: ANN401 - as the resolver has it
    [value] = values
    if isinstance(value, Exception):
        raise value
    return value


def batch_of(resolver: object) -> Callable[..., Any] | None:
    """The function behind a batched resolver; None for any other."""
    return getattr(resolver, _ATTRIBUTE, None)

"""Resolvers that answer for all parents at once."""

import inspect
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Concatenate, ParamSpec, TypeVar, cast, get_args

Parent = TypeVar("Parent")
Value = TypeVar("Value")
Given = ParamSpec("Given")

_ATTRIBUTE = "__answers_for_all__"


def batched(
    resolver: Callable[Concatenate[Sequence[Parent], Given], Awaitable[Sequence[Value]]],
) -> Callable[Concatenate[Parent, Given], Awaitable[Value]]:
    """Makes a Strawberry resolver of a function that answers for many parents: `(parents, info, **arguments)`.

    Shape: it answers with one value for each parent, in their order; an exception among them is that field's error
    alone. Its return annotation is a list of what the field returns. Where the operation isn't compiled, or the field
    has extensions, it is asked for one parent at a time.
    Raises: TypeError, for an annotation that is no list.
    """
    signature = inspect.signature(resolver)
    first, *others = signature.parameters.values()
    [returned] = get_args(signature.return_annotation) or [None]
    if returned is None:
        raise TypeError(f"{resolver.__qualname__} must be annotated to return a list of what its field returns.")

    async def alone(self: Parent, *args: Given.args, **kwargs: Given.kwargs) -> Value:
        [value] = await resolver([self], *args, **kwargs)
        if isinstance(value, Exception):
            raise value
        return value

    shown = [first.replace(name="self", annotation=inspect.Parameter.empty), *others]
    alone.__name__, alone.__qualname__ = resolver.__name__, resolver.__qualname__
    alone.__module__, alone.__doc__ = resolver.__module__, resolver.__doc__
    alone.__annotations__ = {each.name: each.annotation for each in others} | {"return": returned}
    described = cast("Any", alone)
    described.__signature__ = signature.replace(parameters=shown, return_annotation=returned)
    setattr(alone, _ATTRIBUTE, resolver)
    return alone


def batch_of(resolver: object) -> Callable[..., Any] | None:
    """The function behind a batched resolver; None for any other."""
    return getattr(resolver, _ATTRIBUTE, None)

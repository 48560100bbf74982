"""Fields that not everyone may ask for: declared on a Strawberry field, and cheap where it is compiled."""

from collections.abc import Awaitable, Callable
from typing import Any

from strawberry.extensions import FieldExtension


class Guard(FieldExtension):
    """An extension that does nothing but decide, by the request alone, whether a field is resolved.

    Subclasses say how in `check`. Where an operation is compiled it is asked once for all objects of a level.
    """

    def check(self, info: Any) -> None:  # noqa: ANN401 - Strawberry's, of whatever context
        """Raises what the field's error is to be, if it may not be resolved. `info`: that of any of its objects."""
        raise NotImplementedError

    def resolve(self, next_: Callable[..., Any], source: Any, info: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        """Resolves the field if it may be."""
        self.check(info)
        return next_(source, info, **kwargs)

    async def resolve_async(self, next_: Callable[..., Awaitable[Any]], source: Any, info: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        """Resolves the field if it may be."""
        self.check(info)
        return await next_(source, info, **kwargs)


def is_guard(extension: object) -> bool:
    """Whether an extension is a guard that does nothing besides."""
    if not isinstance(extension, Guard):
        return False
    kind = type(extension)
    return kind.resolve is Guard.resolve and kind.resolve_async is Guard.resolve_async

"""Resolvers that do nothing but read: an attribute, or an attribute of an attribute, of what an object stands for."""

from collections.abc import Callable
from operator import attrgetter
from typing import Any

_ATTRIBUTE = "__reads__"


def reads(path: str) -> Callable[..., Any]:
    """A Strawberry resolver that reads `path`, as "record.name", of its object.

    An object then holds the record it shows and no copy of each of its values; compiled, such a field is read like a
    plain attribute.
    """
    get = attrgetter(path)

    def read(self: Any) -> Any:  # noqa: ANN401 - the field's annotation says what it is
        return get(self)

    setattr(read, _ATTRIBUTE, path)
    return read


def path_of(resolver: object) -> str | None:
    """What a resolver made by `reads` reads; None for any other."""
    return getattr(resolver, _ATTRIBUTE, None)

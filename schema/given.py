"""Inputs as mutations take them: one argument, and what it means that a field of it is left out."""

from typing import Annotated, TypeVar

import strawberry
from strawberry import UNSET

from resolvers.references import ABSENT, Absent

T = TypeVar("T")

Given = Annotated[T, strawberry.argument(description="What to do.")]


def or_none(value: T | None) -> T | None:
    """An optional value: left out is as null."""
    return None if value is UNSET else value


def or_absent(value: T | None) -> T | Absent | None:
    """A value of an update: left out is not null."""
    return ABSENT if value is UNSET else value

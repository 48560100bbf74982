"""What a document may ask for at the most, and how a caller who asks for more is told. 0 turns a limit off."""

from dataclasses import dataclass
from typing import Self

from graphql import GraphQLError, Node

from gateway.setting_groups import LimitSettings
from schema.error_codes import ErrorCode

LARGEST_NUMBER = 2**53 - 1
"""Where counting ends: the largest whole number that every reader of JSON keeps exact."""

MAX_INTROSPECTION_LIST_DEPTH = 3
"""Lists of an introspection inside each other; `__type` counts as one, as it is one of `types`.

Every tool's own introspection asks for types, their fields and the arguments of those. A further list can only turn
back (`fields { type { fields`), which multiplies the answer and adds nothing to it. Source: Golden Path.
"""


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one installation."""

    max_tokens: int = 5_000
    max_depth: int = 12
    max_list_depth: int = 5
    max_aliases: int = 50
    max_page_size: int = 100
    max_cost: int = 10_000
    max_introspection_depth: int = 15

    @classmethod
    def of(cls, settings: LimitSettings) -> Self:
        """The limits that the settings hold."""
        return cls(
            max_tokens=settings.max_tokens,
            max_depth=settings.max_depth,
            max_list_depth=settings.max_list_depth,
            max_aliases=settings.max_aliases,
            max_page_size=settings.max_page_size,
            max_cost=settings.max_cost,
            max_introspection_depth=settings.max_introspection_depth,
        )


NO_LIMITS = Limits(0, 0, 0, 0, 0, 0, 0)
"""For documents that are one's own."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a document may consist of, in proportion to the tokens it may have.

    The time to check a document grows with its parts: a token takes a few microseconds, a field, an argument, a value
    or a directive some forty, a fragment a hundred. So any document of 5,000 tokens takes less than 50 ms. `parts` is
    how many there are of all of these.
    """

    characters: int
    comments: int
    definitions: int
    variables: int
    directives: int
    parts: int

    @classmethod
    def of(cls, max_tokens: int) -> Self:
        """The bounds that go with a number of tokens: all off if that is."""
        return cls(
            characters=max_tokens * 20,
            comments=max_tokens // 5,
            definitions=max_tokens // 50,
            variables=max_tokens // 50,
            directives=max_tokens // 50,
            parts=max_tokens // 8,
        )


def exceeded(
    code: ErrorCode, measure: str, requested: int, limit: int, sentence: str, node: Node | None = None
) -> GraphQLError:
    """The error for asking for more than there is to be had; `measure` names the figures in `extensions`."""
    figures = {"requested": bounded(requested), "limit": limit}
    return GraphQLError(sentence, node, extensions={"code": code, measure: figures})


def too_large(what: str, requested: int, limit: int) -> GraphQLError:
    """The error for a document of too many of something."""
    named = "fields, fragments, arguments and values" if what == "parts" else what
    sentence = f"The document has {requested:,} {named}; at most {limit:,} are taken. Split it, or use variables."
    return exceeded(ErrorCode.DOCUMENT_TOO_LARGE, what, requested, limit, sentence)


def bounded(number: int) -> int:
    """A number as every reader of JSON can keep it."""
    return max(-LARGEST_NUMBER, min(number, LARGEST_NUMBER))

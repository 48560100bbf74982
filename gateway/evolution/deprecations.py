"""Deprecations as they are written in the schema: why, what to use instead, and from which day it may be gone."""

import re
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from graphql import DocumentNode, Node, StringValueNode

from gateway.evolution.places import Place, places, read_coordinate, written

EXAMPLE = "Why it goes. Use `Type.field` instead. Removed on 2027-06-30."
"""What every reason is like."""

_FORM = re.compile(
    r"\S.*\. (?:Use `(?P<replacement>[^`]+)` instead|Nothing replaces it)\. Removed on (?P<day>\d{4}-\d\d-\d\d)\.",
    re.DOTALL,
)


class Deprecation(NamedTuple):
    """What a deprecation promises."""

    replacement: Place | None
    """What to use instead; None if there is nothing."""
    removal: date
    """The first day on which a release may be without it."""


def read_deprecation(reason: str) -> Deprecation | None:
    """What the reason of a deprecation promises; None if it hasn't the form of `EXAMPLE`."""
    found = _FORM.fullmatch(reason)
    if found is None:
        return None
    try:
        removal = date.fromisoformat(found["day"])
    except ValueError:
        return None
    return Deprecation(read_coordinate(found["replacement"]) if found["replacement"] else None, removal)


def reason_of(node: Node) -> str | None:
    """The reason with which a definition is deprecated, empty if none is given; None if it isn't deprecated."""
    for directive in getattr(node, "directives", None) or ():
        if directive.name.value == "deprecated":
            values = [each.value for each in directive.arguments or () if each.name.value == "reason"]
            return next((value.value for value in values if isinstance(value, StringValueNode)), "")
    return None


def find_faults(schema: DocumentNode) -> list[str]:
    """What is wrong with the schema's deprecations, a sentence each."""
    there = places(schema)
    return [fault for place, node in there.items() for fault in _faults(place, node, there)]


def _faults(place: Place, node: Node, there: dict[Place, Node]) -> Iterator[str]:
    reason = reason_of(node)
    if reason is None:
        return
    promised = read_deprecation(reason)
    if promised is None:
        middle = 'where "Nothing replaces it." may stand in the middle'
        yield f'{written(place)}: the reason must be like "{EXAMPLE}", {middle}.'
    elif promised.replacement is not None:
        replacement = there.get(promised.replacement)
        if replacement is None:
            yield f"{written(place)}: there is no {written(promised.replacement)} to use instead."
        elif reason_of(replacement) is not None:
            yield f"{written(place)}: {written(promised.replacement)}, to use instead, is deprecated too."

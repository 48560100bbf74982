"""The names that clients give their operations, as far as they may be published: in figures and in traces."""

import re

from gateway.telemetry.scrubbing import scrub

MOST_NAMES = 200
"""Names that are told apart in figures; each is some thirty time series."""

OTHER = "other"
"""The label of all further ones."""

_NAME = re.compile(r"[_A-Za-z][_0-9A-Za-z]{0,63}")


def is_publishable(name: str) -> bool:
    """Whether a name is short, and one by GraphQL's grammar; by which an API key would be one too."""
    return _NAME.fullmatch(name) is not None and scrub(name) == name


class OperationNames:
    """The names of operations as labels: few, and learnt from operations that ran.

    Clients choose them. So that nobody can fill the memory, or take the places of honest names without a credential,
    a name gets a place when an operation called so first succeeds, as long as there are places. One name of two types
    of operations takes two.
    """

    def __init__(self) -> None:
        self._known: set[tuple[str, str]] = set()

    def label(self, name: str | None, kind: str, *, has_run: bool) -> str:
        """The label for the name of an operation of a kind: the name itself, "" for none, or OTHER."""
        if not name or (kind, name) in self._known:
            return name or ""
        if not has_run or len(self._known) >= MOST_NAMES or not is_publishable(name):
            return OTHER
        self._known.add((kind, name))
        return name

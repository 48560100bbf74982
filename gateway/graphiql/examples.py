"""The operations GraphiQL begins with: `graphql/operations`, which a wheel holds beside this module."""

import json
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

_IN_A_WHEEL = Path(__file__).parent / "operations"
_IN_A_CHECKOUT = Path(__file__).parents[2] / "graphql" / "operations"


@dataclass(frozen=True, slots=True)
class Example:
    """An operation that works on the demonstration data.

    `name` is the operation's and its file's; `about` the sentence its file begins with; `variables` JSON as written.
    """

    name: str
    about: str
    query: str
    variables: str

    @property
    def is_mutation(self) -> bool:
        """Whether it changes something."""
        return f"mutation {self.name}" in self.query

    @property
    def is_subscription(self) -> bool:
        """Whether it is answered again and again."""
        return f"subscription {self.name}" in self.query


def read_examples() -> list[Example]:
    """Those of this installation, by name; what writes comes last, so that nobody begins with it."""
    folder = _IN_A_WHEEL if _IN_A_WHEEL.is_dir() else _IN_A_CHECKOUT
    examples = [_read(file) for file in folder.glob("*.graphql")]
    return sorted(examples, key=lambda example: (example.is_mutation, example.name))


def _read(file: Path) -> Example:
    query = file.read_text(encoding="utf-8")
    variables = file.with_suffix(".variables.json").read_text(encoding="utf-8").strip()
    comment = takewhile(lambda line: line.startswith("#"), query.splitlines())
    about = " ".join(line.removeprefix("#").strip() for line in comment)
    # `{}` says no more than an empty editor does.
    return Example(file.stem, about, query.strip(), variables if json.loads(variables) else "")

"""docs/limits.md tells the truth."""

import json
import re
from math import prod
from pathlib import Path

from gateway.preparing.limits import Bounds, Limits
from tests.limits.documents import cost, prepare

PAGE = (Path(__file__).parents[2] / "docs" / "limits.md").read_text(encoding="utf-8")


def test_the_table_holds_the_limits() -> None:
    rows = re.findall(r"^\| `(max_\w+)` \| (\d+) \|", PAGE, flags=re.MULTILINE)

    assert {name: int(limit) for name, limit in rows} == {name: getattr(Limits(), name) for name in Limits.__slots__}


def test_the_bounds_are_those_of_the_tokens_it_names() -> None:
    bounds = Bounds.of(5_000)

    stated = re.search(
        r"5000 tokens has at most ([\d,]+) characters, ([\d,]+) comments, (\d+) definitions, (\d+) variables, "
        r"(\d+) directives, and (\d+)\s",
        PAGE,
    )

    assert stated is not None
    assert [int(number.replace(",", "")) for number in stated.groups()] == [
        getattr(bounds, name) for name in Bounds.__slots__
    ]


def test_the_example_costs_what_is_said() -> None:
    document = re.search(r"```graphql\n(.*?)```", PAGE, flags=re.DOTALL)
    assert document is not None
    notes = re.findall(r"# (.*)$", document[1], flags=re.MULTILINE)

    added = sum(prod(map(int, term.split(" x "))) for note in notes for term in note.split(" + "))

    assert cost(document[1]) == added == 1_008
    assert "It costs 1,008." in PAGE
    assert '"requested": 1008' in PAGE


def test_the_error_and_the_cost_are_told_as_shown() -> None:
    error, answer = (json.loads(shown) for shown in re.findall(r"```json\n(.*?)```", PAGE, flags=re.DOTALL))
    inner = "id"
    for _ in range(5):
        inner = f'entitlement(lookupKey: "sso") {{ customer {{ {inner} }} }}'

    [told] = prepare(f"query Page {{ entitlement(id: 1) {{ customer {{ {inner} }} }} }}").errors

    assert {"message": told.message, "extensions": told.extensions} == error
    assert answer == {"extensions": {"cost": {"requested": 1_008, "limit": Limits().max_cost}}}

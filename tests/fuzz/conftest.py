"""A scene on each database; and at the end of the run, what became of all that was sent."""

import json
import os
from collections import Counter
from collections.abc import Callable, Generator
from typing import Any, cast

import pytest

from tests.fuzz.scene import Scene, scene_over

SEED = int(os.environ.get("FUZZ_SEED", "1"))
_PROPERTY = "outcomes"


@pytest.fixture
def seed() -> int:
    """What every choice follows from; FUZZ_SEED names another."""
    return SEED


@pytest.fixture
def scene(
    database_url: str,
    seed: int,
    request: pytest.FixtureRequest,
    caplog: pytest.LogCaptureFixture,
    record_property: Callable[[str, object], None],
) -> Generator[Scene]:
    """The application over a database of its own, furnished; its outcomes are reported when the test is over."""
    with scene_over(database_url, f"{seed} {request.node.name}") as scene:
        yield scene
        record_property(_PROPERTY, json.dumps(scene.outcomes))


def pytest_terminal_summary(terminalreporter: Any) -> None:  # noqa: ANN401 - a class of pytest's that has no public name
    """Says what became of all requests, those of every worker together."""
    outcomes: Counter[str] = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, value in getattr(report, "user_properties", ()):
                if name == _PROPERTY and report.when == "teardown":
                    outcomes.update(cast("dict[str, int]", json.loads(value)))
    if sent := outcomes.pop("sent", 0):
        # Who asked and how it went first, then the codes.
        ordered = sorted(outcomes.most_common(), key=lambda outcome: outcome[0].isupper())
        shares = ", ".join(f"{name} {count / sent:.1%}" for name, count in ordered)
        terminalreporter.write_line(f"{sent:,} generated requests with seed {SEED}: {shares}")

"""ariadne-codegen's client, in an environment of its own: generated, checked by mypy, and run."""

import json
import re
from collections.abc import Sequence

import pytest

from tests.clients.conftest import Gateway
from tests.clients.guide import ROOT, Team

ENVIRONMENT = ROOT / ".venv-client" / "bin"


@pytest.fixture(scope="session")
def python(gateway: Gateway, tmp_path_factory: pytest.TempPathFactory) -> Team:
    """A team that has followed the section on Python."""
    variables = gateway.variables()
    variables["PATH"] = f"{ENVIRONMENT}:{variables['PATH']}"
    team = Team.found(tmp_path_factory.mktemp("teams") / "python", "Python", "python", variables)
    team.follow("Python")
    return team


def test_the_client_is_answered_as_the_guide_has_it(python: Team) -> None:
    assert python.do("python", "access.py").splitlines() == ["projects until None", "sso no: NOT_ENTITLED"]


@pytest.mark.parametrize("programs", [("access.py", "open_enums.py"), ("program.py",), ("follow.py",)])
def test_what_uses_it_is_typed(python: Team, programs: Sequence[str]) -> None:
    assert python.do("mypy", *programs).startswith("Success")


def test_a_mistake_in_a_field_or_an_argument_is_found(python: Team) -> None:
    wrong = (python.folder / "access.py").read_text().replace("decision.lookup_key", "decision.key")
    (python.folder / "wrong.py").write_text(wrong)

    with pytest.raises(AssertionError, match='has no attribute "key"'):
        python.do("mypy", "wrong.py")


def test_it_asks_changes_follows_and_reads_what_is_newer_than_itself(python: Team) -> None:
    seen = json.loads(python.do("python", "program.py"))

    assert seen == {
        "then": 0,
        "refused": ["TAKEN"],
        "revision": seen["revision"],
        "reason": "ON_HOLD",
        "reserved": ["RESERVED"],
        "existing": ["Bundle"],
    }
    assert seen["revision"] > 0


def test_it_follows_a_customer_as_the_guide_has_it(python: Team) -> None:
    with python.begin("python", "follow.py") as following:
        assert following.stdout is not None
        first = following.stdout.readline()

    assert re.fullmatch(r"1 added \d+ removed 0\n", first)

"""The commands of docs/catalog.md work as they stand there, and a mistake in its file is told as it says."""

from pathlib import Path

import pytest

from tests.pages import ROOT, blocks, commands
from tests.service.conftest import Command

PAGE = "docs/catalog.md"


@pytest.fixture(autouse=True)
def database(admittance: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """A migrated one, to which commands of the root go."""
    monkeypatch.setenv("ADMITTANCE_DATABASE_URL", f"sqlite:///{Path.cwd()}/own.db")
    assert admittance("migrate") == 0
    monkeypatch.chdir(ROOT)


def test_the_file_is_planned_and_applied_once(admittance: Command, capsys: pytest.CaptureFixture[str]) -> None:
    plan, apply = (command[1:] for command in commands(PAGE))
    capsys.readouterr()

    said = [(admittance(*command), capsys.readouterr().out) for command in (plan, apply, apply)]

    assert [code for code, _ in said] == [0, 0, 0]
    assert ["audit-log" in text for _, text in said] == [True, True, False]
    assert said[2][1] == "Nothing to change.\n"


def test_a_mistyped_key_is_told_as_shown(
    admittance: Command, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [shown] = blocks(PAGE, "text")
    wrong = (ROOT / "docs/examples/catalog.yaml").read_text(encoding="utf-8")
    (tmp_path / "docs/examples").mkdir(parents=True)
    (tmp_path / "docs/examples/catalog.yaml").write_text(wrong.replace("[projects]", "[projects, audti-log]"))
    monkeypatch.chdir(tmp_path)

    code = admittance("catalog", "plan", "docs/examples/catalog.yaml")

    assert code == 2
    assert capsys.readouterr().err.replace("\n", "") == shown.replace("\n", "")

"""The settings, the log line and the questions to metrics that the pages for operators show are ones that work.

They are in docs/operations.md, docs/settings.md, docs/rate-limits.md and docs/production.md.
"""

import json
import re
import tomllib
from pathlib import Path

import pytest
from pydantic import SecretStr

from gateway.settings import Settings
from tests.pages import blocks, commands, read_page
from tests.service.conftest import Command


@pytest.mark.parametrize("page", ["settings.md", "rate-limits.md", "production.md"])
def test_the_file_of_settings_is_taken(page: str, admittance: Command, tmp_path: Path) -> None:
    [shown] = blocks(f"docs/{page}", "toml")
    (tmp_path / "admittance.toml").write_text(shown, encoding="utf-8")

    taken = Settings.read()

    assert admittance("settings") == 0
    for name, value in tomllib.loads(shown).items():
        found = getattr(taken, name)
        # What is written as an array is kept as a tuple.
        known = found.get_secret_value() if isinstance(found, SecretStr) else json.loads(json.dumps(found))
        assert known == value


def test_the_commands_of_a_first_start_work_in_the_order_shown(
    admittance: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    *first, serve, worker = [command[1:] for command in commands("docs/production.md")]

    assert [command[0] for command in first] == ["settings", "migrate", "keys"]
    assert [admittance(*command) for command in first] == [0, 0, 0]
    assert capsys.readouterr().out.splitlines()[-1].startswith("adm_live_")
    assert admittance(*serve, "--help") == admittance(*worker, "--help") == 0


def test_the_log_line_has_the_fields_of_the_table() -> None:
    [line] = blocks("docs/operations.md", "json")
    [table] = re.findall(r"^\| field \| meaning \|\n\|.*\n((?:\|.*\n)+)", read_page("docs/operations.md"), re.MULTILINE)

    assert set(json.loads(line)) == set(re.findall(r"^\| `(\w+)`", table, re.MULTILINE))


def test_what_is_asked_of_metrics_is_among_them() -> None:
    [asked] = blocks("docs/operations.md", "promql")
    documented = re.findall(r"^\| `(admittance_\w+)` \| (.*?) \|", read_page("docs/operations.md"), re.MULTILINE)
    labels = {label for _, named in documented for label in re.findall(r"`(\w+)`", named)}

    for name in re.findall(r"admittance_\w+", asked):
        assert name.removesuffix("_bucket") in dict(documented)
    assert set(re.findall(r'(\w+)=~"', asked)) <= labels

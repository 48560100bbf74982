"""Feature keys in Python, as a strict type checker takes them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.codegen.catalogue import NamedKey
from gateway.codegen.python import python
from tests.codegen.strange import STRANGE
from tests.pages import blocks

KEYS = [NamedKey("audit-log", "Audit log"), NamedKey("sso", "Single sign-on")]

USE = """\
from collections.abc import Mapping

from keys import FEATURE_KEYS, FeatureKey


def has_access(key: FeatureKey) -> bool:
    return key == "sso"


has_access("sso")
has_access("ssso")  # refused


def ask(asked: str) -> None:
    has_access(asked)  # refused
    if asked in FEATURE_KEYS:
        has_access(asked)


every = [has_access(key) for key in FEATURE_KEYS]
gates: Mapping[FeatureKey, str] = {"sso": "/sign-in", "audit-log": "/log"}
wrong: Mapping[FeatureKey, str] = {"ssso": "/sign-in"}  # refused
"""


def refused_lines(project: Path) -> list[tuple[str, int]]:
    """Where pyright finds fault, strict."""
    (project / "pyrightconfig.json").write_text(json.dumps({"typeCheckingMode": "strict", "pythonVersion": "3.11"}))
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=90, check=False)
    found = json.loads(done.stdout)["generalDiagnostics"]
    return [(Path(each["file"]).name, each["range"]["start"]["line"] + 1) for each in found]


def test_a_mistyped_key_is_found_by_the_type_checker_and_a_right_one_is_not(tmp_path: Path) -> None:
    (tmp_path / "keys.py").write_text(python(KEYS))
    (tmp_path / "use.py").write_text(USE)

    refused = [number for number, line in enumerate(USE.splitlines(), 1) if "# refused" in line]

    assert len(refused) == 3
    assert refused_lines(tmp_path) == [("use.py", line) for line in refused]


@pytest.mark.parametrize("keys", [STRANGE, []], ids=["strange", "none"])
def test_any_catalogue_gives_a_module_that_the_type_checker_takes(tmp_path: Path, keys: list[NamedKey]) -> None:
    # What only a strict checker objects to shows that no name in a comment has made it less so.
    module = f"{python(keys)}import os\n"
    (tmp_path / "keys.py").write_text(module, encoding="utf-8")

    assert refused_lines(tmp_path) == [("keys.py", len(module.split("\n")) - 1)]


def test_the_use_in_the_docs_is_refused_where_it_says_so(tmp_path: Path) -> None:
    module, use = blocks("docs/feature-keys.md", "python")
    (tmp_path / "feature_keys.py").write_text(module)
    (tmp_path / "use.py").write_text(use)

    [refused] = [number for number, line in enumerate(use.splitlines(), 1) if "# doesn't pass" in line]

    assert refused_lines(tmp_path) == [("use.py", refused)]

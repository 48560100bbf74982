"""The committed schema, as the linters of other teams see it: they have nothing to say."""

import shutil
import subprocess
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent
SCHEMA = FOLDER.parents[1] / "graphql" / "schema.graphql"

LINTERS = {
    "graphql-eslint": ["node_modules/eslint/bin/eslint.js", "--max-warnings=0"],
    "graphql-schema-linter": ["node_modules/graphql-schema-linter/lib/cli.js"],
}
FLAWED = "\ntype Flawed { thing: Int @deprecated }\nenum Hue { red }\n"


@pytest.fixture
def schema(tmp_path: Path) -> Path:
    """A copy of the schema, where the linters look for their settings."""
    for name in ("eslint.config.js", "package.json"):
        shutil.copy(FOLDER / name, tmp_path)
    (tmp_path / "node_modules").symlink_to(FOLDER / "node_modules")
    return Path(shutil.copy(SCHEMA, tmp_path))


def lint(linter: str, schema: Path) -> subprocess.CompletedProcess[str]:
    command = ["node", *LINTERS[linter], schema.name]
    return subprocess.run(command, cwd=schema.parent, capture_output=True, text=True, timeout=90, check=False)


@pytest.mark.parametrize("linter", LINTERS)
def test_linters_have_nothing_to_say_of_the_schema(linter: str, schema: Path) -> None:
    done = lint(linter, schema)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("linter", "rules"),
    [
        ("graphql-eslint", ["strict-id-in-types", "require-description", "require-deprecation-reason", "UPPER_CASE"]),
        ("graphql-schema-linter", ["fields-have-descriptions", "enum-values-all-caps", "deprecations-have-a-reason"]),
    ],
)
def test_a_flaw_would_be_reported(linter: str, rules: list[str], schema: Path) -> None:
    with schema.open("a", encoding="utf-8") as file:
        file.write(FLAWED)

    done = lint(linter, schema)

    assert done.returncode == 1, done.stderr
    assert [rule for rule in rules if rule not in done.stdout] == []

"""The shape of the house: which packages there are, which way they import, and what the folders may hold."""

import ast
import importlib.metadata
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

PACKAGES = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
NOT_PACKAGES = {"tests", "benchmarks", "docs", "graphql"}
LONGEST_FILE = 400
LONGEST_FUNCTION = 60
DECLARATIONS = {"storage/migrations/versions"}


def _sources() -> list[Path]:
    folders = [*PACKAGES, "tests", "docs"]
    return sorted(file for folder in folders for file in (ROOT / folder).rglob("*.py"))


def test_every_folder_with_python_is_a_declared_package() -> None:
    with_python = {path.parent.name for path in ROOT.glob("*/__init__.py")}

    assert with_python - NOT_PACKAGES == set(PACKAGES)


def test_every_package_is_in_the_import_contracts() -> None:
    contracts = PROJECT["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")

    assert set(PROJECT["tool"]["importlinter"]["root_packages"]) == set(PACKAGES)
    assert {name.strip() for layer in layers for name in layer.split("|")} == set(PACKAGES)


def test_the_contract_folder_holds_no_python() -> None:
    """A package of that name would shadow graphql-core."""
    assert [path.name for path in (ROOT / "graphql").rglob("*.py*")] == []


def test_no_other_distribution_claims_one_of_the_import_names() -> None:
    owners = importlib.metadata.packages_distributions()

    assert {name: set(owners.get(name, [])) - {"admittance"} for name in PACKAGES} == {name: set() for name in PACKAGES}


def test_no_test_folder_is_named_after_a_package() -> None:
    """It would shadow the package in both of pytest's import modes."""
    folders = {path.name for path in (ROOT / "tests").iterdir() if path.is_dir()}

    assert folders.isdisjoint(PACKAGES)


@pytest.mark.parametrize(
    "lock",
    ["requirements.lock", "requirements-dev.lock", "requirements-docs.lock", "tests/clients/python/requirements.lock"],
)
def test_lock_files_name_hashes_and_no_address(lock: str) -> None:
    lines = (ROOT / lock).read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if not line.startswith(" ")]

    assert all(" \\" in line and "==" in line for line in pins)
    assert [line for line in lines if "://" in line or line.startswith("-")] == []


def test_the_lock_files_agree() -> None:
    def pins(lock: str) -> set[str]:
        return {line.split()[0] for line in (ROOT / lock).read_text().splitlines() if not line.startswith(" ")}

    assert pins("requirements.lock") < pins("requirements-dev.lock")
    # The reference is made from the schema by the library that serves it.
    assert {pin for pin in pins("requirements-docs.lock") if pin.startswith("graphql-core==")} < pins(
        "requirements.lock"
    )


def test_files_and_functions_stay_readable() -> None:
    long_files: list[str] = []
    long_functions: list[str] = []
    for file in _sources():
        name = str(file.relative_to(ROOT))
        text = file.read_text(encoding="utf-8")
        if text.count("\n") > LONGEST_FILE:
            long_files.append(name)
        if any(name.startswith(folder) for folder in DECLARATIONS):
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > LONGEST_FUNCTION:
                    long_functions.append(f"{name}:{node.lineno} {node.name}, {length} lines")

    assert long_files == []
    assert long_functions == []

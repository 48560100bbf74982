"""What `graphql/README.md` tells people to install is what is tried here; and packages of npm are locked by content."""

import json

import pytest

from tests.clients.guide import FOLDER, ROOT, read_section
from tests.pages import PAGES, commands

LOCKED = [
    line.split()[0]
    for line in (FOLDER / "python" / "requirements.lock").read_text(encoding="utf-8").splitlines()
    if not line.startswith(" ")
]

NPM_LOCKS = sorted(lock for depth in ("*", "*/*") for lock in ROOT.glob(f"{depth}/package-lock.json"))
"""Of every folder that needs packages from there."""


@pytest.mark.parametrize("title", ["graphql-codegen", "Relay", "gql.tada"])
def test_the_packages_of_npm_it_names_are_those_of_the_checks(title: str) -> None:
    tried = json.loads((FOLDER / "package.json").read_bytes())["dependencies"]
    named = [word for line in read_section(title).installs for word in line[2:] if not word.startswith("-")]

    assert named
    assert [word for word in named if tried[word.rpartition("@")[0]] != word.rpartition("@")[2]] == []


def test_so_are_those_of_the_site() -> None:
    """docs/clients/apollo.md has one that the guide doesn't."""
    tried = json.loads((FOLDER / "package.json").read_bytes())["dependencies"]
    told = [command for page in PAGES if page.startswith("docs/clients/") for command in commands(page)]
    named = [word for command in told if command[:2] == ["npm", "install"] for word in command[2:]]

    assert named
    assert [word for word in named if tried[word.rpartition("@")[0]] != word.rpartition("@")[2]] == []


def test_the_package_of_pypi_it_names_is_that_of_the_checks() -> None:
    [[*_, named]] = read_section("Python").installs

    assert named in (FOLDER / "python" / "requirements.in").read_text(encoding="utf-8").splitlines()
    assert named.replace("[subscriptions]", "") in LOCKED


@pytest.mark.parametrize("folder", [str(lock.parent.relative_to(ROOT)) for lock in NPM_LOCKS])
def test_packages_of_npm_are_locked_by_content_and_to_no_registry(folder: str) -> None:
    packages = json.loads((ROOT / folder / "package-lock.json").read_bytes())["packages"]

    assert len(packages) > 1
    assert [name for name, package in packages.items() if name and "integrity" not in package] == []
    assert [name for name, package in packages.items() if "resolved" in package] == []

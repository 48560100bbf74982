"""`admittance documents`: manifests imported whole or not at all, listed, and removed."""

import json
import re
import shlex
import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

Command = Callable[..., int]
Captured = pytest.CaptureFixture[str]

PAGE = Path(__file__).parents[2] / "docs" / "documents.md"
FOLDER = Path(__file__).parent / "manifests"
CODEGEN, RELAY, APOLLO, OWN_IDS = (
    str(FOLDER / f"{name}.json") for name in ("codegen", "relay", "apollo", "apollo-own-ids")
)


@pytest.fixture
def installed(admittance: Command, database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> Command:
    """The command over a migrated database, with the environments test and live."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    admittance("migrate")
    capsys.readouterr()
    return admittance


def rows(capsys: Captured) -> list[list[str]]:
    return [line.split() for line in capsys.readouterr().out.splitlines()[1:]]


def test_manifests_of_every_tool_are_imported_together_and_only_once(installed: Command, capsys: Captured) -> None:
    assert installed("documents", "import", CODEGEN, RELAY, APOLLO) == 0
    assert capsys.readouterr().err == "9 new, 0 unchanged.\n"

    assert installed("documents", "import", CODEGEN, RELAY) == 0
    assert capsys.readouterr().err == "0 new, 6 unchanged.\n"

    installed("documents", "list")
    listed = rows(capsys)
    assert len(listed) == 9
    assert {row[1] for row in listed} > {"Gate", "appGateQuery", "Grant", "appGrantMutation"}
    assert {row[2] for row in listed} == {"imported"}


def test_the_command_in_the_docs_works(installed: Command, tmp_path: Path, capsys: Captured) -> None:
    [block] = re.findall(r"^```sh\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    [name, *arguments] = shlex.split(block)
    for written, manifest in (("web/persisted-documents.json", CODEGEN), ("ios/persisted-query-manifest.json", APOLLO)):
        (tmp_path / written).parent.mkdir()
        shutil.copy(manifest, tmp_path / written)

    assert name == "admittance"
    assert installed(*arguments) == 0
    assert capsys.readouterr().err == "6 new, 0 unchanged.\n"


def test_an_import_belongs_to_one_environment(installed: Command, capsys: Captured) -> None:
    installed("documents", "import", CODEGEN, "--environment", "live")
    capsys.readouterr()

    assert installed("documents", "list") == 0
    assert capsys.readouterr().err == "There are no documents yet. `admittance documents import` brings them.\n"
    assert installed("documents", "import", CODEGEN, "-e", "nowhere") == 1
    assert capsys.readouterr().err.startswith('error: There is no environment named "nowhere".')


def test_a_manifest_with_one_bad_document_imports_nothing(installed: Command, tmp_path: Path, capsys: Captured) -> None:
    bad, broken = "query Bad { nope }", "mutation Broken {"
    manifest = json.loads(Path(CODEGEN).read_text(encoding="utf-8"))
    manifest |= {f"sha256:{sha256(text.encode()).hexdigest()}": text for text in (bad, broken)}
    (tmp_path / "bad.json").write_text(json.dumps(manifest))

    code = installed("documents", "import", RELAY, "bad.json")

    printed = capsys.readouterr().err
    digest = sha256(broken.encode()).hexdigest()
    assert code == 1
    assert printed.splitlines() == [
        "error: Bad: Cannot query field 'nope' on type 'Query'. Did you mean 'node' or 'nodes'? (line 1)",
        f"sha256:{digest}: it can't be parsed: Syntax Error: Expected Name, found <EOF>. (line 1)",
    ]
    installed("documents", "list")
    assert rows(capsys) == []


def test_a_file_that_is_no_manifest_is_said_in_a_sentence(installed: Command, tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "list.json").write_text("[]")

    code = installed("documents", "import", "list.json", "none.json")

    assert code == 1
    assert capsys.readouterr().err == (
        "error: list.json: this is no manifest of GraphQL Code Generator, Relay or Apollo.\n"
        "There is no file none.json.\n"
    )


@pytest.mark.parametrize("spelling", ["own", "hash", "prefixed"])
def test_a_document_is_removed_by_any_of_its_ids(installed: Command, capsys: Captured, spelling: str) -> None:
    installed("documents", "import", OWN_IDS)
    installed("documents", "list")
    [gate] = [row for row in rows(capsys) if row[1] == "shop/Gate"]
    id_ = {"own": gate[1], "hash": gate[0].removeprefix("sha256:"), "prefixed": gate[0]}[spelling]

    assert installed("documents", "remove", id_) == 0
    assert capsys.readouterr().err == "Removed Gate. Servers that know it stop using it within 60 seconds.\n"

    assert installed("documents", "remove", id_) == 1
    assert capsys.readouterr().err == (
        f"error: There is no document {id_}. `admittance documents list` shows those there are.\n"
    )
    installed("documents", "list")
    assert sorted(row[1] for row in rows(capsys)) == ["shop/Features", "shop/Grant"]


def test_an_own_id_that_means_another_document_already_is_refused(
    installed: Command, tmp_path: Path, capsys: Captured
) -> None:
    text = Path(OWN_IDS).read_text(encoding="utf-8").replace("lookupKey\\n  name", "name\\n  lookupKey")
    (tmp_path / "changed.json").write_text(text)
    installed("documents", "import", OWN_IDS)
    capsys.readouterr()

    code = installed("documents", "import", "changed.json")

    assert code == 1
    assert capsys.readouterr().err.startswith('error: "shop/')


@pytest.mark.parametrize("command", [[], ["import"], ["list"], ["remove"]])
def test_every_command_has_a_help_text(admittance: Command, capsys: Captured, command: list[str]) -> None:
    assert admittance("documents", *command, "--help") == 0
    assert "Usage: admittance documents" in capsys.readouterr().out

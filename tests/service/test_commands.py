"""The command line: what it says, where it says it, and with which exit code."""

import asyncio
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from storage.credentials import find_credential, record_key_uses
from storage.database import Database
from storage.records import Credential

Command = Callable[..., int]
Captured = pytest.CaptureFixture[str]

CONTRACT = Path(__file__).parents[2] / "graphql"
GENERATED = ["introspection.json", "possibleTypes.json", "schema.graphql", "subgraph.graphql"]


@pytest.fixture
def installed(admittance: Command, database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> Command:
    """The command over a migrated database, with the environments test and live."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    admittance("migrate")
    capsys.readouterr()
    return admittance


def test_migrate_makes_the_tables_and_the_environments_once(admittance: Command, capsys: Captured) -> None:
    first, said_first = admittance("migrate"), capsys.readouterr()
    second, said_second = admittance("migrate"), capsys.readouterr()

    assert (first, second) == (0, 0)
    assert said_first.err == "Applied migration 0001, 0002, 0003, 0004, 0005, 0006, 0007.\nEnvironments: live, test.\n"
    assert said_second.err == "The tables are up to date.\nEnvironments: live, test.\n"
    assert said_first.out == said_second.out == ""
    assert Path("admittance.db").is_file()


def test_environments_are_created_and_listed(installed: Command, capsys: Captured) -> None:
    assert installed("environments", "create", "qa") == 0
    assert installed("environments", "create", "eu", "--live") == 0
    assert installed("environments", "create", "qa") == 1
    assert capsys.readouterr().err.endswith('error: There is an environment named "qa" already.\n')

    assert installed("environments", "list") == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [(row[0], row[2]) for row in rows[1:]] == [("eu", "yes"), ("live", "yes"), ("qa", "no"), ("test", "no")]


def test_a_key_is_printed_alone_on_standard_output_and_opens_its_environment(
    installed: Command, database_url: str, capsys: Captured
) -> None:
    code = installed("keys", "create", "--environment", "test", "--name", "back end")

    printed = capsys.readouterr()
    credential = _find(database_url, printed.out.removesuffix("\n"))
    assert code == 0
    assert printed.out.startswith("adm_test_")
    assert printed.out.count("\n") == 1
    assert credential is not None
    assert (credential.name, credential.environment.name) == ("back end", "test")


def test_keys_are_listed_without_their_secrets_and_revoked(
    installed: Command, database_url: str, capsys: Captured
) -> None:
    installed("keys", "list")
    assert capsys.readouterr().err == "There are no keys yet. `admittance keys create` makes one.\n"
    installed("keys", "create", "--environment", "live")
    secret = capsys.readouterr().out.strip()
    installed("keys", "list", "--environment", "live")
    listed = capsys.readouterr().out

    key = listed.splitlines()[1].split()[0]
    assert installed("keys", "revoke", key) == 0

    credential = _find(database_url, secret)
    assert secret not in listed
    assert secret[-4:] in listed
    assert credential is not None
    assert credential.revoked_at is not None


def test_a_key_may_do_what_its_scopes_say_until_it_expires(
    installed: Command, database_url: str, capsys: Captured
) -> None:
    scopes = ("catalog:read", "sessions:write")
    named = [part for scope in (*scopes, scopes[0]) for part in ("--scope", scope)]

    assert installed("keys", "create", *named, "--expires-in-days", "30") == 0
    limited = _find(database_url, capsys.readouterr().out.strip())
    assert installed("keys", "create") == 0
    unlimited = _find(database_url, capsys.readouterr().out.strip())

    assert limited is not None
    assert limited.scopes == scopes
    assert limited.expires_at is not None
    assert timedelta(days=30) - timedelta(minutes=1) < limited.expires_at - limited.created_at <= timedelta(days=30)
    assert unlimited is not None
    assert (unlimited.scopes, unlimited.expires_at) == (("*",), None)


def test_an_unknown_scope_is_answered_with_those_there_are(installed: Command, capsys: Captured) -> None:
    code = installed("keys", "create", "--scope", "catalog:read", "--scope", "catalog:all")

    printed = capsys.readouterr()
    assert code == 1
    assert printed.out == ""
    assert printed.err == (
        'error: There is no scope "catalog:all". Those there are: catalog:read, catalog:write, customers:read, '
        "customers:write, subscriptions:write, grants:write, sessions:write, sandboxes:write, webhooks:read, "
        "webhooks:write, or * for all.\n"
    )


def test_the_list_of_keys_shows_scopes_last_use_and_end(
    installed: Command, database_url: str, capsys: Captured
) -> None:
    installed("keys", "create", "--scope", "catalog:read", "--scope", "customers:read", "--expires-in-days", "1")
    key = _find(database_url, capsys.readouterr().out.strip())
    assert key is not None
    assert key.expires_at is not None
    installed("keys", "list")
    before = capsys.readouterr().out.splitlines()

    _record_use(database_url, key.id, datetime(2026, 3, 1, 12, tzinfo=UTC))
    installed("keys", "list")
    after = capsys.readouterr().out.splitlines()

    created, expires = f"{key.created_at:%Y-%m-%d}", f"{key.expires_at:%Y-%m-%d}"
    start = [key.id, "test", "command", "line", "catalog:read", "customers:read", key.hint, created]
    assert before[1].split() == [*start, "never", expires]
    assert after[1].split() == [*start, "2026-03-01", expires]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["keys", "create", "-e", "nowhere"], 'There is no environment named "nowhere".'),
        (["keys", "revoke", "key_nope"], "There is no key key_nope."),
        (["catalog", "plan", "missing.yaml"], "There is no file missing.yaml."),
        (["schema", "check", "missing"], "There is no missing/schema.graphql."),
    ],
)
def test_what_is_not_there_is_said_in_one_sentence(
    installed: Command, capsys: Captured, arguments: list[str], message: str
) -> None:
    code = installed(*arguments)

    printed = capsys.readouterr()
    assert code == 1
    assert printed.out == ""
    assert printed.err.startswith(f"error: {message}")


@pytest.mark.parametrize(
    ("url", "code", "message"),
    [
        ("sqlite:///fresh.db", 1, 'The database schema is at nothing, not at 0007. Run "admittance migrate".'),
        ("sqlite:///no/such/folder/x.db", 1, "The database is unavailable: "),
        ("postgresql://me:s3cr3t@127.0.0.1:1/x", 1, "The database is unavailable: "),
        ("mysql://me:s3cr3t@db/x", 2, 'The database URL scheme "mysql" is not supported.'),
        ("s3cr3t", 2, "That is not a database URL."),
        ("sqlite:///:memory:", 2, 'The database URL scheme "sqlite" is not supported.'),
    ],
)
def test_a_database_that_cannot_be_used_is_said_in_one_sentence(
    admittance: Command, monkeypatch: pytest.MonkeyPatch, capsys: Captured, url: str, code: int, message: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)

    for arguments in (["keys", "list"], ["serve", "--port", "0"], ["environments", "list"]):
        assert admittance(*arguments) == code
        printed = capsys.readouterr()
        assert printed.err.startswith(f"error: {message}"), printed.err
        assert "s3cr3t" not in printed.err + printed.out


def test_a_taken_port_is_said_in_one_sentence(admittance: Command, capsys: Captured) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code = admittance("serve", "--port", str(port))

    assert code == 1
    assert capsys.readouterr().err.startswith(f"error: Can't listen on 127.0.0.1:{port}: address already in use.")


def test_unusable_settings_are_named(admittance: Command, tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "admittance.toml").write_text("prot = 1")

    code = admittance("migrate")

    assert code == 2
    assert capsys.readouterr().err.startswith("error: admittance.toml: there is no setting `prot`;")


def test_the_generated_files_are_those_of_the_schema_the_code_serves(admittance: Command, capsys: Captured) -> None:
    assert admittance("schema", "check", str(CONTRACT)) == 0
    assert admittance("schema", "print") == 0

    assert capsys.readouterr().out == (CONTRACT / "schema.graphql").read_text(encoding="utf-8")


def test_the_generated_files_are_written_anew(admittance: Command, tmp_path: Path) -> None:
    assert admittance("schema", "write", str(tmp_path)) == 0

    written = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    assert sorted(written) == GENERATED
    assert written == {name: (CONTRACT / name).read_bytes() for name in written}


@pytest.mark.parametrize("name", GENERATED)
def test_a_stale_file_is_shown_with_its_difference(
    admittance: Command, tmp_path: Path, capsys: Captured, name: str
) -> None:
    admittance("schema", "write", str(tmp_path))
    stale = tmp_path / name
    stale.write_text(stale.read_text(encoding="utf-8").replace("Grant", "Gift"), encoding="utf-8")
    capsys.readouterr()

    code = admittance("schema", "check", str(tmp_path))

    printed = capsys.readouterr()
    assert code == 1
    assert [line for line in printed.out.splitlines() if line.startswith("-") and "Gift" in line]
    assert [line for line in printed.out.splitlines() if line.startswith("+") and "Grant" in line]
    assert printed.err == f"error: {stale} is stale. `admittance schema write {tmp_path}` renews it.\n"


def test_a_missing_file_is_named(admittance: Command, tmp_path: Path, capsys: Captured) -> None:
    assert admittance("schema", "check", str(tmp_path)) == 1

    missing = tmp_path / "schema.graphql"
    assert capsys.readouterr().err == f"error: There is no {missing}. `admittance schema write {tmp_path}` makes it.\n"


def test_a_file_that_cannot_be_written_is_named(admittance: Command, tmp_path: Path, capsys: Captured) -> None:
    taken = tmp_path / "introspection.json"
    taken.mkdir()

    assert admittance("schema", "write", str(tmp_path)) == 1
    assert capsys.readouterr().err.splitlines()[-1] == f"error: {taken} can't be written: is a directory."


def test_the_command_that_is_said_to_renew_a_file_can_be_pasted(admittance: Command, capsys: Captured) -> None:
    assert admittance("schema", "check", "for clients") == 1

    assert capsys.readouterr().err == (
        "error: There is no for clients/schema.graphql. `admittance schema write 'for clients'` makes it.\n"
    )


@pytest.mark.parametrize(
    "command",
    [
        [],
        ["serve"],
        ["migrate"],
        ["settings"],
        ["environments"],
        ["environments", "create"],
        ["environments", "list"],
        ["keys"],
        ["keys", "create"],
        ["keys", "list"],
        ["keys", "revoke"],
        ["catalog"],
        ["catalog", "plan"],
        ["catalog", "apply"],
        ["schema"],
        ["schema", "print"],
        ["schema", "write"],
        ["schema", "check"],
        ["schema", "diff"],
        ["codegen"],
        ["codegen", "keys"],
    ],
)
def test_every_command_has_a_help_text(admittance: Command, capsys: Captured, command: list[str]) -> None:
    assert admittance(*command, "--help") == 0
    assert "Usage: admittance" in capsys.readouterr().out


def _find(database_url: str, secret: str) -> Credential | None:
    async def find() -> Credential | None:
        database = Database.open(database_url)
        found = await find_credential(database, secret)
        await database.close()
        return found

    return asyncio.run(find())


def _record_use(database_url: str, key: str, at: datetime) -> None:
    async def record() -> None:
        database = Database.open(database_url)
        await record_key_uses(database, {key: at})
        await database.close()

    asyncio.run(record())

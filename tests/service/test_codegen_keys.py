"""`admittance codegen keys`: what is written, from where, and when a committed file is stale."""

import json
import shlex
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from gateway.codegen.catalogue import NamedKey
from gateway.codegen.python import python
from gateway.codegen.typescript import typescript
from gateway.commands.codegen import KEY_VARIABLE
from gateway.settings import Settings
from tests.pages import blocks
from tests.service.serving import running, serving

Command = Callable[..., int]
Captured = pytest.CaptureFixture[str]

DOCUMENTED = "https://entitlements.example.com/graphql"

KEYS = [NamedKey("audit-log", "Audit log"), NamedKey("sso", "Single sign-on")]
MANY = 201
"""Three pages of the database's, and more of a gateway's."""

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=80)


@pytest.fixture
def installed(admittance: Command, database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> Command:
    """The command over a migrated database, with the environments test and live."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    admittance("migrate")
    capsys.readouterr()
    return admittance


@pytest.fixture
def gateway(installed: Command, database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> Generator[str]:
    """The GraphQL address of a gateway over that database, for which there is a key that may read the catalogue."""
    installed("keys", "create", "--scope", "catalog:read")
    monkeypatch.setenv(KEY_VARIABLE, capsys.readouterr().out.strip())
    with serving(database_url) as url:
        yield f"{url}/graphql"


def have(command: Command, capsys: Captured, *keys: NamedKey, environment: str = "test") -> None:
    """Brings features into an environment, by a catalogue file."""
    features = {key.lookup_key: {"name": key.name} for key in keys}
    # JSON is YAML.
    Path("catalog.yaml").write_text(json.dumps({"features": features}, ensure_ascii=False), encoding="utf-8")
    assert command("catalog", "apply", "catalog.yaml", "-e", environment) == 0
    capsys.readouterr()


@pytest.mark.parametrize(("language", "writer"), [("typescript", typescript), ("python", python)])
def test_the_database_and_the_gateway_give_the_same_file_however_many_features_there_are(
    installed: Command, gateway: str, capsys: Captured, language: str, writer: Callable[[list[NamedKey]], str]
) -> None:
    many = [NamedKey(f"feature-{number:03}", f"Feature {number}") for number in range(MANY)]
    many.append(NamedKey('"機能🚀"\n', "*/ 機能"))
    many.sort()
    have(installed, capsys, *many)

    assert installed("codegen", "keys", "--language", language) == 0
    from_database = capsys.readouterr().out
    assert installed("codegen", "keys", "--language", language, "--url", gateway) == 0
    from_gateway = capsys.readouterr().out

    assert from_database == from_gateway == writer(many)


def test_a_gateway_that_answers_small_pages_alone_is_asked_for_no_larger_ones(
    installed: Command, gateway: str, database_url: str, capsys: Captured
) -> None:
    have(installed, capsys, *KEYS)
    with serving(database_url, max_page_size=1) as url:
        code = installed("codegen", "keys", "-l", "python", "--url", f"{url}/graphql")

    assert code == 0
    assert capsys.readouterr().out == python(KEYS)


def test_only_the_active_features_of_the_environment_are_written(installed: Command, capsys: Captured) -> None:
    have(installed, capsys, *KEYS, NamedKey("old", "Old"))
    have(installed, capsys, NamedKey("elsewhere", "Elsewhere"), environment="live")
    Path("catalog.yaml").write_text('features: {old: {name: "Old", archived: true}}')
    installed("catalog", "apply", "catalog.yaml")
    capsys.readouterr()

    installed("codegen", "keys", "-l", "python")
    in_test = capsys.readouterr().out
    installed("codegen", "keys", "-l", "python", "--environment", "live")
    in_live = capsys.readouterr().out

    assert in_test == python(KEYS)
    assert in_live == python([NamedKey("elsewhere", "Elsewhere")])


def test_an_environment_without_a_name_is_none_and_not_the_one_for_tests(installed: Command, capsys: Captured) -> None:
    """As where a script's variable is empty."""
    assert installed("codegen", "keys", "-l", "python", "--environment", "") == 1

    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith('error: There is no environment named "".')


def test_a_file_is_current_until_the_catalogue_changes(installed: Command, capsys: Captured) -> None:
    have(installed, capsys, *KEYS)
    command = ("codegen", "keys", "--language", "typescript", "--output", "feature keys.ts")
    assert installed(*command) == 0
    assert capsys.readouterr().err == "Wrote feature keys.ts.\n"
    assert installed(*command, "--check") == 0
    assert capsys.readouterr().err == "feature keys.ts is up to date.\n"

    have(installed, capsys, NamedKey("ssso", "Mistyped"))
    before = Path("feature keys.ts").read_bytes()
    code = installed(*command, "--check")

    printed = capsys.readouterr()
    assert code == 1
    assert '+  "ssso",' in printed.out.splitlines()
    assert printed.err == (
        "error: feature keys.ts is stale. "
        "`admittance codegen keys --language typescript --output 'feature keys.ts'` renews it.\n"
    )
    assert Path("feature keys.ts").read_bytes() == before
    assert installed(*command) == 0
    assert installed(*command, "--check") == 0


def test_a_check_by_a_gateway_says_how_to_renew_by_a_gateway(
    installed: Command, gateway: str, capsys: Captured
) -> None:
    code = installed("codegen", "keys", "-l", "python", "-o", "keys.py", "--check", "--url", gateway)

    assert code == 1
    assert capsys.readouterr().err == (
        "error: There is no keys.py. "
        f"`admittance codegen keys --language python --output keys.py --url {gateway}` makes it.\n"
    )


def test_what_keeps_a_gateway_from_answering_is_said_in_one_sentence(
    installed: Command, gateway: str, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    def refusal(url: str) -> str:
        assert installed("codegen", "keys", "-l", "python", "--url", url) == 1
        printed = capsys.readouterr()
        assert printed.out == ""
        return printed.err

    elsewhere = gateway.removesuffix("graphql")
    assert refusal("gateway") == "error: gateway is no address of a gateway; one is like https://host/graphql.\n"
    assert refusal("http://127.0.0.1:1/graphql").startswith(
        "error: The gateway at http://127.0.0.1:1/graphql can't be reached: "
    )
    assert refusal(elsewhere) == f"error: The gateway at {elsewhere} refused: Method Not Allowed.\n"
    with running(Starlette(routes=[Route("/", _something_else, methods=["POST"])]), Settings()) as other:
        assert refusal(other) == f"error: {other} answered 200 and no features: is it Admittance?\n"
    monkeypatch.setenv(KEY_VARIABLE, "adm_test_wrong")
    assert refusal(gateway).startswith(f"error: The gateway at {gateway} refused: ")
    for unusable in ("adm_test_\nX-Other: 1", "adm_tést"):
        monkeypatch.setenv(KEY_VARIABLE, unusable)
        assert refusal(gateway) == f"error: {KEY_VARIABLE} holds what is no API key.\n"
    monkeypatch.delenv(KEY_VARIABLE)
    assert refusal(gateway) == f"error: {KEY_VARIABLE} is not set. A key with the scope catalog:read is enough.\n"


def _something_else(_request: Request) -> PlainTextResponse:
    return PlainTextResponse("Welcome!")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--check"], "--check compares a file: name it with --output."),
        (["--url", "http://x/graphql", "-e", "test"], "leave out --environment or --url"),
    ],
)
def test_options_that_do_not_go_together_are_a_mistake_of_usage(
    admittance: Command, capsys: Captured, arguments: list[str], message: str
) -> None:
    assert admittance("codegen", "keys", "-l", "python", *arguments) == 2
    assert message in " ".join(capsys.readouterr().err.replace("│", " ").split())


def test_a_file_that_cannot_be_written_or_read_is_said_in_one_sentence(installed: Command, capsys: Captured) -> None:
    Path("binary.py").write_bytes(b"\xff")

    assert installed("codegen", "keys", "-l", "python", "-o", "no/such/keys.py") == 1
    assert capsys.readouterr().err == "error: no/such/keys.py can't be written: no such file or directory.\n"
    assert installed("codegen", "keys", "-l", "python", "-o", "binary.py", "--check") == 1
    assert capsys.readouterr().err == "error: binary.py can't be read as a text in UTF-8.\n"


def test_a_name_cannot_get_out_of_its_comment() -> None:
    hostile = [NamedKey("a", "ends */ here"), NamedKey("b", "two\nlines\u2028or three"), NamedKey("c", "@ts-ignore")]

    assert [line for line in typescript(hostile).splitlines() if line.startswith("  /**")] == [
        "  /** ends *\\/ here */",
        "  /** two lines or three */",
        "  /** \\@ts-ignore */",
    ]
    assert [line for line in python(hostile).splitlines() if line.startswith("    #")] == [
        "    #: ends */ here",
        "    #: two lines or three",
        "    #: @ts-ignore",
    ]


def test_what_cannot_be_seen_is_spelled_out() -> None:
    reordered = [NamedKey("a\u202eb\u00a0c\n\U000e0001", "x")]

    assert '"a\\u202eb\\u00a0c\\u000a\\u{e0001}"' in typescript(reordered)
    assert '"a\\u202eb\\u00a0c\\u000a\\U000e0001"' in python(reordered)


@given(st.dictionaries(texts, texts))
def test_a_module_of_python_holds_exactly_the_keys_whatever_they_are(features: dict[str, str]) -> None:
    module: dict[str, object] = {}

    exec(python([NamedKey(*each) for each in sorted(features.items())]), module)  # noqa: S102

    assert module["FEATURE_KEYS"] == features.keys()


def test_the_commands_in_the_docs_work_in_the_order_shown(installed: Command, gateway: str, capsys: Captured) -> None:
    have(installed, capsys, *KEYS, environment="live")
    have(installed, capsys, *KEYS)
    Path("src").mkdir()
    lines = "".join(blocks("docs/feature-keys.md", "sh")).splitlines()
    commands = [shlex.split(line.replace(DOCUMENTED, gateway)) for line in lines]

    assert [command[0] for command in commands] == ["admittance", "export", "admittance", "admittance", "admittance"]
    assert commands[1][1].startswith(f"{KEY_VARIABLE}=")
    for command in commands:
        assert command[0] == "export" or installed(*command[1:]) == 0, capsys.readouterr().err
    assert Path("src/feature-keys.ts").read_text(encoding="utf-8") == typescript(KEYS)
    assert Path("feature_keys.py").read_text(encoding="utf-8") == python(KEYS)


def test_the_files_in_the_docs_are_those_that_are_written() -> None:
    shown = [NamedKey("audit-log", "Audit log"), NamedKey("projects", "Projects"), NamedKey("sso", "Single sign-on")]
    [in_typescript, _] = blocks("docs/feature-keys.md", "ts")
    [in_python, _] = blocks("docs/feature-keys.md", "python")

    assert typescript(shown).startswith(in_typescript)
    assert python(shown) == in_python

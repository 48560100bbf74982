"""Settings: where they come from, which one wins, and that no secret is shown."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from gateway.commands.settings import shown
from gateway.settings import Settings, SettingsInvalid, masked

Command = Callable[..., int]

NOT_A_NUMBER = "input should be a valid integer, unable to parse string as an integer."
PAGE = Path(__file__).parents[2] / "docs" / "settings.md"


def test_variables_win_over_common_ones_and_these_over_the_file(
    admittance: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del admittance
    (tmp_path / "admittance.toml").write_text('port = 1000\nhost = "::1"\ndatabase_url = "sqlite:///file.db"\n')
    monkeypatch.setenv("PORT", "2000")
    monkeypatch.setenv("DATABASE_URL", "sqlite:///common.db")
    monkeypatch.setenv("ADMITTANCE_DATABASE_URL", "sqlite:///prefixed.db")

    settings = Settings.read()

    assert settings.host == "::1"
    assert settings.port == 2000
    assert settings.database_url.get_secret_value() == "sqlite:///prefixed.db"


def test_settings_are_frozen(admittance: Command) -> None:
    del admittance
    with pytest.raises(ValidationError, match="frozen"):
        Settings.read().port = 1  # pyright: ignore[reportAttributeAccessIssue]


def test_an_unknown_key_in_the_file_is_named(admittance: Command, tmp_path: Path) -> None:
    del admittance
    (tmp_path / "admittance.toml").write_text('prot = 1\nport = "x"\ndatabase = "sqlite:///secret.db"\n')

    with pytest.raises(SettingsInvalid) as refused:
        Settings.read()

    assert sorted(refused.value.problems) == [
        f"The setting `port` (ADMITTANCE_PORT or PORT): {NOT_A_NUMBER}",
        "admittance.toml: there is no setting `database`; `admittance settings` lists them.",
        "admittance.toml: there is no setting `prot`; `admittance settings` lists them.",
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"port = ", "named.toml is not a TOML file: "),
        (b"\xff\xfe", "named.toml can't be read as a text file."),
        (None, "ADMITTANCE_SETTINGS names named.toml, and there is no such file."),
    ],
)
def test_a_file_that_cannot_be_used_is_named(
    admittance: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    content: bytes | None,
    message: str,
) -> None:
    del admittance
    monkeypatch.setenv("ADMITTANCE_SETTINGS", "named.toml")
    if content is not None:
        (tmp_path / "named.toml").write_bytes(content)

    with pytest.raises(SettingsInvalid) as refused:
        Settings.read()

    assert str(refused.value).startswith(message)


@pytest.mark.parametrize(
    ("url", "printed"),
    [
        ("postgresql://me:s3cr3t@db/x", "postgresql://me:***@db/x"),
        ("postgresql://me:s3c@r3t@db/x", "postgresql://me:***@db/x"),
        ("postgresql://me@db/x?password=s3cr3t&ssl=on", "postgresql://me@db/x?password=***&ssl=on"),
        ("sqlite:///admittance.db", "sqlite:///admittance.db"),
    ],
)
def test_a_password_is_never_shown(url: str, printed: str) -> None:
    assert masked(url) == printed


def test_the_command_shows_every_setting_and_no_password(
    admittance: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://me:s3cr3t@db/x")

    code = admittance("settings")

    printed = capsys.readouterr().out
    assert code == 0
    assert all(name in printed for name in Settings.model_fields)
    assert "postgresql://me:***@db/x" in printed
    assert "s3cr3t" not in printed + repr(Settings.read())


def test_the_page_documents_every_setting_with_its_default() -> None:
    rows = [line.split(" | ") for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    documented = {row[0].strip("| `"): row[2].strip("`") for row in rows}

    assert list(documented) == list(Settings.model_fields)
    for name, field in Settings.model_fields.items():
        assert documented[name] == shown(field.default)


@pytest.mark.parametrize(
    ("variable", "value", "reading"),
    [
        ("CORS_ORIGINS", "https://a.example, http://b.example:8080", ("https://a.example", "http://b.example:8080")),
        ("TRUSTED_PROXIES", "10.0.0.0/8", ("10.0.0.0/8",)),
    ],
)
def test_a_variable_holds_several_values_with_commas(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, reading: tuple[str, ...]
) -> None:
    monkeypatch.setenv(f"ADMITTANCE_{variable}", value)

    assert getattr(Settings.read(), variable.lower()) == reading


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("CORS_ORIGINS", "app.example.com", "an origin is a scheme, a host and perhaps a port"),
        ("CORS_ORIGINS", "https://app.example.com/path", "an origin is a scheme, a host and perhaps a port"),
        ("KEY_RATE", "often", "string should match pattern"),
        ("IDENTITY_PROVIDERS", "{", "it must be a JSON array of objects"),
        ("IDENTITY_PROVIDERS", '[{"issuer": "me"}]', "`identity_providers.0.audience`"),
    ],
)
def test_a_value_that_cannot_be_used_is_named(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, message: str
) -> None:
    monkeypatch.setenv(f"ADMITTANCE_{variable}", value)

    with pytest.raises(SettingsInvalid, match=re.escape(message)):
        Settings.read()

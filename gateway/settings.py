"""Settings: from the environment and one file, read once and then frozen."""

import os
import re
import tomllib
from pathlib import Path
from typing import Any, Self

from pydantic import ValidationError
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from pydantic_settings.exceptions import SettingsError

from gateway.setting_groups import (
    CredentialSettings,
    DocumentSettings,
    EventSettings,
    HttpSettings,
    LimitSettings,
    MemorySettings,
    ServerSettings,
    StreamSettings,
    StripeSettings,
    TelemetrySettings,
    WebhookSettings,
)

PREFIX = "ADMITTANCE_"
FILE_VARIABLE = "ADMITTANCE_SETTINGS"
DEFAULT_FILE = Path("admittance.toml")

# Names that platforms and people set without knowing whom it is for. The prefixed name wins over them.
_COMMON_VARIABLES = {"database_url": "DATABASE_URL", "port": "PORT"}


class SettingsInvalid(Exception):
    """Settings that can't be used: every one at fault and where it stands. Quotes no value, as it may be secret."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


class Settings(
    TelemetrySettings,
    StripeSettings,
    WebhookSettings,
    DocumentSettings,
    CredentialSettings,
    StreamSettings,
    LimitSettings,
    HttpSettings,
    EventSettings,
    MemorySettings,
    ServerSettings,
    BaseSettings,
):
    """What an installation decides. Each field is also a variable, `ADMITTANCE_` and its name in capitals.

    Several values stand in a variable with commas between them; `identity_providers` as JSON.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, frozen=True, extra="forbid")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The sources, the strongest first: arguments, the environment, the file."""
        del dotenv_settings, file_secret_settings
        common = {field: os.environ[name] for field, name in _COMMON_VARIABLES.items() if os.environ.get(name)}
        return (
            init_settings,
            env_settings,
            InitSettingsSource(settings_cls, common),
            TomlConfigSettingsSource(settings_cls, toml_file=settings_file()),
        )

    @classmethod
    def read(cls, **given: Any) -> Self:  # noqa: ANN401 - values of any setting
        """The settings in force, with those that are given in place of others. Raises: SettingsInvalid."""
        file = settings_file()
        if FILE_VARIABLE in os.environ and not file.is_file():
            raise SettingsInvalid([f"{FILE_VARIABLE} names {file}, and there is no such file."])
        try:
            return cls(**given)
        except tomllib.TOMLDecodeError as error:
            raise SettingsInvalid([f"{file} is not a TOML file: {error}."]) from None
        except SettingsError:
            # The one setting that a variable holds as JSON. The error itself would quote nothing that helps.
            raise SettingsInvalid(
                [_sentence("identity_providers", "json", "It must be a JSON array of objects")]
            ) from None
        except (UnicodeDecodeError, OSError):
            raise SettingsInvalid([f"{file} can't be read as a text file."]) from None
        except ValidationError as error:
            # Without the values: one of them may be a password.
            details = error.errors(include_url=False, include_context=False, include_input=False)
            raise SettingsInvalid(
                [_sentence(".".join(map(str, each["loc"])), each["type"], each["msg"]) for each in details]
            ) from None


def settings_file() -> Path:
    """The one file that settings are read from, if it is there."""
    return Path(os.environ.get(FILE_VARIABLE) or DEFAULT_FILE)


def variables_of(field: str) -> tuple[str, ...]:
    """The environment variables a setting is read from, the strongest first."""
    common = _COMMON_VARIABLES.get(field)
    return (PREFIX + field.upper(), *([common] if common else []))


def masked(url: str) -> str:
    """A database URL without its password."""
    url = re.sub(r"(?<=://)([^:/@]*):.*@", r"\1:***@", url)
    return re.sub(r"([?&]password=)[^&]*", r"\1***", url, flags=re.IGNORECASE)


def _sentence(field: str, kind: str, message: str) -> str:
    if kind == "extra_forbidden":
        return f"{settings_file()}: there is no setting `{field}`; `admittance settings` lists them."
    message = message.removeprefix("Value error, ")
    variables = " or ".join(variables_of(field.partition(".")[0]))
    return f"The setting `{field}` ({variables}): {message[:1].lower()}{message[1:]}."

"""`admittance settings`."""

from typing import cast

from pydantic import SecretStr
from rich.text import Text

from gateway.console import err, out, table
from gateway.settings import FILE_VARIABLE, Settings, masked, settings_file, variables_of


def settings() -> None:
    """Show every setting: its variable, default, value in force, and what it means."""
    in_force = Settings.read()
    listing = table("Setting", "Variable", "Default", "In force", "Meaning")
    for name, field in Settings.model_fields.items():
        value = getattr(in_force, name)
        style = "" if value == field.default else "bold"
        in_force_text = Text(shown(value), style)
        listing.add_row(name, "\n".join(variables_of(name)), shown(field.default), in_force_text, field.description)
    out.print(listing, soft_wrap=False)
    file = settings_file()
    state = "read" if file.is_file() else "not there"
    err.print(f"\nFile: {file} ({state}); {FILE_VARIABLE} names another. Variables win over the file.")


def shown(value: object) -> str:
    """A value as one would write it, without its secrets."""
    if isinstance(value, SecretStr):
        return masked(value.get_secret_value()) if "://" in value.get_secret_value() else "***"
    if value is None or value in ((), ""):
        return "none"
    if isinstance(value, tuple):
        return ", ".join(map(str, cast("tuple[object, ...]", value)))
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)

"""`admittance settings`."""

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
        shown = Text(_shown(value), style)
        listing.add_row(name, "\n".join(variables_of(name)), _shown(field.default), shown, field.description)
    out.print(listing, soft_wrap=False)
    file = settings_file()
    state = "read" if file.is_file() else "not there"
    err.print(f"\nFile: {file} ({state}); {FILE_VARIABLE} names another. Variables win over the file.")


def _shown(value: object) -> str:
    """A value as one would write it, without its secrets."""
    if isinstance(value, SecretStr):
        return masked(value.get_secret_value())
    return str(value).lower() if isinstance(value, bool) else str(value)

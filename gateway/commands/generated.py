"""Files that are generated and committed: written, and held against what would be written now."""

from difflib import unified_diff
from pathlib import Path

from gateway.console import CommandFailed, err, out

_DIFF_LINES = 20


def write_file(file: Path, text: str) -> None:
    """Writes a file, the same on every system, and says so. Raises: CommandFailed."""
    try:
        file.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise CommandFailed(f"{file} can't be written: {(error.strerror or 'it failed').lower()}.") from None
    err.print(f"Wrote {file}.")


def check_is_current(file: Path, current: str, source: str, renewal: str) -> None:
    """Shows how a file differs from the text it should hold, if it does. Raises: CommandFailed, which says what to run.

    `source`: where the text is from, in a word or two; `renewal`: the command that writes it.
    """
    if not file.is_file():
        raise CommandFailed(f"There is no {file}. `{renewal}` makes it.")
    try:
        committed = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise CommandFailed(f"{file} can't be read as a text in UTF-8.") from None
    if committed == current:
        return
    diff = list(unified_diff(committed.splitlines(), current.splitlines(), str(file), source, lineterm="", n=1))
    out.print("\n".join(diff[:_DIFF_LINES]))
    if len(diff) > _DIFF_LINES:
        out.print(f"... and {len(diff) - _DIFF_LINES} lines more.")
    raise CommandFailed(f"{file} is stale. `{renewal}` renews it.")

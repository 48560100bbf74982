"""`admittance schema diff`."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from graphql import DocumentNode, GraphQLSyntaxError, TypeDefinitionNode, parse
from graphql.validation.validate import validate_sdl
from rich.text import Text

from gateway.console import CommandFailed, err, out, table
from gateway.evolution.changes import Change, Impact, compare
from schema.build import sdl


def diff(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="The schema of a release, as SDL.")],
    new: Annotated[
        Path | None, typer.Argument(metavar="[NEW]", help="The one to come; what the code serves if left out.")
    ] = None,
) -> None:
    """Show what changed since a release. Fails if a client that was shipped then would break."""
    proposed = parse(sdl()) if new is None else _read(new)
    changes = compare(_read(old), proposed, datetime.now(UTC).date())
    _show(changes)
    breaking = [change for change in changes if change.impact is Impact.BREAKING]
    if breaking:
        number = "1 change breaks" if len(breaking) == 1 else f"{len(breaking)} changes break"
        raise CommandFailed(f"{number} clients of {old}. What is to go is deprecated first: docs/schema-changes.md.")


def _read(file: Path) -> DocumentNode:
    try:
        document = parse(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CommandFailed(f"There is no {file}.") from None
    except (OSError, UnicodeDecodeError):
        raise CommandFailed(f"{file} can't be read as a text in UTF-8.") from None
    except GraphQLSyntaxError as error:
        line = error.locations[0].line if error.locations else 1
        raise CommandFailed(f"{file}:{line}: {error.message}") from None
    if errors := validate_sdl(document):
        raise CommandFailed(f"{file} is no schema: {errors[0].message}")
    # Operations, for one. Compared with them, every schema would have grown and broken nothing.
    if not any(isinstance(each, TypeDefinitionNode) for each in document.definitions):
        raise CommandFailed(f"{file} is no schema: it defines no type.")
    return document


def _show(changes: list[Change]) -> None:
    if not changes:
        err.print("Nothing has changed but descriptions, if anything.")
        return
    listing = table("", "What")
    for change in changes:
        listing.add_row(Text(change.impact.name.lower(), _STYLES[change.impact]), change.what)
    out.print(listing)


_STYLES = {Impact.BREAKING: "red", Impact.DANGEROUS: "yellow", Impact.SAFE: "green"}

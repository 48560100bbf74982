"""`admittance schema ...`."""

from difflib import unified_diff
from pathlib import Path
from typing import Annotated

import typer

from gateway.commands.schema_diff import diff
from gateway.console import CommandFailed, err, out
from schema.build import sdl

_DIFF_LINES = 20

app = typer.Typer(no_args_is_help=True, help="The public GraphQL schema, as client teams get it.")
app.command()(diff)


@app.command(name="print")
def print_() -> None:
    """Print the schema as SDL, sorted. `admittance schema print > graphql/schema.graphql` renews the committed one."""
    # Neither wrapped nor marked up: it is a file's content.
    typer.echo(sdl(), nl=False)


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="The committed schema.")] = Path("graphql/schema.graphql"),
) -> None:
    """Check that the committed schema is the one the code serves."""
    if not file.is_file():
        raise CommandFailed(f"There is no {file}. `admittance schema print > {file}` makes it.")
    committed, served = file.read_text(encoding="utf-8"), sdl()
    if committed == served:
        err.print(f"{file} is up to date.")
        return
    diff = list(unified_diff(committed.splitlines(), served.splitlines(), str(file), "the code", lineterm="", n=1))
    out.print("\n".join(diff[:_DIFF_LINES]))
    if len(diff) > _DIFF_LINES:
        out.print(f"... and {len(diff) - _DIFF_LINES} lines more.")
    raise CommandFailed(f"{file} is stale. `admittance schema print > {file}` renews it.")

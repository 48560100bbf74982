"""`admittance schema ...`."""

import shlex
from pathlib import Path
from typing import Annotated

import typer

from gateway.commands.generated import check_is_current, write_file
from gateway.commands.schema_diff import diff
from gateway.console import CommandFailed, err
from gateway.settings import Settings
from schema.build import sdl
from schema.published import published_files
from schema.subgraph import subgraph

Folder = Annotated[Path, typer.Argument(help="The folder client teams take the schema from.")]

app = typer.Typer(no_args_is_help=True, help="The public GraphQL schema, as client teams get it.")
app.command()(diff)


@app.command(name="print")
def print_(
    as_subgraph: Annotated[  # noqa: FBT002
        bool, typer.Option("--subgraph", help="The Apollo Federation subgraph, to compose a company's graph of.")
    ] = False,
    prefix: Annotated[
        str | None, typer.Option(help="What the names of its types begin with, instead of `subgraph_prefix`.")
    ] = None,
) -> None:
    """Print the schema as SDL, sorted."""
    if prefix is not None and not as_subgraph:
        raise typer.BadParameter("--prefix is of the subgraph's types: give --subgraph with it.")
    given = {} if prefix is None else {"subgraph_prefix": prefix}
    text = subgraph(Settings.read(**given).subgraph_prefix).sdl if as_subgraph else sdl()
    # Neither wrapped nor marked up: it is a file's content.
    typer.echo(text, nl=False)


@app.command()
def write(folder: Folder = Path("graphql")) -> None:
    """Write what is generated for client teams: the SDL, the subgraph's, introspection.json and possibleTypes.json."""
    if not folder.is_dir():
        raise CommandFailed(f"There is no folder {folder}.")
    for name, text in published_files().items():
        write_file(folder / name, text)


@app.command()
def check(folder: Folder = Path("graphql")) -> None:
    """Check that the generated files are those of the schema the code serves."""
    renewal = shlex.join(["admittance", "schema", "write", str(folder)])
    for name, current in published_files().items():
        check_is_current(folder / name, current, "the code", renewal)
    err.print(f"{folder} is up to date.")

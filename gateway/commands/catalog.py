"""`admittance catalog ...`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from gateway.catalog.applying import apply_changes
from gateway.catalog.changes import Action, Change
from gateway.catalog.file import Catalog
from gateway.catalog.planning import plan_changes
from gateway.catalog.reading import read_catalog
from gateway.commands.running import EnvironmentName, load_environment, run
from gateway.console import err, out, progress, table
from resolvers.context import Context, new_context
from storage.database import Database

app = typer.Typer(no_args_is_help=True, help="Features, products and what is attached, from a YAML file.")

CatalogFile = Annotated[Path, typer.Argument(metavar="FILE", help="The catalogue, as docs/catalog.md describes it.")]


@app.command()
def plan(file: CatalogFile, environment: EnvironmentName = "test") -> None:
    """Show what would have to change for an environment to be as the file says. Writes nothing."""
    catalog = read_catalog(file)

    async def compare(database: Database) -> None:
        await _compare(database, environment, catalog)

    run(compare)


@app.command()
def apply(file: CatalogFile, environment: EnvironmentName = "test") -> None:
    """Show what has to change, then change it. A second time there is nothing to change."""
    catalog = read_catalog(file)

    async def compare_and_apply(database: Database) -> None:
        context, changes = await _compare(database, environment, catalog)
        if changes:
            with progress() as bar:
                await apply_changes(context, bar.track(changes, description="Applying"))
            err.print(f"Made {len(changes)} {'change' if len(changes) == 1 else 'changes'}.")

    run(compare_and_apply)


async def _compare(database: Database, environment: str, catalog: Catalog) -> tuple[Context, list[Change]]:
    context = new_context(database, await load_environment(database, environment))
    changes = await plan_changes(context, catalog)
    _show(changes)
    return context, changes


def _show(changes: list[Change]) -> None:
    if not changes:
        out.print("Nothing to change.")
        return
    listing = table("", "What", "Key", "Detail")
    for change in changes:
        listing.add_row(Text(change.action, _STYLES[change.action]), change.kind, change.key, change.detail)
    out.print(listing)


_STYLES = {
    Action.CREATE: "green",
    Action.UPDATE: "yellow",
    Action.ATTACH: "green",
    Action.DETACH: "red",
    Action.ARCHIVE: "red",
}

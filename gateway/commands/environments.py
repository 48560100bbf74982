"""`admittance environments ...`."""

from typing import Annotated

import typer

from gateway.commands.running import run
from gateway.console import err, out, table
from storage import environments

app = typer.Typer(no_args_is_help=True, help="Isolated spaces of data: test, live, and as many more as you like.")


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="Its name, unique in the installation.")],
    live: Annotated[bool, typer.Option("--live", help="Its data is live: it goes by real time, always.")] = False,  # noqa: FBT002
) -> None:
    """Create an empty environment."""
    made = run(lambda database: environments.create_environment(database, name, livemode=live))
    err.print(f"Created environment {made.name} ({made.id}).")


@app.command(name="list")
def list_() -> None:
    """List the environments."""
    listing = table("Name", "Id", "Live", "Clock", "Created")
    for each in run(environments.list_environments):
        clock = f"stands at {each.clock_at:%Y-%m-%d %H:%M:%S}" if each.clock_at else "real time"
        if each.advancing:
            clock += ", advancing"
        listing.add_row(each.name, each.id, "yes" if each.livemode else "no", clock, f"{each.created_at:%Y-%m-%d}")
    out.print(listing)

"""`admittance keys ...`."""

from typing import Annotated

import typer

from gateway.auth import EVERYTHING
from gateway.commands.running import EnvironmentName, load_environment, run
from gateway.console import CommandFailed, err, out, table
from storage import credentials
from storage.database import Database
from storage.records import Credential

app = typer.Typer(no_args_is_help=True, help="API keys, each bound to one environment.")


@app.command()
def create(
    environment: EnvironmentName = "test",
    name: Annotated[str, typer.Option(help="What it is for; only you read it.")] = "command line",
) -> None:
    """Create a key and print it, alone, on standard output. It is shown this once: only its hash is kept."""

    async def create_key(database: Database) -> tuple[Credential, str]:
        owner = await load_environment(database, environment)
        return await credentials.create_key(database, owner.id, name, EVERYTHING)

    made, secret = run(create_key)
    err.print(f"Created key {made.id} for environment {made.environment.name}. Keep it: it can't be shown again.")
    out.print(secret)


@app.command(name="list")
def list_(
    environment: Annotated[str | None, typer.Option("--environment", "-e", help="Only those of this one.")] = None,
) -> None:
    """List the keys, without their secrets."""

    async def list_keys(database: Database) -> list[Credential]:
        owner = await load_environment(database, environment) if environment else None
        return await credentials.list_keys(database, owner.id if owner else None)

    keys = run(list_keys)
    if not keys:
        err.print("There are no keys yet. `admittance keys create` makes one.")
        return
    listing = table("Id", "Environment", "Name", "Ends in", "Created", "Revoked")
    for key in keys:
        revoked = f"{key.revoked_at:%Y-%m-%d}" if key.revoked_at else ""
        listing.add_row(key.id, key.environment.name, key.name, key.hint, f"{key.created_at:%Y-%m-%d}", revoked)
    out.print(listing)


@app.command()
def revoke(key: Annotated[str, typer.Argument(help="Its id, as `admittance keys list` shows it.")]) -> None:
    """Revoke a key: from now on it opens nothing."""
    revoked = run(lambda database: credentials.revoke_key(database, key))
    if revoked is None:
        raise CommandFailed(f"There is no key {key}. `admittance keys list` shows those there are.")
    err.print(f"Key {revoked.id} of environment {revoked.environment.name} is revoked.")

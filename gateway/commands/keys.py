"""`admittance keys ...`."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated

import typer

from gateway.commands.running import EnvironmentName, load_environment, run
from gateway.console import CommandFailed, err, out, table
from resolvers.callers import EVERY_SCOPE, Scope, unknown_scopes
from storage import credentials
from storage.database import Database
from storage.records import Credential

app = typer.Typer(no_args_is_help=True, help="API keys, each bound to one environment.")


@app.command()
def create(
    environment: EnvironmentName = "test",
    name: Annotated[str, typer.Option(help="What it is for; only you read it.")] = "command line",
    scope: Annotated[
        list[str] | None,
        typer.Option(help=f"What it may do, once for each: {', '.join(Scope)}. Everything if left out."),
    ] = None,
    expires_in_days: Annotated[
        int | None, typer.Option(min=1, max=3650, help="When it stops being taken; never if left out.")
    ] = None,
) -> None:
    """Create a key and print it, alone, on standard output. It is shown this once: only its hash is kept."""
    scopes = _checked(scope or [EVERY_SCOPE])

    async def create_key(database: Database) -> tuple[Credential, str]:
        owner = await load_environment(database, environment)
        expires_at = database.clock.now() + timedelta(days=expires_in_days) if expires_in_days else None
        return await credentials.create_key(database, owner.id, name, scopes, expires_at=expires_at)

    made, secret = run(create_key)
    err.print(f"Created key {made.id} for environment {made.environment.name}. Keep it: it can't be shown again.")
    out.print(secret)


@app.command(name="list")
def list_(
    environment: Annotated[str | None, typer.Option("--environment", "-e", help="Only those of this one.")] = None,
) -> None:
    """List the keys, without their secrets. The last use may be a minute behind."""

    async def list_keys(database: Database) -> list[Credential]:
        owner = await load_environment(database, environment) if environment else None
        return await credentials.list_keys(database, owner.id if owner else None)

    keys = run(list_keys)
    if not keys:
        err.print("There are no keys yet. `admittance keys create` makes one.")
        return
    listing = table("Id", "Environment", "Name", "Scopes", "Ends in", "Created", "Last used", "Expires", "Revoked")
    for key in keys:
        listing.add_row(
            key.id,
            key.environment.name,
            key.name,
            " ".join(key.scopes),
            key.hint,
            _day(key.created_at),
            _day(key.last_used_at, "never"),
            _day(key.expires_at, "never"),
            _day(key.revoked_at),
        )
    out.print(listing)


@app.command()
def revoke(key: Annotated[str, typer.Argument(help="Its id, as `admittance keys list` shows it.")]) -> None:
    """Revoke a key: from now on it opens nothing."""
    revoked = run(lambda database: credentials.revoke_key(database, key))
    if revoked is None:
        raise CommandFailed(f"There is no key {key}. `admittance keys list` shows those there are.")
    err.print(f"Key {revoked.id} of environment {revoked.environment.name} is revoked.")


def _checked(scopes: Sequence[str]) -> Sequence[str]:
    """The scopes, each once. Raises: CommandFailed."""
    unknown = unknown_scopes(scopes)
    if unknown:
        named = " nor ".join(f'"{scope}"' for scope in unknown)
        raise CommandFailed(
            f"There is no scope {named}. Those there are: {', '.join(Scope)}, or {EVERY_SCOPE} for all."
        )
    return list(dict.fromkeys(scopes))


def _day(instant: datetime | None, otherwise: str = "") -> str:
    return f"{instant:%Y-%m-%d}" if instant else otherwise

"""`admittance`, the command: its groups put together, and every foreseeable failure as a sentence and an exit code."""

import sys
from collections.abc import Sequence

import typer
from rich.text import Text

from gateway.catalog.file import CatalogInvalid
from gateway.commands import catalog, codegen, documents, environments, keys, schema, stripe
from gateway.commands.migrate import migrate
from gateway.commands.serve import serve
from gateway.commands.settings import settings
from gateway.commands.worker import worker
from gateway.console import CommandFailed, err
from gateway.settings import SettingsInvalid
from gateway.stripe_source.catalogue import KeyTaken
from gateway.stripe_source.telling import NotUnderstood
from resolvers.errors import Refused
from storage.errors import StorageError, UnknownDatabaseUrl

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    help="A self-hosted GraphQL gateway over entitlements.",
)
app.command()(serve)
app.command()(worker)
app.command()(migrate)
app.add_typer(environments.app, name="environments")
app.add_typer(keys.app, name="keys")
app.add_typer(catalog.app, name="catalog")
app.add_typer(documents.app, name="documents")
app.add_typer(schema.app, name="schema")
app.add_typer(codegen.app, name="codegen")
app.add_typer(stripe.app, name="stripe")
app.command()(settings)


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line. Exits with 0, with 1 for what failed, and with 2 for what was asked wrongly."""
    try:
        app(arguments, prog_name="admittance")
    except (SettingsInvalid, CatalogInvalid, UnknownDatabaseUrl) as error:
        _fail(str(error), 2)
    except (CommandFailed, KeyTaken, NotUnderstood, Refused, StorageError) as error:
        _fail(str(error), 1)


def _fail(message: str, code: int) -> None:
    err.print(Text.assemble(("error: ", "red"), message))
    sys.exit(code)

"""`admittance documents ...`."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.commands.running import EnvironmentName, load_environment, run
from gateway.console import CommandFailed, err, out, progress, table
from gateway.documents.checking import check_documents
from gateway.documents.ids import HASH_PREFIX
from gateway.documents.manifests import read_manifests
from gateway.documents.store import BELIEVED_SECONDS
from storage import trusted_documents
from storage.database import Database
from storage.records import DocumentCounts, StoredDocument

app = typer.Typer(no_args_is_help=True, help="Trusted documents: those that clients may name by id.")

Manifests = Annotated[list[Path], typer.Argument(metavar="FILE...", help="What the client's build wrote.")]


@app.command(name="import")
def import_(files: Manifests, environment: EnvironmentName = "test") -> None:
    """Make the documents of manifests known: GraphQL Code Generator's, Relay's, Apollo's. All of them or none."""
    documents = read_manifests(files)
    with progress() as bar:
        checked = check_documents(bar.track(documents, description="Checking"))

    async def import_all(database: Database) -> DocumentCounts:
        owner = await load_environment(database, environment)
        return await trusted_documents.import_documents(database, owner.id, checked)

    counts = run(import_all)
    err.print(f"{counts.new} new, {counts.unchanged} unchanged.")


@app.command(name="list")
def list_(environment: EnvironmentName = "test") -> None:
    """List the documents an environment knows, newest first."""

    async def list_all(database: Database) -> list[StoredDocument]:
        return await trusted_documents.list_documents(database, (await load_environment(database, environment)).id)

    documents = run(list_all)
    if not documents:
        err.print("There are no documents yet. `admittance documents import` brings them.")
        return
    listing = table("Id", "Own id", "Operation", "Kind", "Created")
    for each in documents:
        created = f"{each.created_at:%Y-%m-%d}"
        listing.add_row(HASH_PREFIX + each.hash, each.alias or "", each.name or "", each.kind.lower(), created)
    out.print(listing)


@app.command()
def remove(
    document: Annotated[str, typer.Argument(metavar="ID", help="Its hash or its own id, as the list shows them.")],
    environment: EnvironmentName = "test",
) -> None:
    """Remove a document: clients that name it are refused from then on."""

    async def remove_one(database: Database) -> StoredDocument | None:
        owner = await load_environment(database, environment)
        return await trusted_documents.remove_document(database, owner.id, document.removeprefix(HASH_PREFIX))

    removed = run(remove_one)
    if removed is None:
        raise CommandFailed(f"There is no document {document}. `admittance documents list` shows those there are.")
    label = removed.name or removed.alias or HASH_PREFIX + removed.hash
    err.print(f"Removed {label}. Servers that know it stop using it within {BELIEVED_SECONDS:g} seconds.")

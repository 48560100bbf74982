"""Making a catalogue's changes, one use case after another."""

from collections.abc import Iterable

from gateway.catalog.changes import Change
from gateway.console import CommandFailed
from resolvers.context import Context
from resolvers.errors import Refused


async def apply_changes(context: Context, changes: Iterable[Change]) -> None:
    """Makes the changes in order; each is a transaction of its own, so a second run goes on where one broke off.

    Raises: CommandFailed, if one is refused, as when somebody else has changed the catalogue since it was compared.
    """
    for change in changes:
        try:
            await change.write(context)
        except Refused as refused:
            what = f"{change.action} {change.kind} {change.key}"
            raise CommandFailed(f"Refused to {what}: {refused}") from refused

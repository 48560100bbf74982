"""Notifying other processes of what was committed: beside the writers, and for many of them at once.

PostgreSQL lets only one transaction of the whole server at a time commit that notifies. Writers that did so themselves
would wait for each other's disks: 32 at once committed a quarter of what they do without. What is sent afterwards waits
for no disk, and if the process ends in between, those who listen find what is new by themselves a little later.
"""

import asyncio
from collections.abc import Callable, Collection
from contextlib import AbstractAsyncContextManager, suppress

from sqlalchemy import bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

from entitlements.facts import CustomerId, EnvironmentId
from storage.columns import WordList
from storage.errors import DatabaseUnavailable
from storage.unattended import keep_at

CHANNEL = "admittance"
"""PostgreSQL's channel. A notification names an environment and a customer with new events; or none, for other work."""

_NOTIFICATIONS = "notifications"


def note_news(connection: AsyncConnection, environment: EnvironmentId, customer: CustomerId | None = None) -> None:
    """Notes in a transaction that writes whose events are new, to be told if it is committed; None for other work."""
    # Two ids are far from the 8,000 bytes that a notification may take.
    connection.info[_NOTIFICATIONS].add(f"{environment} {customer or ''}")


def begin_notes(connection: AsyncConnection) -> Collection[str]:
    """What a transaction that begins will have noted."""
    notes: set[str] = set()
    connection.info[_NOTIFICATIONS] = notes
    return notes


class Notifier:
    """Sends notifications, one batch after the other. Ended by `close`. `read`: where to have a connection from."""

    def __init__(self, read: Callable[[], AbstractAsyncContextManager[AsyncConnection]]) -> None:
        self._read = read
        self._waiting: set[str] = set()
        self._sending: asyncio.Task[None] | None = None

    def send(self, notes: Collection[str]) -> None:
        """Sends what was noted, as soon as what is under way is through."""
        self._waiting.update(notes)
        if self._waiting and (self._sending is None or self._sending.done()):
            self._sending = asyncio.create_task(keep_at(self._send, "notifying of events"), name="notifying of events")

    async def close(self) -> None:
        """Waits until all is sent."""
        if self._sending is not None:
            await asyncio.wait([self._sending])

    async def _send(self) -> None:
        while self._waiting:
            notes, self._waiting = self._waiting, set()
            # They are of use now or not at all: those who listen look by themselves when the database is back.
            with suppress(DatabaseUnavailable):
                async with self._read() as connection:
                    await connection.execute(_NOTIFY, {"notes": list(notes)})


_NOTIFY = text(f"SELECT count(pg_notify('{CHANNEL}', note)) FROM unnest(:notes) AS note").bindparams(  # noqa: S608 - our own
    bindparam("notes", type_=WordList())
)

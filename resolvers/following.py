"""Following customers' events: whoever asks for what comes after a revision waits until there is something.

The events at rest are the truth; everything else only says when to look.
"""

import asyncio

from entitlements.facts import CustomerId, EnvironmentId
from storage.database import Database
from storage.events import load_events_after
from storage.records import Event

EVENTS_AT_ONCE = 100
"""The most that are read at once of a customer; who follows asks on after the last of them."""

_LOOK_EVERY_SECONDS = 0.05


class Following:
    """What the followers of one process share."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def after(self, environment: EnvironmentId, customer: CustomerId, revision: int) -> list[Event]:
        """A customer's events after a revision, in order, at most EVENTS_AT_ONCE; waits for the first one.

        Events past their time are gone: then the first revision isn't the next one. Raises: DatabaseUnavailable.
        """
        while True:
            async with self._database.read() as connection:
                found = await load_events_after(connection, environment, customer, revision, EVENTS_AT_ONCE)
            if found:
                return found
            await asyncio.sleep(_LOOK_EVERY_SECONDS)

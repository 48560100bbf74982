"""Wake-ups: who waits for events hears of new ones when they are committed, by whichever process.

A wake-up says only where to look: the events at rest are the truth. Some may be lost, as when a connection breaks, so
whoever listens also looks by itself now and then.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Collection, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Any, NamedTuple

from sqlalchemy import Integer, bindparam, func, literal_column, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from entitlements.facts import CustomerId, EnvironmentId
from storage.database import Database
from storage.dialect import is_postgresql
from storage.driver_errors import translating_listening_errors
from storage.errors import DatabaseUnavailable
from storage.notifier import CHANNEL
from storage.pauses import growing_pauses
from storage.rows import events
from storage.unattended import keep_at

log = logging.getLogger("admittance.wakeups")

POLL_SECONDS = 0.025
"""How often SQLite is asked whether somebody has written."""

PROBE_SECONDS = 10.0
"""How often PostgreSQL is asked whether it is still there, and how long it may take: a cut wire says nothing itself."""

_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 5.0


class Whose(NamedTuple):
    """A customer, who may have new events."""

    environment: EnvironmentId
    customer: CustomerId


Hear = Callable[[Collection[Whose] | None], None]
"""Told whose events are new: nobody's, where something else was written; None if they may be anybody's."""


class Wakeups:
    """What wakes those who wait in one process. It has one connection, and that only while somebody listens."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._hearers: list[Hear] = []
        self._listening: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def heard_by(self, hear: Hear) -> AsyncGenerator[None]:
        """Calls `hear` with what is told within the block: with None as soon as nothing is missed any more.

        And again with None after each time the database couldn't be reached, as something may have been missed then.
        """
        self._hearers.append(hear)
        if self._listening is None:
            self._listening = asyncio.create_task(
                keep_at(self._listen, "listening for events"), name="listening for events"
            )
        else:
            # It may have begun to listen before.
            hear(None)
        try:
            yield
        finally:
            self._hearers.remove(hear)
            if not self._hearers:
                await self._stop_listening()

    async def _stop_listening(self) -> None:
        listening, self._listening = self._listening, None
        if listening is not None:
            listening.cancel()
            await asyncio.wait([listening])

    def _tell(self, whose: Collection[Whose] | None) -> None:
        for hear in tuple(self._hearers):
            hear(whose)

    async def _listen(self) -> None:
        pauses = _pauses()
        while True:
            if await self._listen_until_lost():
                pauses = _pauses()
            await asyncio.sleep(next(pauses))

    async def _listen_until_lost(self) -> bool:
        """Whether there was anything to hear before the connection was lost."""
        has_listened = False

        def tell(whose: Collection[Whose] | None) -> None:
            nonlocal has_listened
            has_listened = True
            self._tell(whose)

        try:
            async with self._database.apart() as connection:
                await (_hear_notifications if is_postgresql(connection) else _watch_file)(connection, tell)
        except DatabaseUnavailable as error:
            if has_listened:
                log.warning("events of other processes are heard of late for now: %s", error)
        return has_listened


def _pauses() -> Iterator[float]:
    return growing_pauses(first_seconds=_FIRST_PAUSE_SECONDS, longest_seconds=_LONGEST_PAUSE_SECONDS)


async def _hear_notifications(connection: AsyncConnection, tell: Hear) -> None:
    """PostgreSQL's way: LISTEN."""
    driver: Any = (await connection.get_raw_connection()).driver_connection
    is_lost = asyncio.Event()

    def hear(*given: Any) -> None:  # noqa: ANN401 - as the driver has it
        environment, _, customer = given[-1].partition(" ")
        tell([Whose(EnvironmentId(environment), CustomerId(customer))] if customer else [])

    def lost(_: object) -> None:
        is_lost.set()

    with translating_listening_errors():
        driver.add_termination_listener(lost)
        await driver.add_listener(CHANNEL, hear)
    tell(None)
    while True:
        with suppress(TimeoutError):
            async with asyncio.timeout(PROBE_SECONDS):
                await is_lost.wait()
        await _probe(connection)


async def _probe(connection: AsyncConnection) -> None:
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            await connection.execute(text("SELECT 1"))
    except TimeoutError as error:
        raise DatabaseUnavailable("the server doesn't answer") from error


async def _watch_file(connection: AsyncConnection, tell: Hear) -> None:
    """SQLite's way: a number that changes when another connection has committed something, at next to no cost."""
    version, last = await _data_version(connection), await _last_row(connection)
    tell(None)
    while True:
        await asyncio.sleep(POLL_SECONDS)
        before, version = version, await _data_version(connection)
        if version == before:
            continue
        previous, last = last, await _last_row(connection)
        # Rows are numbered upwards, unless the last ones were removed or the file was put in order anew.
        tell(None if last < previous else await _written_after(connection, previous) if last > previous else [])


async def _data_version(connection: AsyncConnection) -> int:
    return (await connection.exec_driver_sql("PRAGMA data_version")).scalar_one()


async def _last_row(connection: AsyncConnection) -> int:
    return (await connection.execute(_LAST_ROW)).scalar_one() or 0


async def _written_after(connection: AsyncConnection, row: int) -> list[Whose]:
    rows = await connection.execute(_WRITTEN_AFTER, {"row": row})
    return [Whose(*each) for each in rows]


_ROW = literal_column("rowid", Integer)
_LAST_ROW = select(func.max(_ROW)).select_from(events)
_WRITTEN_AFTER = select(events.c.environment_id, events.c.customer_id).distinct().where(bindparam("row") < _ROW)

"""The worker: announces what time and the catalogue change, and removes events that are past their time.

Nothing depends on it but how soon such a change is told: reads are right without it, and a write announces what is due
for its customer. Any number may run, and each may be killed at any point.
"""

import asyncio
import logging
import random
import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Self

from entitlements.facts import EnvironmentId
from gateway.errors import log_surprise
from gateway.put_off import PutOff
from gateway.telemetry.worker import WorkerFigures
from storage.advancing import announce_advance, find_advancing
from storage.agenda import Agenda, load_agendas
from storage.announcing import DueCustomer, announce_due, find_due, tell_of_attachment_change
from storage.database import Database
from storage.errors import Contended, DatabaseUnavailable, RowUnreadable
from storage.kept import Kept
from storage.old_events import remove_events
from storage.pauses import growing_pauses
from storage.unattended import keep_at
from storage.wakeups import Wakeups, Whose

log = logging.getLogger("admittance.worker")

LONGEST_REST_SECONDS = 1.0
"""How long it rests at the most: a write may have made something due sooner, or another worker have been killed."""

BREATH_SECONDS = 0.05
"""How long it rests at the least, so that many wake-ups are one look."""

PUT_OFF_SECONDS = 60.0
"""How long a customer is left alone who couldn't be announced, and an advancing clock."""

STEP_SECONDS = 10.0
"""How long one step of an advancing clock may take, which waits for whoever writes in its environment."""

SWEEP_SECONDS = 600.0
"""How often events are looked for that are past their time."""

STOP_SECONDS = 5.0
"""How long the transactions in hand may take at the end."""

_CUSTOMERS_AT_ONCE = 500
_CUSTOMERS_IN_ONE = 20
_TRANSACTIONS_AT_ONCE = 4
_EVENTS_AT_ONCE = 1_000
_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 30.0


class Worker:
    """Works within `async with`. At the end the transactions in hand are finished, and no other is begun.

    `event_days`: how long events are kept, in real time. `kept`: what the process keeps of the catalogue.
    """

    def __init__(
        self,
        database: Database,
        wakeups: Wakeups,
        *,
        event_days: int,
        kept: Kept | None = None,
        figures: WorkerFigures | None = None,
    ) -> None:
        self._database = database
        self._wakeups = wakeups
        self._event_age = timedelta(days=event_days)
        self._kept = kept
        self._figures = figures or WorkerFigures()
        self._customers_put_off: PutOff[DueCustomer] = PutOff(PUT_OFF_SECONDS)
        self._clocks_put_off: PutOff[EnvironmentId] = PutOff(PUT_OFF_SECONDS)
        self._sweep_at = time.monotonic()
        self._news = asyncio.Event()
        self._stopping = asyncio.Event()
        self._working: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._working = asyncio.create_task(keep_at(self._work, "announcing changes"), name="announcing changes")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stopping.set()
        self._news.set()
        if self._working is not None:
            await asyncio.wait([self._working], timeout=STOP_SECONDS)
            self._working.cancel()
            await asyncio.wait([self._working])

    async def _work(self) -> None:
        pauses = _pauses()
        async with self._wakeups.heard_by(self._hear):
            while not self._stopping.is_set():
                self._news.clear()
                try:
                    rest = await self._look()
                except Exception as error:  # noqa: BLE001 - the worker's edge: whatever it is, it goes on
                    await self._recover(error, next(pauses))
                else:
                    pauses = _pauses()
                    await self._rest(rest)

    def _hear(self, whose: Collection[Whose] | None) -> None:
        # Whose events are named has been told of; what such a write lets time change soon is found at the next look.
        if not whose:
            self._news.set()

    async def _look(self) -> float:
        """Does what there is to do, up to some bound. Returns for how many seconds there will be nothing more."""
        was_told = await tell_of_attachment_change(self._database)
        agendas = await load_agendas(self._database)
        self._figures.note_lag(agendas)
        due = await find_due(self._database, _CUSTOMERS_AT_ONCE, agendas, but=self._customers_put_off.now())
        # Several workers find the same ones: they should not go through them in step.
        random.shuffle(due)
        await self._announce_all(due)
        # One sandbox may be slow or broken: everybody else's changes come first.
        has_advanced = await self._announce_advances()
        has_swept = await self._sweep()
        return 0.0 if was_told or has_advanced or due or has_swept else _seconds_until_due(agendas)

    async def _announce_all(self, due: Sequence[DueCustomer]) -> None:
        batches = _batches(due)
        lines = (self._announce_each(batches) for _ in range(_TRANSACTIONS_AT_ONCE))
        # The others come to their end before one that failed is heard of.
        for end in await asyncio.gather(*lines, return_exceptions=True):
            if end is not None:
                raise end

    async def _announce_each(self, batches: Iterator[list[DueCustomer]]) -> None:
        for batch in batches:
            if self._stopping.is_set():
                return
            try:
                await self._announce(batch)
            except DatabaseUnavailable:
                raise
            except Exception as error:  # noqa: BLE001 - the worker's edge: one customer must not stop the others
                if len(batch) == 1:
                    self._put_off_customer(batch[0], error)
                else:
                    await self._announce_each([due] for due in batch)

    async def _announce(self, batch: Sequence[DueCustomer]) -> None:
        environment = batch[0].environment
        made = await announce_due(self._database, environment, [due.customer for due in batch], self._kept)
        self._figures.announced.inc(len(made.events))
        for due in batch:
            if due.customer in made.unreadable:
                self._put_off_customer(due, made.unreadable[due.customer])
            else:
                self._customers_put_off.remove(due)

    async def _announce_advances(self) -> bool:
        """One step of every clock that is advancing; whether there may be another to do now."""
        left_alone = self._clocks_put_off.now()
        advancing = [each for each in await find_advancing(self._database) if each not in left_alone]
        return any([await self._announce_advance(environment) for environment in advancing])

    async def _announce_advance(self, environment: EnvironmentId) -> bool:
        try:
            async with asyncio.timeout(STEP_SECONDS):
                has_more = await announce_advance(self._database, environment)
        except Contended:
            return True
        except DatabaseUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - the worker's edge: one sandbox must not stop the others
            self._put_off_clock(environment, error)
            return False
        self._clocks_put_off.remove(environment)
        return has_more

    def _put_off_customer(self, due: DueCustomer, error: Exception) -> None:
        is_news = self._customers_put_off.add(due)
        self._note_put_off(f"customer {due.customer} of {due.environment}", error, is_news=is_news)

    def _put_off_clock(self, environment: EnvironmentId, error: Exception) -> None:
        is_news = self._clocks_put_off.add(environment)
        self._note_put_off(f"the clock of {environment}, which is advancing,", error, is_news=is_news)

    def _note_put_off(self, what: str, error: Exception, *, is_news: bool) -> None:
        self._figures.errors.inc()
        if not is_news:
            return
        if isinstance(error, RowUnreadable):
            log.warning("nothing is announced for %s for now: %s", what, error)
        elif isinstance(error, TimeoutError):
            log.warning("nothing is announced for %s for now: it took longer than %g seconds", what, STEP_SECONDS)
        else:
            log_surprise(error, f"announcing for {what}")

    async def _sweep(self) -> bool:
        if time.monotonic() < self._sweep_at:
            return False
        removed = await remove_events(self._database, older_than=self._event_age, at_most=_EVENTS_AT_ONCE)
        if not removed:
            self._sweep_at = time.monotonic() + SWEEP_SECONDS
        return removed > 0

    async def _recover(self, error: Exception, pause: float) -> None:
        self._figures.errors.inc()
        if isinstance(error, DatabaseUnavailable):
            log.warning("nothing is announced for %.1f seconds: %s", pause, error)
        else:
            log_surprise(error, "the worker")
        await _wait(self._stopping, pause)

    async def _rest(self, seconds: float) -> None:
        await asyncio.sleep(BREATH_SECONDS)
        await _wait(self._news, seconds)


async def _wait(for_: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await for_.wait()


def _batches(due: Sequence[DueCustomer]) -> Iterator[list[DueCustomer]]:
    """Customers of one environment each."""
    by_environment: defaultdict[EnvironmentId, list[DueCustomer]] = defaultdict(list)
    for each in due:
        by_environment[each.environment].append(each)
    for of_one in by_environment.values():
        for start in range(0, len(of_one), _CUSTOMERS_IN_ONE):
            yield of_one[start : start + _CUSTOMERS_IN_ONE]


def _pauses() -> Iterator[float]:
    return growing_pauses(first_seconds=_FIRST_PAUSE_SECONDS, longest_seconds=_LONGEST_PAUSE_SECONDS)


def _seconds_until_due(agendas: Iterable[Agenda]) -> float:
    ahead = [(each.due_at - each.now).total_seconds() for each in agendas if not (each.is_due or each.is_frozen)]
    return min(LONGEST_REST_SECONDS, *ahead) if ahead else LONGEST_REST_SECONDS

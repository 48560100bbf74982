"""Processes of their own that may be killed at any point, and how much they had done by then.

They are forked off a server that has everything imported, so that one begins as soon as it is asked for.
"""

import asyncio
import multiprocessing
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from ctypes import c_int
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerProcess
from signal import SIGKILL

from prometheus_client import Counter

from entitlements.facts import EnvironmentId
from gateway.setting_groups import WebhookSettings
from gateway.telemetry.worker import WorkerFigures
from gateway.webhooks.delivering import deliver_webhooks
from gateway.worker import Worker
from resolvers.shared import SharedReads
from storage import advancing
from storage.database import Database


class Report:
    """What a process tells of its work: that it begins, and how much it has done."""

    def __init__(self, began: Connection, done: c_int) -> None:
        self._began = began
        self._done = done

    def begin(self) -> None:
        """From here on it may be killed."""
        self._began.send(None)

    def count(self, number: int) -> None:
        """So much more is done."""
        self._done.value += number


Work = Callable[..., Coroutine[None, None, None]]
"""What a process does: with a report, and with arguments that are texts."""


class Doomed:
    """A process at its work. `done`: how much of it, by its own count; it may have died before it counted the last."""

    def __init__(self, process: ForkServerProcess, done: c_int) -> None:
        self._process = process
        self._done = done

    @property
    def done(self) -> int:
        return self._done.value

    async def has_done(self, number: int) -> None:
        """Returns when it has done so much, or has nothing left to do."""
        while self.done < number and self._process.is_alive():
            await self.over(within_seconds=0.001)

    async def over(self, *, within_seconds: float) -> None:
        """Returns when it has nothing left to do, or is still at work after so many seconds."""
        await asyncio.to_thread(wait, [self._process.sentinel], within_seconds)

    def kill(self) -> bool:
        """Ends it wherever it is; tells whether it was still at work."""
        self._process.kill()
        self._process.join()
        assert self._process.exitcode in (0, -SIGKILL)
        return self._process.exitcode == -SIGKILL


@asynccontextmanager
async def doomed(work: Work, *arguments: str) -> AsyncGenerator[Doomed]:
    """A process that does this, from when it says that it begins; killed at the end of the block at the latest."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    began, theirs = context.Pipe(duplex=False)
    # Without a lock, which a process that is killed may hold.
    done = context.RawValue(c_int, 0)
    process = context.Process(target=_run, args=(work, Report(theirs, done), arguments), daemon=True)
    # In one thread all of it: who starts a process also asks for the end of all others, and only one may be told.
    process.start()
    theirs.close()
    try:
        await asyncio.to_thread(began.recv)
        yield Doomed(process, done)
    finally:
        process.kill()
        process.join()
        process.close()
        began.close()


async def announce(report: Report, url: str) -> None:
    """Announces at a database as the worker does, and counts the events."""
    database = Database.open(url)
    figures = WorkerFigures()
    figures.announced = _Reported(report)
    async with Worker(database, SharedReads(database).wakeups, event_days=30, figures=figures):
        report.begin()
        await asyncio.Event().wait()


async def advance(report: Report, url: str, environment: str) -> None:
    """Announces what lies on the way of a clock until there is no more, and counts its steps, of one event each."""
    advancing.EVENTS_AT_ONCE = 1
    database = Database.open(url)
    await advancing.find_advancing(database)
    report.begin()
    while await advancing.announce_advance(database, EnvironmentId(environment)):
        report.count(1)
    await database.close()


async def deliver(report: Report, url: str) -> None:
    """Delivers webhooks, and counts nothing: who receives them does."""
    report.begin()
    await deliver_webhooks(Database.open(url), WebhookSettings(webhook_private_targets=True))


class _Reported(Counter):
    """A figure that the process is asked for which kills this one."""

    def __init__(self, report: Report) -> None:
        super().__init__("reported", "What is counted in a report.", registry=None)
        self._report = report

    def inc(self, amount: float = 1, exemplar: dict[str, str] | None = None) -> None:
        super().inc(amount, exemplar)
        self._report.count(int(amount))


def _run(work: Work, report: Report, arguments: tuple[str, ...]) -> None:
    asyncio.run(work(report, *arguments))

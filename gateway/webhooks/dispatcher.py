"""The dispatcher of webhooks: looks for what is due, attempts it, and writes down what came of it.

Any number may run, in one process or in many: what one has leased, no other attempts. What a process that dies had
leased is due again when the lease ends, so a delivery may come twice and none is lost.
"""

import asyncio
import logging
import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta

from gateway.errors import log_surprise
from gateway.setting_groups import WebhookSettings
from gateway.webhooks.schedule import RetrySchedule
from gateway.webhooks.sending import ATTEMPT_SECONDS, Answer, Sender
from gateway.webhooks.signing import signature_headers
from schema.webhook_bodies import features_of, render
from storage.database import Database
from storage.errors import DatabaseUnavailable, RowUnreadable
from storage.features import load_features
from storage.ids import new_id
from storage.pauses import growing_pauses
from storage.webhook_attempts import disable_if_failing, record_attempt
from storage.webhook_queue import DueEndpoint, find_due_endpoints, lease_deliveries
from storage.webhook_records import LeasedDelivery, WebhookAttempt, WebhookFailure

log = logging.getLogger("admittance.webhooks")

Observe = Callable[[str, float], None]
"""Told of every attempt: in a word what came of it, and how many seconds it took."""

LEASE = timedelta(seconds=4 * ATTEMPT_SECONDS)
"""How long whoever takes a delivery has it for itself: longer than any attempt and its writing down."""

_PER_ENDPOINT = 8
_KEPT_FREE = 4
"""Of so many connections one is for endpoints alone to which nothing is under way."""

_WITNESS_FAILURES = 5
"""How often a delivery must have failed, which takes most of an hour, before an endpoint is disabled by its failing."""

_LOOK_EVERY_SECONDS = 0.5
_BREATH_SECONDS = 0.02
_LONGEST_PAUSE_SECONDS = 30.0
_GRACE_SECONDS = 3.0


class Dispatcher:
    """Attempts deliveries, several at once, and of one endpoint only so many: a slow one holds up no other.

    One that fails has a single attempt at a time, and a part of the room is for those to which nothing is under way.

    `lease`: how long it has what it takes for itself; longer than the sender's attempts.
    """

    def __init__(
        self,
        database: Database,
        settings: WebhookSettings,
        sender: Sender,
        *,
        schedule: RetrySchedule | None = None,
        lease: timedelta = LEASE,
        observe: Observe | None = None,
    ) -> None:
        self._database = database
        self._sender = sender
        self._schedule = schedule or RetrySchedule()
        self._lease = lease
        self._observe = observe or _ignore
        self._at_once = settings.webhook_connections
        self._disable_after = timedelta(days=settings.webhook_disable_days)
        self._under_way: defaultdict[DueEndpoint, set[asyncio.Task[None]]] = defaultdict(set)
        self._put_off: dict[DueEndpoint, float] = {}
        self._has_room = asyncio.Event()

    async def run(self) -> None:
        """Goes on until it is cancelled. What goes wrong is written to the log, and tried again."""
        pauses = _pauses()
        try:
            while True:
                self._has_room.clear()
                try:
                    await self._begin_due()
                except DatabaseUnavailable as error:
                    log.warning("Webhooks wait: %s", error)
                    await asyncio.sleep(next(pauses))
                except Exception as error:  # noqa: BLE001 - the edge: one surprise must not end all deliveries
                    log_surprise(error, "the dispatcher of webhooks")
                    await asyncio.sleep(next(pauses))
                else:
                    pauses = _pauses()
                    await self._rest()
        finally:
            await self._finish()

    async def deliver_due(self) -> None:
        """Attempts all that is due now, and returns when every attempt has been answered and written down."""
        while await self._begin_due():
            while tasks := self._tasks():
                await asyncio.wait(tasks)

    async def _rest(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_EVERY_SECONDS):
                await self._has_room.wait()
                # So that what ends at about the same time makes room for one look and not for many.
                await asyncio.sleep(_BREATH_SECONDS)

    async def _begin_due(self) -> int:
        """Takes what is due, as far as there is room for it; says how much that was."""
        begun = 0
        due = await find_due_endpoints(self._database)
        # Those first to which the least is under way, and of these none is always the last.
        random.shuffle(due)
        for endpoint in sorted(due, key=lambda each: len(self._under_way.get(each, ()))):
            if self._put_off.get(endpoint, 0) > time.monotonic():
                continue
            try:
                begun += await self._begin_for(endpoint, self._room_for(endpoint))
            except DatabaseUnavailable:
                raise
            except Exception as error:  # noqa: BLE001 - the edge: one endpoint must not stop the others
                log_surprise(error, f"the deliveries to {endpoint.id}")
                self._put_off[endpoint] = time.monotonic() + _LONGEST_PAUSE_SECONDS
        return begun

    def _room_for(self, endpoint: DueEndpoint) -> int:
        under_way, free = len(self._under_way.get(endpoint, ())), self._at_once - self._count()
        for_all = free - self._at_once // _KEPT_FREE
        at_most = 1 if endpoint.is_failing else _PER_ENDPOINT
        return min(at_most - under_way, for_all if under_way else max(for_all, min(free, 1)))

    async def _begin_for(self, endpoint: DueEndpoint, room: int) -> int:
        if room <= 0:
            return 0
        found = await lease_deliveries(self._database, endpoint, at_most=room, lasting=self._lease)
        leased = [each for each in found if not isinstance(each, RowUnreadable)]
        for each in found:
            if isinstance(each, RowUnreadable):
                log.error("A delivery to %s waits: %s", endpoint.id, each)
        self._begin(endpoint, leased, await self._bodies(leased))
        return len(leased)

    async def _bodies(self, leased: list[LeasedDelivery]) -> list[bytes]:
        if not leased:
            return []
        wanted = {feature for each in leased for feature in features_of(each.event)}
        async with self._database.read() as connection:
            found = await load_features(connection, leased[0].endpoint.environment, list(wanted))
        keys = {feature.id: feature.lookup_key for feature in found.values()}
        return [render(each.event, keys, livemode=each.livemode) for each in leased]

    def _begin(self, endpoint: DueEndpoint, leased: list[LeasedDelivery], bodies: list[bytes]) -> None:
        for each, body in zip(leased, bodies, strict=True):
            task = asyncio.create_task(self._attempt(each, body))
            self._under_way[endpoint].add(task)
            task.add_done_callback(lambda done, endpoint=endpoint: self._end(endpoint, done))

    def _end(self, endpoint: DueEndpoint, task: asyncio.Task[None]) -> None:
        self._under_way[endpoint].discard(task)
        if not self._under_way[endpoint]:
            del self._under_way[endpoint]
        self._has_room.set()
        if not task.cancelled() and (error := task.exception()):
            log_surprise(error, f"a delivery to {endpoint.id}")

    async def _attempt(self, leased: LeasedDelivery, body: bytes) -> None:
        """Attempts a delivery and writes down how it went; if that can't be done, it is attempted again later."""
        now = self._database.clock.now()
        headers = signature_headers(leased.event.id, body, leased.endpoint.secrets_at(now), now)
        try:
            answer = await self._sender.send(leased.endpoint.url, body, headers, livemode=leased.livemode)
        except Exception as error:  # noqa: BLE001 - the edge: what isn't counted would be tried for ever
            log_surprise(error, f"an attempt at {leased.delivery.id}")
            answer = Answer(failure=WebhookFailure.BROKEN_ANSWER)
        self._observe(_outcome(answer), answer.seconds)
        attempt = WebhookAttempt(
            id=new_id("wha"),
            delivery=leased.delivery.id,
            at=now,
            duration_ms=round(answer.seconds * 1000),
            status_code=answer.status_code,
            failure=answer.failure,
            answer=answer.text,
        )
        try:
            await self._record(leased, attempt, answer)
        except DatabaseUnavailable as error:
            log.warning("An attempt at %s couldn't be written down: %s", leased.delivery.id, error)

    async def _record(self, leased: LeasedDelivery, attempt: WebhookAttempt, answer: Answer) -> None:
        failures = leased.delivery.failures + 1
        pause = None if answer.confirms else self._schedule.pause_after(failures, answer.wait)
        await record_attempt(
            self._database,
            leased,
            attempt,
            pause=None if pause is None else _whole(pause),
            is_delivered=answer.confirms,
        )
        endpoint = leased.endpoint
        # There may be weeks between two events: after them a first failure proves nothing of the time between.
        if answer.confirms or endpoint.failing_since is None or failures < _WITNESS_FAILURES:
            return
        if await disable_if_failing(self._database, endpoint, lasting=self._disable_after):
            message = "The webhook endpoint %s of environment %s is disabled: every attempt since %s has failed."
            log.warning(message, endpoint.id, endpoint.environment, endpoint.failing_since.isoformat())

    async def _finish(self) -> None:
        """Lets what is under way be answered, for a moment."""
        tasks = self._tasks()
        if not tasks:
            return
        _, unanswered = await asyncio.wait(tasks, timeout=_GRACE_SECONDS)
        for task in unanswered:
            task.cancel()
        await asyncio.gather(*unanswered, return_exceptions=True)

    def _tasks(self) -> set[asyncio.Task[None]]:
        return {task for of_endpoint in self._under_way.values() for task in of_endpoint}

    def _count(self) -> int:
        return sum(map(len, self._under_way.values()))


def _pauses() -> Iterator[float]:
    return growing_pauses(first_seconds=2 * _LOOK_EVERY_SECONDS, longest_seconds=_LONGEST_PAUSE_SECONDS)


def _outcome(answer: Answer) -> str:
    if answer.failure is not None:
        return answer.failure.lower()
    return "confirmed" if answer.confirms else "not_confirmed"


def _whole(pause: timedelta) -> timedelta:
    """A pause in whole milliseconds, as instants are kept."""
    return timedelta(milliseconds=round(pause / timedelta(milliseconds=1)))


def _ignore(_outcome: str, _seconds: float) -> None:
    """Tells nobody."""

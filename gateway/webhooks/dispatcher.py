"""The dispatcher of webhooks: looks for what is due, attempts it, and writes down what came of it.

Any number may run, in one process or in many: what one has leased, no other attempts. What a process that dies had
leased is due again when the lease ends, so a delivery may come twice and none is lost.
"""

import asyncio
import logging
import random
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from gateway.errors import log_surprise
from gateway.setting_groups import WebhookSettings
from gateway.webhooks.schedule import RetrySchedule
from gateway.webhooks.sending import ATTEMPT_SECONDS, Answer, Sender
from gateway.webhooks.signing import signature_headers
from resolvers.webhook_payloads import features_of, render
from storage.database import Database
from storage.errors import DatabaseUnavailable
from storage.features import load_features
from storage.ids import new_id
from storage.webhook_queue import (
    DueEndpoint,
    disable_if_failing,
    find_due_endpoints,
    lease_deliveries,
    record_attempt,
)
from storage.webhook_records import LeasedDelivery, WebhookAttempt

log = logging.getLogger("admittance.webhooks")

Observe = Callable[[str, float], None]
"""Told of every attempt: in a word what came of it, and how many seconds it took."""

LEASE = timedelta(seconds=4 * ATTEMPT_SECONDS)
"""How long whoever takes a delivery has it for itself: longer than any attempt and its writing down."""

_PER_ENDPOINT = 8
_LOOK_EVERY_SECONDS = 0.5
_BREATH_SECONDS = 0.02
_LONGEST_PAUSE_SECONDS = 30.0
_GRACE_SECONDS = 3.0


class Dispatcher:
    """Attempts deliveries, several at once, and of one endpoint only so many: a slow one holds up no other.

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
        self._has_room = asyncio.Event()

    async def run(self) -> None:
        """Goes on until it is cancelled. What goes wrong is written to the log, and tried again."""
        pause_seconds = _LOOK_EVERY_SECONDS
        try:
            while True:
                self._has_room.clear()
                try:
                    await self._begin_due()
                    pause_seconds = _LOOK_EVERY_SECONDS
                    with suppress(TimeoutError):
                        async with asyncio.timeout(pause_seconds):
                            await self._has_room.wait()
                            # So that what ends at about the same time makes room for one look and not for many.
                            await asyncio.sleep(_BREATH_SECONDS)
                except DatabaseUnavailable as error:
                    log.warning("Webhooks wait: %s", error)
                    pause_seconds = await _pause_longer(pause_seconds)
                except Exception as error:  # noqa: BLE001 - the edge: one surprise must not end all deliveries
                    log_surprise(error, "the dispatcher of webhooks")
                    pause_seconds = await _pause_longer(pause_seconds)
        finally:
            await self._finish()

    async def deliver_due(self) -> None:
        """Attempts all that is due now, and returns when every attempt has been answered and written down."""
        while await self._begin_due():
            while tasks := self._tasks():
                await asyncio.wait(tasks)

    async def _begin_due(self) -> int:
        """Takes what is due, as far as there is room for it; says how much that was."""
        begun = 0
        due = await find_due_endpoints(self._database, self._database.clock.now())
        # At random, so that where there isn't room for all none is always the last.
        random.shuffle(due)
        for endpoint in due:
            room = min(_PER_ENDPOINT - len(self._under_way.get(endpoint, ())), self._at_once - self._count())
            if room > 0:
                now = self._database.clock.now()
                leased = await lease_deliveries(self._database, endpoint, now, at_most=room, lasting=self._lease)
                self._begin(endpoint, leased, await self._bodies(leased))
                begun += len(leased)
        return begun

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
        answer = await self._sender.send(leased.endpoint.url, body, headers, livemode=leased.livemode)
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
        now = self._database.clock.now()
        pause = None if answer.confirms else self._schedule.pause_after(leased.delivery.failures + 1, answer.wait)
        await record_attempt(
            self._database,
            leased,
            attempt,
            next_attempt_at=None if pause is None else now + _whole(pause),
            is_delivered=answer.confirms,
        )
        since, endpoint = leased.endpoint.failing_since, leased.endpoint
        if answer.confirms or since is None or now - since < self._disable_after:
            return
        if await disable_if_failing(self._database, endpoint, now, failing_since=now - self._disable_after):
            message = "The webhook endpoint %s of environment %s is disabled: every attempt since %s has failed."
            log.warning(message, endpoint.id, endpoint.environment, since.isoformat())

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


async def _pause_longer(seconds: float) -> float:
    """Waits a little longer than the last time; returns how long that was at the most."""
    longer = min(2 * seconds, _LONGEST_PAUSE_SECONDS)
    await asyncio.sleep(longer * random.uniform(0.5, 1))  # noqa: S311 (no secret)
    return longer


def _outcome(answer: Answer) -> str:
    if answer.failure is not None:
        return answer.failure.lower()
    return "confirmed" if answer.confirms else "not_confirmed"


def _whole(pause: timedelta) -> timedelta:
    """A pause in whole milliseconds, as instants are kept."""
    return timedelta(milliseconds=round(pause / timedelta(milliseconds=1)))


def _ignore(_outcome: str, _seconds: float) -> None:
    """Tells nobody."""

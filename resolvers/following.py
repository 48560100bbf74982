"""Following customers' events: whoever asks for what comes after a revision waits until there is something.

The events at rest are the truth; everything else only says when to look. A wake-up names the customers, so those who
follow others sleep on; and what may be lost on the way is found by looking at everybody now and then.
"""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from contextvars import Context

from entitlements.facts import CustomerId, EnvironmentId
from resolvers.coalescing import Environments, LookupsClosed
from storage.customers import load_announced_revisions
from storage.database import Database
from storage.errors import DatabaseUnavailable
from storage.events import Place, load_events_after_each
from storage.records import Event
from storage.wakeups import Wakeups, Whose

EVENTS_AT_ONCE = 100
"""The most that are read at once of a customer; who follows asks on after the last of them."""

LOOK_ANYWAY_SECONDS = 5.0
"""How late an event is at the most whose wake-up was lost."""

_FOLLOWERS_AT_ONCE = 100
_CUSTOMERS_AT_ONCE = 500


class Following:
    """What the followers of one process share: what wakes them, and the statements that read for them.

    Ended by `close`.
    """

    def __init__(self, database: Database, wakeups: Wakeups) -> None:
        self._database = database
        self._wakeups = wakeups
        self._waiting: dict[Whose, set[_Follower]] = defaultdict(set)
        self._reads: Environments[Place, list[Event]] = Environments(self._read, at_most=_FOLLOWERS_AT_ONCE)
        self._is_to_look = asyncio.Event()
        self._attending: asyncio.Task[None] | None = None
        self._is_closed = False

    async def after(self, environment: EnvironmentId, customer: CustomerId, revision: int) -> list[Event]:
        """A customer's events after a revision, in order, at most EVENTS_AT_ONCE; waits for the first one.

        Events past their time are gone: then the first revision isn't the next one.
        Raises: DatabaseUnavailable, RowUnreadable; LookupsClosed, also to those who wait when following is closed.
        """
        place = (customer, revision)
        # It is known before it reads, so what is committed after the statement began wakes it.
        with self._known(Whose(environment, customer), revision) as follower:
            while True:
                follower.fall_asleep()
                self._attend_to_followers()
                found = (await self._reads.load_all(environment, [place])).get(place)
                if found:
                    return found
                await follower.is_woken

    async def close(self) -> None:
        """Ends all waiting: who waits or comes is raised LookupsClosed. Listens no more."""
        self._is_closed = True
        self._wake(self._waiting, LookupsClosed())
        await self._reads.close()
        if self._attending is not None:
            self._is_to_look.set()
            await asyncio.wait([self._attending])

    @contextmanager
    def _known(self, whose: Whose, revision: int) -> "Generator[_Follower]":
        if self._is_closed:
            raise LookupsClosed
        follower = _Follower(revision)
        self._waiting[whose].add(follower)
        try:
            yield follower
        finally:
            self._waiting[whose].remove(follower)
            if not self._waiting[whose]:
                del self._waiting[whose]
            follower.leave()

    def _attend_to_followers(self) -> None:
        if self._attending is None:
            self._attending = asyncio.create_task(self._attend(), name="following events", context=Context())
            self._attending.add_done_callback(self._left)

    async def _attend(self) -> None:
        """Listens while anybody waits, and a little longer: who has been told something soon comes back for more."""
        async with self._wakeups.heard_by(self._hear):
            while not self._is_closed:
                try:
                    async with asyncio.timeout(LOOK_ANYWAY_SECONDS):
                        await self._is_to_look.wait()
                except TimeoutError:
                    if not self._waiting:
                        return
                self._is_to_look.clear()
                # Whoever waits has read before. When the database is back, there is another look.
                with suppress(DatabaseUnavailable):
                    await self._look_at_all()

    def _left(self, attending: "asyncio.Task[None]") -> None:
        self._attending = None
        if not attending.cancelled() and (error := attending.exception()) is not None:
            self._wake(self._waiting, error)
        elif self._waiting and not self._is_closed:
            self._attend_to_followers()

    def _hear(self, whose: Collection[Whose] | None) -> None:
        if whose is None:
            self._is_to_look.set()
        else:
            self._wake(whose)

    def _wake(self, whose: Collection[Whose], error: BaseException | None = None) -> None:
        for each in whose:
            for follower in self._waiting.get(each, ()):
                follower.wake(error)

    async def _look_at_all(self) -> None:
        """Wakes those for whom something has been announced. In slices, so that nobody is held up by thousands."""
        environments: dict[EnvironmentId, list[CustomerId]] = defaultdict(list)
        for environment, customer in self._waiting:
            environments[environment].append(customer)
        for environment, customers in environments.items():
            for start in range(0, len(customers), _CUSTOMERS_AT_ONCE):
                await self._look_at(environment, customers[start : start + _CUSTOMERS_AT_ONCE])

    async def _look_at(self, environment: EnvironmentId, customers: Sequence[CustomerId]) -> None:
        async with self._database.read() as connection:
            announced = await load_announced_revisions(connection, environment, customers)
        for customer, revision in announced.items():
            for follower in self._waiting.get(Whose(environment, customer), ()):
                if follower.revision < revision:
                    follower.wake()

    async def _read(self, environment: EnvironmentId, places: list[Place]) -> Mapping[Place, list[Event]]:
        async with self._database.read() as connection:
            return await load_events_after_each(connection, environment, places, EVENTS_AT_ONCE)


class _Follower:
    """Somebody who waits for what comes after a revision."""

    __slots__ = ("is_woken", "revision")

    def __init__(self, revision: int) -> None:
        self.revision = revision
        self.fall_asleep()

    def fall_asleep(self) -> None:
        self.is_woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def wake(self, error: BaseException | None = None) -> None:
        if self.is_woken.done():
            return
        if error is None:
            self.is_woken.set_result(None)
        else:
            self.is_woken.set_exception(error)

    def leave(self) -> None:
        if self.is_woken.done() and not self.is_woken.cancelled():
            # It failed at the very moment at which nobody waited any more: that isn't worth a complaint.
            self.is_woken.exception()

"""Look-ups shared by everybody who waits: while one statement is in flight, what is asked for goes out with the next.

Nobody joins a statement that began before they asked, so a read that starts after a write was acknowledged sees it.
Whether somebody may see what was found is not decided here: what is shared is the same for all.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from contextvars import Context
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

from entitlements.facts import EnvironmentId
from storage.errors import RowUnreadable

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

KEYS_AT_MOST = 10_000
"""Keys in one statement, unless a look-up has a lower bound of its own."""


class LookupsClosed(Exception):
    """The process is about to end, and reads nothing any more."""

    def __init__(self) -> None:
        super().__init__("The look-ups are closed.")


@dataclass(eq=False, slots=True)
class _Asker(Generic[K, V]):
    """Somebody who waits for some keys. The future is theirs alone: to cancel it takes nothing from the others."""

    keys: Sequence[K]
    answer: "asyncio.Future[Mapping[K, V]]"
    is_alone: bool = False

    @property
    def waits(self) -> bool:
        """Whether the answer is still wanted."""
        return not self.answer.done()


class Coalescer(Generic[K, V]):
    """One kind of look-up, of which one batch is in flight at a time. For one event loop.

    `load` is called with distinct keys, at most `at_most` of them, and answers those that exist. What it raises reaches
    those whose keys were in the batch, and nobody else. If that is RowUnreadable each of them is asked for once more by
    itself: one row that can't be read must not fail those who didn't ask for it.
    """

    def __init__(self, load: Callable[[list[K]], Awaitable[Mapping[K, V]]], *, at_most: int = KEYS_AT_MOST) -> None:
        self._load = load
        self._at_most = at_most
        self._waiting: deque[_Asker[K, V]] = deque()
        self._carried: list[_Asker[K, V]] = []
        self._batch: asyncio.Task[Mapping[K, V]] | None = None
        self._is_closed = False

    @property
    def is_idle(self) -> bool:
        """Whether nothing is in flight, and nobody waits."""
        return self._batch is None and not self._waiting

    async def load_all(self, keys: Sequence[K]) -> dict[K, V]:
        """What there is under some keys. Raises: what the look-up does."""
        found: dict[K, V] = {}
        for start in range(0, len(keys), self._at_most):
            found.update(await self._ask(keys[start : start + self._at_most]))
        return found

    async def load(self, key: K) -> V | None:
        """The value of one key; None if there is none. Raises: what the look-up does."""
        return (await self._ask((key,))).get(key)

    async def close(self) -> None:
        """Stops what is in flight and lets nobody ask any more. Who asks or still waits is raised LookupsClosed."""
        self._is_closed = True
        for asker in (*self._waiting, *self._carried):
            if asker.waits:
                # Not cancelled: the batch of a loader that is waits in a task which nobody would hear of again.
                asker.answer.set_exception(LookupsClosed())
        self._waiting.clear()
        while self._batch is not None:
            self._stop_batch()
            await asyncio.wait([self._batch])
            # What is called when a task is done runs in the loop's next turn.
            await asyncio.sleep(0)

    async def _ask(self, keys: Sequence[K]) -> Mapping[K, V]:
        if self._is_closed:
            raise LookupsClosed
        answer: asyncio.Future[Mapping[K, V]] = asyncio.get_running_loop().create_future()
        asker = _Asker(keys, answer)
        self._waiting.append(asker)
        if self._batch is None:
            self._begin()
        try:
            return await asker.answer
        except asyncio.CancelledError:
            if not asker.answer.cancelled():
                # It failed at the very moment at which nobody wanted it any more: that isn't worth a complaint.
                asker.answer.exception()
            if self._carried and not any(each.waits for each in self._carried):
                # Nobody waits for it any more, and what might take long would be in the way of the next batch.
                self._stop_batch()
            raise

    def _stop_batch(self) -> None:
        # Told a second time, it would break off what it does to end well: to close its connection.
        if self._batch is not None and not self._batch.cancelling():
            self._batch.cancel()

    def _begin(self) -> None:
        # It begins in the loop's next turn, so that all who ask in this one go out together. In a context of its own:
        # the first to ask is not the only one it is for.
        self._batch = asyncio.get_running_loop().create_task(self._carry(), context=Context())
        self._batch.add_done_callback(self._answer)

    async def _carry(self) -> Mapping[K, V]:
        keys: dict[K, None] = {}
        while self._waiting and not (self._carried and self._carried[-1].is_alone):
            asker = self._waiting[0]
            if asker.waits:
                if self._carried and (asker.is_alone or len(keys) + len(asker.keys) > self._at_most):
                    break
                keys.update(dict.fromkeys(asker.keys))
                self._carried.append(asker)
            self._waiting.popleft()
        return await self._load(list(keys)) if keys else {}

    def _answer(self, batch: asyncio.Task[Mapping[K, V]]) -> None:
        carried, self._carried, self._batch = self._carried, [], None
        error = LookupsClosed() if batch.cancelled() else batch.exception()
        if isinstance(error, RowUnreadable) and len(carried) > 1:
            for asker in carried:
                asker.is_alone = True
            self._waiting.extendleft(reversed(carried))
        else:
            _tell([asker.answer for asker in carried if asker.waits], batch, error)
        if self._waiting:
            self._begin()


class Environments(Generic[K, V]):
    """One kind of look-up within environments: each has a coalescer of its own, so none waits for another's."""

    def __init__(
        self, load: Callable[[EnvironmentId, list[K]], Awaitable[Mapping[K, V]]], *, at_most: int = KEYS_AT_MOST
    ) -> None:
        self._load = load
        self._at_most = at_most
        self._coalescers: dict[EnvironmentId, Coalescer[K, V]] = {}
        self._is_closed = False

    def __len__(self) -> int:
        """How many environments somebody waits for."""
        return len(self._coalescers)

    async def load_all(self, environment: EnvironmentId, keys: Sequence[K]) -> dict[K, V]:
        """What an environment has under some keys. Raises: what the look-up does."""
        if self._is_closed:
            raise LookupsClosed
        coalescer = self._coalescers.get(environment)
        if coalescer is None:
            coalescer = Coalescer(partial(self._load, environment), at_most=self._at_most)
            self._coalescers[environment] = coalescer
        try:
            return await coalescer.load_all(keys)
        finally:
            if coalescer.is_idle and self._coalescers.get(environment) is coalescer:
                del self._coalescers[environment]

    async def close(self) -> None:
        """Stops what is in flight and lets nobody ask any more. Who asks or still waits is raised LookupsClosed."""
        self._is_closed = True
        for coalescer in list(self._coalescers.values()):
            await coalescer.close()


def _tell(
    answers: Sequence["asyncio.Future[Mapping[K, V]]"],
    batch: "asyncio.Task[Mapping[K, V]]",
    error: BaseException | None,
) -> None:
    for answer in answers:
        if error is not None:
            answer.set_exception(error)
        else:
            answer.set_result(batch.result())

"""A DataLoader that is safe to share: keys that are missing load as None, and one waiter can't cancel the others.

Strawberry's own makes a future for each key and a task besides for each batch. Here a batch is one task, and to ask for
fifty keys costs little more than to ask for one.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Hashable, Iterable, Mapping
from typing import Generic, Protocol, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

BATCH_SIZE = 10_000
"""Keys in one statement at the most: as many features as 100 customers with 100 entitlements each can have."""


class BatchObserver(Protocol):
    """Told of every batch when it is over, also when it failed."""

    def __call__(self, loader: str, size: int, seconds: float) -> None:
        """Takes the loader's name, the number of keys and the time it took. It must not raise."""
        ...


class _Batch(Generic[K]):
    """Keys that are loaded together, and those who wait for them."""

    __slots__ = ("has_begun", "keys", "task", "waiters")

    def __init__(self, first: K) -> None:
        self.keys = [first]
        self.waiters: set[asyncio.Future[None]] = set()
        self.has_begun = False
        self.task: asyncio.Task[None] | None = None


class Loader(Generic[K, V]):
    """Batches and remembers look-ups by key for one operation.

    `load` is called with the distinct keys asked for in one turn of the event loop and answers those that exist. A
    value that is an exception is raised to those who asked for its key, and to nobody else.

    `observe`: whom to tell of the batches, under `name`. `at_hand`: of keys, what needs
    no look-up; None for each that does.
    """

    def __init__(
        self,
        load: Callable[[list[K]], Awaitable[Mapping[K, V | Exception]]],
        name: str = "",
        observe: BatchObserver | None = None,
        *,
        at_hand: Callable[[list[K]], list[V | None]] | None = None,
    ) -> None:
        self._load = load
        self._at_hand = at_hand
        self._name = name
        self._observe = observe
        self._values: dict[K, V | Exception | None] = {}
        self._loading: dict[K, _Batch[K]] = {}
        self._gathering: _Batch[K] | None = None

    async def load(self, key: K) -> V | None:
        """The value of a key; None if there is none."""
        [value] = await self.load_all([key])
        return value

    async def load_all(self, keys: Iterable[K]) -> list[V | None]:
        """The values of several keys, in their order."""
        keys = list(keys)
        at_hand = None if self._at_hand is None else self._at_hand(keys)
        if at_hand is None:
            return await self._load_missing(keys)
        if None not in at_hand:
            return at_hand
        missing = [key for key, value in zip(keys, at_hand, strict=True) if value is None]
        loaded = iter(await self._load_missing(missing))
        return [next(loaded) if value is None else value for value in at_hand]

    def prime(self, key: K, value: V) -> None:
        """Remembers a value that was come by in another way."""
        self._values[key] = value

    async def _load_missing(self, keys: list[K]) -> list[V | None]:
        values = self._values
        if any(key not in values for key in keys):
            await self._wait({self._batch_of(key) for key in keys if key not in values})
        return [_given(values[key]) for key in keys]

    def _batch_of(self, key: K) -> _Batch[K]:
        """The batch that brings a key; it leaves in the loop's next turn, so that all who ask in this one share it."""
        batch = self._loading.get(key)
        if batch is None:
            batch = self._gathering
            if batch is None or batch.has_begun or len(batch.keys) == BATCH_SIZE:
                batch = self._gathering = _Batch(key)
                batch.task = asyncio.get_running_loop().create_task(self._run(batch))
            else:
                batch.keys.append(key)
            self._loading[key] = batch
        return batch

    async def _wait(self, batches: Collection[_Batch[K]]) -> None:
        waiters = {batch: asyncio.get_running_loop().create_future() for batch in batches}
        for batch, waiter in waiters.items():
            batch.waiters.add(waiter)
        try:
            for waiter in waiters.values():
                await waiter
        except asyncio.CancelledError:
            for batch, waiter in waiters.items():
                batch.waiters.discard(waiter)
                if not batch.waiters:
                    self._give_up(batch)
            raise

    async def _run(self, batch: _Batch[K]) -> None:
        batch.has_begun = True
        started = time.perf_counter()
        try:
            found = await self._load(batch.keys)
            self._values.update((key, found.get(key)) for key in batch.keys)
        except asyncio.CancelledError:
            for waiter in batch.waiters:
                waiter.cancel()
            raise
        except Exception as error:  # noqa: BLE001 - whatever a look-up raises is for those who asked
            self._values.update(dict.fromkeys(batch.keys, error))
        finally:
            if self._observe is not None:
                self._observe(self._name, len(batch.keys), time.perf_counter() - started)
            self._settle(batch)

    def _settle(self, batch: _Batch[K]) -> None:
        for key in batch.keys:
            if self._loading.get(key) is batch:
                del self._loading[key]
        for waiter in batch.waiters:
            if not waiter.done():
                waiter.set_result(None)

    def _give_up(self, batch: _Batch[K]) -> None:
        """Nobody waits any more: the operation is over, and the batch runs in a task that nobody else would end.

        Whoever asks again after all must not wait for what never comes.
        """
        self._settle(batch)
        if batch.task is not None:
            batch.task.cancel()


def _given(found: V | Exception | None) -> V | None:
    if isinstance(found, Exception):
        raise found
    return found

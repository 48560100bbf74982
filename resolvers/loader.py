"""A DataLoader that is safe to share: keys that are missing load as None, and one waiter can't cancel the others."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Hashable, Iterable, Mapping
from typing import Any, Generic, Protocol, TypeVar, cast

from strawberry.dataloader import DataLoader

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

BATCH_SIZE = 10_000
"""Keys in one statement at the most: as many features as 100 customers with 100 entitlements each can have."""


class BatchObserver(Protocol):
    """Told of every batch when it is over, also when it failed."""

    def __call__(self, loader: str, size: int, seconds: float) -> None:
        """Takes the loader's name, the number of keys and the time it took. It must not raise."""
        ...


class Loader(Generic[K, V]):
    """Batches and remembers look-ups by key for one operation.

    `load` is called with the distinct keys asked for in one turn of the event loop and answers those that exist. A
    value that is an exception is raised to those who asked for its key, and to nobody else.

    `observe`: whom to tell of the batches, under `name`. `at_hand`: what needs no look-up; None for a key that does.
    """

    def __init__(
        self,
        load: Callable[[list[K]], Awaitable[Mapping[K, V | Exception]]],
        name: str = "",
        observe: BatchObserver | None = None,
        *,
        at_hand: Callable[[K], V | None] | None = None,
    ) -> None:
        self._load = load
        self._at_hand = at_hand
        self._name = name
        self._observe = observe
        self._loader: DataLoader[K, V | None] = DataLoader(
            load_fn=self._load_batch if observe is None else self._load_observed, max_batch_size=BATCH_SIZE
        )
        self._waiting = 0
        self._loading: dict[asyncio.Task[Any], list[K]] = {}

    async def load(self, key: K) -> V | None:
        """The value of a key; None if there is none."""
        found = self._find(key)
        if found is not None:
            return found
        [value] = await self._look_up([key])
        return value

    async def load_all(self, keys: Iterable[K]) -> list[V | None]:
        """The values of several keys, in their order."""
        keys = list(keys)
        found = [self._find(key) for key in keys]
        missing = [key for key, value in zip(keys, found, strict=True) if value is None]
        if not missing:
            return found
        loaded = iter(await self._look_up(missing))
        return [next(loaded) if value is None else value for value in found]

    def prime(self, key: K, value: V) -> None:
        """Remembers a value that was come by in another way."""
        self._loader.prime(key, value)

    def _find(self, key: K) -> V | None:
        return self._at_hand(key) if self._at_hand else None

    async def _look_up(self, keys: list[K]) -> list[V | None]:
        # Nothing is awaited for each: that would be most of what a batch of keys costs that are loaded already.
        futures = [cast("asyncio.Future[V | None]", self._loader.load(key)) for key in keys]
        await self._wait([future for future in futures if not future.done()])
        failed = [error for future in futures if (error := future.exception())]
        if failed:
            raise failed[0]
        return [future.result() for future in futures]

    async def _wait(self, futures: Collection[asyncio.Future[Any]]) -> None:
        if not futures:
            return
        self._waiting += 1
        try:
            # They are shared by all who ask for their keys, and a waiter that is cancelled doesn't take them from them.
            await asyncio.wait(futures)
        except asyncio.CancelledError:
            for future in futures:
                # Whoever else asks is told of a failure; if nobody does, it isn't to be reported as one unnoticed.
                future.add_done_callback(lambda done: done.cancelled() or done.exception())
            if self._waiting == 1:
                self._stop_loading()
            raise
        finally:
            self._waiting -= 1

    async def _load_batch(self, keys: list[K]) -> list[V | BaseException | None]:
        task = asyncio.current_task()
        assert task is not None, "the library makes one for each batch"  # noqa: S101
        self._loading[task] = keys
        try:
            if not self._waiting:
                self._stop_loading()
            found = await self._load(keys)
        finally:
            self._loading.pop(task, None)
        return [found.get(key) for key in keys]

    def _stop_loading(self) -> None:
        """Nobody waits any more: the operation is over, and its batches run in tasks that nobody else would end."""
        while self._loading:
            task, keys = self._loading.popitem()
            # Whoever asks again after all must not wait for what never comes.
            self._loader.clear_many(keys)
            task.cancel()

    async def _load_observed(self, keys: list[K]) -> list[V | BaseException | None]:
        assert self._observe is not None, "that is when it is used"  # noqa: S101
        started = time.perf_counter()
        try:
            return await self._load_batch(keys)
        finally:
            self._observe(self._name, len(keys), time.perf_counter() - started)

"""A loader is shared by everybody in one operation, so nobody's misfortune may become somebody else's."""

import asyncio
import gc
from collections.abc import Mapping

import pytest

from resolvers.loader import BATCH_SIZE, Loader


class Shelf:
    """What loads: remembers the batches it was asked for, and answers once it is opened."""

    def __init__(self, values: Mapping[str, str | Exception]) -> None:
        self.values = values
        self.batches: list[list[str]] = []
        self.asked, self.opened = asyncio.Event(), asyncio.Event()

    async def load(self, keys: list[str]) -> Mapping[str, str | Exception]:
        self.batches.append(keys)
        self.asked.set()
        await self.opened.wait()
        return {key: self.values[key] for key in keys if key in self.values}


class Unreadable(Exception):
    """What is wrong with one key."""


async def test_one_waiters_cancellation_does_not_cancel_the_others() -> None:
    shelf = Shelf({"a": "apple"})
    loader = Loader(shelf.load)
    impatient, patient = asyncio.create_task(loader.load("a")), asyncio.create_task(loader.load("a"))
    await shelf.asked.wait()

    impatient.cancel()
    shelf.opened.set()

    assert await patient == "apple"
    assert impatient.cancelled()
    assert await loader.load("a") == "apple"
    assert shelf.batches == [["a"]]


async def test_a_waiter_that_gives_up_before_the_batch_leaves_does_not_cancel_the_others() -> None:
    shelf = Shelf({"a": "apple"})
    shelf.opened.set()
    loader = Loader(shelf.load)
    impatient, patient = asyncio.create_task(loader.load("a")), asyncio.create_task(loader.load("a"))
    await asyncio.sleep(0)

    impatient.cancel()

    assert await patient == "apple"


async def test_a_batch_that_nobody_waits_for_any_more_is_stopped() -> None:
    stopped = asyncio.Event()

    async def load(_: list[str]) -> Mapping[str, str]:
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()
        return {}

    loader = Loader(load)
    waiters = [asyncio.create_task(loader.load(key)) for key in "aab"]
    await asyncio.sleep(0.01)

    for waiter in waiters:
        waiter.cancel()

    async with asyncio.timeout(1):
        await stopped.wait()


async def test_who_asks_again_after_all_gave_up_is_answered() -> None:
    shelf = Shelf({"a": "apple"})
    loader = Loader(shelf.load)
    impatient = asyncio.create_task(loader.load("a"))
    await shelf.asked.wait()
    impatient.cancel()
    await asyncio.wait([impatient])
    shelf.opened.set()

    async with asyncio.timeout(1):
        assert await loader.load("a") == "apple"


async def test_a_waiter_that_gave_up_leaves_no_complaint_when_it_fails(caplog: pytest.LogCaptureFixture) -> None:
    shelf = Shelf({"a": Unreadable("a")})
    loader = Loader(shelf.load)
    impatient = asyncio.create_task(loader.load("a"))
    await shelf.asked.wait()

    impatient.cancel()
    shelf.opened.set()
    await asyncio.wait([impatient])
    await asyncio.sleep(0.01)
    del loader
    gc.collect()

    assert caplog.messages == []


async def test_an_exception_for_one_key_reaches_only_those_who_asked_for_it() -> None:
    shelf = Shelf({"a": "apple", "b": Unreadable("b")})
    shelf.opened.set()
    loader = Loader(shelf.load)

    answers = await asyncio.gather(*map(loader.load, ("a", "b", "c", "b")), return_exceptions=True)

    assert [answers[0], answers[2]] == ["apple", None]
    assert [str(answers[1]), str(answers[3])] == ["b", "b"]
    assert isinstance(answers[1], Unreadable)
    assert shelf.batches == [["a", "b", "c"]]


async def test_what_fails_as_a_whole_fails_for_everybody_in_the_batch() -> None:
    async def load(keys: list[str]) -> Mapping[str, str]:
        raise Unreadable("everything")

    loader = Loader(load)

    answers = await asyncio.gather(loader.load("a"), loader.load("b"), return_exceptions=True)

    assert [type(answer) for answer in answers] == [Unreadable, Unreadable]


async def test_a_batch_has_a_bound() -> None:
    shelf = Shelf({})
    shelf.opened.set()
    loader = Loader(shelf.load)

    found = await loader.load_all(str(number) for number in range(BATCH_SIZE + 1))

    assert found == [None] * (BATCH_SIZE + 1)
    assert [len(batch) for batch in shelf.batches] == [BATCH_SIZE, 1]


async def test_what_is_at_hand_is_not_loaded() -> None:
    shelf = Shelf({})
    loader = Loader(shelf.load)

    loader.prime("a", "apple")

    assert await loader.load("a") == "apple"
    assert shelf.batches == []


async def test_whoever_watches_is_told_of_every_batch_also_of_one_that_failed() -> None:
    told: list[tuple[str, int]] = []

    def observe(loader: str, size: int, seconds: float) -> None:
        assert 0 < seconds < 60
        told.append((loader, size))

    async def fail(_: list[str]) -> Mapping[str, str]:
        raise Unreadable

    shelf = Shelf({"a": "apple"})
    shelf.opened.set()
    await Loader(shelf.load, "fruit", observe).load_all(["a", "b", "a"])
    with pytest.raises(Unreadable):
        await Loader(fail, "nothing", observe).load("a")

    assert told == [("fruit", 2), ("nothing", 1)]


async def test_who_waits_for_several_batches_and_gives_up_takes_none_from_the_others() -> None:
    shelf = Shelf({"a": "apple", "b": "banana"})
    loader = Loader(shelf.load)
    first = asyncio.create_task(loader.load("a"))
    await shelf.asked.wait()
    impatient, patient = (asyncio.create_task(loader.load_all(["a", "b"])) for _ in range(2))
    await asyncio.sleep(0)

    impatient.cancel()
    await asyncio.wait([impatient])
    shelf.opened.set()

    assert await patient == ["apple", "banana"]
    assert await first == "apple"
    assert shelf.batches == [["a"], ["b"]]

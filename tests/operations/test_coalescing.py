"""Look-ups are shared by all requests of a process, so nobody may get a stale answer by it, or anybody's misfortune."""

import asyncio
import gc
from collections.abc import Mapping
from contextvars import ContextVar

import pytest

from entitlements.facts import EnvironmentId
from resolvers.coalescing import Coalescer, Environments, LookupsClosed
from storage.errors import RowUnreadable

_REQUEST: ContextVar[str] = ContextVar("request")


class Store:
    """What loads: a batch answers what is held when it begins, once the test lets it."""

    def __init__(self, values: dict[str, str]) -> None:
        self.values = values
        self.batches: list[list[str]] = []
        self.unreadable: set[str] = set()
        self.began, self.gate = asyncio.Semaphore(0), asyncio.Semaphore(0)
        self.stopped = 0

    async def load(self, keys: list[str]) -> Mapping[str, str]:
        self.batches.append(keys)
        self.began.release()
        found = {key: self.values[key] for key in keys if key in self.values}
        try:
            await self.gate.acquire()
        except asyncio.CancelledError:
            self.stopped += 1
            raise
        for key in keys:
            if key in self.unreadable:
                raise RowUnreadable("fruit", key)
        return found

    def open(self, batches: int = 1_000) -> None:
        """Lets so many batches go on."""
        for _ in range(batches):
            self.gate.release()


@pytest.fixture
def store() -> Store:
    """A store of two fruits."""
    return Store({"a": "apple", "b": "banana"})


@pytest.fixture
def coalescer(store: Store) -> Coalescer[str, str]:
    """The look-up of that store."""
    return Coalescer(store.load)


def _asking(coalescer: Coalescer[str, str], *keys: str) -> list[asyncio.Task[str | None]]:
    return [asyncio.create_task(coalescer.load(key)) for key in keys]


async def test_what_is_asked_for_in_one_turn_goes_out_together(store: Store, coalescer: Coalescer[str, str]) -> None:
    store.open()

    found = await asyncio.gather(*map(coalescer.load, "abca"))

    assert found == ["apple", "banana", None, "apple"]
    assert store.batches == [["a", "b", "c"]]


async def test_what_is_asked_for_meanwhile_goes_out_together_in_the_next_one(
    store: Store, coalescer: Coalescer[str, str]
) -> None:
    first = _asking(coalescer, "a")
    await store.began.acquire()
    later = _asking(coalescer, "b", "c", "b")
    await asyncio.sleep(0)

    store.open()

    assert await asyncio.gather(*first, *later) == ["apple", "banana", None, "banana"]
    assert store.batches == [["a"], ["b", "c"]]


async def test_nobody_is_answered_by_a_batch_that_began_before_they_asked(
    store: Store, coalescer: Coalescer[str, str]
) -> None:
    before = _asking(coalescer, "a")
    await store.began.acquire()
    store.values["a"] = "apricot"

    after = _asking(coalescer, "a")
    await asyncio.sleep(0)
    store.open()

    assert await asyncio.gather(*before, *after) == ["apple", "apricot"]


async def test_a_batch_has_a_bound_which_one_asker_may_pass_in_several(store: Store) -> None:
    coalescer = Coalescer(store.load, at_most=3)
    store.open()

    many, *_ = await asyncio.gather(coalescer.load_all(list("vwxya")), *map(coalescer.load, "abc"))

    assert many == {"a": "apple"}
    assert max(map(len, store.batches)) == 3
    assert sorted(key for batch in store.batches for key in batch) == list("aabcvwxy")


async def test_what_a_batch_raises_reaches_those_who_asked_for_its_keys(store: Store) -> None:
    async def load(keys: list[str]) -> Mapping[str, str]:
        await store.load(keys)
        if "a" in keys:
            raise ConnectionError("a")
        return {key: key for key in keys}

    coalescer = Coalescer(load)
    first = _asking(coalescer, "a", "b")
    await store.began.acquire()
    second = _asking(coalescer, "b")
    await asyncio.sleep(0)
    store.open()

    answers = await asyncio.gather(*first, *second, return_exceptions=True)

    assert [type(answer) for answer in answers] == [ConnectionError, ConnectionError, str]


async def test_a_row_that_cannot_be_read_fails_those_who_asked_for_it_and_nobody_else(
    store: Store, coalescer: Coalescer[str, str]
) -> None:
    store.unreadable.add("x")
    store.open()

    answers = await asyncio.gather(*map(coalescer.load, "axb"), return_exceptions=True)

    assert answers[::2] == ["apple", "banana"]
    assert isinstance(answers[1], RowUnreadable)
    assert store.batches == [["a", "x", "b"], ["a"], ["x"], ["b"]]


@pytest.mark.parametrize("waits_for", [["a"], ["b"]], ids=["the same key", "another key"])
async def test_ones_cancellation_takes_nothing_from_the_others(
    store: Store, coalescer: Coalescer[str, str], waits_for: list[str]
) -> None:
    [impatient, patient] = _asking(coalescer, "a", *waits_for)
    await store.began.acquire()

    impatient.cancel()
    store.open()

    assert await patient == store.values[waits_for[0]]
    assert impatient.cancelled()
    assert store.stopped == 0


async def test_a_batch_that_nobody_waits_for_any_more_is_not_begun(
    store: Store, coalescer: Coalescer[str, str]
) -> None:
    [patient] = _asking(coalescer, "a")
    await store.began.acquire()
    impatient = _asking(coalescer, "b", "c")
    await asyncio.sleep(0)

    for each in impatient:
        each.cancel()
    store.open()

    assert await patient == "apple"
    await asyncio.wait(impatient)
    await asyncio.sleep(0)
    assert store.batches == [["a"]]
    assert coalescer.is_idle


async def test_a_batch_that_nobody_waits_for_any_more_is_stopped_and_the_next_one_goes_out(
    store: Store, coalescer: Coalescer[str, str]
) -> None:
    impatient = _asking(coalescer, "a", "b")
    await store.began.acquire()
    [later] = _asking(coalescer, "b")
    await asyncio.sleep(0)

    for each in impatient:
        each.cancel()
    await store.began.acquire()
    store.open()

    assert await later == "banana"
    assert store.stopped == 1
    assert store.batches == [["a", "b"], ["b"]]


async def test_a_batch_that_is_stopped_may_end_well_whoever_gives_up_meanwhile() -> None:
    began, closed = asyncio.Event(), asyncio.Event()
    ended: list[str] = []

    async def load(_: list[str]) -> Mapping[str, str]:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            # As it closes its connection.
            await closed.wait()
            ended.append("well")
        raise AssertionError

    coalescer = Coalescer(load)
    [first] = _asking(coalescer, "a")
    await began.wait()
    second, third = _asking(coalescer, "b", "c")
    for each in (first, second, third):
        each.cancel()
        await asyncio.wait([each])
    closing = asyncio.create_task(coalescer.close())
    await asyncio.sleep(0)

    closed.set()
    await closing

    assert ended == ["well"]


async def test_whoever_gives_up_leaves_no_complaint_when_the_batch_fails(
    coalescer: Coalescer[str, str], store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    store.unreadable.add("x")
    [impatient, patient] = _asking(coalescer, "x", "x")
    await store.began.acquire()

    store.open()
    impatient.cancel()

    with pytest.raises(RowUnreadable):
        await patient
    del impatient, patient
    gc.collect()
    assert caplog.messages == []


async def test_closing_leaves_no_task_and_lets_nobody_ask(store: Store, coalescer: Coalescer[str, str]) -> None:
    carried = _asking(coalescer, "a")
    await store.began.acquire()
    waiting = _asking(coalescer, "b")
    await asyncio.sleep(0)

    await coalescer.close()

    answers = await asyncio.gather(*carried, *waiting, return_exceptions=True)
    assert [type(answer) for answer in answers] == [LookupsClosed, LookupsClosed]
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert (store.batches, store.stopped) == ([["a"]], 1)
    with pytest.raises(LookupsClosed):
        await coalescer.load("a")


async def test_closing_before_a_batch_has_begun_leaves_no_task_either(
    store: Store, coalescer: Coalescer[str, str]
) -> None:
    asking = _asking(coalescer, "a", "b")
    await asyncio.sleep(0)

    await coalescer.close()

    await asyncio.gather(*asking, return_exceptions=True)
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_environments_share_nothing_and_do_not_wait_for_each_other(store: Store) -> None:
    first, second = EnvironmentId("env_1"), EnvironmentId("env_2")
    stuck = asyncio.Event()

    async def load(environment: EnvironmentId, keys: list[str]) -> Mapping[str, str]:
        if environment == first:
            await stuck.wait()
        return {key: f"{key} of {environment}" for key in keys}

    lookup = Environments(load)
    slow = asyncio.create_task(lookup.load_all(first, ["a"]))
    await asyncio.sleep(0)

    assert await lookup.load_all(second, ["a"]) == {"a": "a of env_2"}

    stuck.set()
    assert await slow == {"a": "a of env_1"}


async def test_an_environment_that_nobody_asks_for_takes_no_memory(store: Store) -> None:
    async def load(environment: EnvironmentId, keys: list[str]) -> Mapping[str, str]:
        return dict.fromkeys(keys, environment)

    lookup = Environments(load)

    await asyncio.gather(*(lookup.load_all(EnvironmentId(f"env_{n % 50}"), ["a"]) for n in range(200)))

    assert len(lookup) == 0


async def test_a_batch_carries_nothing_of_the_request_that_was_first(store: Store) -> None:
    seen: list[str] = []

    async def load(keys: list[str]) -> Mapping[str, str]:
        seen.append(_REQUEST.get("none"))
        return {}

    _REQUEST.set("first")
    await Coalescer(load).load("a")

    assert seen == ["none"]

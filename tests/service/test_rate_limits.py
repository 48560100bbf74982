"""Rate limits: what fits, what doesn't, when it will again, and what happens while the shared counters are away."""

import asyncio
import logging
import socket
import time
from collections.abc import Coroutine, Generator
from contextlib import closing
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from limits import parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from pydantic import SecretStr

from gateway.rates.counters import SHARED_PATIENCE_SECONDS
from gateway.rates.limits import RateLimits, Spent, rate_headers, source_of
from gateway.rates.memory import LocalCounters, Window
from gateway.settings import Settings, SettingsInvalid

NOON = 1_800_000_000.0
"""An instant at which a minute begins, in seconds of the epoch."""


def limits_of(**given: bool | str | SecretStr) -> RateLimits:
    return RateLimits(Settings.model_validate(given))


async def at(seconds: float, question: Coroutine[Any, Any, Spent]) -> Spent:
    """An answer as of some seconds past noon."""
    with patch("time.time", lambda: NOON + seconds):
        return await question


async def test_what_does_not_fit_is_refused_and_not_spent() -> None:
    limits = limits_of(key_rate="100/minute")

    first = await at(0, limits.spend("key_1", "key", 60))
    refused = await at(0, limits.spend("key_1", "key", 41))
    fitting = await at(0, limits.spend("key_1", "key", 40))

    assert first == Spent(allowed=True, limit=100, remaining=40, reset_seconds=120)
    assert refused == Spent(allowed=False, limit=100, remaining=40, reset_seconds=120, retry_seconds=61)
    assert fitting == Spent(allowed=True, limit=100, remaining=0, reset_seconds=120)


async def test_a_cost_above_the_whole_limit_is_refused_for_good() -> None:
    limits = limits_of(key_rate="100/minute")

    refused = await at(0, limits.spend("key_1", "key", 101))

    assert refused == Spent(allowed=False, limit=100, remaining=100, reset_seconds=0, retry_seconds=None)


async def test_an_operation_costs_something_even_if_it_asks_for_nothing() -> None:
    limits = limits_of(key_rate="2/minute")

    spent = [await at(0, limits.spend("key_1", "key", 0)) for _ in range(3)]

    assert [each.allowed for each in spent] == [True, True, False]


async def test_every_caller_has_a_limit_of_its_own() -> None:
    limits = limits_of(key_rate="10/minute", session_rate="5/minute")
    await at(0, limits.spend("a", "key", 10))

    same_name = await at(0, limits.spend("a", "session", 5))
    other = await at(0, limits.spend("b", "key", 10))

    assert (same_name.allowed, same_name.limit) == (True, 5)
    assert other.allowed


@given(
    wishes=st.lists(st.tuples(st.integers(0, 200), st.integers(1, 12)), min_size=1, max_size=12),
    quarter=st.integers(0, 3),
)
@example(wishes=[(0, 10), (0, 1)], quarter=0)
@example(wishes=[(59, 10), (1, 1)], quarter=3)
def test_what_is_announced_comes_true(wishes: list[tuple[int, int]], quarter: int) -> None:
    """What was refused fits once its time to wait is over, and nothing counts any more after the reset."""

    async def play() -> None:
        limits, now = limits_of(key_rate="10/minute"), quarter / 4
        for pause, cost in wishes:
            now += pause
            spent = await at(now, limits.spend("key_1", "key", cost))
            if spent.retry_seconds is not None:
                assert 1 <= spent.retry_seconds <= 120
                now += spent.retry_seconds
                assert (await at(now, limits.spend("key_1", "key", cost))).allowed
        last = await at(now, limits.spend("key_1", "key", 11))
        afterwards = await at(now + last.reset_seconds, limits.spend("key_1", "key", 11))
        assert afterwards == Spent(allowed=False, limit=10, remaining=10, reset_seconds=0)

    asyncio.run(play())


async def test_time_itself_makes_room() -> None:
    limits = limits_of(session_rate="5/second")
    await limits.spend("cs_1", "session", 5)
    refused = await limits.spend("cs_1", "session", 5)
    assert refused.retry_seconds is not None

    await asyncio.sleep(refused.retry_seconds)

    assert (await limits.spend("cs_1", "session", 5)).allowed


async def test_nothing_is_limited_when_limits_are_off() -> None:
    limits = limits_of(rate_limits=False, key_rate="1/day", failure_rate="1/day", rate_limit_storage=SecretStr("?"))

    spent = [await limits.spend("key_1", "key", 1_000) for _ in range(3)]
    failures = [await limits.note_failure("192.0.2.1") for _ in range(3)]

    assert all(each.allowed for each in [*spent, *failures])
    assert rate_headers(spent[0]) == {}


async def test_an_address_that_was_wrong_20_times_is_told_to_wait() -> None:
    limits = limits_of()

    for _ in range(20):
        assert (await at(0, limits.note_failure("192.0.2.1"))).allowed

    refused = await at(0, limits.note_failure("192.0.2.1"))
    assert refused == Spent(allowed=False, limit=20, remaining=0, reset_seconds=120, retry_seconds=63)
    assert (await at(0, limits.note_failure("192.0.2.2"))).allowed
    assert (await at(63, limits.note_failure("192.0.2.1"))).allowed


@pytest.mark.parametrize(
    ("host", "source"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::/64"),
        ("", "unknown"),
        (None, "unknown"),
        ("x" * 10_000, "unknown"),
    ],
)
def test_a_source_is_an_address_or_the_network_one_subscriber_has(host: str | None, source: str) -> None:
    assert source_of(host) == source


def test_headers_say_where_a_caller_stands() -> None:
    allowed = Spent(allowed=True, limit=100, remaining=40, reset_seconds=90)
    refused = Spent(allowed=False, limit=100, remaining=40, reset_seconds=90, retry_seconds=12)

    assert rate_headers(allowed) == {
        "RateLimit-Limit": "100",
        "RateLimit-Remaining": "40",
        "RateLimit-Reset": "90",
    }
    assert rate_headers(refused) == {**rate_headers(allowed), "Retry-After": "12"}


def test_memory_is_bounded_and_what_ended_goes_first() -> None:
    counters, hourly, short = LocalCounters(at_most=100), parse("5/hour"), parse("5/second")
    with patch("time.time", lambda: NOON):
        counters.spend(hourly, 1, "long")

        for number in range(1_000):
            counters.spend(short, 1, f"short {number}")
        kept, _ = counters.spend(short, 5, "short 999")
        forgotten, _ = counters.spend(hourly, 5, "long")
    assert len(counters) == 100
    assert (kept, forgotten) == (False, True)

    with patch("time.time", lambda: NOON + 2):
        counters.spend(hourly, 1, "later")
    assert len(counters) == 2, "the one that goes on, and the later one"


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(1, 12)), min_size=1, max_size=20))
@example([(0, 10), (240, 1), (0, 8), (239, 9), (1, 1), (0, 11)])
def test_this_process_counts_as_the_shared_counters_do(wishes: list[tuple[int, int]]) -> None:
    """By the library's limiter, over its own counters in memory: what fits, and what is then left."""

    async def play() -> None:
        rate, here, storage, now = parse("10/minute"), LocalCounters(at_most=100), MemoryStorage(), NOON
        limiter = SlidingWindowCounterRateLimiter(storage)
        for quarters, cost in wishes:
            now += quarters / 4
            with patch("time.time", lambda: now):  # noqa: B023 - it is called at once
                fits = await limiter.hit(rate, "key_1", cost=cost)
                left = await storage.get_sliding_window(rate.key_for("key_1"), rate.get_expiry())
                assert here.spend(rate, cost, "key_1") == (fits, Window(*left))

    asyncio.run(play())


async def test_counting_leaves_no_task_behind() -> None:
    limits = limits_of()

    await limits.spend("key_1", "key", 1)
    await limits.note_failure("192.0.2.1")
    await limits.close()

    assert asyncio.all_tasks() == {asyncio.current_task()}


@pytest.mark.parametrize("url", ["mysql://me:s3cr3t@db/x", "s3cr3t", "memcached://s3cr3t", "redis://me:s3cr3t@[x"])
def test_counters_that_do_not_exist_are_named_without_their_secret(url: str) -> None:
    with pytest.raises(SettingsInvalid) as refused:
        limits_of(rate_limit_storage=SecretStr(url))

    assert str(refused.value).startswith("The setting `rate_limit_storage` (ADMITTANCE_RATE_LIMIT_STORAGE): ")
    assert "s3cr3t" not in str(refused.value)


@pytest.fixture
def silent_port() -> Generator[int]:
    """A port whose server takes connections and never says a word."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        yield server.getsockname()[1]


@pytest.fixture
def closed_port() -> int:
    """A port that nobody listens on."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        return server.getsockname()[1]


@pytest.mark.parametrize("port", ["silent_port", "closed_port"])
async def test_shared_counters_that_are_away_stop_nobody_and_are_mentioned_once(
    request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture, port: str
) -> None:
    url = SecretStr(f"redis://me:s3cr3t@127.0.0.1:{request.getfixturevalue(port)}")
    limits = limits_of(rate_limit_storage=url, key_rate="10/minute", failure_rate="1/minute")

    started = time.monotonic()
    spent = [await limits.spend("key_1", "key", 1) for _ in range(11)]
    took = time.monotonic() - started
    failures = [await limits.note_failure("192.0.2.1") for _ in range(2)]
    await limits.close()

    assert [each.allowed for each in spent] == [True] * 10 + [False]
    assert [each.allowed for each in failures] == [True, False]
    assert took < 2 * SHARED_PATIENCE_SECONDS
    [warning] = [record for record in caplog.records if record.name == "admittance.rate_limits"]
    assert warning.levelno == logging.WARNING
    assert "each process counts by itself" in warning.getMessage()
    assert "s3cr3t" not in caplog.text

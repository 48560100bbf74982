"""Rates that several processes share: counted in a real Redis. `make test-redis` installs what it needs."""

import shutil
import subprocess
from collections.abc import Generator
from pathlib import Path

import pytest
from pydantic import SecretStr

from gateway.rates import counters as rate_counters
from gateway.rates.limits import Spent
from tests.service.test_rate_limits import limits_of


class RedisServer:
    """A Redis on a Unix socket, which can be stopped and started again."""

    def __init__(self, program: str, folder: Path) -> None:
        path = folder / "redis.sock"
        self.url = SecretStr(f"redis+unix://{path}")
        self._command = [program, "--port", "0", "--unixsocket", str(path), "--save", "", "--dir", str(folder)]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = process = subprocess.Popen(self._command, stdout=subprocess.PIPE)
        assert process.stdout is not None
        while b"ready to accept connections" not in process.stdout.readline().lower():
            assert process.poll() is None, "it didn't start"

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.communicate()
            self._process = None


@pytest.fixture
def redis(tmp_path: Path) -> Generator[RedisServer]:
    """A Redis that runs."""
    program = shutil.which("redis-server")
    assert program, "there is no redis-server; `make test-redis` installs it where it can"
    server = RedisServer(program, tmp_path)
    server.start()
    yield server
    server.stop()


async def test_processes_share_what_is_counted_in_redis(redis: RedisServer) -> None:
    one, other = (limits_of(rate_limit_storage=redis.url, key_rate="10/minute") for _ in range(2))

    first, second = await one.spend("key_1", "key", 6), await other.spend("key_1", "key", 6)
    third, fourth = await other.spend("key_1", "key", 4), await one.spend("key_1", "key", 11)

    assert first == Spent(allowed=True, limit=10, remaining=4, reset_seconds=120)
    assert (second.allowed, second.remaining) == (False, 4)
    assert second.retry_seconds in {80, 81}
    assert (third.allowed, third.remaining) == (True, 0)
    assert (fourth.allowed, fourth.retry_seconds) == (False, None)
    await one.close()
    await other.close()


async def test_counting_goes_on_here_while_redis_is_away_and_there_once_it_is_back(
    redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_counters, "SHARED_PAUSE_SECONDS", 0.0)
    limits = limits_of(rate_limit_storage=redis.url, key_rate="10/minute")

    before = await limits.spend("key_1", "key", 1)
    redis.stop()
    away = await limits.spend("key_1", "key", 5)
    redis.start()
    back = await limits.spend("key_1", "key", 2)
    await limits.close()

    assert [each.remaining for each in (before, away, back)] == [9, 5, 8]

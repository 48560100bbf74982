"""What nobody waits for is kept at: a failure that nobody foresaw is heard of, and the work begun anew."""

import asyncio

import pytest

from storage import unattended
from storage.unattended import keep_at


async def test_work_that_fails_is_logged_each_time_and_begun_anew_until_it_comes_to_its_end(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(unattended, "FIRST_PAUSE_SECONDS", 0.001)
    failures = iter((ZeroDivisionError(), KeyError("x")))

    async def work() -> None:
        for failure in failures:
            raise failure

    await keep_at(work, "counting")

    assert [record.getMessage() for record in caplog.records] == [
        "counting: ZeroDivisionError, and it begins anew",
        "counting: KeyError, and it begins anew",
    ]
    assert all(record.exc_info for record in caplog.records)


async def test_work_that_is_cancelled_is_over(caplog: pytest.LogCaptureFixture) -> None:
    begun = asyncio.Event()

    async def work() -> None:
        begun.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(keep_at(work, "waiting"))
    await begun.wait()
    task.cancel()
    await asyncio.wait([task])

    assert task.cancelled()
    assert caplog.records == []

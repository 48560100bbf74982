"""What is put off is left alone for a while, and nothing is remembered for ever."""

import asyncio

import pytest

from gateway import put_off
from gateway.put_off import PutOff


async def test_what_is_put_off_is_left_alone_for_its_time_and_is_news_once() -> None:
    known: PutOff[str] = PutOff(0.05)

    assert known.add("a")
    assert known.now() == {"a"}
    await asyncio.sleep(0.06)
    assert known.now() == set()
    assert not known.add("a")

    known.remove("a")
    assert known.now() == set()
    assert known.add("a")


async def test_what_was_mended_by_others_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody says so: it is just never put off again."""
    monkeypatch.setattr(put_off, "REMEMBERED_SECONDS", 0.05)
    known: PutOff[str] = PutOff(0)
    known.add("a")
    await asyncio.sleep(0.06)

    known.now()

    assert known.add("a")

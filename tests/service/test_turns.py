"""Turns: whoever asks for many waits for its own, and nobody else does."""

import asyncio
import gc
import time
from itertools import pairwise

from gateway.preparing.turns import Turns

WORK_SECONDS = 0.02


async def _work(turns: Turns, who: str, began: list[float]) -> None:
    async with turns.of(who):
        began.append(time.perf_counter())
        time.sleep(WORK_SECONDS)  # noqa: ASYNC251 - the work that turns are for is of the kind that nothing interrupts


async def test_somebody_elses_turn_comes_before_ones_own_second() -> None:
    turns, mine, theirs = Turns(), list[float](), list[float]()

    await asyncio.gather(_work(turns, "me", mine), _work(turns, "me", mine), _work(turns, "they", theirs))

    assert mine[0] < theirs[0] < mine[1]


async def test_turns_come_in_the_order_they_were_asked_for_with_pauses_between() -> None:
    turns, began = Turns(), list[float]()

    await asyncio.gather(*(_work(turns, "me", began) for _ in range(3)))

    assert began == sorted(began)
    # The event loop's clock may run ahead of a timer by its resolution.
    assert all(later - earlier > 1.9 * WORK_SECONDS for earlier, later in pairwise(began))


async def test_who_gives_up_waiting_holds_nobody_up() -> None:
    turns, began = Turns(), list[float]()
    first, second, third = (asyncio.create_task(_work(turns, "me", began)) for _ in range(3))

    await first
    second.cancel()
    await asyncio.wait_for(third, 10)

    assert len(began) == 2


async def test_nothing_is_kept_of_those_who_are_gone() -> None:
    turns = Turns()

    await asyncio.gather(*(_work(turns, who, []) for who in "abc"))
    await asyncio.sleep(2 * WORK_SECONDS)
    gc.collect()

    assert len(turns) == 0

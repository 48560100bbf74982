"""A dispatcher that is killed loses nothing, wherever it was."""

import asyncio
import os
import random
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from gateway.webhooks.dispatcher import LEASE
from tests.service.webhooks.post import Post, dispatching
from tests.service.webhooks.receiver import Connection, confirm, receiving

ROOT = Path(__file__).parents[3]
ROUNDS = 5


@asynccontextmanager
async def delivering(url: str) -> AsyncGenerator[asyncio.subprocess.Process]:
    """A dispatcher in a process of its own, killed at the end."""
    script = Path(__file__).with_name("delivering_process.py")
    process = await asyncio.create_subprocess_exec(sys.executable, script, url, env={**os.environ, "PYTHONPATH": ROOT})
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_a_delivery_whose_confirmation_nobody_wrote_down_is_delivered_again(
    post: Post, database_url: str
) -> None:
    async with receiving() as receiver:
        endpoint = await post.endpoint(receiver.url, "entitlements.changed")
        await post.happen(1)
        async with delivering(database_url) as process:

            async def kill_and_confirm(connection: Connection) -> None:
                process.kill()
                await process.wait()
                await confirm(connection)

            receiver.behave = kill_and_confirm
            await receiver.until(lambda arrivals: len(arrivals) == 1)
        [held] = await post.deliveries(endpoint)
        receiver.behave = confirm

        async with dispatching(post.database) as dispatcher:
            await dispatcher.deliver_due()
            before_the_lease_ends = len(receiver.arrivals)
            await post.wait(LEASE)
            await dispatcher.deliver_due()

    assert held.state == "PENDING"
    assert before_the_lease_ends == 1
    first, again = receiver.arrivals
    assert first.body == again.body
    [delivery] = await post.deliveries(endpoint)
    assert delivery.state == "DELIVERED"
    assert [attempt.status_code for attempt in await post.attempts(delivery)] == [200]


async def test_dispatchers_killed_at_any_moment_lose_nothing(post: Post, database_url: str) -> None:
    chance = random.Random(7)  # noqa: S311 (no secret)
    async with receiving() as receiver:
        await post.endpoint(receiver.url)
        for _ in range(ROUNDS):
            await post.happen(4)
            seen = len(receiver.arrivals)
            async with delivering(database_url):
                enough = seen + chance.randint(1, 8)
                await receiver.until(lambda arrivals, enough=enough: len(arrivals) >= enough)
        async with dispatching(post.database) as dispatcher:
            await post.wait(LEASE + timedelta(seconds=1))
            await dispatcher.deliver_due()

    arrived = {(arrival.event["type"], arrival.event["id"]) for arrival in receiver.arrivals}
    assert len(arrived) == 2 * 4 * ROUNDS

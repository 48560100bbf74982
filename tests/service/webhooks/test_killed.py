"""A dispatcher that is killed loses nothing, wherever it was. WEBHOOK_KILLS says how often: 5 times as it is."""

import os
import random
import sys
from collections import Counter
from datetime import timedelta

from gateway.webhooks.dispatcher import LEASE
from tests.killing import deliver, doomed
from tests.service.webhooks.post import Post, dispatching
from tests.service.webhooks.receiver import Connection, confirm, receiving

KILLS = int(os.environ.get("WEBHOOK_KILLS", "5"))


async def test_a_delivery_whose_confirmation_nobody_wrote_down_is_delivered_again(
    post: Post, database_url: str
) -> None:
    async with receiving() as receiver:
        endpoint = await post.endpoint(receiver.url, "entitlements.changed")
        await post.happen(1)
        async with doomed(deliver, database_url) as process:

            async def kill_and_confirm(connection: Connection) -> None:
                process.kill()
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
    left = Counter[str]()
    async with receiving() as receiver:
        endpoint = await post.endpoint(receiver.url)
        for _ in range(KILLS):
            await post.happen(4)
            seen = len(receiver.arrivals)
            async with doomed(deliver, database_url):
                enough = seen + chance.randint(1, 8)
                await receiver.until(lambda arrivals, enough=enough: len(arrivals) >= enough)
            are_pending = any(delivery.state == "PENDING" for delivery in await post.deliveries(endpoint))
            left["some" if are_pending else "none"] += 1
        async with dispatching(post.database) as dispatcher:
            await post.wait(LEASE + timedelta(seconds=1))
            await dispatcher.deliver_due()

    arrived = {(arrival.event["type"], arrival.event["id"]) for arrival in receiver.arrivals}
    assert len(arrived) == 2 * 4 * KILLS
    sys.stdout.write(f"\n{KILLS} dispatchers killed; of what was due they left {dict(left)}\n")
    assert left["some"] > 0

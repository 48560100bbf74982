"""An import that is killed, wherever it was, and run again leaves what one leaves that wasn't.

STRIPE_KILLS says how often: 3 times as it is.
"""

import asyncio
import os
import sys
from datetime import UTC, datetime
from random import Random

from storage.database import Database
from storage.environments import create_environment
from tests.killing import Report, doomed
from tests.stripe_source.books import DAY
from tests.stripe_source.feeding import run_stripe
from tests.stripe_source.histories import History
from tests.stripe_source.rows import rows_of
from tests.stripe_source.stand_in import StandIn

KILLS = int(os.environ.get("STRIPE_KILLS", "3"))

CUSTOMERS = 20

LONGEST_WORK_SECONDS = 0.2
"""How long it may be at work on an answer before it is killed."""

NEW_YEAR = 1_704_067_200


async def import_all(report: Report, database_url: str, address: str, environment: str) -> None:
    """Imports as the command does."""
    report.begin()
    await asyncio.to_thread(run_stripe, database_url, address, "import", environment=environment)


async def test_an_import_killed_anywhere_and_run_again_ends_as_one_that_was_not(
    database: Database, database_url: str
) -> None:
    lot = Random(7)  # noqa: S311 (no secret)
    source = StandIn(NEW_YEAR)
    History(source.billing, range(CUSTOMERS), days=28).go_on_until(NEW_YEAR + 28 * DAY)
    since = datetime.now(UTC)
    were_at_work = 0
    with source.open():
        whole = await create_environment(database, "whole", livemode=False)
        assert await asyncio.to_thread(run_stripe, database_url, source.url, "import", environment="whole") == 0
        expected = await rows_of(database, whole.id, since)
        requests = len(source.interface.paths)
        for number in range(KILLS):
            name = f"killed-{number}"
            environment = await create_environment(database, name, livemode=False)
            reached = _reached(source, 1 + number * requests // KILLS)
            async with doomed(import_all, database_url, source.url, name) as process:
                await reached
                await asyncio.sleep(lot.random() * LONGEST_WORK_SECONDS)
                were_at_work += process.kill()
            assert await asyncio.to_thread(run_stripe, database_url, source.url, "import", environment=name) == 0
            assert await rows_of(database, environment.id, since) == expected, name

    sys.stdout.write(f"\n{KILLS} imports of {requests} requests killed, {were_at_work} of them at work\n")
    assert were_at_work > 0


def _reached(source: StandIn, number: int) -> asyncio.Future[None]:
    """What is done when the source is asked for the so-manyth time from now on."""
    loop = asyncio.get_running_loop()
    reached = loop.create_future()
    first = len(source.interface.paths)

    def count(path: str) -> None:
        if len(source.interface.paths) - first == number:
            loop.call_soon_threadsafe(reached.set_result, None)

    source.interface.before = count
    return reached

"""Work that goes on by itself and that nobody waits for."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from storage.pauses import growing_pauses

log = logging.getLogger("admittance.unattended")

FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 5.0


async def keep_at(work: Callable[[], Awaitable[None]], what: str) -> None:
    """Carries work out until it comes to its end, and begins it anew whenever it fails.

    For a task that nobody waits for: else nobody would hear of a failure that wasn't foreseen, and the work would be
    missed for good. `what`: what is going on, for the log.
    """
    pauses = growing_pauses(first_seconds=FIRST_PAUSE_SECONDS, longest_seconds=LONGEST_PAUSE_SECONDS)
    while True:
        try:
            return await work()
        except Exception as error:
            # The edge of a task: whatever it is, it must be heard of.
            log.error("%s: %s, and it begins anew", what, type(error).__name__, exc_info=error)
        await asyncio.sleep(next(pauses))

"""When a delivery that failed is tried again: pauses that grow, each a little longer than it need be, over 80 hours."""

import random
from dataclasses import dataclass
from datetime import timedelta

_SECONDS = (5, 30, 120, 600, 1_800)
_HOURS = (1, 2, 4, 7, 10, 14, 18, 24)


@dataclass(frozen=True, slots=True)
class RetrySchedule:
    """The pauses after the first failure, the second and so on; after the last of them a delivery is given up.

    `jitter`: by up to which part of itself a pause is longer, at random, so that what failed together doesn't come
    back together. `longest_asked`: how long a receiver may ask to be left alone, by Retry-After, at the most.
    """

    pauses: tuple[timedelta, ...] = (
        *(timedelta(seconds=seconds) for seconds in _SECONDS),
        *(timedelta(hours=hours) for hours in _HOURS),
    )
    jitter: float = 0.2
    longest_asked: timedelta = timedelta(hours=1)

    def pause_after(self, failures: int, asked: timedelta | None = None) -> timedelta | None:
        """How long to wait after so many failures, this one included; None to give up.

        `asked`: what the receiver asked for. It never shortens a pause: the attempts would be used up in no time.
        """
        if failures > len(self.pauses):
            return None
        pause = self.pauses[failures - 1]
        jittered = pause + pause * (self.jitter * random.random())  # noqa: S311 (no secret)
        return jittered if asked is None else max(jittered, min(asked, self.longest_asked))

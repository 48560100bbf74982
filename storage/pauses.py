"""Pauses between attempts at what failed."""

import random
from collections.abc import Iterator


def about(seconds: float) -> float:
    """A pause that is so long on average: those who began to wait together don't go on together."""
    return seconds * random.uniform(0.5, 1.5)  # noqa: S311 (no secret)


def growing_pauses(*, first_seconds: float, longest_seconds: float) -> Iterator[float]:
    """Seconds to wait before each further attempt, without end: doubling up to the longest.

    Each is shortened at random by up to a half, so that those who failed together don't come back together.
    """
    pause = first_seconds
    while True:
        yield pause * random.uniform(0.5, 1)  # noqa: S311 (no secret)
        pause = min(pause * 2, longest_seconds)

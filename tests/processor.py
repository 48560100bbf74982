"""How slow the processor is just now: bounds on work hold for the machine that they were measured on.

The same work takes up to twice as long, for a moment or for good, on a processor that is slower or shared.
"""

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager

from graphql import get_introspection_query, parse

REFERENCE_SECONDS = 0.000_83
"""What the work below takes on that machine while nothing else runs."""

_WORK = get_introspection_query()


def slowness() -> float:
    """How many times as long a piece of work, none of it ours, takes here and now as on that machine; at least 1."""
    best = float("inf")
    for _ in range(3):
        began = time.thread_time()
        parse(_WORK)
        best = min(best, time.thread_time() - began)
    return max(1, best / REFERENCE_SECONDS)


class Stopwatch:
    """What it measured, in seconds of that machine."""

    seconds = float("inf")


@contextmanager
def timed(clock: Callable[[], float]) -> Generator[Stopwatch]:
    """Measures what is done meanwhile, by a clock in seconds."""
    stopwatch = Stopwatch()
    before, began = slowness(), clock()
    yield stopwatch
    took = clock() - began
    # Of a spell that came or went amid the work, the benefit isn't given.
    stopwatch.seconds = took / min(before, slowness())

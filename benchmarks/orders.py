"""What both sides of the writes' comparison write, and the load that makes them: some writers, all of them busy."""

import asyncio
import itertools
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from benchmarks.data import customer_id, product_id
from benchmarks.load import Turn

# A prime that divides no number of customers one asks for: every customer has a turn before one has a second.
_STRIDE = 1_000_003


@dataclass(frozen=True, slots=True)
class Order:
    """One subscription to write: each for another customer, who holds other ones, and with values of its own."""

    customer: str
    product: str
    quantity: int
    metadata: dict[str, str]

    @classmethod
    def numbered(cls, number: int, customers: range) -> "Order":
        """The order of this number, by one of these customers."""
        customer = customers[number * _STRIDE % len(customers)]
        return cls(customer_id(customer), product_id(number), number % 1000 + 1, {"order": str(number)})


def served(customers: int) -> range:
    """Those of so many customers whom the server writes for: what the bare statements add is nothing it has to read."""
    return range(1, customers + 1, 2)


def bare(customers: int) -> range:
    """Those whom the bare statements write for."""
    return range(2, customers + 1, 2)


@dataclass(frozen=True, slots=True)
class Written:
    """How long each write took, in seconds, and how long all of them together."""

    times: Sequence[float]
    seconds: float

    def turn(self, cpu_seconds: float) -> Turn:
        """The figures of a turn that took a process so much time of its core."""
        cuts = statistics.quantiles(self.times, n=100)
        count = len(self.times)
        return Turn(count / self.seconds, cpu_seconds / count * 1000, cuts[49] * 1000, cuts[98] * 1000)


async def write_orders(
    writers: Sequence[Callable[[Order], Awaitable[None]]], customers: range, *, first: int, seconds: float
) -> Written:
    """Has each writer carry out one order after another, from a number on; those begun in time are finished."""
    numbers = itertools.count(first)
    times: list[float] = []
    began = time.perf_counter()

    async def keep_writing(write: Callable[[Order], Awaitable[None]]) -> None:
        while (asked := time.perf_counter()) < began + seconds:
            await write(Order.numbered(next(numbers), customers))
            times.append(time.perf_counter() - asked)

    await asyncio.gather(*map(keep_writing, writers))
    return Written(times, time.perf_counter() - began)

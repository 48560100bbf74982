"""`make bench-growth`: what a page costs as customers and their entitlements grow, with servers measured in turns.

Each size has a database of its own in one PostgreSQL, and a server that keeps facts and one that keeps none. Those that
keep facts are asked for a thousand customers, so that what is kept of them is warm on either side; the others for all.
"""

import asyncio
import os
import statistics
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.box import MARKDOWN
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from benchmarks.data import Size, furnish, ten_days_ago
from benchmarks.databases import empty_databases
from benchmarks.load import Load
from benchmarks.operations import OPERATIONS
from benchmarks.servers import Server, admittance, serving

_SERVER_CORE, _LOAD_CORE = 0, 1
_CONNECTIONS = 8
_WARM = 1_000
_OFF = {"ADMITTANCE_KEPT_BYTES": "0"}

console = Console()


@dataclass(frozen=True, slots=True)
class Point:
    """One of the sizes, with a server over it. `asked`: of how many customers."""

    size: Size
    keeps: bool
    server: Server
    asked: int


def main(
    *,
    most: Annotated[int, typer.Option(min=_WARM, help="Customers of the largest database.")] = 1_000_000,
    rounds: Annotated[int, typer.Option(min=1, help="Turns of each server.")] = 4,
    seconds: Annotated[float, typer.Option(min=1, help="Seconds of a turn.")] = 5,
) -> None:
    """Measure what a page costs over small and large data, and print two tables."""
    sizes = [Size(_WARM, 5), Size(most, 5), Size(_WARM, 1), Size(_WARM, 2), Size(_WARM, 10)]
    names = [f"bench_{size.customers}_{size.entitlements}" for size in sizes]
    with (
        empty_databases(*names) as urls,
        tempfile.TemporaryDirectory(prefix="admittance-bench-") as folder,
        ExitStack() as stack,
    ):
        points: list[Point] = []
        with Progress(console=console) as progress:
            for size, url in zip(sizes, urls, strict=True):
                secret = asyncio.run(furnish(url, size, ten_days_ago(), progress))
                for keeps in (True, False):
                    name = f"{size.customers}-{size.entitlements}-{keeps}"
                    kind = admittance(url, secret, name, {} if keeps else _OFF)
                    server = stack.enter_context(serving(kind, _SERVER_CORE, Path(folder, f"{name}.log")))
                    points.append(Point(size, keeps, server, _WARM if keeps else size.customers))
        os.sched_setaffinity(0, {_LOAD_CORE})
        costs = _measure(points, rounds, seconds, Path(folder))
    _print(points, costs)


def _measure(points: Sequence[Point], rounds: int, seconds: float, folder: Path) -> list[float]:
    """CPU milliseconds a page of each, the median of its turns. The first turn warms up and isn't counted."""
    [page] = [operation for operation in OPERATIONS if operation.name == "page"]
    turns: list[list[float]] = [[] for _ in points]
    with Progress(console=console) as progress:
        task = progress.add_task("Measuring", total=len(points) * (rounds + 1))
        for _ in range(rounds + 1):
            for point, seen in zip(points, turns, strict=True):
                size = Size(point.asked, point.size.items)
                load = Load(_LOAD_CORE, _CONNECTIONS, size, folder)
                seen.append(load.run(point.server, page, seconds).cpu_ms)
                progress.advance(task)
    return [statistics.median(seen[1:]) for seen in turns]


def _print(points: Sequence[Point], costs: Sequence[float]) -> None:
    found = {(point.size, point.keeps): cost for point, cost in zip(points, costs, strict=True)}
    sizes = sorted({point.size for point in points}, key=lambda size: (size.entitlements, size.customers))
    printed = Table(box=MARKDOWN)
    for column in ("customers", "entitlements each", "CPU ms, facts kept", "CPU ms, none kept"):
        printed.add_column(column, justify="right", no_wrap=True)
    for size in sizes:
        kept, none = found[size, True], found[size, False]
        printed.add_row(f"{size.customers:,}", str(size.entitlements), f"{kept:.3f}", f"{none:.3f}")
    Console(width=200).print(printed)
    for keeps, words in ((True, "facts kept"), (False, "none kept")):
        few, many = sorted((size for size in sizes if size.items == 5), key=lambda size: size.customers)
        ratio = found[many, keeps] / found[few, keeps]
        console.print(f"{words}: {many.customers:,} customers cost {ratio:.2f} times {few.customers:,}")
        grown = [size for size in sizes if size.customers == _WARM]
        line = statistics.linear_regression(
            [size.entitlements for size in grown], [found[size, keeps] for size in grown]
        )
        console.print(f"{words}: {line.intercept:.3f} ms a page and {line.slope * 1000:.1f} us an entitlement")


if __name__ == "__main__":
    typer.run(main)

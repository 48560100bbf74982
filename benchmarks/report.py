"""The tables that are printed."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.box import MARKDOWN
from rich.table import Table

from benchmarks.live import Told
from benchmarks.load import Turn
from benchmarks.writes import Compared


@dataclass(frozen=True, slots=True)
class Measured:
    """What a server did at one operation: medians of its turns, and its memory at its peak so far."""

    name: str
    requests_per_second: float
    cpu_ms: float
    p50_ms: float
    p99_ms: float
    p99_at_half_ms: float
    peak_memory_mb: float


def table(measured: Mapping[str, Sequence[Measured]]) -> Table:
    """What the servers did, by operation, in Markdown. The first server is the one the others are compared with."""
    printed = Table(box=MARKDOWN)
    for column in ("operation", "server"):
        printed.add_column(column, no_wrap=True)
    first = next(iter(measured.values()))[0].name
    for column in ("requests/s", f"{first} does", "CPU ms", "p50 ms", "p99 ms", "p99 ms at half load", "peak MB"):
        printed.add_column(column, justify="right", no_wrap=True)
    for operation, servers in measured.items():
        for server in servers:
            ratio = servers[0].requests_per_second / server.requests_per_second
            printed.add_row(
                operation,
                server.name,
                f"{server.requests_per_second:,.{0 if server.requests_per_second >= 100 else 1}f}",
                "" if server is servers[0] else f"{ratio:.2f} x",
                f"{server.cpu_ms:.2f}",
                f"{server.p50_ms:.1f}",
                f"{server.p99_ms:.1f}",
                f"{server.p99_at_half_ms:.1f}",
                f"{server.peak_memory_mb:.0f}",
            )
    return printed


def writes_table(compared: Sequence[Compared]) -> Table:
    """What was acknowledged, of servers and of the bare statements they are compared with, in Markdown."""
    printed = Table(box=MARKDOWN)
    printed.add_column("createSubscription", no_wrap=True)
    for column in ("writes/s", "bare SQL writes/s", "ratio", "CPU ms", "bare CPU ms", "p99 ms", "bare p99 ms"):
        printed.add_column(column, justify="right", no_wrap=True)
    for each in compared:
        served, bare = _median(each.server), _median(each.bare)
        printed.add_row(
            each.name,
            f"{served.requests_per_second:,.0f}",
            f"{bare.requests_per_second:,.0f}",
            f"{each.ratio:.2f} x",
            f"{served.cpu_ms:.2f}",
            f"{bare.cpu_ms:.2f}",
            f"{served.p99_ms:.1f}",
            f"{bare.p99_ms:.1f}",
        )
    return printed


def telling_table(told: Sequence[Told]) -> Table:
    """How long changes took to reach who follows them at another process, in Markdown."""
    printed = Table(box=MARKDOWN)
    printed.add_column("a change written at one process, followed at another", no_wrap=True)
    for column in ("changes", "answered p50 ms", "told p50 ms", "told p99 ms"):
        printed.add_column(column, justify="right", no_wrap=True)
    for each in told:
        printed.add_row(each.database, f"{len(each.told)}", *(f"{figure:.1f}" for figure in each.milliseconds()))
    return printed


def _median(turns: Sequence[Turn]) -> Turn:
    """Each figure's median by itself."""
    return Turn(
        requests_per_second=statistics.median(turn.requests_per_second for turn in turns),
        cpu_ms=statistics.median(turn.cpu_ms for turn in turns),
        p50_ms=statistics.median(turn.p50_ms for turn in turns),
        p99_ms=statistics.median(turn.p99_ms for turn in turns),
    )

"""The table that is printed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.box import MARKDOWN
from rich.table import Table


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

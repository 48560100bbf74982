"""`make bench`: Admittance beside the servers a team would otherwise put in front of its tables, on the same work.

One PostgreSQL; each server is one process on one core, the load comes from another. Servers are measured in turns, so
that what else the machine does meets them all. A table is printed only if their answers are the same. The peers don't
write: a second table has Admittance's writes beside the bare statements they need, and a third how soon a change that
one process writes is told by another.
"""

import asyncio
import os
import shutil
import statistics
import tempfile
from collections.abc import Collection, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from benchmarks.data import Size, furnish, furnish_peers, ten_days_ago
from benchmarks.databases import empty_databases
from benchmarks.live import Told, measure_telling
from benchmarks.load import Load, Turn
from benchmarks.operations import OPERATIONS, Operation
from benchmarks.report import Measured, table, telling_table, writes_table
from benchmarks.sameness import AnswersDiffer, compare
from benchmarks.servers import Kind, Server, admittance, peers, serving
from benchmarks.steady import ask_for_each, measure_p99
from benchmarks.writes import Compared, Writes, compare_writes

console = Console()

_SERVER_CORE, _LOAD_CORE = 0, 1

_MEETING_SECONDS = 60.0
"""The longest that a server is asked for customers one after another before it is measured."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how often to measure."""

    rounds: int
    seconds: float
    warm_up_seconds: float
    connections: int
    changes: int = 300


def main(  # noqa: PLR0913 - the options of a command
    *,
    customers: Annotated[int, typer.Option(min=20, help="Customers.")] = 10_000,
    items: Annotated[int, typer.Option(min=1, max=10, help="Items of a customer; each gives 10 entitlements.")] = 5,
    rounds: Annotated[int, typer.Option(min=1, help="Turns of each server at each operation.")] = 2,
    seconds: Annotated[float, typer.Option(min=1, help="Seconds of a turn.")] = 8,
    warm_up: Annotated[float, typer.Option(min=1, help="Seconds before the first turn that aren't measured.")] = 3,
    connections: Annotated[int, typer.Option(min=1, help="Connections that ask at once.")] = 8,
    servers: Annotated[str, typer.Option(help="Only those whose names contain one of these words: a,b,...")] = "",
    operations: Annotated[str, typer.Option(help="Only these operations: page,check,catalogue,write,live.")] = "",
    also: Annotated[
        list[str] | None,
        typer.Option(help="Measure Admittance once more with a setting: ADMITTANCE_METRICS=false. May be repeated."),
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="200 customers and one turn of 2 seconds, to try it.")] = False,
) -> None:
    """Measure Admittance and its peers on the same data, and print a table of their reads, and two of its writes."""
    plan = Plan(1, 2, 2, connections, 50) if quick else Plan(rounds, seconds, warm_up, connections)
    size = Size(200 if quick else customers, items)
    names = operations.split(",") if operations else [*(operation.name for operation in OPERATIONS), "write", "live"]
    with (
        empty_databases("bench", "peers", "live") as (ours, theirs, live),
        tempfile.TemporaryDirectory(prefix="admittance-bench-") as folder,
    ):
        measured, compared = {}, []
        if set(names) - {"live"}:
            kinds = _furnish(ours, theirs, size, servers, also or [])
            measured, compared = _compare_servers(kinds, names, plan, size, ours, Path(folder))
        told = _measure_telling(live, plan, Path(folder)) if "live" in names else []
        # As wide as it is, wherever it goes: it is Markdown.
        wide = Console(width=200)
        if measured:
            wide.print(table(measured))
        if compared:
            wide.print(writes_table(compared))
        if told:
            wide.print(telling_table(told))


def _compare_servers(
    kinds: Sequence[Kind], names: Collection[str], plan: Plan, size: Size, ours: str, folder: Path
) -> tuple[dict[str, list[Measured]], list[Compared]]:
    """What the servers did at the operations of these names, and what Admittance did at writes if they are one."""
    asked = [operation for operation in OPERATIONS if operation.name in names]
    with ExitStack() as stack:
        running = [stack.enter_context(serving(kind, _SERVER_CORE, folder / f"{kind.name}.log")) for kind in kinds]
        _compare(running, size)
        # The load that this process makes itself comes from the same core as wrk's.
        os.sched_setaffinity(0, {_LOAD_CORE})
        measured = _measure(running, asked, plan, Load(_LOAD_CORE, plan.connections, size, folder))
        # Last of all, as writes change what is asked about.
        writing = [server for server in running if server.kind.dialect == "admittance" and "write" in names]
        return measured, _compare_writes(writing, plan, Writes(ours, size.customers, plan.connections, _SERVER_CORE))


def _furnish(ours: str, theirs: str, size: Size, words: str, also: Sequence[str]) -> list[Kind]:
    """Loads what the chosen servers need. Returns how to start them."""
    since = ten_days_ago()
    others = [kind for kind in peers(theirs) if _is_chosen(kind, words)]
    with Progress(console=console) as progress:
        secret = asyncio.run(furnish(ours, size, since, progress))
        if others:
            asyncio.run(furnish_peers(theirs, size, since, progress))
    varied = [admittance(ours, secret, f"Admittance, {setting}", dict([setting.split("=", 1)])) for setting in also]
    return [*(kind for kind in (admittance(ours, secret), *varied) if _is_chosen(kind, words)), *others]


def _is_chosen(kind: Kind, words: str) -> bool:
    return not words or any(word.lower() in kind.name.lower() for word in words.split(","))


def _compare(servers: Sequence[Server], size: Size) -> None:
    try:
        answers = compare(servers, size, range(1, size.customers, max(1, size.customers // 20)))
    except AnswersDiffer as differ:
        raise SystemExit(f"No table, as the servers don't answer the same. {differ}") from differ
    console.print(f"{len(servers)} servers agree on {answers} answers.")


def _measure(
    servers: Sequence[Server], operations: Sequence[Operation], plan: Plan, load: Load
) -> dict[str, list[Measured]]:
    """What each server did, by operation; of its turns the median."""
    measured: dict[str, list[Measured]] = {}
    with Progress(console=console) as progress:
        task = progress.add_task("Measuring", total=len(operations) * len(servers) * (plan.rounds + 2))
        for number, operation in enumerate(operations):
            turns: dict[str, list[Turn]] = {server.kind.name: [] for server in servers}
            for server in servers:
                if number == 0:
                    _meet(server, operation, load)
                load.run(server, operation, plan.warm_up_seconds)
                progress.advance(task)
            for _ in range(plan.rounds):
                for server in servers:
                    turns[server.kind.name].append(load.run(server, operation, plan.seconds))
                    progress.advance(task)
            measured[operation.name] = []
            for server in servers:
                measured[operation.name].append(_summarise(server, operation, turns[server.kind.name], plan, load.size))
                progress.advance(task)
    return measured


def _meet(server: Server, operation: Operation, load: Load) -> None:
    """Lets a server see every customer before it is measured, as one that has run for a while has."""
    asking = ask_for_each(server, operation, load.size, connections=load.connections, at_most_seconds=_MEETING_SECONDS)
    asyncio.run(asking)


def _compare_writes(servers: Sequence[Server], plan: Plan, writes: Writes) -> list[Compared]:
    with console.status("Measuring writes"):
        return [
            compare_writes(
                server, writes, rounds=plan.rounds, seconds=plan.seconds, warm_up_seconds=plan.warm_up_seconds
            )
            for server in servers
        ]


def _measure_telling(postgresql: str, plan: Plan, folder: Path) -> list[Told]:
    urls = {"PostgreSQL": postgresql, "SQLite": f"sqlite:///{folder}/live.db"}
    with console.status("Measuring how soon changes are told"):
        return measure_telling(urls, plan.changes, folder, (_SERVER_CORE, _LOAD_CORE))


def _summarise(server: Server, operation: Operation, turns: Sequence[Turn], plan: Plan, size: Size) -> Measured:
    rate = statistics.median(turn.requests_per_second for turn in turns)
    # A slow server needs longer for a 99th percentile that means anything.
    seconds = min(max(plan.seconds, 100 / rate), 4 * plan.seconds)
    half = measure_p99(server, operation, size, rate=rate / 2, seconds=seconds, connections=plan.connections)
    return Measured(
        server.kind.name,
        requests_per_second=rate,
        cpu_ms=statistics.median(turn.cpu_ms for turn in turns),
        p50_ms=statistics.median(turn.p50_ms for turn in turns),
        p99_ms=statistics.median(turn.p99_ms for turn in turns),
        p99_at_half_ms=asyncio.run(half),
        peak_memory_mb=server.peak_memory_mb(),
    )


if __name__ == "__main__":
    for needed in ("wrk", "taskset"):
        if shutil.which(needed) is None:
            raise SystemExit(f"There is no {needed}. `make bench` installs it on Debian and Ubuntu.")
    if not os.sched_getaffinity(0) >= {_SERVER_CORE, _LOAD_CORE}:
        raise SystemExit("Measuring needs cores 0 and 1: one for the server, one for the load.")
    typer.run(main)

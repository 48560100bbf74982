"""`createSubscription` beside the bare SQL it needs: how many are acknowledged, and so durable, a second.

As many writers on either side, in turns on one core; each of their subscriptions is for another customer.
"""

import asyncio
import functools
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import text

from benchmarks.load import Turn
from benchmarks.orders import Order, served, write_orders
from benchmarks.servers import Server
from benchmarks.steady import Connection, connect, read_answer, request_of
from storage.database import Database

_ROOT = Path(__file__).parents[1]
_DOCUMENT = Path(__file__).parent / "documents" / "write.admittance.graphql"
_DURABLE = ("fsync", "synchronous_commit", "full_page_writes")
_MOST_OF_A_CORE = 0.8


@dataclass(slots=True)
class Writes:
    """What is written where: by so many writers, `core` being the one of those who write.

    `taken` is how many orders have been given out, so that each is another one.
    """

    url: str
    customers: int
    writers: int
    core: int
    taken: int = 0


@dataclass(frozen=True, slots=True)
class Compared:
    """A server's turns, and those of the bare statements in between."""

    name: str
    server: list[Turn] = field(default_factory=list[Turn])
    bare: list[Turn] = field(default_factory=list[Turn])

    @property
    def ratio(self) -> float:
        """How many the server acknowledges for each that the bare statements commit."""
        return _rate(self.server) / _rate(self.bare)


class WriteRefused(Exception):
    """A server didn't carry out what it was asked."""


def compare_writes(server: Server, writes: Writes, *, rounds: int, seconds: float, warm_up_seconds: float) -> Compared:
    """Turns of the server and of the bare statements, one after the other.

    Raises SystemExit if PostgreSQL may forget what it has acknowledged, if a write fails, or if what was acknowledged
    isn't there in the end.
    """
    asyncio.run(_check_durable(writes.url))
    expected = asyncio.run(_count(writes.url)) - writes.taken
    compared = Compared(server.kind.name)
    try:
        asyncio.run(_serve(server, writes, warm_up_seconds))
        _run_bare(writes, warm_up_seconds)
        for _ in range(rounds):
            compared.server.append(asyncio.run(_serve(server, writes, seconds)))
            compared.bare.append(_run_bare(writes, seconds))
    except WriteRefused as refused:
        raise SystemExit(f"{server.kind.name} refused: {refused}") from refused
    if (there := asyncio.run(_count(writes.url)) - expected) != writes.taken:
        raise SystemExit(f"{writes.taken} subscriptions were acknowledged, and {there} are there.")
    return compared


def _rate(turns: Sequence[Turn]) -> float:
    return statistics.median(turn.requests_per_second for turn in turns)


async def _serve(server: Server, writes: Writes, seconds: float) -> Turn:
    """One turn of a server. Raises SystemExit if asking it was too much for the core that does it."""
    writers = [functools.partial(_ask, server, await connect(server)) for _ in range(writes.writers)]
    cpu, own = server.cpu_seconds(), time.process_time()
    written = await write_orders(writers, served(writes.customers), first=writes.taken, seconds=seconds)
    share = (time.process_time() - own) / written.seconds
    if share > _MOST_OF_A_CORE:
        raise SystemExit(f"Asking took {share:.0%} of its core, so that more might have been answered.")
    writes.taken += len(written.times)
    return written.turn(server.cpu_seconds() - cpu)


async def _ask(server: Server, connection: Connection, order: Order) -> None:
    reader, writer = connection
    writer.write(request_of(server, _body(order)))
    answer: dict[str, Any] = json.loads(await read_answer(reader))
    if "errors" in answer or not answer["data"]["createSubscription"]["subscription"]:
        raise WriteRefused(answer)


def _body(order: Order) -> bytes:
    items = [{"product": {"id": order.product}, "quantity": order.quantity}]
    given = {"customer": {"id": order.customer}, "items": items, "metadata": order.metadata}
    return json.dumps({"query": _document(), "variables": {"input": given}}).encode()


@functools.cache
def _document() -> str:
    return " ".join(_DOCUMENT.read_text(encoding="utf-8").split())


def _run_bare(writes: Writes, seconds: float) -> Turn:
    """One turn of the bare statements, in a process of its own on the servers' core."""
    options = {"customers": writes.customers, "first": writes.taken, "writers": writes.writers, "seconds": seconds}
    command = ["taskset", "--cpu-list", str(writes.core), sys.executable, "-m", "benchmarks.bare_writes"]
    command += [writes.url, *(f"--{name}={value}" for name, value in options.items())]
    ran = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - our own
    if ran.returncode != 0:
        raise SystemExit(f"The bare statements failed: {ran.stderr}")
    printed = json.loads(ran.stdout)
    writes.taken += printed["count"]
    return Turn(**printed["turn"])


async def _check_durable(url: str) -> None:
    database = Database.open(url)
    async with database.read() as connection:
        values = {setting: await connection.scalar(text(f"SHOW {setting}")) for setting in _DURABLE}
    await database.close()
    if set(values.values()) != {"on"}:
        raise SystemExit(f"PostgreSQL may forget what it acknowledges: {values}.")


async def _count(url: str) -> int:
    database = Database.open(url)
    async with database.read() as connection:
        found = await connection.scalar(text("SELECT count(*) FROM subscriptions"))
    await database.close()
    return int(found or 0)

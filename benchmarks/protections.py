"""What the door's protections cost: the page of 50 entitlements with all of them on, and with all that can be off.

Two servers, one process each, over one PostgreSQL, asked in turns by 8 connections for random customers. Prints one row
a turn, and the ratio of the medians.
"""

import asyncio
import os
import random
import re
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from rich.console import Console
from rich.table import Table

from entitlements.facts import BillingInterval, Interval
from resolvers.callers import EVERY_SCOPE
from resolvers.context import new_context
from resolvers.customers import create_customer
from resolvers.features import create_feature
from resolvers.products import create_product
from resolvers.references import ByKey
from resolvers.subscription_edits import NewItem
from resolvers.subscriptions import create_subscription
from storage.credentials import create_key
from storage.database import Database
from storage.environments import create_environment
from storage.migrations import migrate
from tests.databases import postgresql_server

CUSTOMERS, FEATURES, CONNECTIONS = 200, 50, 8
TURNS, WARM_UP_SECONDS, SECONDS = 4, 2.0, 6.0

PAGE = """query Page($externalId: String!) {
  customer(by: {externalId: $externalId}) {
    id
    entitlements(first: 50) {
      totalCount
      pageInfo { hasNextPage endCursor }
      nodes { id status activeFrom activeTo feature { id name lookupKey } sources { product { id name } } }
    }
  }
}"""

OFF = {
    "ADMITTANCE_RATE_LIMITS": "false",
    "ADMITTANCE_METRICS": "false",
    **{
        f"ADMITTANCE_{name}": "0"
        for name in (
            "MAX_TOKENS",
            "MAX_DEPTH",
            "MAX_LIST_DEPTH",
            "MAX_ALIASES",
            "MAX_COST",
            "MAX_INTROSPECTION_DEPTH",
            "QUERY_SECONDS",
            "MUTATION_SECONDS",
        )
    },
}


@dataclass(frozen=True)
class Turn:
    """What one server did in one turn."""

    requests_per_second: float
    cpu_ms: float
    p99_ms: float


@dataclass(frozen=True)
class Server:
    """A running server and the client that asks it."""

    process: subprocess.Popen[bytes]
    client: httpx2.AsyncClient

    def cpu_seconds(self) -> float:
        """User and system time of the process so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    async def ask(self) -> None:
        """One page of a random customer."""
        variables = {"externalId": f"customer-{random.randrange(CUSTOMERS)}"}  # noqa: S311 - no secret
        response = await self.client.post("/graphql", json={"query": PAGE, "variables": variables})
        answer: dict[str, Any] = response.json()
        if len(answer["data"]["customer"]["entitlements"]["nodes"]) != FEATURES or "errors" in answer:
            raise SystemExit(f"A wrong answer: {response.text[:500]}")

    async def turn(self, seconds: float) -> Turn:
        """Asks by all connections at once for a while."""
        times: list[float] = []
        until, began, cpu = time.perf_counter() + seconds, time.perf_counter(), self.cpu_seconds()

        async def keep_asking() -> None:
            while (asked := time.perf_counter()) < until:
                await self.ask()
                times.append(time.perf_counter() - asked)

        await asyncio.gather(*(keep_asking() for _ in range(CONNECTIONS)))
        took = time.perf_counter() - began
        p99 = statistics.quantiles(times, n=100)[98]
        return Turn(len(times) / took, (self.cpu_seconds() - cpu) / len(times) * 1000, p99 * 1000)


async def furnish(url: str) -> str:
    """Customers who have every feature by one product. Returns the secret of a key to their environment."""
    database = Database.open(url)
    await migrate(database)
    environment = await create_environment(database, "bench", livemode=False)
    context = new_context(database, environment)
    keys = [f"feature-{number}" for number in range(FEATURES)]
    for key in keys:
        await create_feature(context, name=key, lookup_key=key)
    await create_product(context, name="All", lookup_key="all", features=[ByKey(key) for key in keys])
    for number in range(CUSTOMERS):
        await create_customer(context, external_id=f"customer-{number}")
        item = NewItem(ByKey("all"), 1, Interval(BillingInterval.MONTH, 1))
        await create_subscription(context, customer=ByKey(f"customer-{number}"), items=[item])
    _, secret = await create_key(database, environment.id, "bench", (EVERY_SCOPE,))
    await database.close()
    return secret


@asynccontextmanager
async def serving(url: str, secret: str, settings: dict[str, str]) -> AsyncGenerator[Server]:
    """A server in a process of its own, under these settings."""
    given = {**os.environ, "ADMITTANCE_DATABASE_URL": url, "ADMITTANCE_PORT": "0", **settings}
    command = [sys.executable, "-c", "from gateway.cli import main; main(['serve'])"]
    process = subprocess.Popen(command, env=given, stdout=subprocess.PIPE)  # noqa: ASYNC220, S603 - before any load
    try:
        address = _address(process)
        async with httpx2.AsyncClient(base_url=address, headers={"Authorization": f"Bearer {secret}"}) as client:
            yield Server(process, client)
    finally:
        process.terminate()
        process.wait()


def _address(process: subprocess.Popen[bytes]) -> str:
    for line in process.stdout or ():
        if match := re.search(rb"http://[0-9.:]+", line):
            return match[0].decode()
    raise SystemExit("The server didn't start.")


@contextmanager
def _postgresql() -> Generator[str]:
    with postgresql_server() as url:
        yield url.render_as_string(hide_password=False)


async def measure(url: str) -> None:
    """Asks both servers in turns, and prints what they did."""
    secret = await furnish(url)
    table = Table("protections", "requests/s", "CPU ms/request", "p99 ms")
    turns: dict[str, list[Turn]] = {"on": [], "off": []}
    async with serving(url, secret, {}) as on, serving(url, secret, OFF) as off:
        servers = {"on": on, "off": off}
        for server in servers.values():
            await server.turn(WARM_UP_SECONDS)
        for _ in range(TURNS):
            for name, server in servers.items():
                turn = await server.turn(SECONDS)
                turns[name].append(turn)
                table.add_row(name, f"{turn.requests_per_second:.1f}", f"{turn.cpu_ms:.2f}", f"{turn.p99_ms:.0f}")
    medians = {name: statistics.median(turn.requests_per_second for turn in each) for name, each in turns.items()}
    console = Console()
    console.print(table)
    console.print(f"With protections on: {medians['on'] / medians['off']:.1%} of the requests/s with them off.")


def main() -> None:
    """Runs it."""
    with _postgresql() as url:
        asyncio.run(measure(url))


if __name__ == "__main__":
    main()

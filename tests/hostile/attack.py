"""A server to attack, in a process of its own, and what an attack does: to the server, and to its other clients."""

import asyncio
import itertools
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from resolvers.callers import EVERY_SCOPE
from storage.credentials import create_key
from storage.database import Database
from storage.environments import create_environment
from tests.processor import slowness
from tests.service.serving import NO_TLS

Json = Any

ROOT = Path(__file__).parents[2]
ATTEMPTS = 100
"""The best of them counts: the machine has other things to do."""

OUR_OWN_BUSINESS = re.compile(
    r"Traceback|\.py\b|line \d+, in|object at 0x|NoneType|\bNone\b|Exception\b|Python|"
    r"orjson|strawberry|starlette|uvicorn|"
    r"\b(?:Key|Type|Value|Index|Lookup|Attribute|Assertion|Runtime|Recursion|Overflow|OS|Timeout|Unicode\w+|JSONDecode|"
    r"Cancelled|DB\w*|Data|Integrity|Operational|Programming|Interface)Error\b|sqlalchemy|sqlite|postgres|asyncpg|psycopg",
    re.IGNORECASE,
)
"""What no client should read: words of Python, of libraries and of drivers."""

_numbers = itertools.count()


@dataclass(frozen=True, slots=True)
class Target:
    """A served application, its process and its log; a key that may do everything, and a customer's session."""

    url: str
    process: int
    log: Path
    key: str = field(repr=False)
    session: str = field(repr=False)

    def client(self, secret: str | None = None) -> httpx2.AsyncClient:
        """An HTTP client with a credential, the key if none is given."""
        headers = {
            "Authorization": f"Bearer {secret or self.key}",
            "Content-Type": "application/json",
            # Whose clients read the status of an answer.
            "Accept": "application/graphql-response+json",
        }
        return httpx2.AsyncClient(base_url=self.url, headers=headers, timeout=30, verify=NO_TLS)

    def seconds(self) -> float:
        """The time that the process has spent on a processor, to some milliseconds."""
        # How Linux calls the clock of another process: clock_getcpuclockid(3), which Python lacks.
        return time.clock_gettime((~self.process << 3) | 2)

    def queued_seconds(self) -> float:
        """The time for which its event loop could have gone on, and the machine had no processor for it."""
        # proc_pid_schedstat(5): nanoseconds on a processor, nanoseconds in the queue for one, turns.
        _, queued, _ = Path(f"/proc/{self.process}/schedstat").read_text().split()
        return int(queued) / 1_000_000_000

    def most_memory(self) -> int:
        """The most memory that the process ever had, in bytes."""
        status = Path(f"/proc/{self.process}/status").read_text()
        [kilobytes] = re.findall(r"VmHWM:\s+(\d+) kB", status)
        return int(kilobytes) * 1024


@contextmanager
def attacked(database_url: str, **settings: object) -> Generator[Target]:
    """The application as `admittance serve` serves it, with these settings, over a migrated database."""
    key = asyncio.run(_key(database_url))
    variables = {f"ADMITTANCE_{name.upper()}": str(value) for name, value in settings.items()}
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "ADMITTANCE_DATABASE_URL": database_url, **variables}
    command = [sys.executable, "-uc", "from gateway.cli import main; main()", "serve", "--port", "0"]
    with (
        tempfile.TemporaryDirectory() as folder,
        (log := Path(folder, "log")).open("w") as stderr,
        subprocess.Popen(
            command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=stderr, text=True
        ) as process,
    ):
        try:
            assert process.stdout is not None
            greeting = "".join(itertools.takewhile(lambda line: "Ctrl-C" not in line, process.stdout))
            [url] = re.findall(r"(http://[^/]+)/graphql", greeting)
            yield Target(url, process.pid, log, key, open_session(url, key))
        finally:
            process.kill()


async def _key(database_url: str) -> str:
    database = Database.open(database_url)
    environment = await create_environment(database, "sandbox", livemode=False)
    _, secret = await create_key(database, environment.id, "tests", (EVERY_SCOPE,))
    await database.close()
    return secret


def open_session(url: str, key: str, customer: str = "acme") -> str:
    """The token of a session of a new customer, who may use one feature by a grant."""
    document = """mutation M($customer: String!, $feature: String!) {
        createCustomer(input: {externalId: $customer}) { userErrors { code } }
        createFeature(input: {name: $feature, lookupKey: $feature}) { userErrors { code } }
        grantEntitlement(input: {customer: {externalId: $customer}, feature: {lookupKey: $feature}}) {
            userErrors { code }
        }
        createCustomerSession(input: {customer: {externalId: $customer}}) { token }
    }"""
    body = {"query": document, "variables": {"customer": customer, "feature": f"of-{customer}"}}
    answer = httpx2.post(f"{url}/graphql", json=body, headers={"Authorization": f"Bearer {key}"}, verify=NO_TLS).json()
    return answer["data"]["createCustomerSession"]["token"]


def fresh(document: str) -> str:
    """The document as nobody sent it before: what is known already costs nothing."""
    return f"{document}\n#{next(_numbers)}"


def refused(response: httpx2.Response) -> list[Json]:
    """The errors of a refusal, which must be one by the book: in few words, and those for clients."""
    errors = response.json()["errors"]
    assert 400 <= response.status_code < 500, response.text
    assert "data" not in response.json(), response.text
    assert 1 <= len(errors) <= 5
    assert len(response.content) < 10_000
    said = " ".join(error["message"] for error in errors)
    assert not OUR_OWN_BUSINESS.search(said), said
    assert all(re.fullmatch("[A-Z_]+", error["extensions"]["code"]) for error in errors)
    return errors


async def stall(target: Target, attack: Callable[[], Awaitable[object]], *, allowed: float) -> float:
    """The longest that an honest client waits during an attack, in seconds at full speed: the best of some attempts.

    What is `allowed` ends the attempts.
    """
    best = float("inf")
    for _ in range(ATTEMPTS):
        before = slowness()
        async with honest_client(target) as waits:
            await attack()
        best = min(best, max(waits) / min(before, slowness()))
        if best < allowed:
            break
    return best


@asynccontextmanager
async def honest_client(target: Target) -> AsyncGenerator[list[float]]:
    """Somebody else who asks for next to nothing all the time; yields how long each answer took, in seconds.

    Without the time for which the server itself waited for the machine, which had other things to do.
    """
    waits: list[float] = []
    begun, over = asyncio.Event(), asyncio.Event()

    async def ask(client: httpx2.AsyncClient) -> None:
        is_last = False
        while not is_last:
            # Whom the last of the attack kept waiting is to say so: one request more after its end.
            is_last = over.is_set()
            before, queued = time.perf_counter(), target.queued_seconds()
            answer = await client.post("/graphql", json={"query": "{ viewer { id } }"})
            waits.append(time.perf_counter() - before - (target.queued_seconds() - queued))
            assert answer.status_code == 200, answer.text
            begun.set()

    async with target.client() as client, asyncio.TaskGroup() as others:
        others.create_task(ask(client))
        await begun.wait()
        waits.clear()
        try:
            yield waits
        finally:
            over.set()

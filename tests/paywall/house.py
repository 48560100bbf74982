"""The gateway over the demonstration, in a process that can be stopped, and the page's server beside it."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

import httpx2

from tests.service.serving import NO_TLS

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "react-paywall"
VITE = EXAMPLE / "node_modules" / "vite" / "bin" / "vite.js"
COMMAND = [sys.executable, "-c", "from gateway.cli import main; main()"]

Json = Any

_numbers = count(1)


@dataclass
class House:
    """A gateway at an address of its own, and a key that does there what a company's back end may."""

    database: Path
    key: str = field(repr=False)
    port: int
    _process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/graphql"

    @property
    def is_open(self) -> bool:
        return self._process is not None

    def open(self) -> None:
        """Starts the gateway; it listens when this returns."""
        given = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
        given["DATABASE_URL"] = f"sqlite:///{self.database}"
        command = [*COMMAND, "serve", "--port", str(self.port)]
        self._process = _started(command, self.database.parent, given, "Ctrl-C stops it.")

    def close(self, *, at_once: bool = False) -> None:
        """Stops it, as an operator does; or at once, as a power cut."""
        assert self._process is not None
        self._process.kill() if at_once else self._process.terminate()
        self._process.communicate()
        self._process = None

    def restore(self, backup: Path) -> None:
        """Has the closed gateway forget all that happened since."""
        assert not self.is_open
        for name in ("", "-wal", "-shm"):
            Path(f"{self.database}{name}").unlink(missing_ok=True)
        shutil.copy(backup, self.database)

    @contextmanager
    def elsewhere(self) -> Generator[None]:
        """Meanwhile it is served where nobody looks for it but us."""
        self.close()
        known, self.port = self.port, free_port()
        self.open()
        yield
        self.close()
        self.port = known
        self.open()

    def ask(self, query: str, variables: Mapping[str, Json] | None = None) -> Json:
        """The data of an operation that must succeed."""
        headers = {"Authorization": f"Bearer {self.key}"}
        answer = httpx2.post(
            self.url, json={"query": query, "variables": variables}, headers=headers, verify=NO_TLS
        ).json()
        assert "errors" not in answer, answer
        return answer["data"]

    def do(self, mutation: str, selection: str, **given: Json) -> Json:
        """The payload of a mutation that must not be refused."""
        kind = f"{mutation[0].upper()}{mutation[1:]}Input"
        document = f"mutation($in: {kind}!) {{ {mutation}(input: $in) {{ {selection} userErrors {{ code field }} }} }}"
        payload = self.ask(document, {"in": given})[mutation]
        assert payload["userErrors"] == [], payload
        return payload

    def new_customer(self, plan: str) -> str:
        """Somebody who has subscribed to a plan of the demonstration; by the external id."""
        name = f"customer-{next(_numbers)}"
        self.do("createCustomer", "customer { id }", externalId=name, name="Somebody")
        items = [{"product": {"lookupKey": plan}}]
        self.do("createSubscription", "subscription { id }", customer={"externalId": name}, items=items)
        return name

    def find_customer(self, name: str) -> Json:
        """As the company's back end sees them: the revision, and the subscription."""
        selection = "revision subscriptions(first: 1) { nodes { id currentPeriodEnd items { id } } }"
        document = f"query($by: CustomerBy!) {{ customer(by: $by) {{ {selection} }} }}"
        return self.ask(document, {"by": {"externalId": name}})["customer"]

    def find_subscription(self, customer: str) -> Json:
        [subscription] = self.find_customer(customer)["subscriptions"]["nodes"]
        return subscription

    def move(self, customer: str, plan: str) -> None:
        """Puts a customer on another plan, as the company's back end does."""
        subscription = self.find_subscription(customer)
        [item] = subscription["items"]
        change = {"update": {"id": item["id"], "product": {"lookupKey": plan}}}
        self.do("updateSubscription", "subscription { id }", id=subscription["id"], items=[change])

    def now(self) -> datetime:
        """What time it is there."""
        return datetime.fromisoformat(self.ask("{ viewer { environment { now } } }")["viewer"]["environment"]["now"])


@contextmanager
def the_page(house: House) -> Generator[str]:
    """What was built, served with the company's back end beside it; yields its address."""
    port = free_port()
    command = ["node", str(VITE), "preview", "--configLoader", "runner", "--port", str(port), "--strictPort"]
    given = {"PATH": os.environ["PATH"], "ADMITTANCE_URL": house.url, "ADMITTANCE_KEY": house.key}
    process = _started(command, EXAMPLE, given, "Local:")
    try:
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.kill()
        process.communicate()


def free_port() -> int:
    """One that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return listening.getsockname()[1]


def _started(command: list[str], folder: Path, given: Mapping[str, str], word: str) -> subprocess.Popen[str]:
    """A process that has said the word by which it is known to be ready. What else it says is nobody's concern."""
    process = subprocess.Popen(
        command, cwd=folder, env=given, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    assert any(word in line for line in process.stdout), f"{command} ended with {process.wait()}"
    return process

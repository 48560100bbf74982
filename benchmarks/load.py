"""Load by wrk: one thread, some connections that each ask again as soon as they are answered."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from benchmarks.data import Size
from benchmarks.operations import Operation
from benchmarks.servers import Server

_SCRIPT = str(Path(__file__).parent / "load.lua")


@dataclass(frozen=True, slots=True)
class Turn:
    """What one server did in one turn, with all connections busy."""

    requests_per_second: float
    cpu_ms: float
    p50_ms: float
    p99_ms: float


@dataclass(frozen=True, slots=True)
class Load:
    """How wrk asks. `core` is the one it runs on, which no server shares; `folder` holds the bodies."""

    core: int
    connections: int
    size: Size
    folder: Path

    def run(self, server: Server, operation: Operation, seconds: float) -> Turn:
        """One turn; a longer one if nothing is answered in this time. Raises SystemExit if any request fails."""
        body = self.folder / f"{operation.name}.{server.kind.dialect}.json"
        body.write_text(operation.template(server.kind.dialect), encoding="utf-8")
        wrk = ["wrk", "-t1", f"-c{self.connections}", f"-d{seconds:.0f}s", "--timeout=20s", "--latency", "-s", _SCRIPT]
        given = [str(body), str(self.size.customers), str(self.size.features), server.kind.token or "-"]
        command = ["taskset", "--cpu-list", str(self.core), *wrk, server.url, "--", *given]
        cpu = server.cpu_seconds()
        printed = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own
        cpu = server.cpu_seconds() - cpu
        if printed.returncode != 0 or not printed.stdout.strip().endswith("}"):
            raise SystemExit(f"wrk failed: {printed.stderr or printed.stdout}")
        seen = json.loads(printed.stdout.strip().splitlines()[-1])
        if seen["failed"]:
            raise SystemExit(f"{server.kind.name} failed {seen['failed']} of {seen['requests']} {operation.name}s.")
        if not seen["requests"]:
            return self.run(server, operation, 2 * seconds)
        rate = seen["requests"] / seen["seconds"]
        return Turn(rate, cpu / seen["requests"] * 1000, seen["p50_ms"], seen["p99_ms"])

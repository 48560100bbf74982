"""`admittance serve` as a process of its own, as people run it."""

import os
import re
import subprocess
import sys
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]


@contextmanager
def started(folder: Path, *arguments: str, **environment: str) -> Generator[subprocess.Popen[str]]:
    """The server in a folder of its own, ended whatever happens."""
    with command_started(folder, "serve", "--port", "0", *arguments, **environment) as process:
        yield process


@contextmanager
def command_started(folder: Path, *arguments: str, **environment: str) -> Generator[subprocess.Popen[str]]:
    """A command in a folder of its own, ended whatever happens."""
    command = [sys.executable, "-c", "from gateway.cli import main; main()", *arguments]
    given = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **environment}
    with subprocess.Popen(
        command, cwd=folder, env=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def read_greeting(process: subprocess.Popen[str]) -> str:
    """What it says when it has started to listen."""
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        if "Ctrl-C stops it." in line:
            return "".join(lines)
    raise AssertionError(process.stderr.read() if process.stderr else "it ended without a word")


def address(process: subprocess.Popen[str]) -> str:
    """The URL at which it says it serves."""
    [url] = re.findall(r"serves (http://[^/]+)/", read_greeting(process))
    return url


@contextmanager
def serving_processes(count: int, folder: Path, database_url: str, **environment: str) -> Generator[list[str]]:
    """Processes that serve a database, with their settings by environment variables; yields their URLs."""
    with ExitStack() as stack:
        # All are started before the first is waited for.
        started_ones = [
            stack.enter_context(started(folder, DATABASE_URL=database_url, **environment)) for _ in range(count)
        ]
        yield [address(process) for process in started_ones]

"""Admittance as its users get it: a wheel in a clean environment, serving the demonstration, with no Node about."""

import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from tests.service.serving import NO_TLS

ROOT = Path(__file__).parents[2]
PIP = ("-m", "pip", "--disable-pip-version-check", "--no-input", "-qq")


@dataclass(frozen=True, slots=True)
class Installation:
    """A running server: where it is, and the key of the demonstration environment."""

    url: str
    key: str

    def carry_out(self, mutation: str, selection: str, **given: object) -> dict[str, Any]:
        """The payload of a mutation, by the demonstration's key."""
        kind = f"{mutation[0].upper()}{mutation[1:]}Input"
        query = f"mutation($input: {kind}!) {{ {mutation}(input: $input) {{ {selection} }} }}"
        headers = {"Authorization": f"Bearer {self.key}"}
        body = {"query": query, "variables": {"input": given}}
        return httpx2.post(f"{self.url}/graphql", json=body, headers=headers, verify=NO_TLS).json()["data"][mutation]


@contextmanager
def serving_from_a_wheel(folder: Path) -> Generator[Installation]:
    """Builds, installs and serves in an empty folder; ends the server whatever happens."""
    commands = _install(_build_wheel(folder), folder / "environment")
    work = folder / "work"
    work.mkdir()
    # Its own commands and nothing else: a step that needed Node would fail.
    settings = {"PATH": str(commands), "HOME": str(work), "DATABASE_URL": "sqlite:///demo.db", "PYTHONUNBUFFERED": "1"}
    assert shutil.which("node", path=settings["PATH"]) is None
    subprocess.run([commands / "admittance", "migrate"], cwd=work, env=settings, check=True, capture_output=True)
    arguments = [commands / "admittance", "serve", "--demo", "--port", "0"]
    log = work / "log"
    with (
        log.open("wb") as errors,
        subprocess.Popen(arguments, cwd=work, env=settings, stdout=subprocess.PIPE, stderr=errors, text=True) as server,
    ):
        try:
            url = _read_url(server, log)
            yield Installation(url, (work / "admittance.demo-key").read_text().strip())
        finally:
            server.terminate()


def _build_wheel(folder: Path) -> Path:
    arguments = ["wheel", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(folder), str(ROOT)]
    subprocess.run([sys.executable, *PIP, *arguments], check=True)
    [wheel] = folder.glob("admittance-*.whl")
    return wheel


def _install(wheel: Path, environment: Path) -> Path:
    venv.create(environment, with_pip=True)
    commands = environment / "bin"
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    for arguments in (
        ["install", "--require-hashes", "-r", str(ROOT / "requirements.lock")],
        ["install", "--no-deps", "--no-index", str(wheel)],
    ):
        subprocess.run([commands / "python", *PIP, *arguments], check=True, env=clean)
    return commands


def _read_url(server: subprocess.Popen[str], log: Path) -> str:
    assert server.stdout is not None
    url = ""
    for line in server.stdout:
        if line.startswith("Admittance serves "):
            url = line.split()[-1].removesuffix("/graphql")
        if "Ctrl-C stops it." in line:
            return url
    raise AssertionError(log.read_text() or "it ended without a word")

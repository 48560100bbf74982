"""`admittance serve --demo` as people run it: a process of its own, started, asked by pasting, and interrupted."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from gateway.demo.loading import open_demonstration
from storage.database import Database
from storage.migrations import migrate

ROOT = Path(__file__).parents[2]
SMALL = 30


@contextmanager
def _serving(folder: Path, *arguments: str) -> Generator[subprocess.Popen[str]]:
    """The command in a folder of its own, ended whatever happens."""
    command = [sys.executable, "-c", "from gateway.cli import main; main()", "serve", "--port", "0", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "DATABASE_URL": "sqlite:///own.db"}
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _read_greeting(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        if "Ctrl-C stops it." in line:
            return "".join(lines)
    raise AssertionError(process.stderr.read() if process.stderr else "it ended without a word")


async def test_the_curl_it_prints_can_be_pasted_and_ctrl_c_stops_it(tmp_path: Path) -> None:
    database = Database.open(f"sqlite:///{tmp_path}/own.db")
    await migrate(database)
    loaded = await open_demonstration(
        database, tmp_path / "admittance.demo-key", lambda _played, _of: None, customers=SMALL
    )
    await database.close()

    with _serving(tmp_path, "--demo") as process:
        greeting = _read_greeting(process)
        curl = shlex.split(greeting[greeting.index("curl") : greeting.index("Ctrl-C")].replace("\\\n", " "))
        headers = [curl[at + 1].split(": ") for at, argument in enumerate(curl) if argument == "-H"]
        answer = httpx2.post(curl[1], content=curl[curl.index("-d") + 1], headers=dict(headers)).json()
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)

    assert loaded.secret in greeting
    assert re.search(r"Admittance serves http://127\.0\.0\.1:\d+/graphql\n", greeting)
    [first, *_] = answer["data"]["customer"]["entitlements"]["nodes"]
    assert first["lookupKey"]
    assert first["activeTo"].endswith("Z")
    assert process.returncode == 0
    assert said == "Stopped.\n"


async def test_without_the_demonstration_it_says_how_to_get_a_key(tmp_path: Path) -> None:
    database = Database.open(f"sqlite:///{tmp_path}/own.db")
    await migrate(database)
    await database.close()

    with _serving(tmp_path) as process:
        greeting = _read_greeting(process)

    assert "Callers need an API key: `admittance keys create` makes one." in greeting
    assert not (tmp_path / "admittance.demo-key").exists()


async def test_its_log_is_one_json_object_a_line_and_holds_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ADMITTANCE_ACCESS_LOG", "true")
    database = Database.open(f"sqlite:///{tmp_path}/own.db")
    await migrate(database)
    await database.close()
    key = "adm_live_" + "aB3" * 14 + "z"

    with _serving(tmp_path) as process:
        url = re.findall(r"http://[^/]+", _read_greeting(process))[0]
        httpx2.get(f"{url}/{key}%0aforged?query={key}", headers={"Authorization": f"Bearer {key}"})
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)

    *lines, last = said.splitlines()
    [request] = [json.loads(line) for line in lines]
    assert (request["path"], request["status"]) == ("/adm_live_***%0Aforged", 404)
    assert last == "Stopped."

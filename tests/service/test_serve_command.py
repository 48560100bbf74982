"""`admittance serve --demo` as people run it: a process of its own, started, asked by pasting, and interrupted."""

import json
import re
import shlex
import signal
from pathlib import Path

import httpx2
import pytest

from gateway.demo.loading import open_demonstration
from storage.database import Database
from storage.migrations import migrate
from tests.service.processes import read_greeting, started
from tests.service.serving import NO_TLS

SMALL = 30
OWN = "sqlite:///own.db"


async def test_the_curl_it_prints_can_be_pasted_and_ctrl_c_stops_it(tmp_path: Path) -> None:
    database = Database.open(f"sqlite:///{tmp_path}/own.db")
    await migrate(database)
    loaded = await open_demonstration(
        database, tmp_path / "admittance.demo-key", lambda _played, _of: None, customers=SMALL
    )
    await database.close()

    with started(tmp_path, "--demo", DATABASE_URL=OWN) as process:
        greeting = read_greeting(process)
        curl = shlex.split(greeting[greeting.index("curl") : greeting.index("Ctrl-C")].replace("\\\n", " "))
        headers = [curl[at + 1].split(": ") for at, argument in enumerate(curl) if argument == "-H"]
        answer = httpx2.post(curl[1], content=curl[curl.index("-d") + 1], headers=dict(headers), verify=NO_TLS).json()
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

    with started(tmp_path, DATABASE_URL=OWN) as process:
        greeting = read_greeting(process)

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

    with started(tmp_path, DATABASE_URL=OWN) as process:
        url = re.findall(r"http://[^/]+", read_greeting(process))[0]
        httpx2.get(f"{url}/{key}%0aforged?query={key}", headers={"Authorization": f"Bearer {key}"}, verify=NO_TLS)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)

    *lines, last = said.splitlines()
    [request] = [json.loads(line) for line in lines]
    assert (request["path"], request["status"]) == ("/adm_live_***%0Aforged", 404)
    assert last == "Stopped."

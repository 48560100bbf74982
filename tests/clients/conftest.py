"""Clients in JavaScript against the running application. `make test-clients` installs what they need."""

import json
import os
import subprocess
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from storage.database import Database
from tests.service.serving import NO_TLS, Caller, serving

FOLDER = Path(__file__).parent

Json = Any
Run = Callable[..., Json]


def node(script: str, url: str, secret: str, **more: str) -> tuple[list[str], dict[str, str]]:
    """A command that runs a script of this folder, and the environment it needs."""
    # Node 20 has browsers' WebSocket behind a flag.
    command = ["node", "--experimental-websocket", script]
    return command, {
        "PATH": os.environ["PATH"],
        "ADMITTANCE_URL": f"{url}/graphql",
        "ADMITTANCE_KEY": secret,
        **more,
    }


@pytest.fixture
async def caller(database_url: str, database: Database) -> AsyncGenerator[Caller]:
    """A holder of a key to an application that keeps persisted queries."""
    with serving(database_url, persisted_queries=True) as url:
        async with httpx2.AsyncClient(base_url=url, verify=NO_TLS) as client:
            yield await Caller.arrive(client, database)


@pytest.fixture
def run(caller: Caller) -> Run:
    """Runs a script of this folder with the caller's credential; answers the JSON it prints."""

    def run_script(name: str) -> Json:
        command, given = node(name, str(caller.client.base_url).rstrip("/"), caller.secret)
        done = subprocess.run(command, cwd=FOLDER, env=given, capture_output=True, text=True, timeout=90, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run_script

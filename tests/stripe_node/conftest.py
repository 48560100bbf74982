"""The application for Stripe's library for Node.js. `make test-clients` installs that."""

import os
import subprocess
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

import httpx2
import pytest

from storage.database import Database
from tests.service.serving import NO_TLS, Caller, serving

FOLDER = Path(__file__).parent

Run = Callable[..., None]


@pytest.fixture
async def caller(database_url: str, database: Database) -> AsyncGenerator[Caller]:
    """A holder of a key to an application that delivers webhooks to this machine."""
    with serving(database_url, webhook_private_targets=True, worker=True) as url:
        async with httpx2.AsyncClient(base_url=url, verify=NO_TLS) as client:
            yield await Caller.arrive(client, database)


@pytest.fixture
def run(caller: Caller) -> Run:
    """Runs a script of this folder, which must end well, with the caller's credential and variables of its own."""

    def run_script(name: str, **more: str) -> None:
        given = {
            "PATH": os.environ["PATH"],
            "ADMITTANCE_ADDRESS": str(caller.client.base_url).rstrip("/"),
            "ADMITTANCE_KEY": caller.secret,
            **more,
        }
        done = subprocess.run(
            ["node", name], cwd=FOLDER, env=given, capture_output=True, text=True, timeout=90, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "# fail 0" in done.stdout

    return run_script

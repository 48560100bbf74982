"""Apollo's own composition and gateway, from npm. `make test-clients` installs them."""

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


@pytest.fixture
async def caller(database_url: str, database: Database) -> AsyncGenerator[Caller]:
    """A holder of a key to the application."""
    with serving(database_url) as url:
        async with httpx2.AsyncClient(base_url=url, verify=NO_TLS) as client:
            yield await Caller.arrive(client, database)


@pytest.fixture
def run() -> Run:
    """Runs a script of this folder with variables of the environment; answers the JSON it makes of what it is given."""

    def run_script(name: str, given: Json, **variables: str) -> Json:
        environment = {"PATH": os.environ["PATH"], "NODE_ENV": "production", **variables}
        command = ["node", name]
        done = subprocess.run(
            command,
            cwd=FOLDER,
            env=environment,
            input=json.dumps(given),
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    return run_script

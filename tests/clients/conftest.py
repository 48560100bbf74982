"""Clients against the running application. `make test-clients` installs what they need."""

import asyncio
import json
import os
import subprocess
from collections.abc import AsyncGenerator, Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest

from gateway.demo.loading import open_demonstration
from storage.database import Database
from tests.clients.guide import Team
from tests.databases import sqlite_template
from tests.service.serving import NO_TLS, Caller, serving

FOLDER = Path(__file__).parent

NAMED_CUSTOMERS = 30
"""How many to load, for the named ones to be among them."""

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


@dataclass(frozen=True, slots=True)
class Gateway:
    """The application over the demonstration data, as a client needs to know it."""

    url: str
    key: str = field(repr=False)
    database_url: str
    environment: str

    def variables(self) -> dict[str, str]:
        """What `graphql/README.md` says to export."""
        # Nothing else of what surrounds this process: a team has other settings.
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        return {**kept, "ADMITTANCE_URL": f"{self.url}/graphql", "ADMITTANCE_KEY": self.key}


@pytest.fixture(scope="session")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Generator[Gateway]:
    """One for all the clients that only read, or change what no other looks at."""
    folder = tmp_path_factory.mktemp("gateway")
    database_url = f"sqlite:///{sqlite_template(folder)}"

    async def load() -> tuple[str, str]:
        database = Database.open(database_url)
        loaded = await open_demonstration(
            database, folder / "key", lambda _played, _of: None, customers=NAMED_CUSTOMERS
        )
        await database.close()
        return loaded.secret, loaded.environment.name

    key, environment = asyncio.run(load())
    with serving(database_url, persisted_queries=True) as url:
        yield Gateway(url, key, database_url, environment)


Found = Callable[[str, str], Team]


@pytest.fixture(scope="session")
def found(gateway: Gateway, tmp_path_factory: pytest.TempPathFactory) -> Found:
    """Founds a team that follows the section of a title, and compiles its sources and ours strictly."""

    def follow(title: str, name: str) -> Team:
        team = Team.found(tmp_path_factory.mktemp("teams") / name, title, name, gateway.variables())
        team.follow(title)
        team.do("npx", "tsc", "--project", ".")
        return team

    return follow


@pytest.fixture(scope="session")
def codegen(found: Found) -> Team:
    """A team that takes graphql-codegen, for whichever client."""
    return found("graphql-codegen", "codegen")


@pytest.fixture(scope="session")
def relay(found: Found) -> Team:
    """A team that takes Relay."""
    return found("Relay", "relay")


@pytest.fixture(scope="session")
def tada(found: Found) -> Team:
    """A team that takes gql.tada."""
    return found("gql.tada", "tada")

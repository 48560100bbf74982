"""The application over a real socket, on each database; and the command line, run in the process."""

from collections.abc import AsyncGenerator, Callable, Generator
from pathlib import Path

import httpx2
import pytest

from gateway.cli import main
from storage.database import Database
from tests.secret_watch import saw_answer
from tests.service.serving import NO_TLS, Caller, serving
from tests.service.watching import set_up


@pytest.fixture
def server(database_url: str) -> Generator[str]:
    """The URL of the application over a migrated, empty database."""
    with serving(database_url) as url:
        yield url


@pytest.fixture
async def client(server: str) -> AsyncGenerator[httpx2.AsyncClient]:
    """An HTTP client of that application, with no credential."""
    async with httpx2.AsyncClient(base_url=server, event_hooks={"response": [saw_answer]}, verify=NO_TLS) as client:
        yield client


@pytest.fixture
async def caller(client: httpx2.AsyncClient, database: Database) -> Caller:
    """A holder of a key to a fresh environment."""
    return await Caller.arrive(client, database)


@pytest.fixture
async def shop(caller: Caller) -> Caller:
    """A holder of a key to an environment with acme, who may use nothing yet."""
    await set_up(caller)
    return caller


Command = Callable[..., int]


@pytest.fixture
def admittance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Runs `admittance` with arguments, in an empty folder and with no setting made; answers its exit code."""
    for variable in ("DATABASE_URL", "PORT", "ADMITTANCE_SETTINGS", "ADMITTANCE_DATABASE_URL", "ADMITTANCE_PORT"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> int:
        with pytest.raises(SystemExit) as exit_:
            main(arguments)
        code = exit_.value.code
        return code if isinstance(code, int) else 0

    return run

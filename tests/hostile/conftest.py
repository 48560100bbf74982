"""The application over a real socket on each database, with a back end and a customer who ask it."""

from collections.abc import AsyncGenerator

import httpx2
import pytest

from storage.database import Database
from tests.hostile.attack import open_session
from tests.secret_watch import saw_answer
from tests.service.serving import NO_TLS, Caller, serving


@pytest.fixture
async def caller(database_url: str, database: Database) -> AsyncGenerator[Caller]:
    """A holder of a key to a fresh environment of an application with the settings there are by default."""
    with serving(database_url) as url:
        async with httpx2.AsyncClient(base_url=url, event_hooks={"response": [saw_answer]}, verify=NO_TLS) as client:
            yield await Caller.arrive(client, database)


@pytest.fixture
def customer(caller: Caller) -> Caller:
    """A customer of that environment, by a session."""
    token = open_session(str(caller.client.base_url), caller.secret)
    return Caller(caller.client, caller.database, caller.environment, token)

"""What the clients of docs/subscriptions.md make of a whole set, and of what asking again doesn't mend."""

import httpx2
import pytest

from storage.database import Database
from tests.clients.conftest import Json
from tests.clients.followers import TRANSPORTS, following
from tests.service.serving import NO_TLS, Caller, serving
from tests.service.watching import grant, session_of, set_up

pytestmark = pytest.mark.parametrize("transport", TRANSPORTS)


@pytest.fixture
def url(caller: Caller) -> str:
    """That of the server."""
    return str(caller.client.base_url).rstrip("/")


async def test_a_whole_set_replaces_what_it_had(caller: Caller, url: str, transport: str) -> None:
    await set_up(caller)
    await grant(caller, "sso")
    _, token = await session_of(caller)
    had = {"ADMITTANCE_REVISION": "7", "ADMITTANCE_KEYS": '["audit", "of another time"]'}

    async with following(url, token, transport, **had) as follower:
        seen = await follower.read(until=1)

    assert seen == [{"revision": 1, "snapshot": True, "keys": ["sso"]}]


@pytest.mark.parametrize("credential", ["wrong", "of no customer"])
async def test_what_cannot_succeed_ends_it(caller: Caller, url: str, transport: str, credential: str) -> None:
    # A key would have to name a customer, which the operation of the page doesn't.
    secret, ending = (caller.secret, ["BAD_USER_INPUT"])
    if credential == "wrong":
        secret, ending = "adm_test_wrong", [4401 if transport == "websocket" else 401]

    async with following(url, secret, transport) as follower:
        assert await follower.ending() == ending


async def test_an_operation_that_is_not_carried_out_there_ends_it(
    database_url: str, database: Database, transport: str
) -> None:
    with serving(database_url, trusted_documents="require") as url:
        async with httpx2.AsyncClient(base_url=url, verify=NO_TLS) as client:
            caller = await Caller.arrive(client, database)
            async with following(url, caller.secret, transport) as follower:
                ending: Json = await follower.ending()

    assert ending == ["TRUSTED_DOCUMENT_REQUIRED"]

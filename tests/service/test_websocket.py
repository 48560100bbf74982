"""GraphQL over WebSocket: the same operations as over HTTP, each with a context of its own, for as long as one may."""

from tests.service.serving import Caller
from tests.service.websockets import greeted

VIEWER = "{ viewer { environment { name } } }"


async def test_a_query_is_answered_as_over_http(server: str, caller: Caller) -> None:
    over_http = (await caller.post({"query": VIEWER})).json()

    async with greeted(server, caller.secret) as socket:
        answer = await socket.ask(VIEWER)

    assert answer == over_http
    assert answer["data"] == {"viewer": {"environment": {"name": "sandbox"}}}

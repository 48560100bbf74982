"""Server-sent events: who is answered with them, what they look like, and what becomes of them on the way."""

import asyncio
import hashlib
import json

import httpx2
import pytest

from storage.database import Database
from storage.records import NewDocument
from storage.trusted_documents import import_documents
from tests.hostile.sockets import connected
from tests.service.event_streams import EVENTS, OF_URQL, event_stream, event_stream_request, stream_of
from tests.service.serving import NO_TLS, Caller, Json, serving
from tests.service.watching import ACME, CHANGES, grant, keys, open_subscriptions, set_up, until_open

VIEWER = "{ viewer { kind } }"
API_KEY = {"viewer": {"kind": "API_KEY"}}
FROM_THE_FIRST: Json = {"customer": ACME, "after": 0}


@pytest.fixture
async def shop(shop: Caller) -> Caller:
    """A holder of a key to an environment with acme, who may use one feature."""
    await grant(shop, "sso")
    return shop


async def test_a_subscription_is_a_stream_of_frames_by_the_protocol(shop: Caller, server: str) -> None:
    async with event_stream(server, shop.secret, CHANGES, **FROM_THE_FIRST) as stream:
        first, second = await stream.frame(), await stream.frame()

    # Lines end with a line feed alone: there are clients that know no other end of a line.
    kind, data = second.split("\n")
    assert (first, kind) == (":", "event: next")
    body = json.loads(data.removeprefix("data: "))
    assert keys(body["data"]["entitlementsChanged"]["added"]) == ["sso"]
    assert body["extensions"]["cost"]["requested"] > 1


@pytest.mark.parametrize("headers", [{}, {"Accept-Encoding": "gzip"}, {"Accept": OF_URQL}])
async def test_nobody_on_the_way_keeps_events_back(shop: Caller, server: str, headers: dict[str, str]) -> None:
    async with event_stream(server, shop.secret, CHANGES, headers=headers, **FROM_THE_FIRST) as stream:
        assert await stream.next() is not None
        found = stream.response.headers

    assert found["content-type"] == "text/event-stream; charset=utf-8"
    assert (found["cache-control"], found["x-accel-buffering"]) == ("no-store", "no")
    assert "content-encoding" not in found
    assert "content-length" not in found
    assert found["x-request-id"].startswith("req_")


@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/graphql-response+json"])
async def test_without_an_accept_header_for_events_a_subscription_is_refused_and_told_where(
    shop: Caller, accept: str
) -> None:
    answer = await shop.post({"query": CHANGES, "variables": FROM_THE_FIRST}, Accept=accept)

    assert answer.status_code == 406
    [error] = answer.json()["errors"]
    assert error["extensions"]["code"] == "BAD_REQUEST"
    assert "text/event-stream" in error["message"]
    assert "WebSocket" in error["message"]


async def test_a_query_is_answered_with_events_if_nothing_is_liked_better(shop: Caller, server: str) -> None:
    async with event_stream(server, shop.secret, VIEWER) as stream:
        answers = [await stream.next(), await stream.next()]
    async with event_stream(server, shop.secret, "{ nothing }") as stream:
        refusals = [await stream.next(), await stream.next()]

    assert (answers[0]["data"], answers[1]) == (API_KEY, None)
    assert refusals[0]["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert refusals[1] is None


async def test_a_client_that_takes_both_is_answered_a_query_with_json(shop: Caller) -> None:
    answer = await shop.post({"query": VIEWER}, Accept=OF_URQL)
    refusal = await shop.post({"query": CHANGES, "variables": {"customer": {"id": "cus_0"}}}, Accept=OF_URQL)

    assert answer.headers["content-type"] == "application/graphql-response+json; charset=utf-8"
    assert answer.json()["data"] == API_KEY
    assert (refusal.status_code, refusal.json()["errors"][0]["extensions"]["code"]) == (400, "NOT_FOUND")


async def test_who_is_not_let_in_is_told_by_the_status(shop: Caller) -> None:
    headers = {"Accept": EVENTS, "Authorization": "Bearer adm_test_wrong"}
    answer = await shop.client.post("/graphql", json={"query": CHANGES}, headers=headers)

    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/json")


async def test_a_subscription_can_be_asked_for_by_get(shop: Caller, server: str) -> None:
    parameters = {"query": CHANGES, "variables": json.dumps(FROM_THE_FIRST)}
    headers = {"GraphQL-Require-Preflight": "1"}
    async with stream_of(server, shop.secret, "GET", "/graphql", headers=headers, params=parameters) as stream:
        first = await stream.next()

    assert stream.response.status_code == 200
    assert first["data"]["entitlementsChanged"]["revision"] == 1


async def test_a_stored_document_is_followed_at_its_own_address(shop: Caller, server: str, database: Database) -> None:
    """Which leads through the router, and past its compression."""
    await import_documents(database, shop.environment.id, [NewDocument(CHANGES, name="Changes")])
    address = f"/graphql/d/sha256:{hashlib.sha256(CHANGES.encode()).hexdigest()}"
    headers, body = {"Accept-Encoding": "gzip"}, {"variables": FROM_THE_FIRST}
    async with stream_of(server, shop.secret, "POST", address, headers=headers, json=body) as stream:
        first = await stream.next()

    assert stream.response.status_code == 200
    assert "content-encoding" not in stream.response.headers
    assert first["data"]["entitlementsChanged"]["revision"] == 1


async def test_an_array_of_operations_is_no_stream(database_url: str, database: Database) -> None:
    with serving(database_url, batch_size=2) as url:
        async with httpx2.AsyncClient(base_url=url, verify=NO_TLS) as client:
            caller = await Caller.arrive(client, database)
            refused = await caller.post([{"query": VIEWER}], Accept=EVENTS)
            answered = await caller.post([{"query": VIEWER}, {"query": CHANGES}], Accept=OF_URQL)

    assert refused.status_code == 406
    assert answered.json()[0]["data"] == API_KEY
    assert answered.json()[1]["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


async def test_a_quiet_stream_says_from_time_to_time_that_it_is_there(database_url: str, database: Database) -> None:
    with serving(database_url, keep_alive_seconds=0.05) as url:
        async with httpx2.AsyncClient(base_url=url, verify=NO_TLS) as client:
            caller = await Caller.arrive(client, database)
            await set_up(caller)
            async with event_stream(url, caller.secret, CHANGES, customer=ACME) as stream:
                frames = [await stream.frame() for _ in range(4)]
                await grant(caller, "sso")
                change = await stream.next()

    assert frames == [":"] * 4
    assert change["data"]["entitlementsChanged"]["revision"] == 1


@pytest.mark.parametrize("ends", ["goes away", "is cut off"])
async def test_a_client_that_is_gone_takes_its_stream_with_it(shop: Caller, server: str, ends: str) -> None:
    async with connected(server) as (reader, writer):
        writer.write(event_stream_request(shop.secret, CHANGES, customer=ACME))
        await asyncio.wait_for(reader.readuntil(b":\n\n"), 10)
        await until_open(shop, 1)
        if ends == "goes away":
            writer.close()
            await writer.wait_closed()
        else:
            writer.transport.abort()
        async with asyncio.timeout(5):
            await until_open(shop, 0)

    assert await open_subscriptions(shop) == 0

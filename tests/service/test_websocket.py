"""GraphQL over WebSocket: the same operations as over HTTP, each with a context of its own, side by side."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from hashlib import sha256

import pytest
from sqlalchemy import text

from storage.database import Database
from storage.locks import lock_catalogue
from storage.records import NewDocument
from storage.trusted_documents import import_documents
from tests.service.serving import Caller, serving
from tests.service.websockets import Json, greeted

VIEWER = "{ viewer { environment { name } } }"
SANDBOX = {"viewer": {"environment": {"name": "sandbox"}}}
FEATURES = "{ features { nodes { name } } }"
CREATE = "mutation($key: String!) { createFeature(input: {name: $key, lookupKey: $key}) { userErrors { code } } }"
DONE: Json = {"createFeature": {"userErrors": []}}

REFUSED: dict[str, tuple[Json, str]] = {
    "a syntax error": ({"query": "{ viewer {"}, "GRAPHQL_PARSE_FAILED"),
    "a field there isn't": ({"query": "{ nothing }"}, "GRAPHQL_VALIDATION_FAILED"),
    "a variable that is missing": ({"query": "query($id: ID!) { node(id: $id) { id } }"}, "BAD_USER_INPUT"),
    "an operation there isn't": ({"query": VIEWER, "operationName": "Other"}, "BAD_REQUEST"),
    "no document": ({}, "BAD_REQUEST"),
    "an empty document": ({"query": ""}, "BAD_REQUEST"),
    "a document nobody knows": ({"documentId": "shop/Page"}, "PERSISTED_QUERY_NOT_FOUND"),
    "an id that is none": ({"documentId": "sha256:1"}, "BAD_REQUEST"),
    "a document and the id of another": ({"query": VIEWER, "documentId": f"sha256:{'0' * 64}"}, "BAD_REQUEST"),
    "a persisted query of no version": ({"extensions": {"persistedQuery": {"sha256Hash": "0"}}}, "BAD_REQUEST"),
    "too many levels": (
        {"query": "{ __schema { types " + "{ fields { type " * 9 + "{ name" + " } }" * 9 + "}}}"},
        "INTROSPECTION_LIMIT_EXCEEDED",
    ),
    "too dear": (
        {"query": "{ customers(first: 100) { nodes { entitlements(first: 100) { nodes { id } } } } }"},
        "COST_LIMIT_EXCEEDED",
    ),
}


def feature_names(answer: Json) -> list[str]:
    return [node["name"] for node in answer["data"]["features"]["nodes"]]


@asynccontextmanager
async def writes_held(caller: Caller) -> AsyncGenerator[None]:
    """Meanwhile no write to the catalogue of the caller's environment comes to its end."""
    async with caller.database.begin_write() as connection:
        await lock_catalogue(connection, caller.environment.id, exclusive=True)
        yield


async def test_a_query_is_answered_as_over_http(server: str, caller: Caller) -> None:
    over_http = (await caller.post({"query": VIEWER})).json()

    async with greeted(server, caller.secret) as socket:
        answer = await socket.ask(VIEWER)

    assert answer == over_http
    assert (answer["data"], answer["extensions"]["cost"]["requested"]) == (SANDBOX, 3)


async def test_each_operation_sees_what_was_written_before_it(server: str, caller: Caller) -> None:
    async with greeted(server, caller.secret) as socket:
        seen = [feature_names(await socket.ask(FEATURES))]
        mutated = await socket.ask(CREATE, variables={"key": "sso"})
        seen.append(feature_names(await socket.ask(FEATURES)))
        await caller.do("createFeature", "feature { id }", name="scim", lookupKey="scim")
        seen.append(feature_names(await socket.ask(FEATURES)))

    assert mutated["data"] == DONE
    assert [sorted(names) for names in seen] == [[], ["sso"], ["scim", "sso"]]


async def test_each_operation_goes_by_the_environments_clock_as_it_is_now(server: str, caller: Caller) -> None:
    later = caller.database.clock.now() + timedelta(days=400)

    async with greeted(server, caller.secret) as socket:
        await caller.move_to(later)
        await socket.ask(CREATE, variables={"key": "sso"})
        answer = await socket.ask("{ features { nodes { createdAt } } }")

    [feature] = answer["data"]["features"]["nodes"]
    assert feature["createdAt"][:10] == f"{later:%Y-%m-%d}"


async def test_operations_run_side_by_side(server: str, caller: Caller) -> None:
    async with greeted(server, caller.secret) as socket:
        async with writes_held(caller):
            slow = await socket.subscribe(CREATE, variables={"key": "sso"})
            quick = await socket.ask(VIEWER)
        answers = [await socket.receive(), await socket.receive()]

    assert quick["data"] == SANDBOX
    assert answers[0]["id"] == slow
    assert answers[0]["payload"]["data"] == DONE
    assert answers[1] == {"id": slow, "type": "complete"}


@pytest.mark.parametrize("ends", ["complete", "disconnect"])
async def test_an_operation_that_nobody_waits_for_is_given_up(server: str, caller: Caller, ends: str) -> None:
    async with writes_held(caller):
        async with greeted(server, caller.secret) as socket:
            given_up = await socket.subscribe(CREATE, variables={"key": "sso"})
            if ends == "complete":
                await socket.send({"id": given_up, "type": "complete"})
                # Its id is free at once, and nothing is heard of it any more.
                assert (await socket.ask(VIEWER, id_=given_up))["data"] == SANDBOX
        # A write that still waited would now be before this one.
        waiting = asyncio.create_task(caller.do("createFeature", "feature { id }", name="last", lookupKey="last"))
    await waiting

    assert feature_names(await caller_answer(caller, FEATURES)) == ["last"]


async def test_the_end_of_an_operation_that_there_is_not_changes_nothing(server: str, caller: Caller) -> None:
    async with greeted(server, caller.secret) as socket:
        await socket.send({"id": "none", "type": "complete"})

        assert (await socket.ask(VIEWER, id_="none"))["data"] == SANDBOX


async def test_a_refused_operation_ends_alone_and_frees_its_id(server: str, caller: Caller) -> None:
    async with greeted(server, caller.secret) as socket:
        for case, (payload, code) in REFUSED.items():
            errors: Json = await socket.ask(**payload, id_="same")

            assert isinstance(errors, list), case
            assert errors[0]["extensions"]["code"] == code, case
            assert errors[0]["message"], case
        answer = await socket.ask(VIEWER, id_="same")

    assert answer["data"] == SANDBOX


async def test_what_a_caller_may_spend_is_counted_by_operation(database_url: str, database: Database) -> None:
    with serving(database_url, key_rate="6/day") as url:
        caller = await Caller.arrive(None, database)  # pyright: ignore[reportArgumentType] (nothing goes by HTTP)
        async with greeted(url, caller.secret) as socket:
            answers = [await socket.ask(VIEWER) for _ in range(3)]

    assert [answer["data"] for answer in answers[:2]] == [SANDBOX, SANDBOX]
    [error] = answers[2]
    assert error["extensions"] == {"code": "RATE_LIMITED", "retryAfter": error["extensions"]["retryAfter"]}


async def test_documents_are_known_by_their_ids(server: str, caller: Caller, database: Database) -> None:
    await import_documents(database, caller.environment.id, [NewDocument(VIEWER, alias="shop/Page")])
    digest = sha256(VIEWER.encode()).hexdigest()

    async with greeted(server, caller.secret) as socket:
        answers = [
            await socket.ask(documentId="shop/Page"),
            await socket.ask(documentId=f"sha256:{digest}"),
            await socket.ask(extensions={"persistedQuery": {"version": 1, "sha256Hash": digest}}),
        ]

    assert [answer["data"] for answer in answers] == [SANDBOX] * 3


async def test_a_twenty_first_operation_is_refused_alone(server: str, caller: Caller) -> None:
    async with greeted(server, caller.secret) as socket:
        async with writes_held(caller):
            ids = [await socket.subscribe(CREATE, variables={"key": f"k{n}"}) for n in range(20)]
            [error] = await socket.ask(VIEWER)
        messages = [await socket.receive() for _ in range(40)]
        afterwards = await socket.ask(VIEWER)

    assert error["extensions"] == {"code": "TOO_MANY_OPERATIONS"}
    assert {each["id"] for each in messages if each["type"] == "complete"} == set(ids)
    assert [each["payload"]["data"] for each in messages if each["type"] == "next"] == [DONE] * 20
    assert afterwards["data"] == SANDBOX


async def test_an_id_in_use_closes_the_connection(server: str, caller: Caller) -> None:
    async with writes_held(caller), greeted(server, caller.secret) as socket:
        for _ in range(2):
            await socket.subscribe(CREATE, variables={"key": "sso"}, id_="mine")

        assert await socket.closed() == (4409, "Subscriber for mine already exists")


async def test_pings_are_answered_with_what_they_brought(server: str, caller: Caller) -> None:
    async with greeted(server, caller.secret) as socket:
        await socket.send({"type": "ping"})
        await socket.send({"type": "ping", "payload": {"n": 1}})
        await socket.send({"type": "pong", "payload": {"n": 1}})
        answers = [await socket.receive(), await socket.receive()]
        afterwards = await socket.ask(VIEWER)

    assert answers == [{"type": "pong"}, {"type": "pong", "payload": {"n": 1}}]
    assert afterwards["data"] == SANDBOX


async def test_a_surprise_ends_its_operation_alone(
    server: str, caller: Caller, caplog: pytest.LogCaptureFixture
) -> None:
    async with greeted(server, caller.secret) as socket:
        # Whoever asks is looked up before each operation.
        async with table_missing(caller.database, "api_keys"):
            [error] = await socket.ask(VIEWER)
        afterwards = await socket.ask(VIEWER)

    [record] = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert error["message"] == "Something went wrong on our side. Quote the errorId when you report it."
    assert error["extensions"] == {"code": "INTERNAL", "errorId": error["extensions"]["errorId"]}
    assert record.getMessage().startswith(error["extensions"]["errorId"])
    assert afterwards["data"] == SANDBOX


async def test_a_surprise_on_the_connection_itself_closes_it_with_its_id(
    server: str, caller: Caller, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.identity.holder.RECHECK_SECONDS", 0.05)
    async with greeted(server, caller.secret) as socket, table_missing(caller.database, "api_keys"):
        code, reason = await socket.closed()

    [record] = [record for record in caplog.records if record.levelno >= logging.ERROR]
    error_id = record.getMessage().partition(":")[0]
    assert (code, reason) == (4500, f"Something went wrong on our side: {error_id}")


@asynccontextmanager
async def table_missing(database: Database, name: str) -> AsyncGenerator[None]:
    """A mistake of an operator, which nothing foresees."""
    async with database.begin_write() as connection:
        await connection.execute(text(f"ALTER TABLE {name} RENAME TO mislaid"))
    try:
        yield
    finally:
        async with database.begin_write() as connection:
            await connection.execute(text(f"ALTER TABLE mislaid RENAME TO {name}"))


async def caller_answer(caller: Caller, query: str) -> Json:
    return {"data": await caller.ask(query)}

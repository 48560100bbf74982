"""One request in, one JSON answer out, whatever the request is."""

import json
import logging

import httpx2
import pytest
from graphql import GraphQLError
from pydantic import SecretStr
from sqlalchemy import text
from strawberry.types import ExecutionResult

from gateway.app import build_app
from gateway.errors import outcome_of, present_errors
from gateway.settings import Settings
from storage.errors import DatabaseUnavailable
from tests.service.serving import NO_TLS, Caller

QUERY = "query Who($first: Int) { viewer { environment { name } } features(first: $first) { totalCount } }"
ANSWER = {
    "data": {"viewer": {"environment": {"name": "sandbox"}}, "features": {"totalCount": 0}},
    "extensions": {"cost": {"requested": 5, "limit": 10_000}},
}

NOT_A_REQUEST = {
    "nothing": b"",
    "not JSON": b"{",
    "null": b"null",
    "a number": b"1",
    "a text": b'"x"',
    "a flag": b"true",
    "a list": b'[{"query": "{ viewer { id } }"}]',
    "bad UTF-8": b'{"query": "\xff"}',
    "an unpaired surrogate": b'{"query": "{ viewer { id } }", "variables": {"x": "\\ud800"}}',
    "deep objects": b'{"variables":' + b'{"a":' * 40_000 + b"1" + b"}" * 40_001,
    "deep lists": b"[" * 100_000,
    "no query": b"{}",
    "an empty query": b'{"query": " "}',
    "a query that is a number": b'{"query": 5}',
    "variables that are a list": b'{"query": "{ viewer { id } }", "variables": []}',
    "a name that is a number": b'{"query": "{ viewer { id } }", "operationName": 5}',
    "extensions that are a text": b'{"query": "{ viewer { id } }", "extensions": "x"}',
    "an operation that isn't there": b'{"query": "query A { viewer { id } }", "operationName": "B"}',
}

WRONG_OPERATIONS = {
    "{": "GRAPHQL_PARSE_FAILED",
    "{" + "a{" * 5_000: "GRAPHQL_PARSE_FAILED",
    "{ nothing }": "GRAPHQL_VALIDATION_FAILED",
    "fragment F on Query { viewer { id } }": "GRAPHQL_VALIDATION_FAILED",
    "{ features(first: null, status: null) { totalCount } }": "GRAPHQL_VALIDATION_FAILED",
    '{ customer(by: {id: "a", externalId: "b"}) { id } }': "GRAPHQL_VALIDATION_FAILED",
    "query($x: Int!) { features(first: $x) { totalCount } }": "BAD_USER_INPUT",
    "{ features(first: 0) { totalCount } }": "BAD_USER_INPUT",
    '{ features(after: "forged") { totalCount } }': "BAD_USER_INPUT",
}


async def test_a_query_is_answered_by_post_and_by_get(caller: Caller) -> None:
    posted = await caller.post({"query": QUERY, "variables": {"first": 1}, "operationName": "Who"})
    fetched = await caller.client.get(
        "/graphql",
        params={"query": QUERY, "variables": '{"first": 1}', "operationName": "Who"},
        headers={"Authorization": f"Bearer {caller.secret}", "GraphQL-Require-Preflight": "1"},
    )

    assert (posted.status_code, posted.json()) == (200, ANSWER)
    assert (fetched.status_code, fetched.json()) == (200, ANSWER)
    assert posted.headers["content-type"] == "application/json; charset=utf-8"


async def test_what_is_no_request_is_told_so_as_json(caller: Caller) -> None:
    for name, body in NOT_A_REQUEST.items():
        response = await caller.post(body)

        [error] = response.json()["errors"]
        assert (response.status_code, error["extensions"]) == (400, {"code": "BAD_REQUEST"}), name
        assert error["message"].endswith("."), name


async def test_a_mistake_in_the_operation_keeps_its_text_and_gets_a_code(caller: Caller) -> None:
    for query, code in WRONG_OPERATIONS.items():
        answer = (await caller.post({"query": query})).json()

        assert {error["extensions"]["code"] for error in answer["errors"]} == {code}, query
        assert ("data" in answer) == (answer["errors"][0].get("path") is not None), query
        assert "None" not in json.dumps(answer), query


async def test_null_where_a_value_must_be_is_called_null(caller: Caller) -> None:
    query = 'query($at: DateTime!) { customer(by: {id: "x"}) { entitlementsAt(at: $at) { totalCount } } }'

    answer = (await caller.post({"query": query, "variables": {"at": None}})).json()

    assert [error["message"] for error in answer["errors"]] == [
        "Variable '$at' has invalid value: Expected value of non-null type 'DateTime!' not to be null."
    ]


async def test_a_body_that_is_not_json_by_its_type_is_refused(caller: Caller) -> None:
    for content_type in ("text/plain", "xapplication/jsonx", "multipart/form-data; boundary=x", ""):
        response = await caller.post(b'{"query": "{ viewer { id } }"}', **{"Content-Type": content_type})

        assert response.status_code == 415
        assert response.json()["errors"][0]["extensions"] == {"code": "BAD_REQUEST"}


async def test_a_mutation_needs_post(caller: Caller) -> None:
    mutation = 'mutation { createFeature(input: {name: "A", lookupKey: "a"}) { feature { id } } }'
    authorization = {"Authorization": f"Bearer {caller.secret}", "GraphQL-Require-Preflight": "1"}

    response = await caller.client.get("/graphql", params={"query": mutation}, headers=authorization)

    assert response.status_code == 405
    assert response.headers["allow"] == "POST"
    assert (await caller.ask("{ features { totalCount } }")) == {"features": {"totalCount": 0}}


async def test_methods_and_paths_that_are_not_there_are_refused_as_json(caller: Caller) -> None:
    deleted = await caller.client.delete("/graphql", headers={"Authorization": f"Bearer {caller.secret}"})
    lost = await caller.client.get("/nowhere")
    posted = await caller.client.post("/")

    assert (deleted.status_code, deleted.headers["allow"]) == (405, "GET, POST")
    assert (lost.status_code, lost.json()["errors"][0]["message"]) == (404, "There is nothing at /nowhere.")
    assert (posted.status_code, posted.json()["errors"][0]["extensions"]) == (405, {"code": "BAD_REQUEST"})


async def test_the_root_says_where_the_endpoint_is(client: httpx2.AsyncClient) -> None:
    assert (await client.get("/")).json() == {"service": "admittance", "graphql": "/graphql"}


async def test_a_surprise_is_logged_once_and_answered_as_its_id(
    caller: Caller, caplog: pytest.LogCaptureFixture
) -> None:
    async with caller.database.begin_write() as connection:
        await connection.execute(text("ALTER TABLE features RENAME TO mislaid"))
    try:
        answer = (await caller.post({"query": '{ feature(by: {lookupKey: "sso"}) { id } }'})).json()
    finally:
        async with caller.database.begin_write() as connection:
            await connection.execute(text("ALTER TABLE mislaid RENAME TO features"))

    [error] = answer["errors"]
    [record] = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert answer["data"] == {"feature": None}
    assert error["path"] == ["feature"]
    assert error["message"] == "Something went wrong on our side. Quote the errorId when you report it."
    assert error["extensions"] == {"code": "INTERNAL", "errorId": error["extensions"]["errorId"]}
    assert record.getMessage().startswith(error["extensions"]["errorId"])
    assert record.exc_info


async def test_while_the_database_is_away_callers_are_told_to_come_back() -> None:
    app = build_app(Settings(database_url=SecretStr("postgresql://admittance:secret@127.0.0.1:1/admittance")))

    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app), base_url="http://gateway", verify=NO_TLS
    ) as client:
        response = await client.post("/graphql", json={"query": QUERY}, headers={"Authorization": "Bearer adm_test_x"})

    [error] = response.json()["errors"]
    assert response.status_code == 503
    assert response.headers["retry-after"] == "1"
    assert error["extensions"] == {"code": "SERVICE_UNAVAILABLE", "retryable": True}
    assert "secret" not in response.text


def test_an_answer_is_unavailable_only_if_nothing_of_it_could_be_had() -> None:
    away = GraphQLError("Driver text", original_error=DatabaseUnavailable("the connection was lost"), path=["customer"])
    errors = present_errors(ExecutionResult(data=None, errors=[away]))

    message = "The database is unavailable: the connection was lost. Try again shortly."
    assert errors == [
        {"message": message, "extensions": {"code": "SERVICE_UNAVAILABLE", "retryable": True}, "path": ["customer"]}
    ]
    assert outcome_of({"data": {"customer": None}, "errors": errors}) == "unavailable"
    assert outcome_of({"data": {"customer": None, "viewer": {"id": "key_1"}}, "errors": errors}) == "partial"
    assert outcome_of({"data": {"customer": None}}) == "ok"

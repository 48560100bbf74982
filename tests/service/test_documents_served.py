"""Documents by id and rates over HTTP: what a client sends, and what it reads."""

import json
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from hashlib import sha256

import httpx2
import pytest

from storage.database import Database
from storage.records import NewDocument
from storage.trusted_documents import import_documents, list_documents
from tests.service.serving import NO_TLS, Caller, Json, serving

FEATURES = "query Features($first: Int!) { features(first: $first) { totalCount } }"
LOOSE = "query Loose { viewer { __typename } }"
CREATE = 'mutation Create { createFeature(input: {name: "SSO", lookupKey: "sso"}) { feature { lookupKey } } }'
FEATURES_HASH, LOOSE_HASH, CREATE_HASH = (sha256(text.encode()).hexdigest() for text in (FEATURES, LOOSE, CREATE))

VARIABLES = {"first": 1}
ANSWER = {"features": {"totalCount": 0}}
PREFLIGHTED = {"GraphQL-Require-Preflight": "1"}

Serve = Callable[..., AbstractAsyncContextManager[Caller]]


@pytest.fixture
def serve(database_url: str, database: Database) -> Serve:
    """Serves an environment that knows FEATURES and CREATE, under settings; yields a caller."""

    @asynccontextmanager
    async def serve(**settings: Json) -> AsyncGenerator[Caller]:
        with serving(database_url, **settings) as url:
            async with httpx2.AsyncClient(base_url=url, verify=NO_TLS) as client:
                caller = await Caller.arrive(client, database)
                documents = [NewDocument(FEATURES, alias="shop/Features"), NewDocument(CREATE)]
                await import_documents(database, caller.environment.id, documents)
                yield caller

    return serve


async def get(caller: Caller, path: str = "/graphql", **parameters: Json) -> httpx2.Response:
    texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in parameters.items()}
    headers = {"Authorization": f"Bearer {caller.secret}", **PREFLIGHTED}
    return await caller.client.get(path, params=texts, headers=headers)


def by_apollo(hash_: str) -> Json:
    return {"persistedQuery": {"version": 1, "sha256Hash": hash_}}


def error_of(response: httpx2.Response) -> tuple[int, str, str]:
    [error] = response.json()["errors"]
    return response.status_code, error["extensions"]["code"], error["message"]


@pytest.mark.parametrize("mode", ["allow", "require"])
async def test_an_imported_document_is_answered_in_every_spelling(serve: Serve, mode: str) -> None:
    async with serve(trusted_documents=mode) as caller:
        named: list[Json] = [
            {"documentId": f"sha256:{FEATURES_HASH}"},
            {"documentId": "shop/Features"},
            {"doc_id": FEATURES_HASH},
            {"extensions": by_apollo(FEATURES_HASH)},
            {"query": "", "extensions": by_apollo("shop/Features")},
        ]
        posted = [await caller.post({**each, "variables": VARIABLES}) for each in named]
        got = [await get(caller, **each, variables=VARIABLES) for each in named]
        paths = [f"sha256:{FEATURES_HASH}", FEATURES_HASH, "shop/Features", "shop%2FFeatures"]
        addressed = [await get(caller, f"/graphql/d/{path}", variables=VARIABLES) for path in paths]

    assert [response.json().get("data") for response in (*posted, *got, *addressed)] == [ANSWER] * 14


async def test_only_imported_documents_are_carried_out_where_they_are_required(serve: Serve) -> None:
    async with serve(trusted_documents="require", persisted_queries=True) as caller:
        whole = await caller.post({"query": FEATURES, "variables": VARIABLES})
        loose = await caller.post({"query": LOOSE})
        kept = await caller.post({"query": LOOSE, "extensions": by_apollo(LOOSE_HASH)})
        unknown = await caller.post({"documentId": f"sha256:{LOOSE_HASH}"})
        known = await list_documents(caller.database, caller.environment.id)

    required = "Only imported documents are carried out here: name one by its id."
    assert whole.json()["data"] == ANSWER
    assert error_of(loose) == error_of(kept) == (400, "TRUSTED_DOCUMENT_REQUIRED", required)
    assert error_of(unknown) == (400, "PERSISTED_QUERY_NOT_FOUND", "No document is known by this id here.")
    assert {document.hash for document in known} == {FEATURES_HASH, CREATE_HASH}


async def test_apollos_queries_are_kept_after_they_were_sent_once(serve: Serve) -> None:
    async with serve(persisted_queries=True) as caller:
        missed = await get(caller, operationName="Loose", extensions=by_apollo(LOOSE_HASH))
        sent = await caller.post({"query": LOOSE, "operationName": "Loose", "extensions": by_apollo(LOOSE_HASH)})
        found = await get(caller, operationName="Loose", extensions=by_apollo(LOOSE_HASH))

    assert error_of(missed) == (200, "PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")
    assert sent.json()["data"] == found.json()["data"] == {"viewer": {"__typename": "Viewer"}}


@pytest.mark.parametrize("text", ["query {", "{ nope }", f"query {{ {'viewer { __typename } ' * 100} }}"])
async def test_a_document_that_would_never_run_is_not_kept(serve: Serve, text: str) -> None:
    async with serve(persisted_queries=True) as caller:
        extensions = by_apollo(sha256(text.encode()).hexdigest())
        answer = await caller.post({"query": text, "extensions": extensions})
        known = await list_documents(caller.database, caller.environment.id)

    assert answer.json()["errors"]
    assert {document.hash for document in known} == {FEATURES_HASH, CREATE_HASH}


async def test_apollos_clients_send_whole_queries_where_none_are_known(serve: Serve) -> None:
    async with serve(trusted_documents="off") as caller:
        refused = await caller.post({"extensions": by_apollo(LOOSE_HASH)})
        whole = await caller.post({"query": LOOSE})

    assert error_of(refused) == (200, "PERSISTED_QUERY_NOT_SUPPORTED", "PersistedQueryNotSupported")
    assert whole.json()["data"] == {"viewer": {"__typename": "Viewer"}}


async def test_no_mutation_runs_by_get_whoever_imported_it(serve: Serve) -> None:
    async with serve() as caller:
        got = await get(caller, documentId=f"sha256:{CREATE_HASH}")
        addressed = await get(caller, f"/graphql/d/{CREATE_HASH}")
        features = await caller.ask(FEATURES, VARIABLES)

    assert [(response.status_code, response.headers["Allow"]) for response in (got, addressed)] == [(405, "POST")] * 2
    assert features == ANSWER


async def test_a_caller_is_told_where_it_stands_and_when_it_may_ask_again(serve: Serve) -> None:
    async with serve(key_rate="3/day") as caller:
        answered = await caller.post({"query": LOOSE})
        refused = await caller.post({"query": LOOSE})

    cost = answered.json()["extensions"]["cost"]["requested"]
    assert (cost, answered.status_code, refused.status_code) == (2, 200, 429)
    assert (answered.headers["RateLimit-Limit"], answered.headers["RateLimit-Remaining"]) == ("3", "1")
    assert "Retry-After" not in answered.headers
    assert refused.headers["RateLimit-Remaining"] == "1"
    assert 0 < int(refused.headers["Retry-After"]) <= int(refused.headers["RateLimit-Reset"]) <= 2 * 86_400
    assert error_of(refused)[1] == "RATE_LIMITED"

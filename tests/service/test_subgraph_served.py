"""The subgraph at its door: who may ask, what for, and that it is held to what everything is held to."""

import json
import re
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from hashlib import sha256

import httpx2
import pytest

from resolvers.callers import Scope
from schema.subgraph import subgraph
from storage.credentials import create_key
from storage.database import Database
from storage.records import NewDocument
from storage.trusted_documents import import_documents
from tests.service.serving import NO_TLS, Caller, Json, serving
from tests.service.subgraphs import ENTITIES, entities, furnish, post
from tests.service.test_subscriptions import session_of

ACME = {"__typename": "Customer", "externalId": "acme"}
SDL = "{ _service { sdl } }"
NAMES = "query Names($representations: [_Any!]!) { _entities(representations: $representations) { __typename } }"

Serve = Callable[..., AbstractAsyncContextManager[Caller]]


@pytest.fixture
def serve(database_url: str, database: Database) -> Serve:
    """Serves a fresh environment under settings; yields a caller."""

    @asynccontextmanager
    async def serve(**settings: Json) -> AsyncGenerator[Caller]:
        with serving(database_url, **settings) as url:
            async with httpx2.AsyncClient(base_url=url, verify=NO_TLS) as client:
                yield await Caller.arrive(client, database)

    return serve


def code_of(response: httpx2.Response) -> str:
    [error] = response.json()["errors"]
    return error["extensions"]["code"]


async def test_a_router_reads_the_sdl_that_the_command_prints(caller: Caller) -> None:
    answer = await post(caller, SDL)

    assert answer.json()["data"] == {"_service": {"sdl": subgraph().sdl}}


async def test_it_is_asked_with_the_same_credentials(caller: Caller) -> None:
    answers = [await post(caller, ENTITIES, secret, representations=[ACME]) for secret in ("wrong", "adm_live_x")]
    nobody = await caller.client.post("/subgraph", json={"query": SDL})

    assert [each.status_code for each in (*answers, nobody)] == [401] * 3
    assert {code_of(each) for each in (*answers, nobody)} == {"UNAUTHENTICATED"}


@pytest.mark.parametrize(("introspection", "answered"), [("everyone", 2), ("keys", 1), ("off", 0)])
async def test_the_sdl_is_for_those_who_may_introspect(serve: Serve, introspection: str, answered: int) -> None:
    async with serve(introspection=introspection) as caller:
        await furnish(caller)
        _, token = await session_of(caller)
        answers = [await post(caller, SDL), await post(caller, SDL, token)]
        entity = await entities(caller, [ACME], token)

    assert ["data" in each.json() for each in answers] == [True] * answered + [False] * (2 - answered)
    assert {code_of(each) for each in answers[answered:]} <= {"INTROSPECTION_FORBIDDEN"}
    assert entity["data"]["_entities"][0]["externalId"] == "acme"


@pytest.mark.parametrize("query", ["{ a: _service { sdl } b: _service { sdl } }", "{ _service { a: sdl b: sdl } }"])
async def test_no_document_asks_for_the_sdl_many_times(caller: Caller, query: str) -> None:
    answer = await post(caller, query)

    assert code_of(answer) == "INTROSPECTION_LIMIT_EXCEEDED"


@pytest.mark.parametrize(
    "query",
    [
        "{ node(id: 1) { id } }",
        "{ nodes(ids: [1]) { id } }",
        "{ viewer { id } }",
        "mutation { deleteCustomer(input: {customer: {id: 1}}) { __typename } }",
        "subscription { entitlementsChanged { revision } }",
    ],
)
async def test_what_belongs_to_a_whole_graph_is_not_there(caller: Caller, query: str) -> None:
    answer = await post(caller, query)

    assert "data" not in answer.json()
    assert {each["extensions"]["code"] for each in answer.json()["errors"]} == {"GRAPHQL_VALIDATION_FAILED"}


async def test_its_queries_answer_everyone_as_those_of_the_public_schema(caller: Caller, database: Database) -> None:
    await furnish(caller)
    query = """query($by: CustomerBy!) {
      customer(by: $by) { id entitlements(status: [ACTIVE]) { nodes { status activeFrom sources { kind } } } }
      customers { nodes { id } }
      products { totalCount nodes { id features { nodes { attachedAt rollout } } } }
      feature(by: {lookupKey: "sso"}) { id customers { nodes { externalId } } }
      webhookEndpoints { totalCount }
    }"""
    by = {"externalId": "acme"}
    _, token = await session_of(caller)
    _, reader = await create_key(database, caller.environment.id, "catalogue", (Scope.CATALOG_READ,))

    for secret, mistakes in ((caller.secret, 0), (token, 3), (reader, 4)):
        answer = (await post(caller, query, secret, by=by)).json()
        public = await caller.post({"query": query, "variables": {"by": by}}, Authorization=f"Bearer {secret}")
        assert answer == public.json()
        assert len(answer.get("errors", ())) == mistakes
        assert answer["data"]["products"]["totalCount"] == 1


@pytest.mark.parametrize(
    "by", [{"id": "cus_1", "externalId": "acme"}, {}, {"id": None}, {"id": None, "externalId": "a"}]
)
async def test_one_of_two_is_exactly_one_though_a_supergraph_says_nothing_of_it(caller: Caller, by: Json) -> None:
    written = await post(caller, f"{{ customer(by: {_literal(by)}) {{ id }} }}")
    passed = await post(caller, "query($by: CustomerBy!) { customer(by: $by) { id } }", by=by)

    for answer, code in ((written, "GRAPHQL_VALIDATION_FAILED"), (passed, "BAD_USER_INPUT")):
        assert "data" not in answer.json()
        assert {each["extensions"]["code"] for each in answer.json()["errors"]} == {code}


async def test_entities_cost_as_many_as_are_asked_for(caller: Caller) -> None:
    answers = [await post(caller, NAMES, representations=[ACME] * number) for number in (1, 60)]

    assert [each.json()["extensions"]["cost"]["requested"] for each in answers] == [2, 61]


async def test_the_limits_are_those_of_every_operation(serve: Serve) -> None:
    deep = "{ products { nodes { features { nodes { product { id } } } } } }"
    async with serve(max_cost=50, max_depth=5, max_tokens=100) as caller:
        codes = [
            code_of(await post(caller, NAMES, representations=[ACME] * 60)),
            code_of(await post(caller, deep)),
            code_of(await post(caller, "{ _service { sdl } } #" + " a" * 600 + " \n{" + " a" * 200)),
        ]

    assert codes == ["COST_LIMIT_EXCEEDED", "DEPTH_LIMIT_EXCEEDED", "DOCUMENT_TOO_LARGE"]


async def test_where_documents_must_be_trusted_a_routers_must_be_too(serve: Serve, database: Database) -> None:
    async with serve(trusted_documents="require") as caller:
        unknown = await post(caller, NAMES, representations=[ACME])
        await import_documents(database, caller.environment.id, [NewDocument(NAMES)])
        digest = sha256(NAMES.encode()).hexdigest()
        body = {"documentId": f"sha256:{digest}", "variables": {"representations": [ACME]}}
        named = await caller.client.post("/subgraph", json=body, headers={"Authorization": f"Bearer {caller.secret}"})

    assert code_of(unknown) == "TRUSTED_DOCUMENT_REQUIRED"
    assert named.json()["data"] == {"_entities": [None]}


@pytest.mark.parametrize("compiled", [True, False])
async def test_with_a_prefix_everything_is_asked_for_by_it(serve: Serve, compiled: bool) -> None:
    async with serve(subgraph_prefix="Acme", compiled=compiled) as caller:
        ids = await furnish(caller)
        query = """query($representations: [_Any!]!, $by: AcmeCustomerBy!, $status: [AcmeEntitlementStatus!]!) {
          _entities(representations: $representations) {
            __typename ... on AcmeCustomer { id } ... on AcmeFeature { id }
          }
          acmeCustomer(by: $by) {
            __typename
            id
            entitlements(status: $status) { nodes { __typename ... on AcmeEntitlementState { status } } }
          }
        }"""
        asked = [{**ACME, "__typename": "AcmeCustomer"}, {"__typename": "AcmeFeature", "lookupKey": "sso"}, ACME]
        given: Json = {"representations": asked, "by": {"externalId": "acme"}, "status": ["ACTIVE"]}
        answer = (await post(caller, query, **given)).json()
        sdl = (await post(caller, SDL)).json()["data"]["_service"]["sdl"]

    customer = {"__typename": "AcmeCustomer", "id": ids["acme"]}
    entitlements = {"nodes": [{"__typename": "AcmeEntitlement", "status": "ACTIVE"}]}
    assert answer["data"] == {
        "_entities": [customer, {"__typename": "AcmeFeature", "id": ids["sso"]}, None],
        "acmeCustomer": {**customer, "entitlements": entitlements},
    }
    [error] = answer["errors"]
    assert "`AcmeCustomer`, `AcmeFeature`, `AcmeProduct`" in error["message"]
    assert sdl == subgraph("Acme").sdl


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("by", [{}, {"id": "cus_1", "externalId": "acme"}])
async def test_with_a_prefix_what_wants_exactly_one_is_called_by_it(serve: Serve, by: Json, compiled: bool) -> None:
    async with serve(subgraph_prefix="Acme", compiled=compiled) as caller:
        written = await post(caller, f"{{ acmeCustomer(by: {_literal(by)}) {{ id }} }}")
        passed = await post(caller, "query($by: AcmeCustomerBy!) { acmeCustomer(by: $by) { id } }", by=by)

    for answer in (written, passed):
        [error] = answer.json()["errors"]
        assert error["message"] == "OneOf Input Object 'AcmeCustomerBy' must specify exactly one key."


async def test_it_is_gone_where_it_is_turned_off(serve: Serve) -> None:
    async with serve(subgraph=False) as caller:
        answer = await post(caller, SDL)

    assert answer.status_code == 404


def _literal(value: Json) -> str:
    """An object as it is written in a document."""
    return re.sub(r'"(\w+)":', r"\1:", json.dumps(value))

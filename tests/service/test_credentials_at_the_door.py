"""Who gets in: the holder of a key that is known and not revoked, and into that key's environment alone."""

import httpx2
import pytest

from resolvers.callers import EVERY_SCOPE
from storage.credentials import create_key, revoke_key
from storage.database import Database
from tests.service.serving import Caller

QUERY = {"query": "{ viewer { id } }"}
MISSING = "This endpoint needs a credential: send the header `Authorization: Bearer <API key or token>`."
INVALID = "This API key is not valid: it is unknown or was revoked."

STRANGERS: list[tuple[dict[str, str], str, str]] = [
    ({}, MISSING, 'Bearer realm="admittance"'),
    ({"Authorization": ""}, MISSING, 'Bearer realm="admittance"'),
    ({"Authorization": "Bearer"}, MISSING, 'Bearer realm="admittance"'),
    ({"Authorization": "Basic YTpi"}, MISSING, 'Bearer realm="admittance"'),
    ({"Authorization": "Bearer adm_test_wrong"}, INVALID, 'Bearer realm="admittance", error="invalid_token"'),
    ({"Authorization": "Bearer \xff\xfe"}, INVALID, 'Bearer realm="admittance", error="invalid_token"'),
]


async def test_a_stranger_gets_401_as_graphql_shaped_json(client: httpx2.AsyncClient) -> None:
    for headers, message, challenge in STRANGERS:
        encoded = {name.encode(): value.encode("latin-1") for name, value in headers.items()}
        response = await client.post("/graphql", json=QUERY, headers=encoded)

        assert response.status_code == 401, headers
        assert response.json() == {"errors": [{"message": message, "extensions": {"code": "UNAUTHENTICATED"}}]}
        assert response.headers["www-authenticate"] == challenge
        assert response.headers["content-type"] == "application/json"


async def test_a_revoked_key_answers_as_an_unknown_one(caller: Caller) -> None:
    key, secret = await create_key(caller.database, caller.environment.id, "short-lived", (EVERY_SCOPE,))
    before = await caller.post(QUERY, Authorization=f"Bearer {secret}")
    await revoke_key(caller.database, key.id)

    revoked = await caller.post(QUERY, Authorization=f"Bearer {secret}")
    unknown = await caller.post(QUERY, Authorization="Bearer adm_sandbox_unknown")

    assert before.json()["data"] == {"viewer": {"id": key.id}}
    assert (revoked.status_code, revoked.text) == (401, unknown.text)


@pytest.mark.parametrize("method", ["GET", "PUT"])
async def test_a_stranger_learns_nothing_else_first(client: httpx2.AsyncClient, method: str) -> None:
    response = await client.request(method, "/graphql", content=b"{")

    assert response.status_code == 401


async def test_a_key_opens_its_own_environment_alone(caller: Caller, database: Database) -> None:
    other = await Caller.arrive(caller.client, database, "other")
    made = await caller.do("createFeature", "feature { id }", name="SSO", lookupKey="sso")

    query = "query($id: ID!) { node(id: $id) { id } features { totalCount } viewer { environment { name } } }"
    seen = await other.ask(query, {"id": made["feature"]["id"]})

    assert seen == {"node": None, "features": {"totalCount": 0}, "viewer": {"environment": {"name": "other"}}}

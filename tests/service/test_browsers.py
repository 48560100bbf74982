"""What pages of other origins may do: nothing, unless the settings name them."""

from collections.abc import Generator

import httpx2
import pytest

from storage.database import Database
from tests.service.serving import NO_TLS, Caller, serving

QUERY = "{ viewer { kind } }"
APP = "https://app.example.com"


@pytest.fixture
def open_server(database_url: str) -> Generator[str]:
    """The URL of an application that pages of one origin may call."""
    with serving(database_url, cors_origins=(APP,)) as url:
        yield url


async def _get(caller: Caller, **headers: str) -> httpx2.Response:
    given = {"Authorization": f"Bearer {caller.secret}", **headers}
    return await caller.client.get("/graphql", params={"query": QUERY}, headers=given)


async def _preflight(client: httpx2.AsyncClient, origin: str) -> httpx2.Response:
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    return await client.options("/graphql", headers=headers)


async def test_a_get_that_a_link_could_have_caused_is_refused(caller: Caller) -> None:
    response = await _get(caller)

    assert response.status_code == 403
    assert "GraphQL-Require-Preflight" in response.json()["errors"][0]["message"]


@pytest.mark.parametrize(
    "header",
    [
        {"GraphQL-Require-Preflight": "1"},
        {"Apollo-Require-Preflight": "true"},
        {"X-Apollo-Operation-Name": "Viewer"},
        {"Content-Type": "application/json"},
    ],
)
async def test_a_get_with_a_header_that_is_asked_about_first_is_answered(
    caller: Caller, header: dict[str, str]
) -> None:
    assert (await _get(caller, **header)).json()["data"] == {"viewer": {"kind": "API_KEY"}}


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
async def test_what_a_form_can_send_is_no_such_header(caller: Caller, content_type: str) -> None:
    assert (await _get(caller, **{"Content-Type": content_type})).status_code == 403


async def test_the_rule_can_be_turned_off(database_url: str, database: Database) -> None:
    with serving(database_url, get_needs_header=False) as url:
        async with httpx2.AsyncClient(base_url=url, verify=NO_TLS) as client:
            response = await _get(await Caller.arrive(client, database))

    assert response.status_code == 200


async def test_no_origin_may_call_unless_it_is_named(client: httpx2.AsyncClient) -> None:
    response = await _preflight(client, APP)

    assert not [name for name in response.headers if name.startswith("access-control")]


async def test_a_named_origin_may_call_and_read_where_it_stands(open_server: str, database: Database) -> None:
    async with httpx2.AsyncClient(base_url=open_server, verify=NO_TLS) as client:
        caller = await Caller.arrive(client, database)
        preflight = await _preflight(client, APP)
        answer = await caller.post({"query": QUERY}, Origin=APP)

    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == APP
    assert answer.headers["access-control-allow-origin"] == APP
    assert "RateLimit-Remaining" in answer.headers["access-control-expose-headers"]
    assert "access-control-allow-credentials" not in answer.headers


async def test_an_origin_that_is_not_named_gets_no_leave(open_server: str) -> None:
    async with httpx2.AsyncClient(base_url=open_server, verify=NO_TLS) as client:
        preflight = await _preflight(client, "https://evil.example.com")

    assert preflight.status_code == 400
    assert "access-control-allow-origin" not in preflight.headers


async def test_a_long_answer_is_compressed_for_those_who_take_it(caller: Caller) -> None:
    query = "{ __schema { types { name } } }"

    compressed = await caller.post({"query": query}, **{"Accept-Encoding": "gzip"})
    plain = await caller.post({"query": query}, **{"Accept-Encoding": "identity"})

    assert compressed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    # A cache on the way must tell the two apart.
    for answer in (compressed, plain):
        assert answer.headers["vary"] == "Accept, Authorization, Origin, Accept-Encoding"
    assert compressed.json()["data"] == plain.json()["data"]

"""Compiled execution as it is served: what the installation ships is compiled, what can't be is counted, and it can be
turned off."""

import json
from pathlib import Path

import httpx2
import pytest

from storage.database import Database
from tests.service.serving import NO_TLS, Caller, Json, serving

OPERATIONS = sorted((Path(__file__).parents[2] / "graphql" / "operations").glob("*.graphql"))
INTROSPECTION = "{ __schema { queryType { name } } }"
PAGE = "{ features(first: 5) { totalCount nodes { id lookupKey products { nodes { attachedAt product { id } } } } } }"
WRONG = "query Q($first: Int!) { features(first: $first) { nodes { id } } node(id: 5) { id } }"


async def test_nothing_that_is_shipped_falls_back(database_url: str, database: Database) -> None:
    with serving(database_url) as url:
        async with httpx2.AsyncClient(base_url=url, verify=NO_TLS) as client:
            caller = await Caller.arrive(client, database)
            for path in OPERATIONS:
                variables = path.with_suffix(".variables.json")
                given: Json = json.loads(variables.read_text()) if variables.exists() else {}
                # Events of subscriptions are shown to be compiled where they are followed.
                if "\nsubscription " in path.read_text():
                    continue
                answer = await caller.post({"query": path.read_text(), "variables": given})
                assert answer.status_code == 200, path

            figures = (await client.get("/metrics")).text

    assert "admittance_operations_total{" in figures
    assert "admittance_compiled_fallbacks_total{" not in figures


@pytest.mark.parametrize("compiled", [True, False])
async def test_what_cannot_be_compiled_is_counted_where_it_should_have_been(
    database_url: str, database: Database, *, compiled: bool
) -> None:
    with serving(database_url, compiled=compiled) as url:
        async with httpx2.AsyncClient(base_url=url, verify=NO_TLS) as client:
            caller = await Caller.arrive(client, database)
            answer = await caller.post({"query": INTROSPECTION})
            figures = (await client.get("/metrics")).text

    assert answer.json()["data"] == {"__schema": {"queryType": {"name": "Query"}}}
    assert ('admittance_compiled_fallbacks_total{reason="introspection"} 1.0' in figures) is compiled


async def test_turned_off_it_changes_no_answer(database_url: str, database: Database) -> None:
    answers: list[list[Json]] = []
    caller: Caller | None = None
    for compiled in (True, False):
        with serving(database_url, compiled=compiled) as url:
            async with httpx2.AsyncClient(base_url=url, verify=NO_TLS) as client:
                caller = caller or await Caller.arrive(client, database)
                caller.client = client
                bodies = [{"query": PAGE}, *({"query": WRONG, "variables": {"first": each}} for each in (5, None, "a"))]
                answers.append([(await caller.post(body)).json() for body in bodies])

    on, off = answers
    assert on == off
    assert ["errors" in answer for answer in on] == [False, False, True, True]

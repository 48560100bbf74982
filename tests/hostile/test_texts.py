"""Hostile texts wherever a text can be passed: the same answer on both databases, and one line each in the log."""

import json
import shutil
from collections.abc import AsyncGenerator, Generator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import httpx2
import pytest
from sqlalchemy import URL

from resolvers.callers import EVERY_SCOPE
from storage.credentials import create_key
from storage.database import Database
from tests.databases import postgresql_database, sqlite_database
from tests.hostile.attack import OUR_OWN_BUSINESS, Json, Target, attacked, refused
from tests.hostile.sockets import connected, read_answer, request
from tests.operations.api import Api
from tests.operations.inhabitants import OBJECTS, Known, furnish, names_at
from tests.operations.schema_walk import document, places, selection
from tests.service.serving import NO_TLS, Caller, serving

TEXTS = {
    "nothing": "",
    "a blank": " ",
    "NUL": "\0",
    "a key with NUL": "mine feature\0",
    "control characters": "a\r\nb\x1b[31mc\x7f\x85",
    "separators of lines": "a\u2028b\u2029c",
    "a text from right to left": "\u202emine feature\u202c\u2066",
    "nothing to be seen": "mine\u200b\u2060 feature\ufeff",
    "composed": "caf\u00e9",
    "decomposed": "cafe\u0301",
    "compatible": "\uff4dine feature",
    "beyond the first plane": "\U0001f511\U000e0041",
    "no character": "\ufffe\uffff",
    "a statement": "'; DROP TABLE features; --",
    "a condition": "' OR '1'='1",
    "wildcards": "%",
    "more wildcards": "_ine feature",
    "backslashes": "\\' \\x00 \\\\",
    "quotes": "\"'`$$",
    "parameters": ":id $1 %s %(a)s ? {0}",
    "a template": "${jndi:ldap://a}{{7*7}}",
    "a path": "../../etc/passwd",
    "a number": "9" * 400,
    "20 kB": "x" * 20_000,
}

TELLING = {
    "wildcards": "%",
    "NUL": "mine feature\0",
    "20 kB": "x" * 20_000,
    "the rest at once": "".join(text for text in TEXTS.values() if "\0" not in text and len(text) < 100),
}
"""Enough for a walk through the whole schema."""

MADE = """mutation($text: String!, $metadata: Metadata) {
    createFeature(input: {name: $text, lookupKey: $text}) {
        feature { name lookupKey } userErrors { code field message }
    }
    createProduct(input: {name: $text, lookupKey: $text}) {
        product { name lookupKey } userErrors { code field message }
    }
    createCustomer(input: {externalId: $text, name: $text, email: $text, metadata: $metadata}) {
        customer { externalId name email metadata } userErrors { code field message }
    }
}"""
FOUND = """query($text: String!) {
    feature(by: {lookupKey: $text}) { name lookupKey }
    features(lookupKey: $text) { nodes { lookupKey } }
    product(by: {lookupKey: $text}) { name lookupKey }
    customer(by: {externalId: $text}) { externalId name email metadata hasAccess(lookupKey: $text) }
    customers(email: $text) { nodes { email } }
}"""


@dataclass(frozen=True, slots=True)
class Place:
    """One application, and what there is in it."""

    caller: Caller
    known: Known

    async def ask(self, query: str, **variables: Json) -> Json:
        """The answer to an operation, be it a refusal; always one in plain words."""
        answer = await self.caller.post({"query": query, "variables": variables})
        assert answer.status_code == 200, answer.text
        said = " ".join(error["message"] for error in answer.json().get("errors", ()))
        assert not OUR_OWN_BUSINESS.search(said), said
        return answer.json()


@pytest.fixture
async def both(sqlite_path: Path, tmp_path: Path, postgresql_url: URL) -> AsyncGenerator[list[Place]]:
    """The same things behind the same application, once on SQLite and once on PostgreSQL."""
    async with AsyncExitStack() as stack:
        found: list[Place] = []
        for fresh in (sqlite_database(sqlite_path, tmp_path), postgresql_database(postgresql_url)):
            database_url = await stack.enter_async_context(fresh)
            database = Database.open(database_url)
            stack.push_async_callback(database.close)
            url = stack.enter_context(serving(database_url, max_body_bytes=1_048_576))
            client = await stack.enter_async_context(httpx2.AsyncClient(base_url=url, verify=NO_TLS))
            caller = await Caller.arrive(client, database)
            credential, _ = await create_key(database, caller.environment.id, "tests", (EVERY_SCOPE,))
            known = await furnish(Api(database, caller.environment, credential), "mine")
            found.append(Place(caller, known))
        yield found


async def test_a_text_is_the_same_name_on_both_databases_wherever_it_is_passed(both: list[Place]) -> None:
    for label, text in TELLING.items():
        names = Known(dict.fromkeys(both[0].known.ids, text), dict.fromkeys(both[0].known.keys, text), text)
        for place in places():
            query = document(place, selection(place))
            for value in names_at(place, names, text):
                answers = [
                    await each.ask(query, id=each.known.ids[OBJECTS[place.parent]], value=value) for each in both
                ]
                assert answers[0] == answers[1], (label, place)


async def test_a_text_is_taken_by_both_databases_or_by_none_and_read_back_as_it_was(both: list[Place]) -> None:
    stored = 0
    for label, text in TEXTS.items():
        made = [await each.ask(MADE, text=text, metadata={text[:40] or "a": text}) for each in both]
        found = [await each.ask(FOUND, text=text) for each in both]

        assert made[0] == made[1], label
        assert found[0] == found[1], label
        feature, product, customer = (
            made[0]["data"][name] for name in ("createFeature", "createProduct", "createCustomer")
        )
        assert found[0]["data"]["feature"] == feature["feature"], label
        assert found[0]["data"]["product"] == product["product"], label
        if feature["feature"]:
            stored += 1
            assert feature["feature"] == {"name": text, "lookupKey": text}
        if customer["customer"]:
            assert customer["customer"]["externalId"] == customer["customer"]["email"] == text
            assert customer["customer"]["metadata"] == {text[:40]: text}
    assert stored > 10


async def test_a_key_of_a_megabyte_is_too_long_for_a_request(both: list[Place]) -> None:
    for place in both:
        answer = await place.caller.post({"query": FOUND, "variables": {"text": "x" * 1_048_576}})

        refused(answer)
        assert answer.status_code == 413


async def test_twins_that_look_alike_are_two_on_both_databases(both: list[Place]) -> None:
    twins = (TEXTS["composed"], TEXTS["decomposed"])
    for place in both:
        for text in twins:
            await place.ask(MADE, text=text)
        found = [(await place.ask(FOUND, text=text))["data"]["features"]["nodes"] for text in twins]

        assert found == [[{"lookupKey": text}] for text in twins]


@pytest.mark.parametrize("escape", ["\\u{D800}", "\\uD800", "\\uDC00\\uD800", "\\u{110000}", "\\x00"])
async def test_what_no_document_may_hold_is_a_mistake_in_it(caller: Caller, escape: str) -> None:
    query = f'{{ feature(by: {{lookupKey: "{escape}"}}) {{ id }} }}'

    answer = await caller.post({"query": query}, Accept="application/graphql-response+json")

    [error] = refused(answer)
    assert error["extensions"]["code"] == "GRAPHQL_PARSE_FAILED"


@pytest.fixture(scope="module")
def target(sqlite_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Generator[Target]:
    """An application that logs every request, as JSON."""
    path = shutil.copy(sqlite_path, tmp_path_factory.mktemp("attacked"))
    with attacked(f"sqlite:///{path}", access_log=True, log_format="json", log_level="debug") as target:
        yield target


FORGED = '{"level": "critical", "event": "forged"}'


async def test_no_text_makes_a_second_line_in_the_log(target: Target) -> None:
    texts = ["a\r\n" + FORGED, "\x1b[2J\x1b[31m" + FORGED, "\x85\u2028" + FORGED, "\0" + FORGED]
    operation = "query Q($text: String!) { feature(by: {lookupKey: $text}) { name } }"

    async with target.client() as client:
        for text in texts:
            await client.get(f"/{quote(text)}")
            await client.get("/graphql", params={"query": text, "operationName": text})
            await client.post("/graphql", json={"query": operation, "variables": {"text": text}, "operationName": text})
            await client.post("/graphql", json={"query": MADE, "variables": {"text": text, "metadata": {text: text}}})
            await client.post("/graphql", json={"documentId": text}, headers={"X-Request-Id": FORGED})
    async with connected(target.url) as (reader, writer):
        # Beyond ASCII, as no HTTP library would send it.
        writer.write(request("/%0d%0a%1b%00%ff", User_Agent=f"\x80\x85\xff{FORGED}", X_Request_Id=FORGED))
        await read_answer(reader)
        # A line is written once its answer is: this one is answered after it.
        writer.write(request("/health/live", method="GET"))
        await read_answer(reader)

    lines = target.log.read_text().split("\n")
    records = [json.loads(line) for line in lines if line]
    assert lines[-1] == ""
    assert len([record for record in records if record["logger"] == "admittance.access"]) >= 5 * len(texts) + 1
    assert not [record for record in records if record["event"] == "forged"]
    assert all(line.isascii() and line.isprintable() for line in lines)

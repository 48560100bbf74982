"""Guessing: of credentials, counted by the address they come from; of names, bounded by what one request may hold."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager

import httpx2
import pytest

from storage.database import Database
from tests.hostile.attack import Json, refused
from tests.service.serving import NO_TLS, Caller, serving

GUESSES = 300
FREE_GUESSES = 20
SECONDS_A_GUESS = 3
"""Once the free ones are gone, as the window slides on: 20 a minute."""
MOST_TO_WAIT = 60 + SECONDS_A_GUESS
"""Seconds: where all are spent as a minute begins, they count until its end, and from then on ever less."""
TOO_MANY = 2 * FREE_GUESSES
"""Guesses one after another that only a machine that takes a minute for them would let pass."""

AT_ONCE = 10


def _wrong(number: int) -> str:
    """A secret that looks like one: of a key and of a session by turns, or no secret at all."""
    return (f"adm_sandbox_{number:043d}", f"adms_sandbox_{number:043d}", f"guess-{number}")[number % 3]


async def _guess(client: httpx2.AsyncClient, secret: str, **headers: str) -> httpx2.Response:
    given = {"Authorization": f"Bearer {secret}", **headers}
    return await client.post("/graphql", json={"query": "{ viewer { id } }"}, headers=given)


@asynccontextmanager
async def _arrived(url: str, database: Database) -> AsyncGenerator[Caller]:
    async with httpx2.AsyncClient(base_url=url, verify=NO_TLS) as client:
        yield await Caller.arrive(client, database)


@pytest.fixture
def open_server(database_url: str) -> Generator[str]:
    """An application that stands in the open: no proxy is believed."""
    with serving(database_url, trusted_proxies=()) as url:
        yield url


async def test_wrong_credentials_are_counted_by_address_and_right_ones_go_on(caller: Caller) -> None:
    answers: list[httpx2.Response] = []
    began = time.monotonic()
    for start in range(0, GUESSES, AT_ONCE):
        wrong = (_guess(caller.client, _wrong(start + number)) for number in range(AT_ONCE))
        answers += await asyncio.gather(*wrong)
        assert (await _guess(caller.client, caller.secret)).status_code == 200

    slid = (time.monotonic() - began) / SECONDS_A_GUESS
    statuses = Counter(answer.status_code for answer in answers)
    assert FREE_GUESSES <= statuses.pop(401) <= FREE_GUESSES + slid + 1
    assert list(statuses) == [429]
    assert [answer.status_code for answer in answers[:FREE_GUESSES]] == [401] * FREE_GUESSES
    for answer in answers:
        [error] = refused(answer)
        assert error["extensions"]["code"] == ("UNAUTHENTICATED" if answer.status_code == 401 else "RATE_LIMITED")
    waits = [int(answer.headers["Retry-After"]) for answer in answers if answer.status_code == 429]
    assert all(1 <= wait <= MOST_TO_WAIT for wait in waits)


async def test_a_wrong_credential_says_nothing_of_what_was_wrong(caller: Caller) -> None:
    almost = caller.secret[:-1] + ("a" if caller.secret[-1] != "a" else "b")

    answers = [await _guess(caller.client, secret) for secret in (almost, caller.secret[:-1], f"{caller.secret}a")]

    assert len({answer.content for answer in answers}) == 1
    assert len({answer.headers["WWW-Authenticate"] for answer in answers}) == 1


async def test_no_header_makes_a_guesser_somebody_else(open_server: str, database: Database) -> None:
    names = ("X-Forwarded-For", "Forwarded", "X-Real-IP", "X-Client-IP", "True-Client-IP", "CF-Connecting-IP")
    async with _arrived(open_server, database) as caller:
        answers = [
            await _guess(caller.client, _wrong(number), **dict.fromkeys(names, f"192.0.2.{number}"))
            for number in range(TOO_MANY)
        ]

    assert [answer.status_code for answer in answers[:FREE_GUESSES]] == [401] * FREE_GUESSES
    assert 429 in {answer.status_code for answer in answers[FREE_GUESSES:]}


async def test_behind_a_proxy_it_is_the_address_the_proxy_saw(caller: Caller) -> None:
    """Whatever the guesser itself wrote before it."""
    forwarded = [f"192.0.2.{number}, 203.0.113.7" for number in range(TOO_MANY)]

    answers = [await _guess(caller.client, _wrong(n), **{"X-Forwarded-For": each}) for n, each in enumerate(forwarded)]
    neighbour = await _guess(caller.client, _wrong(0), **{"X-Forwarded-For": "203.0.113.8"})

    assert [answer.status_code for answer in answers[:FREE_GUESSES]] == [401] * FREE_GUESSES
    assert 429 in {answer.status_code for answer in answers[FREE_GUESSES:]}
    assert neighbour.status_code == 401


async def test_whoever_has_no_credential_guesses_nothing(caller: Caller) -> None:
    answers = [await caller.client.post("/graphql", json={"query": "{ __typename }"}) for _ in range(TOO_MANY)]

    assert {answer.status_code for answer in answers} == {401}


def _names(count: int) -> list[Json]:
    return [{"externalId": f"guess-{number}"} for number in range(count)]


async def test_one_request_holds_so_many_guesses_at_names(caller: Caller, customer: Caller) -> None:
    aliases = " ".join(f'a{n}: customer(by: {{externalId: "guess-{n}"}}) {{ id }}' for n in range(51))
    at_once = "query($by: [CustomerBy!]!) { customersBy(by: $by) { id } }"
    fifty_lists = (
        "query($by: [CustomerBy!]!) {" + " ".join(f"a{n}: customersBy(by: $by) {{ id }}" for n in range(50)) + "}"
    )

    for guesser in (caller, customer):
        [too_many] = (await guesser.post({"query": f"{{ {aliases} }}"})).json()["errors"]
        [too_long] = (await guesser.post({"query": at_once, "variables": {"by": _names(101)}})).json()["errors"]
        [too_dear] = (await guesser.post({"query": fifty_lists, "variables": {"by": _names(1_000)}})).json()["errors"]
        [no_array] = (await guesser.post([{"query": "{ __typename }"}] * 2)).json()["errors"]

        assert too_many["extensions"]["code"] == "ALIAS_LIMIT_EXCEEDED"
        assert (too_long["extensions"]["code"], too_long["extensions"]["argument"]) == ("BAD_USER_INPUT", "by")
        assert too_dear["extensions"]["code"] == "COST_LIMIT_EXCEEDED"
        assert no_array["extensions"]["code"] == "BAD_REQUEST"


async def test_guesses_at_names_are_paid_for_until_there_is_nothing_left(database_url: str, database: Database) -> None:
    guesses = "query($by: [CustomerBy!]!) { customersBy(by: $by) { id } }"
    with serving(database_url, key_rate="1050/day") as url:
        async with _arrived(url, database) as caller:
            body = {"query": guesses, "variables": {"by": _names(100)}}
            answers = [await caller.post(body) for _ in range(12)]

    assert [answer.status_code for answer in answers] == [200] * 10 + [429] * 2
    [error] = refused(answers[-1])
    assert error["extensions"]["code"] == "RATE_LIMITED"
    assert error["extensions"]["retryAfter"] == int(answers[-1].headers["Retry-After"])


async def test_operations_of_an_array_are_paid_for_one_by_one(database_url: str, database: Database) -> None:
    with serving(database_url, batch_size=10, key_rate="450/day") as url:
        async with _arrived(url, database) as caller:
            one = {
                "query": "query($by: [CustomerBy!]!) { customersBy(by: $by) { id } }",
                "variables": {"by": _names(100)},
            }
            batch = (await caller.post([one] * 10)).json()

    codes = [each["errors"][0]["extensions"]["code"] if "errors" in each else None for each in batch]
    assert codes == [None] * 4 + ["RATE_LIMITED"] * 6

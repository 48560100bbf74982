"""Bodies that are no GraphQL requests, to the application itself: a JSON error with the right 4xx for every one."""

import gzip
import json
import random
import shutil
from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import httpx2
import pytest

from tests.hostile.attack import OUR_OWN_BUSINESS, Json, Target, attacked, refused, stall
from tests.hostile.sockets import connected, read_answer, request

MEGABYTE = 1_048_576
ALLOWED_STALL_SECONDS = 0.1
ALLOWED_MEMORY = 50_000_000
SEED = 20_261_121
RANDOM_BODIES = 1_000

VALID: Json = {
    "query": "query Who($first: Int) { viewer { id } features(first: $first) { nodes { id name } } }",
    "variables": {"first": 3, "others": [None, True, 1.5e3, "text \u00fc \U0001f511"]},
    "operationName": "Who",
    "extensions": {"a": {"b": []}},
}

NO_REQUESTS = {
    "nothing": b"",
    "a blank": b" ",
    "null": b"null",
    "a number": b"1",
    "a text": b'"x"',
    "a flag": b"true",
    "an empty list": b"[]",
    "a list of nothing": b"[null]",
    "a list of lists": b"[[[]]]",
    "no JSON": b"{",
    "JSON and more": b'{"query": "{ viewer { id } }"} {}',
    "no number": b'{"query": "{ viewer { id } }", "variables": {"a": NaN}}',
    "a byte order mark": b'\xef\xbb\xbf{"query": "{ viewer { id } }"}',
    "UTF-16": '{"query": "{ viewer { id } }"}'.encode("utf-16"),
    "bad UTF-8": b'{"query": "\xff"}',
    "half a character": b'{"query": "{ viewer { id } } #\xe2\x82"}',
    "an overlong slash": b'{"query": "{ viewer { id } } #\xc0\xaf"}',
    "an encoded surrogate": b'{"query": "{ viewer { id } } #\xed\xa0\x80"}',
    "an escaped surrogate": b'{"query": "{ viewer { id } }", "variables": {"a": "\\ud800"}}',
    "an escaped surrogate in a name": b'{"query": "{ viewer { id } }", "variables": {"\\udc00": 1}}',
    "a NUL in a text": b'{"query": "{ viewer { id } }\x00"}',
    "100,000 objects": b'{"query":' + b'{"a":' * 40_000 + b"1" + b"}" * 40_001,
    "100,000 lists": b"[" * 100_000,
    "100,000 lists that end": b"[" * 100_000 + b"]" * 100_000,
    "a query of numbers": b'{"query": 5}',
    "a query of queries": b'{"query": ["{ viewer { id } }"]}',
    "no query": b'{"variables": {}}',
    "variables as a list": b'{"query": "{ viewer { id } }", "variables": [1]}',
    "variables as a text": b'{"query": "{ viewer { id } }", "variables": "{}"}',
    "a name of numbers": b'{"query": "{ viewer { id } }", "operationName": 5}',
    "extensions as a text": b'{"query": "{ viewer { id } }", "extensions": "x"}',
    "a document by a number": b'{"documentId": 7}',
    "a hash of numbers": b'{"extensions": {"persistedQuery": {"version": 1, "sha256Hash": 7}}}',
}

STRANGE_TYPES = [
    "",
    "text/plain",
    "xapplication/jsonx",
    "application/jsonx",
    "application/json-patch+json",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "multipart/form-data",
    "application/graphql",
    "application/json; charset=utf-16",
    "application/json; charset=latin-1",
    "*/*",
    "application/json, text/plain",
    "a" * 10_000,
]


@pytest.fixture(scope="module")
def target(sqlite_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Generator[Target]:
    """One server for all of them."""
    path = shutil.copy(sqlite_path, tmp_path_factory.mktemp("attacked"))
    with attacked(f"sqlite:///{path}") as target:
        yield target


@pytest.fixture
async def client(target: Target) -> AsyncGenerator[httpx2.AsyncClient]:
    """A client with a credential, of whose bodies nothing may be kept."""
    before = target.most_memory()
    async with target.client() as client:
        yield client
    assert target.most_memory() - before < ALLOWED_MEMORY


async def _send(client: httpx2.AsyncClient, body: bytes, **headers: str) -> httpx2.Response:
    return await client.post("/graphql", content=body, headers=headers)


@pytest.mark.parametrize("body", NO_REQUESTS.values(), ids=NO_REQUESTS.keys())
async def test_what_is_no_request_is_told_so(client: httpx2.AsyncClient, body: bytes) -> None:
    answer = await _send(client, body)

    [error] = refused(answer)
    assert answer.status_code == 400
    assert error["extensions"]["code"] == "BAD_REQUEST"


async def test_reading_them_stalls_nobody(target: Target, client: httpx2.AsyncClient) -> None:
    async def all_of_them() -> None:
        for body in NO_REQUESTS.values():
            await _send(client, body)

    assert await stall(target, all_of_them, allowed=ALLOWED_STALL_SECONDS) < ALLOWED_STALL_SECONDS


@pytest.mark.parametrize("type_", STRANGE_TYPES, ids=lambda type_: type_[:40])
async def test_a_body_that_is_not_json_by_its_type_is_refused(client: httpx2.AsyncClient, type_: str) -> None:
    answer = await client.post("/graphql", content=json.dumps(VALID), headers={"Content-Type": type_})

    refused(answer)
    assert answer.status_code == 415


@pytest.mark.parametrize("number", ["9" * 5_000, "-" + "9" * 5_000, "1e400", "1e5000"])
async def test_a_number_beyond_all_sizes_is_a_mistake_of_the_callers(client: httpx2.AsyncClient, number: str) -> None:
    asked = {**VALID, "variables": {"first": 0}}

    answer = await _send(client, json.dumps(asked).replace('"first": 0', f'"first": {number}').encode())

    refused(answer)
    assert answer.status_code == 400


async def _pieces(size: int) -> AsyncGenerator[bytes]:
    for _ in range(0, size, MEGABYTE):
        yield b" " * MEGABYTE


@pytest.mark.parametrize("megabytes", [10, 200])
async def test_a_body_beyond_the_limit_is_refused_however_it_comes(
    target: Target, client: httpx2.AsyncClient, megabytes: int
) -> None:
    size = megabytes * MEGABYTE

    async def send() -> None:
        declared = await client.post("/graphql", content=_pieces(size), headers={"Content-Length": str(size)})
        in_chunks = await client.post("/graphql", content=_pieces(size))
        for answer in (declared, in_chunks):
            refused(answer)
            assert answer.status_code == 413

    assert await stall(target, send, allowed=ALLOWED_STALL_SECONDS) < ALLOWED_STALL_SECONDS


async def test_a_declared_length_is_refused_before_a_byte_of_it(target: Target) -> None:
    async with connected(target.url) as (reader, writer):
        writer.write(request(Authorization=f"Bearer {target.key}", Content_Length=str(200 * MEGABYTE)))
        answer = await read_answer(reader)

    assert (answer.status, answer.code) == (413, "BAD_REQUEST")


async def test_a_bomb_is_refused_unpacked(client: httpx2.AsyncClient) -> None:
    bomb = gzip.compress(json.dumps(VALID).encode() + b" " * 200 * MEGABYTE)

    answer = await _send(client, bomb, **{"Content-Encoding": "gzip"})

    refused(answer)
    assert (answer.status_code, answer.headers["accept-encoding"]) == (415, "identity")


def _spoiled(chance: random.Random) -> bytes:
    """Noise, or a valid request with some of its bytes changed, left out, doubled or made noise."""
    if chance.random() < 0.2:
        return chance.randbytes(chance.randrange(400))
    body = bytearray(json.dumps(VALID, ensure_ascii=chance.random() < 0.5).encode())
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        start = chance.randrange(len(body))
        end = min(len(body), start + chance.choice((0, 1, 1, 2, 8, 64)))
        other = chance.randrange(len(body))
        body[start:end] = chance.choice(
            (b"", chance.randbytes(end - start), bytes(body[other : other + 16]), chance.choice(PIECES))
        )
        if not body:
            break
    return bytes(body)


PIECES = (
    b"null",
    b"[[",
    b"{",
    b'"',
    b"\\ud800",
    b"\\u0000",
    b"\x00",
    b"\xff",
    b"9" * 30,
    b"-",
    b"{a",
    b"...",
    b"@skip",
    b"$",
)


async def test_a_thousand_random_bodies_are_answered_by_the_book(client: httpx2.AsyncClient) -> None:
    """Spoiled in their query alone some are valid still; whatever else is answered 4xx, as JSON, in plain words."""
    chance = random.Random(SEED)  # noqa: S311 - it is to be the same each time
    statuses: dict[int, int] = {}
    for _ in range(RANDOM_BODIES):
        body = _spoiled(chance)

        answer = await _send(client, body)

        statuses[answer.status_code] = statuses.get(answer.status_code, 0) + 1
        if answer.status_code != 200:
            assert answer.status_code == 400, body
            refused(answer)
        elif "errors" in answer.json():
            assert not OUR_OWN_BUSINESS.search(" ".join(each["message"] for each in answer.json()["errors"])), body
    assert statuses[400] > RANDOM_BODIES * 0.7
    assert statuses[200] > 10

"""Many followers in one process: what each takes of its memory, and how soon one change of the catalogue reaches all.

`FOLLOWERS=5000` makes them as many as are to be shown. What was measured is printed.
"""

import asyncio
import json
import os
import resource
import statistics
import sys
import time
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx2
import pytest

from resolvers.callers import EVERY_SCOPE
from storage.credentials import create_key
from storage.database import Database
from tests.either import only_postgresql
from tests.hostile.sockets import address as host_and_port
from tests.memory import memory_of
from tests.operations.api import Api, Json
from tests.service.event_streams import event_stream_request
from tests.service.processes import address, started
from tests.service.serving import NO_TLS, Caller
from tests.service.watching import until_open
from tests.service.websockets import greeted

FOLLOWERS = int(os.environ.get("FOLLOWERS", "200"))
AT_ONCE = 20
"""Subscriptions on one WebSocket, and customers that are announced side by side."""

CHANGES = (
    "subscription($id: ID!) { entitlementsChanged(customer: {id: $id}) {"
    " revision added { lookupKey activeTo } customer { id } } }"
)

pytestmark = [
    only_postgresql,
    pytest.mark.timeout(60 + FOLLOWERS // 5),
]

Reached = Callable[[str], None]
"""Told the id of the customer of whom a change arrived."""

Crowd = Callable[[str, str, list[str], Reached], AbstractAsyncContextManager[None]]
"""Follows customers by their ids, at a URL and by a secret, and tells of every change that arrives."""


@pytest.fixture(autouse=True)
def enough_files() -> Generator[None]:
    """Every follower has a socket."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@asynccontextmanager
async def _by_events(url: str, secret: str, customers: list[str], reached: Reached) -> AsyncGenerator[None]:
    """A connection for each."""

    async def follow(id_: str) -> None:
        reader, writer = await asyncio.open_connection(*host_and_port(url))
        writer.write(event_stream_request(secret, CHANGES, id=id_))
        try:
            while line := await reader.readline():
                if line == b"event: next\n":
                    reached(_customer(json.loads((await reader.readline()).removeprefix(b"data: "))))
        finally:
            writer.transport.abort()

    async with _all(follow(id_) for id_ in customers):
        yield


@asynccontextmanager
async def _by_sockets(url: str, secret: str, customers: list[str], reached: Reached) -> AsyncGenerator[None]:
    """As many on a connection as it takes."""

    async def follow(ids: list[str]) -> None:
        async with greeted(url, secret, compression=None) as socket:
            for id_ in ids:
                await socket.subscribe(CHANGES, variables={"id": id_})
            async for message in socket.connection:
                body = json.loads(message)
                assert body["type"] == "next"
                reached(_customer(body["payload"]))

    async with _all(follow(customers[start : start + AT_ONCE]) for start in range(0, len(customers), AT_ONCE)):
        yield


@asynccontextmanager
async def _all(following: Generator[Json]) -> AsyncGenerator[None]:
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(each) for each in following]
        yield
        for task in tasks:
            task.cancel()


async def _subscribers(api: Api, number: int) -> list[str]:
    """The ids of so many customers with one plan, which has nothing in it yet."""
    await api.product("plan")
    await api.feature("sso")

    async def subscriber(n: int) -> str:
        id_ = await api.customer(f"customer {n}")
        await api.subscribe(f"customer {n}", "plan")
        return id_

    return [
        id_
        for start in range(0, number, AT_ONCE)
        for id_ in await asyncio.gather(*map(subscriber, range(start, min(start + AT_ONCE, number))))
    ]


def _customer(body: Json) -> str:
    """Whom an answer tells of."""
    return body["data"]["entitlementsChanged"]["customer"]["id"]


@pytest.mark.parametrize("crowd", [_by_events, _by_sockets], ids=["events", "sockets"])
async def test_one_change_of_the_catalogue_reaches_all_of_them(
    tmp_path: Path, database_url: str, database: Database, crowd: Crowd
) -> None:
    api = await Api.open(database)
    customers = await _subscribers(api, FOLLOWERS)
    arrivals: list[float] = []
    waiting = set(customers)
    everybody = asyncio.Event()

    def reached(id_: str) -> None:
        arrivals.append(time.perf_counter())
        waiting.discard(id_)
        if not waiting:
            everybody.set()

    async with AsyncExitStack() as stack:
        process = stack.enter_context(started(tmp_path, DATABASE_URL=database_url))
        url = address(process)
        caller = await Caller.arrive(
            await stack.enter_async_context(httpx2.AsyncClient(base_url=url, verify=NO_TLS)), database, "b"
        )
        _, secret = await create_key(database, api.environment.id, "followers", (EVERY_SCOPE,))
        # What the first one brings with it isn't of each.
        async with crowd(url, secret, customers[:AT_ONCE], reached):
            await until_open(caller, AT_ONCE)
        await until_open(caller, 0)
        before = memory_of(process.pid)
        await stack.enter_async_context(crowd(url, secret, customers, reached))
        await until_open(caller, FOLLOWERS)
        each = (memory_of(process.pid) - before) / FOLLOWERS
        began = time.perf_counter()
        given: Json = {"product": {"lookupKey": "plan"}, "feature": {"lookupKey": "sso"}, "rollout": "IMMEDIATE"}
        await api.mutate("attachFeature", **given)
        attached = time.perf_counter() - began
        await everybody.wait()
        await until_open(caller, FOLLOWERS)

    seconds = [arrival - began for arrival in arrivals]
    sys.stdout.write(
        f"\n{FOLLOWERS:,} followers: {each / 1000:.1f} kB each; attached in {attached * 1000:.0f} ms, half of them "
        f"reached in {statistics.median(seconds):.2f} s, all in {seconds[-1]:.2f} s\n"
    )
    assert len(arrivals) == FOLLOWERS, "nobody is told twice"
    assert each < 100_000

"""Two servers on one PostgreSQL: whatever one has acknowledged, the next request to the other sees.

`CURRENCY_PAIRS=10000 pytest -o timeout=0` takes half an hour; `make proofs` does.
"""

import asyncio
import os
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest

from resolvers.callers import EVERY_SCOPE
from storage.credentials import create_key, revoke_key
from storage.database import Database
from tests.either import only_postgresql
from tests.service.couples import Couple
from tests.service.kept_figures import kept_figures
from tests.service.processes import serving_processes
from tests.service.serving import NO_TLS, Caller

PAIRS = int(os.environ.get("CURRENCY_PAIRS", "200"))
"""Writes with a read after each, of each kind."""

COUPLES = 4
VIEWER = "{ viewer { id } }"

pytestmark = only_postgresql

Servers = tuple[Caller, Caller]

KINDS: Mapping[str, tuple[tuple[str, ...], Mapping[str, str]]] = {
    "writes to customers": (("customer_deeds",), {}),
    "writes to the catalogue": (("catalogue_deeds",), {}),
    "what is kept goes all the time": (
        ("customer_deeds", "catalogue_deeds"),
        # The history of attachments grows with every pair, and what is too large by itself isn't even kept.
        {"ADMITTANCE_KEPT_CUSTOMERS": "2", "ADMITTANCE_KEPT_BYTES": str(20_000 + 40 * PAIRS)},
    ),
}


@asynccontextmanager
async def _two_servers(
    folder: Path, url: str, database: Database, settings: Mapping[str, str]
) -> AsyncGenerator[Servers]:
    # Here somebody is wrong about a credential on purpose, and often.
    given = {"ADMITTANCE_FAILURE_RATE": "1000000/minute", **settings}
    async with AsyncExitStack() as stack:
        urls = stack.enter_context(serving_processes(2, folder, url, **given))
        clients = [
            await stack.enter_async_context(httpx2.AsyncClient(base_url=each, timeout=60, verify=NO_TLS))
            for each in urls
        ]
        first = await Caller.arrive(clients[0], database)
        yield first, Caller(clients[1], database, first.environment, first.secret)


@pytest.mark.parametrize(("deeds", "settings"), KINDS.values(), ids=KINDS)
async def test_what_one_server_acknowledged_the_other_shows(
    tmp_path: Path, database_url: str, database: Database, deeds: tuple[str, ...], settings: Mapping[str, str]
) -> None:
    async with _two_servers(tmp_path, database_url, database, settings) as servers:
        couples = [await Couple.meet(number, servers) for number in range(COUPLES)]

        async def go_on(couple: Couple) -> None:
            for _ in range(PAIRS // COUPLES):
                await couple.write_and_read([deed for kind in deeds for deed in getattr(couple, kind)])

        async with asyncio.TaskGroup() as going:
            for couple in couples:
                going.create_task(go_on(couple))
        customers = [await kept_figures(server.client, "customers") for server in servers]
        catalogue = [await kept_figures(server.client, "catalogue") for server in servers]

    assert all(each.found > PAIRS / 10 for each in customers)
    assert all((each.dropped > PAIRS / 10) == bool(settings) for each in customers + catalogue)


async def test_a_key_that_was_revoked_opens_nothing_at_any_server(
    tmp_path: Path, database_url: str, database: Database
) -> None:
    async with _two_servers(tmp_path, database_url, database, {}) as servers:
        for _ in range(PAIRS // 10):
            key, secret = await create_key(database, servers[0].environment.id, "passing", (EVERY_SCOPE,))
            callers = [Caller(each.client, database, each.environment, secret) for each in servers]
            before = await asyncio.gather(*(_status(each) for each in callers))
            racing = [asyncio.create_task(_status(each)) for each in callers * 2]

            # As the command line does it: in a process that is no server.
            await revoke_key(database, key.id)
            after = await asyncio.gather(*(_status(each) for each in callers))
            await asyncio.wait(racing)

            assert (before, after) == ([200, 200], [401, 401])


async def test_a_session_that_was_revoked_at_one_server_opens_nothing_at_the_other(
    tmp_path: Path, database_url: str, database: Database
) -> None:
    async with _two_servers(tmp_path, database_url, database, {}) as servers:
        await servers[0].do("createCustomer", "__typename", externalId="acme")
        for _ in range(PAIRS // 10):
            customer = {"externalId": "acme"}
            made = await servers[0].do("createCustomerSession", "token customerSession { id }", customer=customer)
            callers = [Caller(each.client, database, each.environment, made["token"]) for each in servers]
            before = await asyncio.gather(*(_status(each) for each in callers))
            racing = asyncio.create_task(_status(callers[1]))

            await servers[0].do("revokeCustomerSession", "__typename", id=made["customerSession"]["id"])
            after = await asyncio.gather(*(_status(each) for each in callers))
            await racing

            assert (before, after) == ([200, 200], [401, 401])


async def test_a_clock_that_was_moved_on_is_the_time_at_every_server(
    tmp_path: Path, database_url: str, database: Database
) -> None:
    """So what ended by time alone, with no write at all, has ended everywhere."""
    began = datetime(2030, 1, 1, tzinfo=UTC)
    rounds = PAIRS // 10
    async with _two_servers(tmp_path, database_url, database, {}) as servers:
        await servers[0].move_to(began)
        await servers[0].do("createFeature", "__typename", name="SSO", lookupKey="sso")
        await servers[0].do("createCustomer", "__typename", externalId="acme")
        ends = began + timedelta(hours=rounds / 2)
        given = {"customer": {"externalId": "acme"}, "feature": {"lookupKey": "sso"}, "activeTo": ends.isoformat()}
        await servers[0].do("grantEntitlement", "__typename", **given)
        for hour in range(1, rounds):
            racing = [asyncio.create_task(_has_sso(each)) for each in servers]

            await servers[0].move_to(began + timedelta(hours=hour))
            seen = await asyncio.gather(*(_has_sso(each) for each in servers))
            await asyncio.wait(racing)

            assert seen == [began + timedelta(hours=hour) < ends] * 2


async def _status(caller: Caller) -> int:
    return (await caller.post({"query": VIEWER})).status_code


async def _has_sso(caller: Caller) -> bool:
    data = await caller.ask('{ customer(by: {externalId: "acme"}) { access(lookupKeys: ["sso"]) { hasAccess } } }')
    return data["customer"]["access"][0]["hasAccess"]

"""What one process writes reaches who follows it in another, at once."""

import asyncio
import statistics
import time
from pathlib import Path

import httpx2

from entitlements.facts import CustomerId
from resolvers.shared import SharedReads
from storage.database import Database
from tests.service.processes import serving_processes
from tests.service.serving import NO_TLS, Caller

WRITES = 30


async def test_a_write_at_a_server_is_told_in_another_process_within_a_tenth_of_a_second(
    tmp_path: Path, database_url: str, database: Database
) -> None:
    shared = SharedReads(database)
    late: list[float] = []
    with serving_processes(1, tmp_path, database_url) as [url]:
        async with httpx2.AsyncClient(base_url=url, verify=NO_TLS) as client:
            caller = await Caller.arrive(client, database)
            await caller.do("createFeature", "__typename", name="SSO", lookupKey="sso")
            customer = (await caller.do("createCustomer", "customer { id }", externalId="acme"))["customer"]["id"]

            grant: str | None = None
            for revision in range(WRITES):
                waiting = asyncio.create_task(
                    shared.following.after(caller.environment.id, CustomerId(customer), revision)
                )
                await asyncio.sleep(0.03)
                began = time.perf_counter()
                grant = await _grant_or_revoke(caller, customer, grant)
                [event] = await asyncio.wait_for(waiting, 10)
                late.append(time.perf_counter() - began)
                assert event.revision == revision + 1
    await shared.close()

    kind = database.engine.dialect.name
    figures = f"median {statistics.median(late) * 1000:.1f} ms, longest {max(late) * 1000:.1f} ms"
    print(f"from a mutation being sent to its event in another process, {kind}: {figures}")  # noqa: T201
    assert statistics.median(late) < 0.1


async def _grant_or_revoke(caller: Caller, customer: str, grant: str | None) -> str | None:
    if grant is not None:
        await caller.do("revokeGrant", "__typename", grantId=grant)
        return None
    given = {"customer": {"id": customer}, "feature": {"lookupKey": "sso"}}
    return (await caller.do("grantEntitlement", "grant { id }", **given))["grant"]["id"]

"""Processes whose clocks are two seconds apart share a database: what one wrote the other sees, and time goes one way.

On SQLite a write takes its process's time, on PostgreSQL the server's, which lies between the two here.
"""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta

import pytest

from storage.clock import cut
from storage.database import Database
from tests.operations.api import Api, Json
from tests.operations.keeping import process

CHANGE = "change { at revision customer { revision } }"


class Skewed:
    """The machine's clock, and by how much it is wrong."""

    def __init__(self, by: timedelta) -> None:
        self.by = by

    def now(self) -> datetime:
        return cut(datetime.now(UTC) + self.by)


@pytest.fixture
async def fast(database_url: str) -> AsyncGenerator[Api]:
    """A process a second ahead, in an environment of real time with two plans and a customer."""
    database = Database.open(database_url, clock=Skewed(timedelta(seconds=1)))
    async with process(database) as shared:
        api = await Api.open(database, shared=shared)
        for key in ("audit", "sso", "export"):
            await api.feature(key)
        await api.product("basic", "audit")
        await api.product("pro", "audit", "sso")
        await api.customer("acme")
        yield api
    await database.close()


@pytest.fixture
async def slow(database_url: str, fast: Api) -> AsyncGenerator[Api]:
    """A process a second behind, in the same environment."""
    database = Database.open(database_url, clock=Skewed(timedelta(seconds=-1)))
    async with process(database) as shared:
        yield Api(database, fast.environment, fast.credential, shared)
    await database.close()


async def test_a_read_sees_the_write_before_it_whichever_clock_wrote(fast: Api, slow: Api) -> None:
    subscription = await fast.subscribe("acme", "basic")
    assert await slow.keys("acme") == await fast.keys("acme") == {"audit"}

    item = {"id": subscription["items"][0]["id"], "product": {"lookupKey": "pro"}}
    await slow.mutate("updateSubscription", "__typename", id=subscription["id"], items=[{"update": item}])
    assert await slow.keys("acme") == await fast.keys("acme") == {"audit", "sso"}

    await _attach(fast, "pro", "export")
    assert await slow.keys("acme") == await fast.keys("acme") == {"audit", "sso", "export"}

    await fast.mutate("cancelSubscription", "__typename", id=subscription["id"])
    assert await slow.keys("acme") == await fast.keys("acme") == set()


async def test_a_check_right_after_the_write_that_gives_access_gives_it(fast: Api, slow: Api) -> None:
    document = 'hasAccess(lookupKey: "sso") access(lookupKeys: ["sso"]) { hasAccess reason }'

    await fast.mutate("grantEntitlement", "__typename", customer=_ACME, feature={"lookupKey": "sso"})

    assert await slow.of_customer("acme", document) == {
        "hasAccess": True,
        "access": [{"hasAccess": True, "reason": "ENTITLED"}],
    }


async def test_the_answer_to_a_write_of_the_slow_process_already_shows_it(fast: Api, slow: Api) -> None:
    await fast.subscribe("acme", "basic")

    payload = await slow.mutate(
        "grantEntitlement",
        f"grant {{ entitlement {{ status hasAccess }} }} {CHANGE}",
        customer=_ACME,
        feature={"lookupKey": "sso"},
    )

    assert payload["grant"]["entitlement"] == {"status": "ACTIVE", "hasAccess": True}
    assert payload["change"]["revision"] == payload["change"]["customer"]["revision"] == 2


async def test_revision_counts_every_write_and_never_goes_back(fast: Api, slow: Api) -> None:
    seen: list[int] = []

    for number, writer in enumerate((fast, slow, slow, fast, slow, fast)):
        feature = ("audit", "sso", "export")[number % 3]
        grant = await writer.mutate("grantEntitlement", "grant { id }", customer=_ACME, feature={"lookupKey": feature})
        seen += [await _revision(slow), await _revision(fast)]
        await writer.mutate("revokeGrant", "grant { id }", grantId=grant["grant"]["id"])
        seen += [await _revision(fast), await _revision(slow)]

    assert seen == [revision for revision in range(1, 13) for _ in ("slow", "fast")]


async def test_within_a_process_revision_does_not_go_back_over_an_instant_between_the_clocks(
    fast: Api, slow: Api
) -> None:
    ends = (datetime.now(UTC) + timedelta(seconds=1.6)).isoformat()
    await slow.mutate("grantEntitlement", "__typename", customer=_ACME, feature={"lookupKey": "sso"}, activeTo=ends)
    seen: dict[str, list[int]] = {"fast": [], "slow": []}

    for writer in (slow, fast) * 4:
        await asyncio.sleep(0.1)
        seen["fast"].append(await _revision(fast))
        seen["slow"].append(await _revision(slow))
        # It changes no entitlement, and so makes no revision; but its instant is one that every later read is at.
        await writer.mutate("updateCustomer", "__typename", customer=_ACME, name=f"Acme {len(seen['fast'])}")

    assert seen["fast"] == sorted(seen["fast"])
    assert (seen["fast"][0], seen["fast"][-1]) == (1, 2)
    assert seen["slow"] == sorted(seen["slow"])


async def test_write_instants_strictly_increase_whichever_clock_wrote(fast: Api, slow: Api) -> None:
    instants: list[str] = []

    for writer, feature in ((fast, "export"), (slow, "sso"), (fast, "audit"), (slow, "export")):
        product = await writer.product(f"plan {len(instants)}")
        instants.append((await writer.of_node("Product", product, "createdAt"))["createdAt"])
        payload = await writer.mutate(
            "grantEntitlement", "grant { createdAt }", customer=_ACME, feature={"lookupKey": feature}
        )
        instants.append(payload["grant"]["createdAt"])

    assert instants == sorted(set(instants))


async def test_the_environments_now_is_not_before_the_catalogue_that_is_read(fast: Api, slow: Api) -> None:
    feature = await fast.feature("newest")

    data = await slow.run(
        "query Q($id: ID!) { feature(by: { id: $id }) { createdAt } viewer { environment { now } } }", id=feature
    )

    assert data["viewer"]["environment"]["now"] >= data["feature"]["createdAt"]


_ACME = {"externalId": "acme"}


async def _attach(api: Api, product: str, feature: str) -> Json:
    given = {"product": {"lookupKey": product}, "feature": {"lookupKey": feature}, "rollout": "IMMEDIATE"}
    return await api.mutate("attachFeature", "productFeature { id }", **given)


async def _revision(api: Api) -> int:
    return (await api.of_customer("acme", "revision"))["revision"]

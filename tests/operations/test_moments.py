"""Moments of a followed customer, told late: what is shown as of now is as of the telling."""

import gc
import weakref
from collections.abc import AsyncGenerator
from contextlib import aclosing

from gateway.executing import execute, open_source
from resolvers.callers import holder_of
from resolvers.context import Context, new_context
from resolvers.live import Moment, follow_entitlements
from resolvers.references import ByKey
from schema.live import Told
from storage.environments import load_environment
from tests.operations.api import PREPARATION, Api, Json
from tests.operations.keeping import BOTH_WAYS

pytestmark = BOTH_WAYS

CHANGE = """
subscription {
  entitlementsChanged {
    revision snapshot
    customer { revision }
    added {
      hasAccess
      entitlement { hasAccess status endReason activeTo at(instant: "2026-02-01T00:00:00Z") { hasAccess } }
    }
    removed { hasAccess customer { externalId entitlements { totalCount } } sources { grant { id } } }
  }
}
"""


async def _context(api: Api) -> Context:
    async with api.database.read() as connection:
        environment = await load_environment(connection, api.environment.id)
    return new_context(api.database, environment, holder_of(api.credential), shared=api.shared)


async def _follow(api: Api, after: int | None = None) -> AsyncGenerator[Moment]:
    return await follow_entitlements(await _context(api), ByKey("acme"), after)


async def _tell(api: Api, moment: Moment) -> Json:
    """What is answered to a moment, in a context of its own."""
    prepared = PREPARATION.prepare(CHANGE, trusted=True)
    context = await _context(api)
    result = await execute(prepared, prepared.operation(None), None, context, root=Told(context, moment))
    assert not result.errors, result.errors
    assert result.data is not None
    return result.data["entitlementsChanged"]


async def _tell_all(api: Api, moments: AsyncGenerator[Moment]) -> list[Json]:
    async with aclosing(moments):
        return [await _tell(api, moment) async for moment in moments]


async def _grant(api: Api, feature: str = "sso", **more: Json) -> str:
    given = {"customer": {"externalId": "acme"}, "feature": {"lookupKey": feature}, **more}
    return (await api.mutate("grantEntitlement", "grant { id }", **given))["grant"]["id"]


async def test_changes_of_before_a_deletion_open_nothing_after_it(shop: Api) -> None:
    """What is told late is told in order all the same, down to the deletion."""
    moments = await _follow(shop)
    await _grant(shop)
    await _grant(shop, "audit", activeTo="2027-01-01T00:00:00Z")
    await shop.mutate("deleteCustomer", customer={"externalId": "acme"})

    first, second, last = await _tell_all(shop, moments)

    assert [each["customer"] for each in (first, second, last)] == [None, None, None]
    for change in (first, second):
        [added] = change["added"]
        now = added["entitlement"]
        assert (added["hasAccess"], now["hasAccess"]) == (True, False)
        assert (now["status"], now["endReason"]) == ("CANCELED", "GRANT_REVOKED")
        assert now["activeTo"] < "2026-02-01T00:00:01Z"
        assert now["at"]["hasAccess"] is False
    assert (last["revision"], last["added"], len(last["removed"])) == (3, [], 2)
    for removed in last["removed"]:
        assert removed["customer"] == {"externalId": "acme", "entitlements": None}
        assert removed["sources"][0]["grant"]["id"].startswith("grt_")


async def test_the_whole_set_of_a_deleted_customer_is_empty(shop: Api) -> None:
    await _grant(shop)
    moments = await _follow(shop, 7)
    await shop.mutate("deleteCustomer", customer={"externalId": "acme"})

    [whole] = await _tell_all(shop, moments)

    assert (whole["snapshot"], whole["revision"], whole["customer"], whole["added"]) == (True, 2, None, [])


async def test_nothing_that_was_read_to_open_it_stays_with_it(shop: Api) -> None:
    """There are thousands of them, and the collector of what lies in circles comes rarely."""
    prepared = PREPARATION.prepare('subscription { entitlementsChanged(customer: {externalId: "acme"}) { revision } }')
    context = await _context(shop)
    left = weakref.ref(context)
    gc.collect()
    gc.disable()
    try:
        moments = await open_source(prepared, prepared.operation(None), None, context)
        del context
        assert left() is None
    finally:
        gc.enable()

    assert isinstance(moments, AsyncGenerator)
    await moments.aclose()


async def test_it_begins_behind_what_time_has_changed_already(shop: Api) -> None:
    """The revision that is read counts it, though no worker has announced it."""
    await _grant(shop, activeTo="2026-02-10T00:00:00Z")
    await shop.move_to("2026-02-20T00:00:00Z")
    assert await shop.of_customer("acme", "revision") == {"revision": 2}
    moments = await _follow(shop)
    await _grant(shop)

    async with aclosing(moments):
        told = await _tell(shop, await anext(moments))

    assert (told["revision"], told["snapshot"]) == (3, False)


async def test_what_time_has_changed_and_nobody_announced_is_no_gap(shop: Api) -> None:
    await _grant(shop, activeTo="2026-02-10T00:00:00Z")
    await shop.move_to("2026-02-20T00:00:00Z")
    moments = await _follow(shop, 1)
    await _grant(shop)

    async with aclosing(moments):
        told = [await _tell(shop, await anext(moments)) for _ in range(2)]

    assert [(each["revision"], each["snapshot"]) for each in told] == [(2, False), (3, False)]

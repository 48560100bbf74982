"""A customer's changes, pushed as they happen: each once and in order, over either transport."""

import asyncio
from datetime import timedelta

import httpx2
import pytest
from sqlalchemy import delete

from resolvers.callers import EVERY_SCOPE
from storage.credentials import create_key
from storage.database import Database
from storage.environments import create_environment
from storage.rows import events
from tests.service.serving import NO_TLS, Caller, Json, serving
from tests.service.watching import (
    ACME,
    Watch,
    by_either,
    grant,
    keys,
    open_subscriptions,
    revoke,
    session_of,
    set_up,
    until_open,
)
from tests.statements.stage import announce_all


@by_either
async def test_every_change_arrives_once_and_in_order_as_it_happens(shop: Caller, server: str, watch: Watch) -> None:
    async with watch(server, shop.secret, customer=ACME, after=0) as watcher:
        first = await grant(shop, "sso")
        given = await watcher.change()
        await grant(shop, "audit")
        await revoke(shop, first)
        more = await watcher.changes(2)

    assert [each["revision"] for each in (given, *more)] == [1, 2, 3]
    assert [keys(each["added"]) for each in (given, *more)] == [["sso"], ["audit"], []]
    assert [keys(each["removed"]) for each in (given, *more)] == [[], [], ["sso"]]
    assert not any(each["snapshot"] for each in (given, *more))


@by_either
async def test_without_a_revision_it_begins_with_the_next_change(shop: Caller, server: str, watch: Watch) -> None:
    await grant(shop, "sso")
    async with watch(server, shop.secret, customer=ACME) as watcher:
        await until_open(shop, 1)
        await grant(shop, "audit")

        change = await watcher.change()

    assert (change["revision"], keys(change["added"])) == (2, ["audit"])


@by_either
async def test_after_a_revision_comes_the_rest_and_then_what_happens(shop: Caller, server: str, watch: Watch) -> None:
    ids = [await grant(shop, key) for key in ("sso", "audit")]
    await revoke(shop, ids[0])

    async with watch(server, shop.secret, customer=ACME, after=1) as watcher:
        rest = await watcher.changes(2)
        await revoke(shop, ids[1])
        last = await watcher.change()

    assert [each["revision"] for each in (*rest, last)] == [2, 3, 4]


@by_either
async def test_a_change_shows_its_states_as_of_then_and_the_customer_as_of_now(
    shop: Caller, server: str, watch: Watch
) -> None:
    """A replay never gates off what a cache knows to be open, nor opens what is closed."""
    first = await grant(shop, "sso")
    await revoke(shop, first)
    async with watch(server, shop.secret, customer=ACME, after=0) as watcher:
        added, removed = await watcher.changes(2)
        await shop.do("updateCustomer", "customer { id }", customer=ACME, name="Renamed")
        await grant(shop, "sso")
        again = await watcher.change()

    [then] = added["added"]
    assert (then["hasAccess"], then["activeTo"], then["entitlement"]["hasAccess"]) == (True, None, False)
    assert removed["removed"][0]["entitlement"] == then["entitlement"]
    assert added["customer"] == {"name": "Acme", "revision": 2}
    assert again["customer"] == {"name": "Renamed", "revision": 3}
    assert again["added"][0]["customer"] == {"name": "Renamed"}
    assert again["added"][0]["entitlement"] == {"id": then["entitlement"]["id"], "hasAccess": True}


@by_either
async def test_what_time_changes_arrives_with_the_instant_it_took_effect(
    shop: Caller, server: str, database: Database, watch: Watch
) -> None:
    now = database.clock.now()
    await shop.move_to(now)
    await grant(shop, "sso", activeTo=(now + timedelta(days=1)).isoformat())
    async with watch(server, shop.secret, customer=ACME, after=1) as watcher:
        await shop.move_to(now + timedelta(days=30))
        await announce_all(database)
        change = await watcher.change()

    assert (change["revision"], keys(change["removed"])) == (2, ["sso"])
    assert change["at"] == f"{now + timedelta(days=1):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"


@by_either
@pytest.mark.parametrize("missing", [(1,), (1, 2), (1, 2, 3)])
async def test_where_events_are_gone_the_whole_set_comes_first(
    shop: Caller, server: str, database: Database, watch: Watch, missing: tuple[int, ...]
) -> None:
    first = await grant(shop, "sso")
    await grant(shop, "audit")
    await revoke(shop, first)
    async with database.begin_write() as connection:
        await connection.execute(delete(events).where(events.c.revision.in_(missing)))

    async with watch(server, shop.secret, customer=ACME, after=0) as watcher:
        whole = await watcher.change()
        await grant(shop, "sso")
        after = await watcher.change()

    assert (whole["snapshot"], whole["revision"], keys(whole["added"])) == (True, 3, ["audit"])
    assert (whole["removed"], whole["changed"]) == ([], [])
    assert whole["id"].endswith(f"_3_{whole['at']}")
    assert (after["snapshot"], after["revision"], keys(after["added"])) == (False, 4, ["sso"])


@by_either
async def test_a_gap_further_on_is_bridged_by_the_whole_set(
    shop: Caller, server: str, database: Database, watch: Watch
) -> None:
    for key in ("sso", "audit"):
        await revoke(shop, await grant(shop, key))
    async with database.begin_write() as connection:
        await connection.execute(delete(events).where(events.c.revision == 2))

    async with watch(server, shop.secret, customer=ACME, after=0) as watcher:
        changes = await watcher.changes(2)
        await grant(shop, "sso")
        last = await watcher.change()

    assert [(each["revision"], each["snapshot"]) for each in (*changes, last)] == [(1, False), (4, True), (5, False)]


@by_either
async def test_a_revision_of_the_future_is_answered_with_the_whole_set(shop: Caller, server: str, watch: Watch) -> None:
    await grant(shop, "sso")

    async with watch(server, shop.secret, customer=ACME, after=7) as watcher:
        whole = await watcher.change()
        await grant(shop, "audit")
        after = await watcher.change()

    assert (whole["snapshot"], whole["revision"], keys(whole["added"])) == (True, 1, ["sso"])
    assert (after["revision"], keys(after["added"])) == (2, ["audit"])


@by_either
async def test_a_session_follows_its_own_customer_and_no_other(shop: Caller, server: str, watch: Watch) -> None:
    await shop.do("createCustomer", "customer { id }", externalId="other")
    _, token = await session_of(shop)
    async with watch(server, token, after=0) as watcher, watch(server, token, customer=ACME, after=0) as named:
        await grant(shop, "audit", {"externalId": "other"})
        await grant(shop, "sso")
        changes = [await watcher.change(), await named.change()]

    assert [keys(change["added"]) for change in changes] == [["sso"], ["sso"]]
    for customer in ("other", "nobody"):
        async with watch(server, token, customer={"externalId": customer}) as watcher:
            assert await watcher.refusal() == "NOT_FOUND"


@by_either
async def test_what_cannot_be_followed_is_refused(shop: Caller, server: str, database: Database, watch: Watch) -> None:
    elsewhere = await create_environment(database, "elsewhere", livemode=False)
    _, foreign = await create_key(database, elsewhere.id, "tests", (EVERY_SCOPE,))
    _, few = await create_key(database, shop.environment.id, "few", ("catalog:read",))
    asked: list[tuple[str, Json, str]] = [
        (shop.secret, {}, "BAD_USER_INPUT"),
        (shop.secret, {"customer": ACME, "after": -1}, "BAD_USER_INPUT"),
        (shop.secret, {"customer": ACME, "after": "x"}, "BAD_USER_INPUT"),
        (shop.secret, {"customer": {"id": "cus_0"}}, "NOT_FOUND"),
        (foreign, {"customer": ACME}, "NOT_FOUND"),
        (few, {"customer": ACME}, "FORBIDDEN"),
    ]

    for secret, variables, code in asked:
        async with watch(server, secret, **variables) as watcher:
            assert await watcher.refusal() == code, variables
    assert await open_subscriptions(shop) == 0


@by_either
async def test_a_deleted_customer_is_shown_as_gone_and_ends_it(shop: Caller, server: str, watch: Watch) -> None:
    await grant(shop, "sso")
    async with watch(server, shop.secret, customer=ACME) as watcher:
        await until_open(shop, 1)
        await shop.do("deleteCustomer", "customer { id }", customer=ACME)

        change = await watcher.change()
        ending = await watcher.next()

    assert (change["customer"], keys(change["removed"]), change["added"]) == (None, ["sso"], [])
    assert change["removed"][0]["customer"] == {"name": "Acme"}
    assert change["removed"][0]["entitlement"]["hasAccess"] is False
    assert ending is None


@by_either
async def test_a_customer_who_had_nothing_and_is_deleted_ends_it_too(
    shop: Caller, server: str, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resolvers.live.LOOK_SECONDS", 0.2)
    async with watch(server, shop.secret, customer=ACME) as watcher:
        await until_open(shop, 1)
        await shop.do("deleteCustomer", "customer { id }", customer=ACME)

        assert await watcher.next() is None


@by_either
@pytest.mark.parametrize("compiled", [True, False])
async def test_events_are_compiled_and_answered_the_same_if_they_are_not(
    database_url: str, database: Database, watch: Watch, *, compiled: bool
) -> None:
    with serving(database_url, compiled=compiled) as url:
        async with httpx2.AsyncClient(base_url=url, verify=NO_TLS) as client:
            shop = await Caller.arrive(client, database)
            await set_up(shop)
            await grant(shop, "sso")
            async with watch(url, shop.secret, customer=ACME, after=0) as watcher:
                change = await watcher.change()
            figures = (await client.get("/metrics")).text

    assert (change["revision"], keys(change["added"]), change["customer"]["name"]) == (1, ["sso"], "Acme")
    assert "admittance_compiled_fallbacks_total{" not in figures
    assert 'admittance_operations_total{operation="Changes",outcome="ok",type="subscription"} 1.0' in figures


@by_either
async def test_many_followers_of_many_customers_are_told_their_own(shop: Caller, server: str, watch: Watch) -> None:
    names = [f"customer {number}" for number in range(10)]
    for name in names:
        await shop.do("createCustomer", "customer { id }", externalId=name, name=name)

    async def follow(name: str) -> Json:
        async with watch(server, shop.secret, customer={"externalId": name}, after=0) as watcher:
            return await watcher.change()

    following = [asyncio.create_task(follow(name)) for name in names * 2]
    for name in names:
        await grant(shop, "sso", {"externalId": name})
    changes = await asyncio.gather(*following)

    assert [change["customer"]["name"] for change in changes] == names * 2

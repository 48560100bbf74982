"""Webhook endpoints, events and test clocks, by Stripe's own library."""

from collections.abc import Mapping
from datetime import UTC, datetime

import httpx2
import stripe

from storage.database import Database
from tests.service.rest.shop import Shop
from tests.service.serving import NO_TLS, Caller, serving
from tests.service.webhooks.receiver import receiving

INVALID = "invalid_request_error"
SUMMARY = "entitlements.active_entitlement_summary.updated"
NEW_YEAR = int(datetime(2030, 1, 1, tzinfo=UTC).timestamp())


async def test_an_endpoint_is_created_changed_listed_and_deleted(shop: Shop) -> None:
    endpoints = shop.stripe.v1.webhook_endpoints

    def walk() -> None:
        made = endpoints.create(
            {"url": "https://shop.example/hook", "enabled_events": [SUMMARY], "description": "ours"}
        )
        assert (made.secret or "").startswith("whsec_")
        shown = endpoints.retrieve(made.id)
        assert shown.to_dict() == {
            "id": made.id,
            "object": "webhook_endpoint",
            "created": made.created,
            "description": "ours",
            "enabled_events": [SUMMARY],
            "livemode": False,
            "metadata": {},
            "status": "enabled",
            "url": "https://shop.example/hook",
        }
        changed = endpoints.update(
            made.id, {"enabled_events": ["*"], "disabled": True, "description": "", "metadata": {"a": "b"}}
        )
        assert (changed.enabled_events, changed.status, changed.description) == (["*"], "disabled", None)
        assert endpoints.update(made.id, {"disabled": False}).status == "enabled"
        assert [each.id for each in endpoints.list()] == [made.id]
        assert endpoints.delete(made.id).to_dict() == {"id": made.id, "object": "webhook_endpoint", "deleted": True}
        assert endpoints.list().data == []

    await shop.use(walk)


async def test_a_secret_is_shown_once_even_to_who_asks_again(shop: Shop) -> None:
    endpoints = shop.stripe.v1.webhook_endpoints

    def walk() -> None:
        first, second = [
            endpoints.create(
                {"url": "https://shop.example/hook", "enabled_events": ["*"]}, {"idempotency_key": "k1"}
            ).to_dict()
            for _ in range(2)
        ]
        del first["secret"]
        assert second == first

    await shop.use(walk)


async def test_an_endpoint_that_cannot_be_is_refused(shop: Shop) -> None:
    path = "/v1/webhook_endpoints"
    wrong = {
        ("POST", path, "enabled_events[]=*"): (400, "parameter_missing", "url"),
        ("POST", path, "url=https://a.example"): (400, "parameter_missing", "enabled_events"),
        ("POST", path, "url=https://a.example&enabled_events[]=charge.failed"): (400, None, "enabled_events"),
        ("POST", path, "url=https://127.0.0.1&enabled_events[]=*"): (400, None, "url"),
        ("POST", path, "url=nowhere&enabled_events[]=*"): (400, None, "url"),
        ("POST", f"{path}/we_1", "description=a"): (404, "resource_missing", "id"),
        ("GET", f"{path}/we_1", ""): (404, "resource_missing", "id"),
        ("DELETE", f"{path}/we_1", ""): (404, "resource_missing", "id"),
        ("GET", "/v1/events/evt_1", ""): (404, "resource_missing", "id"),
        ("GET", "/v1/events?starting_after=evt_1", ""): (400, "resource_missing", "starting_after"),
    }

    refusals = {each: await shop.refusal(*each) for each in wrong}

    assert refusals == {each: (status, INVALID, *named) for each, (status, *named) in wrong.items()}


async def test_what_is_delivered_is_verified_by_the_library_and_listed_as_it_was(
    database: Database, database_url: str
) -> None:
    async with receiving() as receiver:
        with serving(database_url, webhook_private_targets=True, worker=True) as url:
            async with httpx2.AsyncClient(base_url=url, verify=NO_TLS) as client:
                caller = await Caller.arrive(client, database)
                shop = Shop(caller, stripe.StripeClient(caller.secret, base_addresses={"api": url}))

                def walk() -> tuple[str, str]:
                    given = {"url": receiver.url, "enabled_events": [SUMMARY]}
                    secret = shop.stripe.v1.webhook_endpoints.create(given).secret  # pyright: ignore[reportArgumentType]
                    customer = shop.customer()
                    shop.subscribe(customer, shop.product("sso"))
                    return secret or "", customer

                secret, customer = await shop.use(walk)
                await receiver.until(lambda arrivals: len(arrivals) == 1)
                [arrival] = receiver.arrivals
                event = stripe.Webhook.construct_event(arrival.body, arrival.headers["stripe-signature"], secret)  # pyright: ignore[reportUnknownMemberType]
                events = shop.stripe.v1.events
                kept = await shop.use(lambda: (events.retrieve(event.id), events.list({"type": SUMMARY}).data))

    assert event.data.object["customer"] == customer
    assert (kept[0].to_dict(), [each.to_dict() for each in kept[1]]) == (event.to_dict(), [event.to_dict()])


STRETCHES: Mapping[str, set[int]] = {
    "": {0, 1, 2},
    "created=1893456001": {1},
    "created[gt]=1893456000": {1, 2},
    "created[gte]=1893456001": {1, 2},
    "created[lt]=1893456001": {0},
    "created[lte]=1893456001": {0, 1},
    "created[gt]=1893456000&created[lt]=1893456002": {1},
    "created[gt]=1893456000&created[gte]=1893456002": {2},
    "created[gte]=0&created[lte]=253402300799": {0, 1, 2},
    "created[gt]=253402300799": set(),
}
"""Of events in the first seconds of 2030: what is asked for, and the seconds of those that are listed."""


async def test_events_are_listed_by_when_they_came_about(shop: Shop) -> None:
    for second in range(3):
        await shop.caller.move_to(datetime(2030, 1, 1, 0, 0, second, 900_000, tzinfo=UTC))
        await shop.use(lambda second=second: shop.subscribe(shop.customer(), shop.product(f"f{second}")))

    listed = {asked: (await shop.send("GET", f"/v1/events?{asked}")).json() for asked in STRETCHES}

    found = {asked: {each["created"] - NEW_YEAR for each in page["data"]} for asked, page in listed.items()}
    assert found == STRETCHES
    asked = {"created": {"gte": NEW_YEAR + 1}, "limit": 1}
    paged = await shop.use(lambda: list(shop.stripe.v1.events.list(asked).auto_paging_iter()))  # pyright: ignore[reportArgumentType]
    assert len(paged) == 4


async def test_events_are_listed_by_type(shop: Shop) -> None:
    await shop.use(lambda: shop.subscribe(shop.customer(), shop.product("sso")))
    wanted = {
        f"type={SUMMARY}": {SUMMARY},
        "type=entitlements.*": {SUMMARY, "entitlements.changed"},
        "type=charge.*": set[str](),
        "type=*": {SUMMARY, "entitlements.changed"},
        f"types[]={SUMMARY}&types[]=charge.failed": {SUMMARY},
        "types[]=charge.failed": set[str](),
    }

    listed = {asked: (await shop.send("GET", f"/v1/events?{asked}")).json()["data"] for asked in wanted}

    assert {asked: {each["type"] for each in found} for asked, found in listed.items()} == wanted
    both = await shop.refusal("GET", f"/v1/events?type={SUMMARY}&types[]={SUMMARY}")
    assert both == (400, INVALID, "parameters_exclusive", "types")


async def test_a_trial_ends_as_the_clock_is_advanced(shop: Shop) -> None:
    clocks = shop.stripe.v1.test_helpers.test_clocks
    week = 7 * 86_400

    def walk() -> None:
        clock = clocks.create({"frozen_time": NEW_YEAR, "name": "new year"})
        assert clock.to_dict() == {
            "id": clock.id,
            "object": "test_helpers.test_clock",
            "created": clock.created,
            "frozen_time": NEW_YEAR,
            "livemode": False,
            "name": "new year",
            "status": "ready",
        }
        assert [each.id for each in clocks.list()] == [clock.id]
        customer, product = shop.customer(), shop.product("sso")
        shop.stripe.v1.subscriptions.create(
            {
                "customer": customer,
                "items": [{"price": f"price_1month_{product}"}],
                "trial_end": NEW_YEAR + week,
                "trial_settings": {"end_behavior": {"missing_payment_method": "pause"}},
            }
        )
        assert shop.active(customer) == {"sso"}

        advanced = clocks.advance(clock.id, {"frozen_time": NEW_YEAR + week})

        assert (advanced.status, advanced.frozen_time) == ("ready", NEW_YEAR + week)
        assert clocks.retrieve(clock.id) == advanced
        assert shop.active(customer) == set()
        assert clocks.delete(clock.id).to_dict() == {
            "id": clock.id,
            "object": "test_helpers.test_clock",
            "deleted": True,
        }
        assert clocks.list().data == []

    await shop.use(walk)


async def test_a_clock_that_cannot_be_is_refused(shop: Shop) -> None:
    path = "/v1/test_helpers/test_clocks"
    clock = (await shop.send("POST", path, "frozen_time=1893456000")).json()["id"]
    wrong = {
        ("POST", path, ""): (400, "parameter_missing", "frozen_time"),
        ("POST", path, "frozen_time=2030-01-01"): (400, "parameter_invalid_integer", "frozen_time"),
        ("POST", path, "frozen_time=253402300800"): (400, "parameter_invalid_integer", "frozen_time"),
        ("POST", path, "frozen_time=253402300799"): (400, None, "frozen_time"),
        ("POST", path, "frozen_time=1893456001"): (400, "resource_already_exists", None),
        ("POST", f"{path}/{clock}/advance", "frozen_time=1"): (400, None, "frozen_time"),
        ("POST", f"{path}/clock_1/advance", "frozen_time=1893456001"): (404, "resource_missing", "id"),
        ("GET", f"{path}/clock_1", ""): (404, "resource_missing", "id"),
        ("DELETE", f"{path}/clock_1", ""): (404, "resource_missing", "id"),
    }

    refusals = {each: await shop.refusal(*each) for each in wrong}

    assert refusals == {each: (status, INVALID, *named) for each, (status, *named) in wrong.items()}

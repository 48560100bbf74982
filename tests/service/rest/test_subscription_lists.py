"""Lists of all subscriptions, by Stripe's own library."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from tests.service.rest.shop import Shop

INVALID = "invalid_request_error"
LIST = "/v1/subscriptions"
JANUARY = datetime(2030, 1, 1, tzinfo=UTC)

BEGINNINGS: Mapping[str, str] = {
    "active": "",
    "active after a trial": "trial_period_days=1",
    "active till later": "cancel_at=4102444800",
    "trialing": "trial_period_days=9",
    "paused": "trial_period_days=1&trial_settings[end_behavior][missing_payment_method]=pause",
    "canceled after a trial": "trial_period_days=1&trial_settings[end_behavior][missing_payment_method]=cancel",
    "canceled as said": f"cancel_at={int((JANUARY + timedelta(hours=30)).timestamp())}",
    "incomplete_expired": "payment_behavior=default_incomplete",
}
"""How subscriptions begin on New Year, by what becomes of them until the third."""

REPORTED = ("past_due", "unpaid", "canceled")


async def furnished(shop: Shop) -> Mapping[str, list[str]]:
    """Subscriptions in every status, each of a customer of its own: their ids, newest first, by what they are."""
    await shop.caller.move_to(JANUARY)
    price = f"price_1month_{await shop.use(lambda: shop.product('sso'))}"

    async def begin(beginning: str) -> str:
        customer = await shop.use(shop.customer)
        form = f"customer={customer}&items[0][price]={price}&{beginning}".rstrip("&")
        return (await shop.send("POST", LIST, form)).json()["id"]

    ids = [await begin(beginning) for beginning in BEGINNINGS.values()]
    await shop.caller.move_to(JANUARY + timedelta(days=2))
    for status in REPORTED:
        ids.append(await begin(""))
        if status == "unpaid":
            await shop.caller.do("setSubscriptionStatus", "subscription { id }", id=ids[-1], status="PAST_DUE")
        await shop.caller.do("setSubscriptionStatus", "subscription { id }", id=ids[-1], status=status.upper())
    ids.append(await begin("payment_behavior=default_incomplete"))
    ids.append(await begin(""))
    await shop.use(lambda: shop.stripe.v1.subscriptions.cancel(ids[-1]))

    found: dict[str, list[str]] = {}
    for id_ in reversed(ids):
        found.setdefault((await shop.send("GET", f"{LIST}/{id_}")).json()["status"], []).append(id_)
    assert len(found) == 8
    return {**found, "all": ids[::-1]}


async def test_subscriptions_of_all_customers_are_listed_by_status(shop: Shop) -> None:
    subscriptions = shop.stripe.v1.subscriptions
    expected = dict(await furnished(shop))

    def listed(**wanted: str) -> list[str]:
        return [each.id for each in subscriptions.list({"limit": 2, **wanted}).auto_paging_iter()]  # pyright: ignore[reportArgumentType]

    assert {status: await shop.use(lambda status=status: listed(status=status)) for status in expected} == expected
    over = {*expected["canceled"], *expected["incomplete_expired"]}
    assert await shop.use(lambda: listed(status="ended")) == [each for each in expected["all"] if each in over]
    current = [each for each in expected["all"] if each not in expected["canceled"]]
    assert await shop.use(listed) == current


async def test_the_list_is_read_in_both_directions(shop: Shop) -> None:
    subscriptions = shop.stripe.v1.subscriptions
    ids = (await furnished(shop))["all"]

    def walk() -> None:
        before = subscriptions.list({"status": "all", "limit": 3, "ending_before": ids[5]})
        assert ([each.id for each in before], before.has_more) == (ids[2:5], True)
        beginning = subscriptions.list({"status": "all", "limit": 3, "ending_before": ids[2]})
        assert ([each.id for each in beginning], beginning.has_more) == (ids[:2], False)
        after = subscriptions.list({"status": "all", "limit": 100, "starting_after": ids[5]})
        assert ([each.id for each in after], after.has_more) == (ids[6:], False)

    await shop.use(walk)


async def test_what_deleted_customers_had_is_not_listed_and_no_place(shop: Shop) -> None:
    def walk() -> tuple[str, str, str]:
        product, gone, other = shop.product("sso"), shop.customer(), shop.customer()
        lost, kept = shop.subscribe(gone, product), shop.subscribe(other, product)
        shop.stripe.v1.customers.delete(gone)
        assert [each.id for each in shop.stripe.v1.subscriptions.list({"expand": ["data.customer"]})] == [kept]
        return lost, kept, shop.customer()

    lost, kept, stranger = await shop.use(walk)

    missing = (400, INVALID, "resource_missing", "starting_after")
    assert await shop.refusal("GET", f"{LIST}?starting_after={lost}") == missing
    assert await shop.refusal("GET", f"{LIST}?customer={stranger}&starting_after={kept}") == missing

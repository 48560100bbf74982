"""Entitlements at any instant, in Paygentic's shape."""

from datetime import UTC, datetime

from entitlements.facts import CustomerId, FeatureId
from entitlements.ids import entitlement_id
from tests.service.rest.shop import Shop

INVALID = "invalid_request_error"
LIST = "/v1/entitlements"


async def granted(shop: Shop, **window: str) -> tuple[str, str]:
    """A customer with a feature by grant; answers the customer's id and the entitlement's."""
    customer, feature = await shop.use(lambda: (shop.customer(), shop.feature("sso").id))
    given = {"customer": {"id": customer}, "feature": {"id": feature}, "metadata": {"ticket": "7"}}
    await shop.caller.do("grantEntitlement", "grant { id }", **given, **window)
    return customer, entitlement_id(CustomerId(customer), FeatureId(feature))


async def test_a_grant_is_shown_with_its_metadata_and_end(shop: Shop) -> None:
    await shop.caller.move_to(datetime(2030, 1, 1, tzinfo=UTC))
    customer, id_ = await granted(shop, activeFrom="2030-02-01T00:00:00Z", activeTo="2030-03-01T00:00:00Z")

    shown = (await shop.send("GET", f"{LIST}/{id_}?at=2030-02-01T01:00:00%2B01:00")).json()
    unescaped = (await shop.send("GET", f"{LIST}/{id_}?at=2030-02-01T01:00:00+01:00")).json()

    assert unescaped == shown
    assert shown == {
        "object": "entitlement",
        "id": id_,
        "customerId": customer,
        "featureId": shown["featureId"],
        "featureKey": "sso",
        "featureType": "boolean",
        "subscriptionId": None,
        "status": "active",
        "hasAccess": True,
        "activeFrom": "2030-02-01T00:00:00.000Z",
        "activeTo": "2030-03-01T00:00:00.000Z",
        "metadata": {"ticket": "7"},
    }


async def test_of_grants_one_after_the_other_that_which_gives_it_now_is_shown(shop: Shop) -> None:
    await shop.caller.move_to(datetime(2030, 1, 1, tzinfo=UTC))
    customer, id_ = await granted(shop, activeTo="2030-02-01T00:00:00Z")
    later = {"customer": {"id": customer}, "feature": {"lookupKey": "sso"}, "metadata": {"ticket": "8"}}
    await shop.caller.do("grantEntitlement", "grant { id }", **later, activeFrom="2030-02-01T00:00:00Z")

    shown = [(await shop.send("GET", f"{LIST}/{id_}{at}")).json() for at in ("", "?at=2030-02-01T00:00:00Z")]

    assert [(each["metadata"], each["activeTo"]) for each in shown] == [
        ({"ticket": "7"}, None),
        ({"ticket": "8"}, None),
    ]


async def test_what_is_to_come_is_active_without_access_and_what_is_over_says_how(shop: Shop) -> None:
    await shop.caller.move_to(datetime(2030, 1, 1, tzinfo=UTC))
    _, id_ = await granted(shop, activeFrom="2030-02-01T00:00:00Z", activeTo="2030-03-01T00:00:00Z")

    async def at(instant: str) -> tuple[str, bool]:
        shown = (await shop.send("GET", f"{LIST}/{id_}{instant}")).json()
        return shown["status"], shown["hasAccess"]

    assert await at("") == ("active", False)
    assert await at("?at=2030-02-01T00:00:00Z") == ("active", True)
    assert await at("?at=2030-03-01T00:00:00Z") == ("expired", False)


async def test_a_subscription_is_named_and_has_no_metadata_of_its_own(shop: Shop) -> None:
    def walk() -> tuple[str, str]:
        customer = shop.customer()
        return customer, shop.subscribe(customer, shop.product("sso", "audit"))

    customer, subscription = await shop.use(walk)
    listed = (await shop.send("GET", f"{LIST}?customerId={customer}&limit=1&offset=1")).json()
    by_key = (await shop.send("GET", f"{LIST}?customerId={customer}&featureKey=audit")).json()
    by_other = (await shop.send("GET", f"{LIST}?customerId={customer}&subscriptionId=sub_1")).json()

    [shown] = listed["data"]
    assert listed == {"object": "list", "data": [shown], "pagination": {"limit": 1, "offset": 1, "total": 2}}
    assert (shown["subscriptionId"], shown["activeTo"], shown["metadata"]) == (subscription, None, {})
    assert [each["featureKey"] for each in by_key["data"]] == ["audit"]
    assert by_other["data"] == []

    await shop.use(lambda: shop.stripe.v1.subscriptions.cancel(subscription))
    over = (await shop.send("GET", f"{LIST}/{shown['id']}")).json()
    assert (over["status"], over["hasAccess"], over["subscriptionId"]) == ("canceled", False, subscription)


async def test_what_cannot_be_asked_is_refused(shop: Shop) -> None:
    customer = await shop.use(shop.customer)
    wrong = {
        "": (400, "parameter_missing", "customerId"),
        "?customerId=cus_1": (400, "resource_missing", "customerId"),
        f"?customerId={customer}&limit=101": (400, "parameter_invalid_integer", "limit"),
        f"?customerId={customer}&offset=-1": (400, "parameter_invalid_integer", "offset"),
        f"?customerId={customer}&at=2030-01-01T00:00:00": (400, None, "at"),
        f"?customerId={customer}&at[]=2030-01-01T00:00:00Z": (400, None, "at"),
        f"?customerId={customer}&starting_after=ent_1": (400, "parameter_unknown", "starting_after"),
        "/ent_1": (404, "resource_missing", "id"),
        "/feat_1?at=2030-01-01T00:00:00Z": (404, "resource_missing", "id"),
    }

    refusals = {each: await shop.refusal("GET", f"{LIST}{each}") for each in wrong}

    assert refusals == {each: (status, INVALID, *named) for each, (status, *named) in wrong.items()}

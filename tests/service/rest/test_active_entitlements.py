"""What a customer may use, by Stripe's own library."""

from datetime import UTC, datetime

from tests.service.rest.shop import Shop

INVALID = "invalid_request_error"
LIST = "/v1/entitlements/active_entitlements"


async def test_what_a_customer_may_use_is_listed_and_retrieved(shop: Shop) -> None:
    entitlements = shop.stripe.v1.entitlements.active_entitlements

    def walk() -> None:
        customer, product = shop.customer(), shop.product("sso")
        assert entitlements.list({"customer": customer}).data == []
        shop.subscribe(customer, product)
        [listed] = entitlements.list({"customer": customer}).data
        [feature] = shop.stripe.v1.entitlements.features.list().data
        assert listed.to_dict() == {
            "id": listed.id,
            "object": "entitlements.active_entitlement",
            "feature": feature.id,
            "livemode": False,
            "lookup_key": "sso",
        }
        assert entitlements.retrieve(listed.id) == listed

        [expanded] = entitlements.list({"customer": customer, "expand": ["data.feature"]}).data
        assert expanded.feature == feature
        assert entitlements.retrieve(listed.id, {"expand": ["feature"]}) == expanded

    await shop.use(walk)


async def test_entitlements_are_paged_by_ids(shop: Shop) -> None:
    entitlements = shop.stripe.v1.entitlements.active_entitlements

    def walk() -> None:
        customer = shop.customer()
        shop.subscribe(customer, shop.product("a", "b", "c"))
        shop.subscribe(customer, shop.product("d", "e"))
        first = entitlements.list({"customer": customer, "limit": 2})
        assert (first.url, first.has_more) == (LIST, True)
        assert {each.lookup_key for each in first} == {"d", "e"}
        everything = [each.lookup_key for each in first.auto_paging_iter()]
        assert sorted(everything) == ["a", "b", "c", "d", "e"]

    await shop.use(walk)


async def test_the_ten_that_an_event_tells_are_paged_on_through_to_the_whole_list(shop: Shop) -> None:
    def walk() -> None:
        customer = shop.customer()
        shop.subscribe(customer, shop.product(*(f"f{number}" for number in range(23))))
        [event] = shop.stripe.v1.events.list({"type": "entitlements.active_entitlement_summary.updated"}).data
        told = event.data.object["entitlements"]
        assert (len(told.data), told.has_more) == (10, True)
        listed = shop.stripe.v1.entitlements.active_entitlements.list({"customer": customer, "limit": 100}).data
        assert len(listed) == 23
        assert list(told.auto_paging_iter()) == listed

    await shop.use(walk)


async def test_an_entitlement_that_ended_is_unknown_and_still_a_place_in_the_list(shop: Shop) -> None:
    await shop.caller.move_to(datetime(2030, 1, 1, tzinfo=UTC))
    entitlements = shop.stripe.v1.entitlements.active_entitlements

    def walk() -> tuple[str, str]:
        customer = shop.customer()
        shop.subscribe(customer, shop.product("old"))
        subscription = shop.subscribe(customer, shop.product("new"))
        gone, old = entitlements.list({"customer": customer}).data
        shop.stripe.v1.subscriptions.cancel(subscription)
        assert [each.id for each in entitlements.list({"customer": customer, "starting_after": gone.id})] == [old.id]
        return gone.id, customer

    gone, customer = await shop.use(walk)
    other = await shop.use(shop.customer)

    assert await shop.refusal("GET", f"{LIST}/{gone}") == (404, INVALID, "resource_missing", "id")
    assert await shop.refusal("GET", f"{LIST}/ent_1") == (404, INVALID, "resource_missing", "id")
    assert await shop.refusal("GET", LIST) == (400, INVALID, "parameter_missing", "customer")
    assert await shop.refusal("GET", f"{LIST}?customer=cus_1") == (400, INVALID, "resource_missing", "customer")
    assert await shop.refusal("GET", f"{LIST}?customer={customer}&limit=101") == (
        400,
        INVALID,
        "parameter_invalid_integer",
        "limit",
    )
    foreign = await shop.refusal("GET", f"{LIST}?customer={other}&starting_after={gone}")
    assert foreign == (400, INVALID, "resource_missing", "starting_after")

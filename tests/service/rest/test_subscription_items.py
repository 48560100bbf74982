"""Lines of subscriptions, by Stripe's own library."""

from tests.service.rest.shop import Shop

INVALID = "invalid_request_error"


async def test_an_item_is_added_changed_listed_and_ended_by_itself(shop: Shop) -> None:
    items = shop.stripe.v1.subscription_items

    def walk() -> None:
        customer, basic, pro = shop.customer(), shop.product("email"), shop.product("sso")
        subscription = shop.subscribe(customer, basic)
        [first] = items.list({"subscription": subscription}).data

        new = {"subscription": subscription, "price": f"price_1month_{pro}", "proration_behavior": "none"}
        made, again = [items.create(new, {"idempotency_key": "k1"}) for _ in range(2)]  # pyright: ignore[reportArgumentType]
        assert made == again == items.retrieve(made.id)
        assert [each.id for each in items.list({"subscription": subscription})] == [made.id, first.id]
        assert [each.id for each in items.list({"subscription": subscription, "starting_after": made.id})] == [first.id]
        assert items.update(made.id, {"quantity": 0}).quantity == 0
        assert shop.active(customer) == {"email"}
        assert items.update(made.id, {"quantity": 2, "price": f"price_2week_{pro}"}).price.id == f"price_2week_{pro}"
        assert shop.active(customer) == {"email", "sso"}

        assert items.delete(first.id).to_dict() == {"id": first.id, "object": "subscription_item", "deleted": True}
        assert [each.id for each in items.list({"subscription": subscription})] == [made.id]
        assert shop.active(customer) == {"sso"}

    await shop.use(walk)


async def test_a_price_can_be_had_twice_and_the_last_item_ended(shop: Shop) -> None:
    v1 = shop.stripe.v1

    def walk() -> None:
        customer, product = shop.customer(), shop.product("sso")
        subscription = shop.subscribe(customer, product)
        v1.subscription_items.create({"subscription": subscription, "price": f"price_1month_{product}"})
        for item in v1.subscription_items.list({"subscription": subscription}).data:
            assert shop.active(customer) == {"sso"}
            v1.subscription_items.delete(item.id)
        assert shop.active(customer) == set()
        left = v1.subscriptions.retrieve(subscription)
        assert (left.status, left["items"].data) == ("active", [])

    await shop.use(walk)


async def test_products_are_shown_whole_where_that_is_asked_for(shop: Shop) -> None:
    v1 = shop.stripe.v1

    def walk() -> None:
        customer, product = shop.customer(), shop.product("sso")
        whole = v1.products.retrieve(product)
        expand = {"expand": ["items.data.price.product", "customer"]}
        subscription = v1.subscriptions.retrieve(shop.subscribe(customer, product), expand)  # pyright: ignore[reportArgumentType]
        [item] = subscription["items"].data
        assert (item.price.product, subscription.customer) == (whole, v1.customers.retrieve(customer))
        [listed] = v1.subscription_items.list({"subscription": subscription.id, "expand": ["data.price.product"]}).data
        assert listed == v1.subscription_items.retrieve(item.id, {"expand": ["price.product"]}) == item
        assert v1.subscription_items.retrieve(item.id).price.product == product

    await shop.use(walk)


async def test_an_item_that_cannot_be_is_refused_by_parameter(shop: Shop) -> None:
    path = "/v1/subscription_items"

    def walk() -> tuple[str, str, str]:
        customer, product = shop.customer(), shop.product("sso")
        subscription = shop.subscribe(customer, product)
        [item] = shop.stripe.v1.subscription_items.list({"subscription": subscription}).data
        return subscription, item.id, f"price_1month_{product}"

    subscription, item, price = await shop.use(walk)
    to_one = f"subscription={subscription}"
    wrong = {
        ("POST", path, f"price={price}"): (400, "parameter_missing", "subscription"),
        ("POST", path, to_one): (400, "parameter_missing", "price"),
        ("POST", path, f"{to_one}&price={price}&price_data[product]=p"): (400, "parameters_exclusive", "price"),
        ("POST", path, f"{to_one}&price=price_1month_prod_1"): (400, "resource_missing", "price"),
        ("POST", path, f"{to_one}&price=price_99year_{price[len('price_1month_') :]}"): (400, None, "price"),
        ("POST", path, f"subscription=sub_1&price={price}"): (400, "resource_missing", "subscription"),
        ("POST", f"{path}/{item}", "quantity=1000001"): (400, "parameter_invalid_integer", "quantity"),
        ("POST", f"{path}/{item}", "price=price_1month_prod_1"): (400, "resource_missing", "price"),
        ("POST", f"{path}/si_1", "quantity=1"): (404, "resource_missing", "id"),
        ("GET", f"{path}/si_1", ""): (404, "resource_missing", "id"),
        ("DELETE", f"{path}/si_1", ""): (404, "resource_missing", "id"),
        ("GET", path, ""): (400, "parameter_missing", "subscription"),
        ("GET", f"{path}?subscription=sub_1", ""): (400, "resource_missing", "subscription"),
    }

    refusals = {each: await shop.refusal(*each) for each in wrong}

    assert refusals == {each: (status, INVALID, *named) for each, (status, *named) in wrong.items()}

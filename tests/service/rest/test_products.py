"""Products and what they give, by Stripe's own library."""

import pytest
import stripe

from tests.service.rest.shop import Shop

INVALID = "invalid_request_error"


async def test_a_product_is_created_retrieved_changed_and_listed(shop: Shop) -> None:
    products = shop.stripe.v1.products

    def walk() -> None:
        made = products.create({"name": "Pro", "metadata": {"tier": "2"}})
        assert made.to_dict() == {
            "id": made.id,
            "object": "product",
            "active": True,
            "created": made.created,
            "livemode": False,
            "metadata": {"tier": "2"},
            "name": "Pro",
        }
        changed = products.update(made.id, {"name": "Business", "active": False, "metadata": {"tier": ""}})
        assert (changed.name, changed.active, changed.metadata.to_dict()) == ("Business", False, {})
        assert products.retrieve(made.id) == changed

        other = products.create({"name": "Basic"})
        listed = (products.list(), products.list({"active": True}), products.list({"active": False}))
        assert [[each.id for each in page] for page in listed] == [[other.id, made.id], [other.id], [made.id]]

    await shop.use(walk)


async def test_a_product_takes_no_subscription_before_it_is_active(shop: Shop) -> None:
    products = shop.stripe.v1.products

    def walk() -> tuple[str, str]:
        made = products.create({"name": "Next year's", "active": False})
        assert made.active is False
        assert products.retrieve(made.id) == made
        assert products.create({"name": "This year's", "active": True}).active is True
        return shop.customer(), made.id

    customer, product = await shop.use(walk)
    new = f"customer={customer}&items[0][price]=price_1month_{product}"

    refused = await shop.refusal("POST", "/v1/subscriptions", new)
    assert refused == (400, INVALID, "product_inactive", "items[0][price]")
    await shop.use(lambda: products.update(product, {"active": True}))
    assert (await shop.send("POST", "/v1/subscriptions", new)).status_code == 200


async def test_a_feature_is_attached_listed_retrieved_and_detached(shop: Shop) -> None:
    attachments = shop.stripe.v1.products.features

    def walk() -> None:
        product = shop.stripe.v1.products.create({"name": "Pro"})
        sso, audit = shop.feature("sso"), shop.feature("audit")
        made = attachments.create(product.id, {"entitlement_feature": sso.id})
        other = attachments.create(product.id, {"entitlement_feature": audit.id})
        assert made.to_dict() == {
            "id": made.id,
            "object": "product_feature",
            "livemode": False,
            "entitlement_feature": sso.to_dict(),
        }
        assert attachments.retrieve(product.id, made.id) == made
        first = attachments.list(product.id, {"limit": 1})
        assert (first.url, first.has_more) == (f"/v1/products/{product.id}/features", True)
        assert [each.id for each in first.auto_paging_iter()] == [other.id, made.id]

        gone = attachments.delete(product.id, made.id)
        assert gone.to_dict() == {"id": made.id, "object": "product_feature", "deleted": True}
        assert [each.id for each in attachments.list(product.id)] == [other.id]
        with pytest.raises(stripe.InvalidRequestError) as missing:
            attachments.retrieve(product.id, made.id)
        assert (missing.value.http_status, missing.value.code) == (404, "resource_missing")

    await shop.use(walk)


async def test_what_cannot_be_attached_is_named(shop: Shop) -> None:
    def walk() -> tuple[str, str, str, str, str]:
        one, other = [shop.stripe.v1.products.create({"name": name}).id for name in ("One", "Other")]
        sso, old = shop.feature("sso").id, shop.feature("old").id
        shop.stripe.v1.entitlements.features.update(old, {"active": False})
        attached = shop.stripe.v1.products.features.create(one, {"entitlement_feature": sso})
        return one, other, sso, old, attached.id

    one, other, sso, old, attached = await shop.use(walk)
    on_one = f"/v1/products/{one}/features"

    assert [
        await shop.refusal("POST", on_one, f"entitlement_feature={sso}"),
        await shop.refusal("POST", on_one, f"entitlement_feature={old}"),
        await shop.refusal("POST", on_one, "entitlement_feature=feat_1"),
        await shop.refusal("POST", on_one),
        await shop.refusal("POST", "/v1/products/prod_1/features", f"entitlement_feature={sso}"),
        await shop.refusal("GET", "/v1/products/prod_1/features"),
        await shop.refusal("GET", f"/v1/products/{other}/features/{attached}"),
        await shop.refusal("DELETE", f"/v1/products/{other}/features/{attached}"),
        await shop.refusal("GET", f"/v1/products/{other}/features?starting_after={attached}"),
    ] == [
        (400, INVALID, "resource_already_exists", "entitlement_feature"),
        (400, INVALID, None, "entitlement_feature"),
        (400, INVALID, "resource_missing", "entitlement_feature"),
        (400, INVALID, "parameter_missing", "entitlement_feature"),
        (404, INVALID, "resource_missing", "product"),
        (404, INVALID, "resource_missing", "product"),
        (404, INVALID, "resource_missing", "id"),
        (404, INVALID, "resource_missing", "id"),
        (400, INVALID, "resource_missing", "starting_after"),
    ]


async def test_a_detachment_is_answered_again_under_its_key(shop: Shop) -> None:
    def walk() -> str:
        product = shop.stripe.v1.products.create({"name": "Pro"}).id
        made = shop.stripe.v1.products.features.create(product, {"entitlement_feature": shop.feature("sso").id})
        return f"/v1/products/{product}/features/{made.id}"

    path = await shop.use(walk)
    first, second = [await shop.send("DELETE", path, **{"Idempotency-Key": "k1"}) for _ in range(2)]

    assert first.status_code == second.status_code == 200
    assert first.json() == second.json()
    assert await shop.refusal("DELETE", path) == (404, INVALID, "resource_missing", "id")


async def test_a_product_goes_by_an_id_that_was_chosen_for_it(shop: Shop) -> None:
    products = shop.stripe.v1.products

    def walk() -> None:
        kept = products.create({"id": "prod_silver", "name": "Silver"})
        chosen = products.create({"id": "gold", "name": "Gold"})
        assert (kept.id, products.retrieve("prod_silver")) == ("prod_silver", kept)
        assert products.retrieve("gold") == chosen == products.retrieve(chosen.id)
        assert products.update("gold", {"metadata": {"a": "b"}}).id == chosen.id
        assert [each.id for each in products.list({"starting_after": "gold"})] == [kept.id]

        attached = products.features.create("gold", {"entitlement_feature": shop.feature("sso").id})
        assert [each.id for each in products.features.list("gold")] == [attached.id]
        assert products.features.retrieve("gold", attached.id) == attached
        customer = shop.customer()
        subscription = shop.stripe.v1.subscriptions.retrieve(shop.subscribe(customer, "gold"))
        assert subscription["items"].data[0].price.id == f"price_1month_{chosen.id}"
        assert shop.active(customer) == {"sso"}
        assert products.features.delete("gold", attached.id).deleted

    await shop.use(walk)


async def test_an_id_that_cannot_be_chosen_is_refused(shop: Shop) -> None:
    for id_ in ("gold", "prod_silver"):
        await shop.send("POST", "/v1/products", f"id={id_}&name=a")
    wrong = {
        "gold": "resource_already_exists",
        "prod_silver": "resource_already_exists",
        "": "parameter_invalid_empty",
        "prod_": None,
        "prod_a%2Fb": None,
        f"prod_{'x' * 76}": None,
        "x" * 81: None,
    }

    refusals = {id_: await shop.refusal("POST", "/v1/products", f"id={id_}&name=a") for id_ in wrong}

    assert refusals == {id_: (400, INVALID, code, "id") for id_, code in wrong.items()}


async def test_a_product_that_nobody_had_is_deleted_with_what_was_attached_to_it(shop: Shop) -> None:
    products = shop.stripe.v1.products

    def walk() -> None:
        products.create({"id": "prod_gold", "name": "Gold"})
        sso = shop.feature("sso").id
        detached = products.features.create("prod_gold", {"entitlement_feature": sso})
        products.features.delete("prod_gold", detached.id)
        attached = products.features.create("prod_gold", {"entitlement_feature": sso})

        assert products.delete("prod_gold").to_dict() == {"id": "prod_gold", "object": "product", "deleted": True}

        assert products.list().data == []
        for gone in (
            lambda: products.retrieve("prod_gold"),
            lambda: products.delete("prod_gold"),
            lambda: products.features.list("prod_gold"),
            lambda: products.features.retrieve("prod_gold", attached.id),
        ):
            with pytest.raises(stripe.InvalidRequestError) as missing:
                gone()
            assert (missing.value.http_status, missing.value.code) == (404, "resource_missing")
        products.create({"id": "prod_gold", "name": "Gold"})
        assert products.features.list("prod_gold").data == []
        customer = shop.customer()
        shop.subscribe(customer, "prod_gold")
        assert shop.active(customer) == set()

    await shop.use(walk)


async def test_a_product_that_somebody_had_stays(shop: Shop) -> None:
    def walk() -> tuple[str, str]:
        customer, product = shop.customer(), shop.product("sso")
        shop.stripe.v1.subscriptions.cancel(shop.subscribe(customer, product))
        shop.subscribe(customer, product)
        return customer, product

    customer, product = await shop.use(walk)

    assert await shop.refusal("DELETE", f"/v1/products/{product}") == (400, INVALID, None, "id")
    assert await shop.use(lambda: shop.active(customer)) == {"sso"}

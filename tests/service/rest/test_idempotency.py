"""`Idempotency-Key`: one request has one effect."""

import pytest
import stripe

from tests.service.rest.shop import Shop

SSO = {"name": "Single sign-on", "lookup_key": "sso"}


async def test_a_request_is_answered_again_under_its_key_and_says_so(shop: Shop) -> None:
    first, second = [
        await shop.send("POST", "/v1/entitlements/features", SSO, **{"Idempotency-Key": "k1"}) for _ in range(2)
    ]

    assert first.status_code == second.status_code == 200
    assert second.json() == first.json()
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"


async def test_a_key_means_one_request_alone(shop: Shop) -> None:
    features = shop.stripe.v1.entitlements.features

    def walk() -> None:
        made = features.create({"name": "Single sign-on", "lookup_key": "sso"}, {"idempotency_key": "k1"})
        with pytest.raises(stripe.IdempotencyError) as other_parameters:
            features.create({"name": "SSO", "lookup_key": "sso"}, {"idempotency_key": "k1"})
        with pytest.raises(stripe.IdempotencyError):
            features.update(made.id, {"name": "SSO"}, {"idempotency_key": "k1"})
        assert other_parameters.value.http_status == 400
        assert [each.name for each in features.list()] == ["Single sign-on"]

    await shop.use(walk)


async def test_a_change_of_another_object_is_another_request(shop: Shop) -> None:
    features = shop.stripe.v1.entitlements.features

    def walk() -> None:
        one, other = shop.feature("one"), shop.feature("other")
        features.update(one.id, {"name": "New"}, {"idempotency_key": "k1"})
        with pytest.raises(stripe.IdempotencyError):
            features.update(other.id, {"name": "New"}, {"idempotency_key": "k1"})

    await shop.use(walk)


async def test_the_order_of_parameters_and_what_is_expanded_are_no_part_of_a_request(shop: Shop) -> None:
    forms = ("name=a&lookup_key=a&metadata[x]=1&metadata[y]=2", "metadata[y]=2&metadata[x]=1&lookup_key=a&name=a")

    first, second = [
        await shop.send("POST", "/v1/entitlements/features", form, **{"Idempotency-Key": "k1"}) for form in forms
    ]

    assert (second.json(), second.headers.get("Idempotent-Replayed")) == (first.json(), "true")


async def test_a_request_is_answered_again_with_what_it_expands(shop: Shop) -> None:
    def walk() -> list[object]:
        customer, price = shop.customer(), f"price_1month_{shop.product('sso')}"
        subscriptions, options = shop.stripe.v1.subscriptions, {"idempotency_key": "k1"}
        return [
            subscriptions.create(
                {"customer": customer, "items": [{"price": price}], "expand": ["customer"]},
                options,  # pyright: ignore[reportArgumentType]
            ).to_dict()["customer"]["object"]
            for _ in range(2)
        ]

    assert await shop.use(walk) == ["customer", "customer"]


async def test_a_refusal_is_not_kept(shop: Shop) -> None:
    key = {"Idempotency-Key": "k1"}

    refused = await shop.send("POST", "/v1/entitlements/features", "name=a", **key)
    made = await shop.send("POST", "/v1/entitlements/features", "name=a&lookup_key=a", **key)

    assert (refused.status_code, made.status_code) == (400, 200)


async def test_a_key_that_cannot_be_one_is_refused(shop: Shop) -> None:
    for key in ("", "x" * 256):
        answer = await shop.send("POST", "/v1/entitlements/features", SSO, **{"Idempotency-Key": key})
        assert (answer.status_code, answer.json()["error"]["type"]) == (400, "idempotency_error")
    assert (await shop.send("GET", "/v1/entitlements/features")).json()["data"] == []


async def test_reading_takes_no_key(shop: Shop) -> None:
    answers = [await shop.send("GET", "/v1/entitlements/features", **{"Idempotency-Key": "x" * 256}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]

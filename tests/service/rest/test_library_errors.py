"""Each refusal becomes the library's own error, with what programs go by."""

from collections.abc import Callable

import pytest
import stripe

from resolvers.callers import Scope
from storage.credentials import create_key
from tests.service.rest.shop import Shop
from tests.service.serving import serving


def caught(kind: type[stripe.StripeError], call: Callable[[], object]) -> stripe.StripeError:
    with pytest.raises(stripe.StripeError) as found:
        call()
    assert type(found.value) is kind
    assert found.value.user_message
    assert found.value.request_id
    return found.value


async def test_what_is_wrong_with_a_request_is_said_by_status_code_and_parameter(shop: Shop) -> None:
    v1 = shop.stripe.v1

    def walk() -> None:
        feature, product = shop.feature("sso").id, shop.product("audit")
        refused: dict[Callable[[], object], tuple[int, str | None, str | None]] = {
            lambda: v1.entitlements.features.create({"name": "SSO", "lookup_key": "sso"}): (
                400,
                "resource_already_exists",
                "lookup_key",
            ),
            lambda: v1.entitlements.features.list({"limit": 101}): (400, "parameter_invalid_integer", "limit"),
            lambda: v1.entitlements.features.retrieve("feat_1"): (404, "resource_missing", "id"),
            lambda: v1.entitlements.features.update(feature, {"name": ""}): (400, "parameter_invalid_empty", "name"),
            lambda: v1.products.features.create(product, {"entitlement_feature": "feat_1"}): (
                400,
                "resource_missing",
                "entitlement_feature",
            ),
            lambda: v1.products.features.delete(product, "prodft_1"): (404, "resource_missing", "id"),
            lambda: v1.products.features.retrieve("prod_1", "prodft_1"): (404, "resource_missing", "product"),
            lambda: v1.entitlements.active_entitlements.list({"customer": "cus_1"}): (
                400,
                "resource_missing",
                "customer",
            ),
            lambda: v1.entitlements.active_entitlements.retrieve("ent_1"): (404, "resource_missing", "id"),
        }
        for call, (status, code, param) in refused.items():
            error = caught(stripe.InvalidRequestError, call)
            assert isinstance(error, stripe.InvalidRequestError)
            assert (error.http_status, error.code) == (status, code)
            assert error.param == param  # pyright: ignore[reportUnknownMemberType]

    await shop.use(walk)


async def test_who_may_not_ask_is_told_apart(shop: Shop, database_url: str) -> None:
    _, reader = await create_key(shop.caller.database, shop.caller.environment.id, "reader", (Scope.CATALOG_READ,))

    def client(secret: str, address: str = shop.address) -> stripe.StripeClient:
        return stripe.StripeClient(secret, base_addresses={"api": address}, max_network_retries=0)

    def walk(limited: str) -> None:
        wrong, lacking, spent = client("sk_test_wrong"), client(reader), client(shop.caller.secret, limited)
        assert caught(stripe.AuthenticationError, wrong.v1.customers.list).http_status == 401
        assert caught(stripe.PermissionError, lacking.v1.customers.list).http_status == 403
        spent.v1.products.list({"limit": 10})
        assert caught(stripe.RateLimitError, spent.v1.products.list).http_status == 429

    with serving(database_url, key_rate="100/day") as limited:
        await shop.use(lambda: walk(limited))

"""An id of another environment is answered exactly as one of nothing."""

import re
from collections.abc import Mapping

import stripe

from gateway.rest.endpoints import Endpoint
from gateway.rest.routes import ENDPOINTS
from tests.service.rest.shop import Shop
from tests.service.serving import Caller

NEEDED = {"entitlement_feature": "feat", "customer": "cus", "customerId": "cus", "subscription": "sub"}
"""What endpoints don't answer without, and the objects it names; beside an instant, `frozen_time`."""


async def inhabitants(shop: Shop) -> dict[str, str]:
    """An id of every kind of object, by its prefix."""

    def walk() -> list[str]:
        customer, product = shop.customer(), shop.product("sso")
        subscription = shop.subscribe(customer, product)
        [item] = shop.stripe.v1.subscription_items.list({"subscription": subscription}).data
        [entitlement] = shop.stripe.v1.entitlements.active_entitlements.list({"customer": customer}).data
        [attachment] = shop.stripe.v1.products.features.list(product).data
        endpoint = shop.stripe.v1.webhook_endpoints.create(
            {"url": "https://shop.example/hook", "enabled_events": ["*"]}
        )
        clock = shop.stripe.v1.test_helpers.test_clocks.create({"frozen_time": 1_893_456_000})
        feature = attachment.entitlement_feature.id
        return [customer, product, subscription, item.id, entitlement.id, attachment.id, endpoint.id, clock.id, feature]

    return {id_.partition("_")[0]: id_ for id_ in await shop.use(walk)}


async def test_a_foreign_id_is_as_an_unknown_one_wherever_it_stands(shop: Shop) -> None:
    foreign = await inhabitants(shop)
    stranger = await Caller.arrive(shop.caller.client, shop.caller.database, "elsewhere")
    library = stripe.StripeClient(stranger.secret, base_addresses={"api": shop.address}, max_network_retries=0)
    own = await inhabitants(Shop(stranger, library))
    needed = {"frozen_time": "1893456001"} | {name: own[prefix] for name, prefix in NEEDED.items()}
    by_stranger = {"Authorization": f"Bearer {stranger.secret}"}
    asked = 0

    for endpoint in ENDPOINTS:
        for prefix, id_ in foreign.items():
            for method, address, form in _requests(endpoint, id_, needed):
                answers = [
                    await shop.send(method, address, form, **by_stranger),
                    await shop.send(method, address.replace(id_, f"{prefix}_1"), form, **by_stranger),
                ]
                known, unknown = [(each.status_code, each.text.replace(id_, f"{prefix}_1")) for each in answers]
                assert known == unknown, (endpoint.name, prefix)
                assert answers[0].status_code in {400, 404}, (endpoint.name, prefix)
                assert answers[0].json()["error"]["code"] == "resource_missing", (endpoint.name, prefix)
                asked += 1

    assert asked > 200
    [entitled] = (await shop.send("GET", f"/v1/entitlements?customerId={foreign['cus']}")).json()["data"]
    assert entitled["hasAccess"] is True


def _requests(endpoint: Endpoint, id_: str, needed: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """An endpoint's requests with an id in the address, and in its cursors."""
    fields = endpoint.parameters.model_fields
    required = "&".join(f"{name}={value}" for name, value in needed.items() if name in fields)
    if "{" in endpoint.path:
        address = re.sub(r"\{\w+\}", id_, endpoint.path)
        return [(endpoint.method, address, required if endpoint.method == "POST" else "")]
    if "starting_after" in fields:
        return [(endpoint.method, f"{endpoint.path}?{required}&starting_after={id_}", "")]
    return []

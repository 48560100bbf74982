"""Stripe's guide to entitlements, step by step, in GraphQL and over HTTP."""

from datetime import UTC, datetime

from tests.service.serving import Caller, Json

ENTITLEMENTS = """
query($customer: CustomerBy!, $first: Int, $after: String) {
  customer(by: $customer) {
    entitlements(first: $first, after: $after) { nodes { lookupKey } pageInfo { hasNextPage endCursor } totalCount }
  }
}
"""


async def test_the_guide_from_the_first_feature_to_the_last_cancellation(caller: Caller) -> None:
    await caller.move_to(datetime(2026, 1, 10, 9, tzinfo=UTC))
    attachments = await _set_up_features_and_products(caller)
    subscription = await _subscribe(caller, "acme", "basic")
    assert await _active(caller, "acme") == {"email", "storage"}

    await caller.do(
        "updateSubscription", "subscription { id }", id=subscription["id"], items=[_move(subscription, "pro")]
    )
    assert await _active(caller, "acme") == {"email", "storage", "sms", "sso"}
    await caller.do(
        "updateSubscription", "subscription { id }", id=subscription["id"], items=[_move(subscription, "basic")]
    )
    assert await _active(caller, "acme") == {"email", "storage"}

    await _attach_with_subscribers_there_already(caller)
    await _detach(caller, attachments["email"])

    await caller.do("cancelSubscription", "subscription { status }", id=subscription["id"])
    assert await _active(caller, "acme") == set()


async def test_active_entitlements_are_listed_page_by_page(caller: Caller) -> None:
    await caller.move_to(datetime(2026, 1, 10, 9, tzinfo=UTC))
    await _set_up_features_and_products(caller)
    await _subscribe(caller, "acme", "pro")

    seen: list[str] = []
    after, more = None, True
    while more:
        variables = {"customer": {"externalId": "acme"}, "first": 3, "after": after}
        page = (await caller.ask(ENTITLEMENTS, variables))["customer"]["entitlements"]
        seen += [node["lookupKey"] for node in page["nodes"]]
        assert page["totalCount"] == 4
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]

    assert sorted(seen) == ["email", "sms", "sso", "storage"]


async def _set_up_features_and_products(caller: Caller) -> dict[str, str]:
    """Features one by one, attached one by one; answers the attachments of the basic plan by key."""
    for key in ("email", "sms", "storage", "sso"):
        made = await caller.do("createFeature", "feature { lookupKey }", name=key.title(), lookupKey=key)
        assert made["feature"] == {"lookupKey": key}
    attachments: dict[str, str] = {}
    for product, keys in {"basic": ["email", "storage"], "pro": ["email", "storage", "sms", "sso"]}.items():
        await caller.do("createProduct", "product { id }", name=product, lookupKey=product)
        for key in keys:
            made = await caller.do(
                "attachFeature", "productFeature { id }", product={"lookupKey": product}, feature={"lookupKey": key}
            )
            attachments.setdefault(key, made["productFeature"]["id"])
    query = '{ product(by: {lookupKey: "pro"}) { features(first: 10) { nodes { feature { lookupKey } } } } }'
    listed = (await caller.ask(query))["product"]["features"]["nodes"]
    assert [node["feature"]["lookupKey"] for node in listed] == ["sso", "sms", "storage", "email"]
    return attachments


async def _attach_with_subscribers_there_already(caller: Caller) -> None:
    """It arrives at the start of their next period and not before, and at once for who subscribes now."""
    await caller.move_to(datetime(2026, 1, 20, tzinfo=UTC))
    await caller.do(
        "attachFeature", "productFeature { id }", product={"lookupKey": "basic"}, feature={"lookupKey": "sms"}
    )
    await _subscribe(caller, "newcomer", "basic")
    assert await _active(caller, "newcomer") == {"email", "storage", "sms"}

    await caller.move_to(datetime(2026, 2, 10, 8, 59, 59, tzinfo=UTC))
    assert await _active(caller, "acme") == {"email", "storage"}
    await caller.move_to(datetime(2026, 2, 10, 9, 0, 1, tzinfo=UTC))
    assert await _active(caller, "acme") == {"email", "storage", "sms"}


async def _detach(caller: Caller, attachment: str) -> None:
    """It goes on to the end of the period that it was paid for."""
    await caller.do("detachFeature", "productFeature { detachedAt }", productFeatureId=attachment)
    assert await _active(caller, "acme") == {"email", "storage", "sms"}

    await caller.move_to(datetime(2026, 3, 10, 9, 0, 1, tzinfo=UTC))
    assert await _active(caller, "acme") == {"storage", "sms"}


async def _subscribe(caller: Caller, customer: str, product: str) -> Json:
    await caller.do("createCustomer", "customer { id }", externalId=customer)
    selection = "subscription { id status items { id } }"
    items = [{"product": {"lookupKey": product}}]
    made = await caller.do("createSubscription", selection, customer={"externalId": customer}, items=items)
    assert made["subscription"]["status"] == "ACTIVE"
    return made["subscription"]


def _move(subscription: Json, product: str) -> Json:
    return {"update": {"id": subscription["items"][0]["id"], "product": {"lookupKey": product}}}


async def _active(caller: Caller, customer: str) -> set[str]:
    answer = await caller.ask(ENTITLEMENTS, {"customer": {"externalId": customer}, "first": 100})
    return {node["lookupKey"] for node in answer["customer"]["entitlements"]["nodes"]}

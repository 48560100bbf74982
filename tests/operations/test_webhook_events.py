"""What webhooks tell: both shapes to the letter, their deliveries, and delivering again."""

import json

import pytest
from sqlalchemy import delete

from storage.rows import events
from tests.operations.api import Api, Json
from tests.operations.deliveries import fail_deliveries
from tests.operations.lists import SIZE, fill, grant
from tests.operations.statements import statements

CHANGED, SUMMARY = "entitlements.changed", "entitlements.active_entitlement_summary.updated"


async def told(api: Api, type_: str) -> list[Json]:
    """The bodies of an environment's events of a type, in the order in which they happened."""
    document = "query Q($type: String) { webhookEvents(type: $type, first: 100) { nodes { id type payload } } }"
    nodes = (await api.run(document, type=type_))["webhookEvents"]["nodes"][::-1]
    bodies = [json.loads(node["payload"]) for node in nodes]
    assert [(body["id"], body["type"]) for body in bodies] == [(node["id"], node["type"]) for node in nodes]
    return bodies


async def test_a_summary_is_told_in_stripes_shape(shop: Api) -> None:
    customer = (await shop.of_customer("acme", "id"))["id"]
    await shop.subscribe("acme", "basic")
    await shop.move_to("2026-02-03T00:00:00.500Z")
    subscription = await shop.subscribe("acme", "pro")
    held = await shop.of_customer("acme", "entitlements { nodes { id lookupKey feature { id } } }")
    listed = {
        node["lookupKey"]: {
            "id": node["id"],
            "object": "entitlements.active_entitlement",
            "feature": node["feature"]["id"],
            "livemode": False,
            "lookup_key": node["lookupKey"],
        }
        for node in held["entitlements"]["nodes"]
    }

    first, second = await told(shop, SUMMARY)

    assert first["data"]["previous_attributes"] == {"entitlements": {"data": []}}
    assert second == {
        "id": second["id"],
        "object": "event",
        "type": SUMMARY,
        "created": 1770076800,
        "livemode": False,
        "api_version": None,
        "data": {
            "object": {
                "object": "entitlements.active_entitlement_summary",
                "customer": customer,
                "entitlements": {
                    "object": "list",
                    "data": [listed["sso"], listed["audit"]],
                    "has_more": False,
                    "url": f"/v1/customer/{customer}/entitlements",
                },
                "livemode": False,
                "revision": 2,
                "at": "2026-02-03T00:00:00.500Z",
            },
            "previous_attributes": {"entitlements": {"data": [listed["audit"]]}},
        },
    }
    assert subscription["status"] == "ACTIVE"


@pytest.mark.parametrize(("number", "shown", "has_more"), [(10, 10, False), (11, 10, True), (12, 10, True)])
async def test_a_summary_shows_ten_and_says_whether_there_are_more(
    shop: Api, number: int, shown: int, has_more: bool
) -> None:
    for feature in range(number):
        await shop.feature(f"f{feature}")
    await shop.product("many", *(f"f{feature}" for feature in range(number)))
    await shop.subscribe("acme", "many")

    [summary] = await told(shop, SUMMARY)
    [change] = await told(shop, CHANGED)

    entitlements = summary["data"]["object"]["entitlements"]
    assert (len(entitlements["data"]), entitlements["has_more"]) == (shown, has_more)
    assert len(change["data"]["object"]["added"]) == number


async def test_a_change_is_told_in_full_in_the_words_of_the_schema(shop: Api) -> None:
    customer = (await shop.of_customer("acme", "id"))["id"]
    subscription = await shop.subscribe("acme", "basic")
    await shop.move_to("2026-02-03T00:00:00.500Z")
    await shop.mutate("cancelSubscription", id=subscription["id"])
    node = "id lookupKey status hasAccess activeFrom activeTo endReason feature { id }"
    source = "sources { kind activeFrom activeTo endReason item { id } product { id } }"
    held = await shop.of_customer("acme", f"entitlements(status: [CANCELED]) {{ nodes {{ {node} {source} }} }}")
    [ended] = held["entitlements"]["nodes"]
    [of] = ended.pop("sources")

    _, change = await told(shop, CHANGED)

    assert change == {
        "id": change["id"],
        "object": "event",
        "type": CHANGED,
        "created": 1770076800,
        "livemode": False,
        "api_version": None,
        "data": {
            "object": {
                "object": "entitlements_change",
                "customer": {"id": customer, "externalId": "acme"},
                "revision": 2,
                "at": "2026-02-03T00:00:00.500Z",
                "livemode": False,
                "added": [],
                "removed": [
                    {
                        "featureId": ended.pop("feature")["id"],
                        **ended,
                        "sources": [
                            {
                                "kind": "SUBSCRIPTION",
                                "activeFrom": of["activeFrom"],
                                "activeTo": of["activeTo"],
                                "endReason": "SUBSCRIPTION_ENDED",
                                "subscriptionId": subscription["id"],
                                "itemId": of["item"]["id"],
                                "productId": of["product"]["id"],
                                "grantId": None,
                            }
                        ],
                    }
                ],
                "changed": [],
            }
        },
    }


async def test_what_was_told_stays_as_it_was(shop: Api) -> None:
    await grant(shop, "acme", "sso")
    before = await told(shop, CHANGED)

    await shop.mutate("updateCustomer", customer={"externalId": "acme"}, externalId="renamed")
    await shop.mutate("updateFeature", feature={"lookupKey": "sso"}, name="Single sign-on")
    await shop.mutate("archiveFeature", feature={"lookupKey": "sso"})
    renamed = await told(shop, CHANGED)
    await shop.mutate("deleteCustomer", customer={"externalId": "renamed"})

    assert renamed == before
    first, deleted = await told(shop, CHANGED)
    assert first == before[0]
    assert [each["lookupKey"] for each in deleted["data"]["object"]["removed"]] == ["sso"]


async def test_a_write_that_changes_no_entitlement_tells_nothing(shop: Api) -> None:
    endpoint = await shop.webhook_endpoint()

    await shop.mutate("updateCustomer", customer={"externalId": "acme"}, name="Acme")

    assert await told(shop, CHANGED) == []
    assert (await shop.of_node("WebhookEndpoint", endpoint, "deliveries { totalCount }"))["deliveries"] == {
        "totalCount": 0
    }


async def test_an_event_is_delivered_to_those_who_want_it_from_when_they_are_there(shop: Api) -> None:
    await grant(shop, "acme", "audit")
    all_of_it, summaries = await shop.webhook_endpoint(), await shop.webhook_endpoint(SUMMARY)
    await grant(shop, "acme", "sso")

    found = {
        endpoint: await shop.of_node(
            "WebhookEndpoint",
            endpoint,
            "deliveries { nodes { state event { type revision customer { externalId } } } }",
        )
        for endpoint in (all_of_it, summaries)
    }

    event = {"revision": 2, "customer": {"externalId": "acme"}}
    wanted = {all_of_it: [CHANGED, SUMMARY], summaries: [SUMMARY]}
    for endpoint, types in wanted.items():
        nodes = found[endpoint]["deliveries"]["nodes"]
        assert sorted(nodes, key=lambda node: node["event"]["type"], reverse=True) == [
            {"state": "PENDING", "event": {"type": type_, **event}} for type_ in types
        ]


async def test_what_an_attempt_came_to_is_there_to_read(shop: Api) -> None:
    endpoint = await shop.webhook_endpoint(CHANGED)
    await grant(shop, "acme", "sso")
    await fail_deliveries(shop, endpoint, times=2)

    shown = await shop.of_node(
        "WebhookEndpoint",
        endpoint,
        """failingSince deliveries(state: [FAILED]) { nodes { state nextAttemptAt endedAt attempts { totalCount nodes {
            statusCode failure durationMs answer delivery { endpoint { id } }
        } } } }""",
    )

    [delivery] = shown["deliveries"]["nodes"]
    assert (delivery["state"], delivery["nextAttemptAt"]) == ("FAILED", None)
    assert delivery["endedAt"] is not None
    assert shown["failingSince"] is not None
    assert delivery["attempts"] == {
        "totalCount": 2,
        "nodes": [
            {
                "statusCode": None,
                "failure": "NO_CONNECTION",
                "durationMs": 5_000,
                "answer": None,
                "delivery": {"endpoint": {"id": endpoint}},
            }
        ]
        * 2,
    }


async def test_an_event_is_delivered_again_when_asked(shop: Api) -> None:
    endpoint = await shop.webhook_endpoint(CHANGED)
    await grant(shop, "acme", "sso")
    await fail_deliveries(shop, endpoint, times=1)
    shown = await shop.of_node("WebhookEndpoint", endpoint, "deliveries { nodes { id state event { id } } }")
    [failed] = shown["deliveries"]["nodes"]

    payload = await shop.mutate(
        "redeliver",
        "webhookDelivery { id state nextAttemptAt endedAt event { id } attempts { totalCount } }",
        eventId=failed["event"]["id"],
        endpointId=endpoint,
    )

    delivery = payload["webhookDelivery"]
    assert failed["state"] == "FAILED"
    assert delivery == {
        "id": failed["id"],
        "state": "PENDING",
        "nextAttemptAt": delivery["nextAttemptAt"],
        "endedAt": None,
        "event": failed["event"],
        "attempts": {"totalCount": 1},
    }
    assert delivery["nextAttemptAt"] is not None


async def test_an_event_is_delivered_to_an_endpoint_that_came_after_it_when_asked(shop: Api) -> None:
    await grant(shop, "acme", "sso")
    [event] = await told(shop, CHANGED)
    endpoint = await shop.webhook_endpoint(SUMMARY)

    for _ in range(2):
        await shop.mutate("redeliver", "webhookDelivery { id }", eventId=event["id"], endpointId=endpoint)

    shown = await shop.of_node("WebhookEndpoint", endpoint, "deliveries { nodes { state event { id } } }")
    assert shown["deliveries"]["nodes"] == [{"state": "PENDING", "event": {"id": event["id"]}}]


async def test_an_event_whose_time_is_past_is_not_there_to_deliver_again(shop: Api) -> None:
    endpoint = await shop.webhook_endpoint(SUMMARY)
    await grant(shop, "acme", "sso")
    [event] = await told(shop, CHANGED)
    async with shop.database.begin_write() as connection:
        await connection.execute(delete(events))

    payload = await shop.try_mutation("redeliver", eventId=event["id"], endpointId=endpoint)

    assert [(error["field"], error["code"]) for error in payload["userErrors"]] == [(["input", "eventId"], "NOT_FOUND")]


@pytest.mark.parametrize("wrong", ["evt_1", "evt_1c", "evt_1s", "", "c"])
async def test_nothing_else_is_an_event(shop: Api, wrong: str) -> None:
    endpoint = await shop.webhook_endpoint()
    await grant(shop, "acme", "sso")
    [event] = await told(shop, CHANGED)
    stored = event["id"][:-1]

    for id_ in (wrong, stored, f"{stored}x"):
        payload = await shop.try_mutation("redeliver", eventId=id_, endpointId=endpoint)

        assert [(error["field"], error["code"]) for error in payload["userErrors"]] == [
            (["input", "eventId"], "NOT_FOUND")
        ]
        assert await shop.of_node("WebhookEvent", id_, "id") is None


async def test_of_an_unknown_type_there_are_none(shop: Api) -> None:
    await grant(shop, "acme", "sso")

    found = await shop.run('{ webhookEvents(type: "entitlements.vanished") { totalCount nodes { id } } }')

    assert found == {"webhookEvents": {"totalCount": 0, "nodes": []}}


async def test_both_things_told_of_a_change_stand_beside_each_other(shop: Api) -> None:
    for feature in ("sso", "audit"):
        await grant(shop, "acme", feature)

    nodes = (await shop.run("{ webhookEvents { totalCount nodes { revision type } } }"))["webhookEvents"]

    assert nodes["totalCount"] == 4
    assert [(node["revision"], node["type"]) for node in nodes["nodes"]] == [
        (2, SUMMARY),
        (2, CHANGED),
        (1, SUMMARY),
        (1, CHANGED),
    ]


async def test_a_page_of_endpoints_costs_as_many_statements_as_one(api: Api) -> None:
    await fill(api)
    document = """query Page($first: Int!) { webhookEndpoints(last: $first) { nodes { id deliveries {
        totalCount nodes {
            endpoint { url } event { payload customer { externalId } deliveries { totalCount nodes { id } } }
            attempts { totalCount nodes { delivery { id } } }
        }
    } } } }"""

    with statements(api.database) as of_one:
        await api.run(document, first=1)
    with statements(api.database) as of_all:
        data = await api.run(document, first=SIZE)

    nodes = data["webhookEndpoints"]["nodes"]
    assert [endpoint["deliveries"]["totalCount"] for endpoint in nodes] == [SIZE] * SIZE
    assert len(of_all) == len(of_one)

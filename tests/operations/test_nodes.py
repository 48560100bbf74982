"""Objects by their public id, one and many; and who is asking, in which environment."""

from datetime import timedelta

import pytest

from storage.environments import create_environment
from tests.operations.api import Api, Json
from tests.operations.conftest import START
from tests.operations.deliveries import fail_deliveries

NODES = "query Q($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"


async def test_every_kind_of_object_is_found_by_its_id_alone_and_in_a_crowd(api: Api) -> None:
    objects = await one_of_each(api)

    alone = [await api.run("query Q($id: ID!) { node(id: $id) { __typename id } }", id=each) for each in objects]
    crowd = await api.run(NODES, ids=list(objects))

    assert crowd["nodes"] == [{"__typename": kind, "id": each} for each, kind in objects.items()]
    assert [each["node"] for each in alone] == crowd["nodes"]


async def test_what_every_id_begins_with_tells_its_type(api: Api) -> None:
    prefixes = {kind: each.partition("_")[0] for each, kind in (await one_of_each(api)).items()}

    assert prefixes == {
        "Feature": "feat",
        "Product": "prod",
        "ProductFeature": "prodft",
        "Customer": "cus",
        "CustomerSubscription": "sub",
        "SubscriptionItem": "si",
        "Grant": "grt",
        "CustomerSession": "cs",
        "Entitlement": "ent",
        "Environment": "env",
        "TestClock": "clock",
        "WebhookEndpoint": "we",
        "WebhookEvent": "evt",
        "WebhookDelivery": "whd",
        "WebhookAttempt": "wha",
    }


async def test_objects_come_in_the_order_asked_again_if_asked_again_and_null_where_there_is_none(api: Api) -> None:
    first, second = await api.feature("first"), await api.feature("second")

    data = await api.run(NODES, ids=[second, "feat_unknown", first, second, ""])

    ids = [node and node["id"] for node in data["nodes"]]
    assert ids == [second, None, first, second, None]


@pytest.mark.parametrize("count", [0, 101])
async def test_ids_are_asked_for_1_to_100_at_a_time(api: Api, count: int) -> None:
    feature = await api.feature("sso")

    refused = await api.try_(NODES, ids=[feature] * count)
    most = await api.run(NODES, ids=[feature] * 100)

    assert refused.data is None
    assert [error.message for error in refused.errors or ()] == [f"`ids` takes 1 to 100 entries; there are {count}."]
    assert len(most["nodes"]) == 100


async def test_an_id_under_another_prefix_or_none_names_nothing(api: Api) -> None:
    objects = await one_of_each(api)
    prefixes = [each.partition("_")[0] for each in objects] + ["evt", "key", "we", "FEAT", " feat", ""]
    wrong = [
        f"{prefix}_{rest}"
        for prefix, _, rest in (each.partition("_") for each in objects)
        for prefix in prefixes
        if f"{prefix}_{rest}" not in objects
    ]
    bare = [
        text for each in objects for text in (each.partition("_")[0], each.partition("_")[2], f"{each} ", each[:-1])
    ]

    for start in range(0, len(wrong + bare), 100):
        data = await api.run(NODES, ids=(wrong + bare)[start : start + 100])
        assert [node for node in data["nodes"] if node is not None] == []


async def test_an_id_of_another_environment_names_nothing(api: Api) -> None:
    """node id of another environment"""
    other = await Api.open(api.database, "other", at=START, shared=api.shared)
    objects = await one_of_each(api)

    data = await other.run(NODES, ids=list(objects))

    assert data["nodes"] == [None] * len(objects)


async def test_ids_that_are_for_caches_alone_name_nothing(api: Api) -> None:
    await one_of_each(api)
    data = await api.of_customer(
        "acme",
        """access(lookupKeys: ["sso"]) { id }
        entitlementsAt(at: "2026-02-01T00:00:00Z") { nodes { id } }""",
    )
    viewer = (await api.run("{ viewer { id } }"))["viewer"]["id"]

    found = await api.run(NODES, ids=[data["access"][0]["id"], data["entitlementsAt"]["nodes"][0]["id"], viewer])

    assert found["nodes"] == [None, None, None]


async def test_the_viewer_is_the_key_that_asks(api: Api) -> None:
    data = await api.run("""{ viewer {
        id kind livemode scopes expiresAt customer { id } environment { id name livemode now }
    } }""")

    assert data["viewer"] == {
        "id": api.credential.id,
        "kind": "API_KEY",
        "livemode": False,
        "scopes": ["*"],
        "expiresAt": None,
        "customer": None,
        "environment": {
            "id": api.environment.id,
            "name": "sandbox",
            "livemode": False,
            "now": "2026-01-15T12:00:00.000Z",
        },
    }


async def test_livemode_is_that_of_the_environment_on_everything_in_it(api: Api) -> None:
    live = Api(api.database, await create_environment(api.database, "live", livemode=True), api.credential)
    feature = await live.feature("sso")

    data = await live.run(
        """query Q($id: ID!) {
            viewer { livemode environment { livemode } }
            node(id: $id) { ... on Feature { livemode } }
        }""",
        id=feature,
    )

    assert data == {"viewer": {"livemode": True, "environment": {"livemode": True}}, "node": {"livemode": True}}


async def test_an_operation_has_one_now_which_a_write_of_its_own_moves_on(api: Api) -> None:
    """a frozen clock ticks one millisecond per write"""
    document = """mutation {
        a: createFeature(input: {name: "A", lookupKey: "a"}) { feature { createdAt } }
        b: createFeature(input: {name: "B", lookupKey: "b"}) { feature { createdAt } }
    }"""

    made = await api.run(document)
    now = (await api.run("{ viewer { environment { now } } }"))["viewer"]["environment"]["now"]
    await api.move_to(START + timedelta(days=1))
    later = (await api.run("{ viewer { environment { now } } }"))["viewer"]["environment"]["now"]

    assert [made[name]["feature"]["createdAt"] for name in "ab"] == [
        "2026-01-15T12:00:00.000Z",
        "2026-01-15T12:00:00.001Z",
    ]
    assert now == "2026-01-15T12:00:00.001Z"
    assert later == "2026-01-16T12:00:00.000Z"


async def one_of_each(api: Api) -> dict[str, str]:
    """The id of an object of every type that has one, and the type's name."""
    feature, product = await api.feature("sso"), await api.product("pro", "sso")
    customer = await api.customer("acme")
    endpoint = await api.webhook_endpoint()
    subscription = await api.subscribe("acme", "pro")
    attempt = await fail_deliveries(api, endpoint, times=1)
    attempted: Json = await api.of_node("WebhookAttempt", attempt, "delivery { id event { id } }")
    grant = await api.mutate(
        "grantEntitlement", "grant { id entitlement { id } }", customer={"id": customer}, feature={"id": feature}
    )
    session = await api.mutate("createCustomerSession", "customerSession { id }", customer={"id": customer})
    viewer = await api.run("{ viewer { environment { testClock { id } } } }")
    attached: Json = await api.of_node("Product", product, "features { nodes { id } }")
    return {
        feature: "Feature",
        product: "Product",
        attached["features"]["nodes"][0]["id"]: "ProductFeature",
        customer: "Customer",
        subscription["id"]: "CustomerSubscription",
        subscription["items"][0]["id"]: "SubscriptionItem",
        grant["grant"]["id"]: "Grant",
        session["customerSession"]["id"]: "CustomerSession",
        grant["grant"]["entitlement"]["id"]: "Entitlement",
        api.environment.id: "Environment",
        viewer["viewer"]["environment"]["testClock"]["id"]: "TestClock",
        endpoint: "WebhookEndpoint",
        attempted["delivery"]["event"]["id"]: "WebhookEvent",
        attempted["delivery"]["id"]: "WebhookDelivery",
        attempt: "WebhookAttempt",
    }

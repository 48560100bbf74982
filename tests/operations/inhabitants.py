"""What there is in an environment, how to ask for it at any place of the schema, and how to call every mutation."""

from collections.abc import Callable
from dataclasses import dataclass

from entitlements.facts import CustomerId, FeatureId
from entitlements.ids import entitlement_id
from storage.ids import new_id
from storage.webhook_ids import delivery_id, webhook_event_id
from storage.webhook_records import WebhookEventType
from tests.operations.api import Api, Json
from tests.operations.deliveries import fail_deliveries
from tests.operations.schema_walk import REFERENCES, Place, document, selection

OBJECTS = {
    "Query": "feature",
    "Feature": "feature",
    "Product": "product",
    "Customer": "customer",
    "WebhookEndpoint": "webhook endpoint",
    "WebhookEvent": "webhook event",
    "WebhookDelivery": "webhook delivery",
}
"""Types whose fields take references, and an object to ask them of."""


@dataclass(frozen=True)
class Known:
    """Names of things, by what they are: ids, the owner's keys for some of them, and an address."""

    ids: dict[str, str]
    keys: dict[str, str]
    email: str

    def by(self, kind: str) -> list[Json]:
        """The ways in which inputs name a thing: by id, and by its owner's key."""
        key = "externalId" if kind == "customer" else "lookupKey"
        return [{"id": self.ids[kind]}, {key: self.keys[kind]}]

    def instead_of(self, named: Json, of: "Known") -> list[Json]:
        """The ways to name, where an input names a thing `of` others, the same kind of thing of these."""
        id_ = named if isinstance(named, str) else named["id"]
        kind = next(kind for kind, each in of.ids.items() if each == id_)
        return [self.ids[kind]] if isinstance(named, str) else self.by(kind)


def unknown() -> Known:
    """Names that are well formed and name nothing."""
    customer, feature = CustomerId(new_id("cus")), FeatureId(new_id("feat"))
    ids = {
        "feature": feature,
        "other feature": new_id("feat"),
        "product": new_id("prod"),
        "attachment": new_id("prodft"),
        "customer": customer,
        "subscription": new_id("sub"),
        "item": new_id("si"),
        "other item": new_id("si"),
        "grant": new_id("grt"),
        "session": new_id("cs"),
        "clock": new_id("clock"),
        "entitlement": entitlement_id(customer, feature),
        "environment": new_id("env"),
        "webhook endpoint": new_id("we"),
        "webhook event": webhook_event_id(new_id("evt"), WebhookEventType.CHANGED),
        "webhook delivery": delivery_id(new_id("evt"), WebhookEventType.CHANGED, new_id("we")),
        "webhook attempt": new_id("wha"),
    }
    return Known(ids, _keys("unknown"), "nobody@example.com")


async def furnish(api: Api, label: str) -> Known:
    """Puts an object of every type into an environment; the owner's keys begin with the label."""
    keys, email = _keys(label), f"{label}@example.com"
    clock = await _clock(api)
    # One is enough, however often this is asked for: there can't be many.
    there = (await api.run("{ webhookEndpoints(first: 1) { nodes { id } } }"))["webhookEndpoints"]["nodes"]
    endpoint = there[0]["id"] if there else await api.webhook_endpoint()
    feature, other = [await api.feature(keys[kind]) for kind in ("feature", "other feature")]
    product = await api.product(keys["product"], keys["feature"])
    attached = await api.of_node("Product", product, "features { nodes { id } }")
    made = await api.mutate("createCustomer", "customer { id }", externalId=keys["customer"], email=email)
    subscription = await api.subscribe(keys["customer"], keys["product"], keys["product"])
    given = {"customer": {"externalId": keys["customer"]}, "feature": {"id": other}}
    grant = await api.mutate("grantEntitlement", "grant { id entitlement { id } }", **given)
    session = await api.mutate("createCustomerSession", "customerSession { id }", customer=given["customer"])
    item, other_item = [item["id"] for item in subscription["items"]]
    ids = {
        "feature": feature,
        "other feature": other,
        "product": product,
        "attachment": attached["features"]["nodes"][0]["id"],
        "customer": made["customer"]["id"],
        "subscription": subscription["id"],
        "item": item,
        "other item": other_item,
        "grant": grant["grant"]["id"],
        "session": session["customerSession"]["id"],
        "clock": clock,
        "entitlement": grant["grant"]["entitlement"]["id"],
        "environment": api.environment.id,
        **await _attempt_a_delivery(api, endpoint),
    }
    return Known(ids, keys, email)


async def _attempt_a_delivery(api: Api, endpoint: str) -> dict[str, str]:
    """Has a delivery of the endpoint fail once."""
    attempt = await fail_deliveries(api, endpoint, times=1)
    document = "delivery { id event { id } }"
    found = await api.of_node("WebhookAttempt", attempt, document)
    return {
        "webhook endpoint": endpoint,
        "webhook event": found["delivery"]["event"]["id"],
        "webhook delivery": found["delivery"]["id"],
        "webhook attempt": attempt,
    }


def names_at(place: Place, known: Known, cursor: str | None) -> list[Json]:
    """All that can be passed at a place to name what is known."""
    named = place.type.strip("[]!")
    if named in REFERENCES:
        ways = known.by(REFERENCES[named])
        return [ways] if "[" in place.type else ways
    by_argument: dict[str, list[Json]] = {
        "id": list(known.ids.values()),
        "ids": [list(known.ids.values())],
        "lookupKey": [known.keys["feature"]],
        "lookupKeys": [[known.keys["feature"]]],
        "email": [known.email],
        "after": [cursor],
        "before": [cursor],
    }
    return by_argument[place.argument]


async def ask(api: Api, known: Known, place: Place, value: Json) -> tuple[Json, list[Json]]:
    """Data and errors when a value is passed at a place."""
    parent = known.ids[OBJECTS[place.parent]]
    result = await api.try_(document(place, selection(place)), id=parent, value=value)
    return result.data, [error.formatted for error in result.errors or []]


async def _clock(api: Api) -> str:
    """The id of the environment's test clock, which is frozen in the future if it wasn't yet."""
    found = await api.run("{ viewer { environment { testClock { id } } } }")
    standing = found["viewer"]["environment"]["testClock"]
    if standing is None:
        made = await api.mutate("createTestClock", "testClock { id }", frozenTime="2100-01-01T00:00:00Z")
        standing = made["testClock"]
    return standing["id"]


def _keys(label: str) -> dict[str, str]:
    return {kind: f"{label} {kind}" for kind in ("feature", "other feature", "product", "customer")}


def _id(known: Known, kind: str) -> Json:
    return {"id": known.ids[kind]}


INPUTS: dict[str, Callable[[Known, Known], Json]] = {
    "createFeature": lambda _, theirs: {"name": "F", "lookupKey": theirs.keys["feature"]},
    "updateFeature": lambda mine, _: {"feature": _id(mine, "feature"), "name": "F"},
    "createProduct": lambda mine, theirs: {
        "name": "P",
        "lookupKey": theirs.keys["product"],
        "features": [_id(mine, "feature")],
    },
    "updateProduct": lambda mine, _: {"product": _id(mine, "product"), "name": "P"},
    "attachFeature": lambda mine, _: {"product": _id(mine, "product"), "feature": _id(mine, "other feature")},
    "detachFeature": lambda mine, _: {"productFeatureId": mine.ids["attachment"]},
    "createCustomer": lambda _, theirs: {"externalId": theirs.keys["customer"], "email": theirs.email},
    "updateCustomer": lambda mine, _: {"customer": _id(mine, "customer"), "name": "C"},
    "createSubscription": lambda mine, _: {
        "customer": _id(mine, "customer"),
        "items": [{"product": _id(mine, "product")}],
    },
    "updateSubscription": lambda mine, _: {
        "id": mine.ids["subscription"],
        "items": [
            {"add": {"product": _id(mine, "product")}},
            {"update": {"id": mine.ids["item"], "product": _id(mine, "product"), "quantity": 2}},
            {"remove": mine.ids["other item"]},
        ],
    },
    "setSubscriptionStatus": lambda mine, _: {"id": mine.ids["subscription"], "status": "PAST_DUE"},
    "cancelSubscription": lambda mine, _: {"id": mine.ids["subscription"]},
    "grantEntitlement": lambda mine, _: {"customer": _id(mine, "customer"), "feature": _id(mine, "feature")},
    "revokeGrant": lambda mine, _: {"grantId": mine.ids["grant"]},
    "createCustomerSession": lambda mine, _: {"customer": _id(mine, "customer")},
    "revokeCustomerSession": lambda mine, _: {"id": mine.ids["session"]},
    "createWebhookEndpoint": lambda _, __: {"url": "https://hooks.example.com"},
    "updateWebhookEndpoint": lambda mine, _: {"id": mine.ids["webhook endpoint"], "description": "D"},
    "rotateWebhookSecret": lambda mine, _: {"id": mine.ids["webhook endpoint"]},
    "redeliver": lambda mine, _: {
        "eventId": mine.ids["webhook event"],
        "endpointId": mine.ids["webhook endpoint"],
    },
    "deleteWebhookEndpoint": lambda mine, _: {"id": mine.ids["webhook endpoint"]},
    "archiveFeature": lambda mine, _: {"feature": _id(mine, "feature")},
    "deleteCustomer": lambda mine, _: {"customer": _id(mine, "customer")},
    "advanceTestClock": lambda mine, _: {"id": mine.ids["clock"], "frozenTime": "2100-02-01T00:00:00Z"},
    "deleteTestClock": lambda mine, _: {"id": mine.ids["clock"]},
    "createTestClock": lambda _, __: {"frozenTime": "2100-03-01T00:00:00Z"},
    "createSandbox": lambda mine, _: {"name": f"{mine.email} sandbox"},
}
"""An input for every mutation that succeeds in my environment, in an order in which all of them do.

References are by id and mine; what is to be unique is taken in theirs.
"""

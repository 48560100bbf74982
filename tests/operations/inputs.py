"""An input for every mutation of the schema, for tests that spoil one thing in each."""

from collections.abc import Iterator
from typing import cast

from graphql import GraphQLInputObjectType, GraphQLObjectType, build_schema

from schema.build import sdl
from tests.operations.api import Api, Json
from tests.operations.lists import grant

TYPES = build_schema(sdl()).type_map

SSO, PRO, ACME = {"lookupKey": "sso"}, {"lookupKey": "pro"}, {"externalId": "acme"}


async def valid_inputs(api: Api) -> dict[str, Json]:
    """For every mutation an input that would be carried out, were nothing wrong put into it.

    But for createTestClock: there is one already, which is deleted first.
    """
    await api.feature("sso")
    await api.product("pro", "sso")
    await api.customer("acme")
    subscription = (await api.subscribe("acme", "pro"))["id"]
    session = await api.mutate("createCustomerSession", "customerSession { id }", customer=ACME)
    viewer = await api.run("{ viewer { environment { testClock { id } } } }")
    clock = viewer["viewer"]["environment"]["testClock"]["id"]
    endpoint = await api.webhook_endpoint()
    told = await api.run("{ webhookEvents(first: 1) { nodes { id } } }")
    attachment = await api.run('{ product(by: {lookupKey: "pro"}) { features { nodes { id } } } }')
    return {
        "createFeature": {"name": "A", "lookupKey": "a"},
        "updateFeature": {"feature": SSO},
        "archiveFeature": {"feature": SSO},
        "createProduct": {"name": "A"},
        "updateProduct": {"product": PRO},
        "attachFeature": {"product": PRO, "feature": SSO},
        "detachFeature": {"productFeatureId": attachment["product"]["features"]["nodes"][0]["id"]},
        "createCustomer": {},
        "updateCustomer": {"customer": ACME},
        "deleteCustomer": {"customer": ACME},
        "createSubscription": {"customer": ACME, "items": [{"product": PRO}]},
        "updateSubscription": {"id": subscription},
        "setSubscriptionStatus": {"id": subscription, "status": "PAST_DUE"},
        "cancelSubscription": {"id": subscription},
        "grantEntitlement": {"customer": ACME, "feature": SSO},
        "revokeGrant": {"grantId": await grant(api, "acme", "sso")},
        "createCustomerSession": {"customer": ACME},
        "revokeCustomerSession": {"id": session["customerSession"]["id"]},
        "createSandbox": {"name": "A"},
        "createTestClock": {"frozenTime": "2027-01-01T00:00:00Z"},
        "advanceTestClock": {"id": clock, "frozenTime": "2027-01-01T00:00:00Z"},
        "deleteTestClock": {"id": clock},
        "createWebhookEndpoint": {"url": "https://hooks.example.com"},
        "updateWebhookEndpoint": {"id": endpoint},
        "rotateWebhookSecret": {"id": endpoint},
        "redeliver": {"eventId": told["webhookEvents"]["nodes"][0]["id"], "endpointId": endpoint},
        "deleteWebhookEndpoint": {"id": endpoint},
    }


def fields(kind: str) -> dict[str, str]:
    """The fields of an input type and the names of their types, without a `!`."""
    found = cast("GraphQLInputObjectType", TYPES[kind]).fields
    return {name: str(field.type).rstrip("!") for name, field in found.items()}


def input_fields() -> Iterator[tuple[str, str, str]]:
    """Every field of every mutation's input: mutation, field and the name of its type."""
    for mutation in cast("GraphQLObjectType", TYPES["Mutation"]).fields:
        for name, type_ in fields(f"{mutation[0].upper()}{mutation[1:]}Input").items():
            yield mutation, name, type_


async def everything(api: Api) -> Json:
    """All that the environment holds."""
    return await api.run("""{
        viewer { environment { id testClock { id name frozenTime status } } }
        features { nodes { id name metadata products(detached: true) { nodes { id detachedAt } } } }
        archived: features(archived: true) { totalCount }
        products { nodes { id name active metadata } }
        customers { nodes {
            id externalId name email metadata revision
            subscriptions { nodes { id status metadata cancelAt items { id quantity product { id } } } }
            grants { nodes { id revokedAt } }
        } }
        webhookEndpoints { nodes {
            id url enabledEvents ordered description metadata status previousSecretExpiresAt deliveries { totalCount }
        } }
    }""")

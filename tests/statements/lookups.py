"""The look-ups there are, each of what isn't there or of a first page."""

from collections.abc import Awaitable, Callable

from sqlalchemy.ext.asyncio import AsyncConnection

from entitlements.facts import (
    CustomerId,
    FeatureId,
    GrantId,
    ProductFeatureId,
    ProductId,
    SubscriptionId,
    SubscriptionStatus,
)
from entitlements.facts import EnvironmentId as Env
from entitlements.facts import SubscriptionItemId as ItemId
from storage.credentials import find_credential
from storage.customer_sessions import find_session, load_sessions
from storage.customers import (
    customers_of_grants,
    customers_of_items,
    customers_of_subscriptions,
    load_announced_revisions,
    load_customers,
    load_customers_by_external_id,
    page_customers,
)
from storage.database import Database
from storage.events import load_events_after_each
from storage.features import load_features, load_features_by_key, page_features
from storage.paging import Cut
from storage.product_features import (
    load_attachments,
    load_product_features,
    pages_of_product_features,
    products_with_features,
)
from storage.products import load_products, load_products_by_key, page_products
from storage.subscription_lists import page_subscriptions
from storage.trusted_documents import find_document
from storage.webhook_lists import (
    AttemptPage,
    DeliveriesOf,
    DeliveryPage,
    EventsWanted,
    load_attempt_pages,
    load_attempts,
    load_deliveries,
    load_delivery_pages,
    load_webhook_events,
    page_webhook_events,
)
from storage.webhook_records import WebhookEventType
from tests.statements.stage import DAY, NOON

_PLACE = Cut(5, after=(NOON, "x"))

LOOKUPS: dict[str, Callable[[AsyncConnection, Env], Awaitable[object]]] = {
    "features": lambda c, env: load_features(c, env, [FeatureId("x")]),
    "features by key": lambda c, env: load_features_by_key(c, env, ["x"]),
    "a page of features": lambda c, env: page_features(c, env, _PLACE, archived=False, lookup_key=None),
    "products": lambda c, env: load_products(c, env, [ProductId("x")]),
    "products by key": lambda c, env: load_products_by_key(c, env, ["x"]),
    "a page of products": lambda c, env: page_products(c, env, _PLACE, active=None),
    "attachments": lambda c, env: load_product_features(c, env, [ProductFeatureId("x")]),
    "attachments of products": lambda c, env: load_attachments(c, env, [ProductId("x")]),
    "pages of a product's": lambda c, env: pages_of_product_features(
        c, env, by="product", parents=["x"], cut=Cut(5), detached=True
    ),
    "pages of a feature's": lambda c, env: pages_of_product_features(
        c, env, by="feature", parents=["x"], cut=Cut(5), detached=False
    ),
    "what unlocks": lambda c, env: products_with_features(c, env, [FeatureId("x")], 5),
    "customers": lambda c, env: load_customers(c, env, [CustomerId("x")]),
    "customers by external id": lambda c, env: load_customers_by_external_id(c, env, ["x"]),
    "a page of customers": lambda c, env: page_customers(c, env, _PLACE, email=None),
    "a page of customers by address": lambda c, env: page_customers(c, env, Cut(5), email="x"),
    "owners of subscriptions": lambda c, env: customers_of_subscriptions(c, env, [SubscriptionId("x")]),
    "owners of items": lambda c, env: customers_of_items(c, env, [ItemId("x")]),
    "owners of grants": lambda c, env: customers_of_grants(c, env, [GrantId("x")]),
    "a page of subscriptions": lambda c, env: page_subscriptions(c, env, _PLACE, None, NOON),
    "a page of them by status": lambda c, env: page_subscriptions(c, env, _PLACE, list(SubscriptionStatus), NOON),
    "sessions": lambda c, env: load_sessions(c, env, ["x"]),
    "announced revisions": lambda c, env: load_announced_revisions(c, env, [CustomerId("x")]),
    "events as they are told": lambda c, env: load_webhook_events(c, env, ["evt_xc"]),
    "a page of events": lambda c, env: page_webhook_events(c, env, _PLACE, EventsWanted(list(WebhookEventType))),
    "a page of events of a time": lambda c, env: page_webhook_events(
        c, env, _PLACE, EventsWanted(list(WebhookEventType), NOON - DAY, NOON)
    ),
    "deliveries": lambda c, env: load_deliveries(c, env, ["x"]),
    "pages of an endpoint's deliveries": lambda c, env: load_delivery_pages(
        c, env, [DeliveryPage(DeliveriesOf("endpoint", "x"), _PLACE)]
    ),
    "pages of an event's deliveries": lambda c, env: load_delivery_pages(
        c, env, [DeliveryPage(DeliveriesOf("event", "x", WebhookEventType.CHANGED), _PLACE)]
    ),
    "attempts": lambda c, env: load_attempts(c, env, ["x"]),
    "pages of attempts": lambda c, env: load_attempt_pages(c, env, [AttemptPage("x", _PLACE)]),
    "events after places": lambda c, env: load_events_after_each(c, env, [(CustomerId("x"), 0)], 100),
}

LOOKUPS_OF_REQUESTS: dict[str, Callable[[Database, Env], Awaitable[object]]] = {
    "a key by its secret": lambda db, _: find_credential(db, "x"),
    "a session by its token": lambda db, _: find_session(db, "x"),
    "a document by either id": lambda db, env: find_document(db, env, "x"),
}

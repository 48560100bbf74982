"""The tables. Every row belongs to an environment, and its key says so: an id means nothing outside of its own.

Composite keys carry the environment through every foreign key, so no row can refer to another environment's, and two
environments may hold objects imported under the same id.
"""

from sqlalchemy import JSON, BigInteger, Boolean, Column, ForeignKey, Index, Integer, Table, false

from storage.columns import Instant, StringMap, Word
from storage.metadata import tables, within
from storage.source_rows import observations, source_runs
from storage.webhook_rows import webhook_attempts, webhook_deliveries, webhook_endpoints

__all__ = [
    "api_keys",
    "attachment_changes",
    "customer_sessions",
    "customers",
    "environments",
    "events",
    "features",
    "grants",
    "idempotency_keys",
    "observations",
    "product_features",
    "products",
    "source_runs",
    "subscription_item_segments",
    "subscription_items",
    "subscription_statuses",
    "subscriptions",
    "tables",
    "test_clocks",
    "trusted_documents",
    "webhook_attempts",
    "webhook_deliveries",
    "webhook_endpoints",
]

environments = Table(
    "environments",
    tables,
    Column("id", Word(), primary_key=True),
    Column("name", Word(), nullable=False),
    Column("livemode", Boolean(), nullable=False),
    Column("created_at", Instant(), nullable=False),
    # A frozen test clock, and when taking it away closed the environment for writes.
    Column("clock_at", Instant()),
    Column("closed_at", Instant()),
    # Whether the clock was moved on and what lies on its way isn't all announced: see storage.advancing.
    Column("advancing", Boolean(), nullable=False, server_default=false()),
    Column("catalogue_version", BigInteger(), nullable=False),
    Column("attachments_version", BigInteger(), nullable=False),
    Column("catalogue_written_at", Instant()),
    # The system that feeds it, whose objects only that one changes; null if none does.
    Column("source", Word()),
)
Index("uq_environments_name", environments.c.name, unique=True)

test_clocks = Table(
    "test_clocks",
    tables,
    Column("environment_id", Word(), ForeignKey("environments.id"), primary_key=True),
    Column("id", Word(), primary_key=True),
    Column("name", Word()),
    Column("frozen_time", Instant(), nullable=False),
    # In real time: the clock isn't of its own time.
    Column("created_at", Instant(), nullable=False),
    Column("deleted_at", Instant()),
    # The latest advance: where it began, before what instant all is announced, in how many events, and how many
    # customers it had to pass over.
    Column("advanced_from", Instant()),
    Column("announced_until", Instant()),
    Column("announced_events", BigInteger(), nullable=False),
    Column("passed_over", BigInteger(), nullable=False),
)
_standing = test_clocks.c.deleted_at.is_(None)
Index(
    "uq_test_clocks_environment_id",
    test_clocks.c.environment_id,
    unique=True,
    postgresql_where=_standing,
    sqlite_where=_standing,
)

api_keys = Table(
    "api_keys",
    tables,
    Column("id", Word(), primary_key=True),
    Column("environment_id", Word(), ForeignKey("environments.id"), nullable=False),
    Column("name", Word(), nullable=False),
    Column("scopes", JSON(), nullable=False),
    # SHA-256 in hexadecimal: the secret has 256 bits of its own, so no salt and no slow hash.
    Column("secret_hash", Word(), nullable=False),
    Column("hint", Word(), nullable=False),
    Column("created_at", Instant(), nullable=False),
    Column("revoked_at", Instant()),
    # Noted now and then for many keys at once, so it may be a minute behind.
    Column("last_used_at", Instant()),
    Column("expires_at", Instant()),
    # The key a sandbox was made with, whose own this is: it ends with that. No key is ever removed.
    Column("made_by", Word()),
)
Index("uq_api_keys_secret_hash", api_keys.c.secret_hash, unique=True)
Index("ix_api_keys_environment_id", api_keys.c.environment_id)
Index("ix_api_keys_made_by", api_keys.c.made_by)

features = Table(
    "features",
    tables,
    Column("environment_id", Word(), ForeignKey("environments.id"), primary_key=True),
    Column("id", Word(), primary_key=True),
    Column("name", Word(), nullable=False),
    Column("lookup_key", Word(), nullable=False),
    Column("type", Word(), nullable=False),
    Column("metadata", StringMap(), nullable=False),
    Column("created_at", Instant(), nullable=False),
    Column("archived_at", Instant()),
)
_active = features.c.archived_at.is_(None)
Index(
    "uq_features_lookup_key",
    features.c.environment_id,
    features.c.lookup_key,
    unique=True,
    postgresql_where=_active,
    sqlite_where=_active,
)
Index("ix_features_lookup_key", features.c.environment_id, features.c.lookup_key)
Index("ix_features_created_at", features.c.environment_id, features.c.created_at, features.c.id)

products = Table(
    "products",
    tables,
    Column("environment_id", Word(), ForeignKey("environments.id"), primary_key=True),
    Column("id", Word(), primary_key=True),
    Column("name", Word(), nullable=False),
    Column("lookup_key", Word()),
    Column("active", Boolean(), nullable=False),
    Column("metadata", StringMap(), nullable=False),
    Column("created_at", Instant(), nullable=False),
)
Index("uq_products_lookup_key", products.c.environment_id, products.c.lookup_key, unique=True)
Index("ix_products_created_at", products.c.environment_id, products.c.created_at, products.c.id)

product_features = Table(
    "product_features",
    tables,
    Column("environment_id", Word(), primary_key=True),
    Column("id", Word(), primary_key=True),
    Column("product_id", Word(), nullable=False),
    Column("feature_id", Word(), nullable=False),
    Column("attached_at", Instant(), nullable=False),
    Column("rollout", Word(), nullable=False),
    Column("detached_at", Instant()),
    Column("detach_rollout", Word()),
    within("product_id", of="products"),
    within("feature_id", of="features"),
)
_attached = product_features.c.detached_at.is_(None)
Index(
    "uq_product_features_feature_id",
    product_features.c.environment_id,
    product_features.c.product_id,
    product_features.c.feature_id,
    unique=True,
    postgresql_where=_attached,
    sqlite_where=_attached,
)
for _side in (product_features.c.product_id, product_features.c.feature_id):
    Index(
        f"ix_product_features_{_side.name}",
        product_features.c.environment_id,
        _side,
        product_features.c.attached_at,
        product_features.c.id,
    )

customers = Table(
    "customers",
    tables,
    Column("environment_id", Word(), ForeignKey("environments.id"), primary_key=True),
    Column("id", Word(), primary_key=True),
    Column("external_id", Word()),
    Column("name", Word()),
    Column("email", Word()),
    Column("metadata", StringMap(), nullable=False),
    Column("created_at", Instant(), nullable=False),
    Column("facts_version", BigInteger(), nullable=False),
    Column("announced_revision", BigInteger(), nullable=False),
    Column("announced_until", Instant(), nullable=False),
    Column("written_at", Instant(), nullable=False),
    Column("deleted_at", Instant()),
    # When the announcer is to look at the customer: at the next change by time alone, or before it.
    Column("due_at", Instant()),
)
_present = customers.c.deleted_at.is_(None)
Index(
    "uq_customers_external_id",
    customers.c.environment_id,
    customers.c.external_id,
    unique=True,
    postgresql_where=_present,
    sqlite_where=_present,
)
Index("ix_customers_created_at", customers.c.environment_id, customers.c.created_at, customers.c.id)
Index("ix_customers_email", customers.c.environment_id, customers.c.email, customers.c.created_at, customers.c.id)
Index("ix_customers_announced_until", customers.c.environment_id, customers.c.announced_until)
# Many are due at one instant, and then in the order of their ids.
Index("ix_customers_due_at", customers.c.environment_id, customers.c.due_at, customers.c.id)

events = Table(
    "events",
    tables,
    Column("environment_id", Word(), primary_key=True),
    Column("customer_id", Word(), primary_key=True),
    Column("revision", BigInteger(), primary_key=True),
    Column("id", Word(), nullable=False),
    Column("at", Instant(), nullable=False),
    # In real time, as they are kept for some days of it.
    Column("recorded_at", Instant(), nullable=False),
    # JSON of `entitlements.effects.Effects`; see storage.events.
    Column("effects", Word(), nullable=False),
    # The customer's as it was then: what is told of an event stays the same however often it is told.
    Column("external_id", Word()),
    within("customer_id", of="customers"),
)
Index("uq_events_id", events.c.environment_id, events.c.id, unique=True)
Index("ix_events_recorded_at", events.c.environment_id, events.c.recorded_at, events.c.id)

attachment_changes = Table(
    "attachment_changes",
    tables,
    Column("environment_id", Word(), primary_key=True),
    Column("product_id", Word(), primary_key=True),
    Column("attachments_version", BigInteger(), primary_key=True),
    Column("at", Instant(), nullable=False),
    # The item of a subscription up to which customers were made due, in the order of the items' ids.
    Column("told_until", Word()),
    within("product_id", of="products"),
)

subscriptions = Table(
    "subscriptions",
    tables,
    Column("environment_id", Word(), primary_key=True),
    Column("id", Word(), primary_key=True),
    Column("customer_id", Word(), nullable=False),
    Column("recorded_at", Instant(), nullable=False),
    Column("started_at", Instant(), nullable=False),
    Column("trial_end", Instant()),
    Column("trial_end_behavior", Word(), nullable=False),
    Column("cancel_at", Instant()),
    Column("cancel_at_period_end", Boolean(), nullable=False),
    Column("canceled_at", Instant()),
    Column("ended_at", Instant()),
    Column("metadata", StringMap(), nullable=False),
    within("customer_id", of="customers"),
)
Index("ix_subscriptions_customer_id", subscriptions.c.environment_id, subscriptions.c.customer_id)
Index("ix_subscriptions_recorded_at", subscriptions.c.environment_id, subscriptions.c.recorded_at, subscriptions.c.id)

subscription_statuses = Table(
    "subscription_statuses",
    tables,
    Column("environment_id", Word(), primary_key=True),
    Column("subscription_id", Word(), primary_key=True),
    Column("since", Instant(), primary_key=True),
    Column("status", Word(), nullable=False),
    within("subscription_id", of="subscriptions"),
)

subscription_items = Table(
    "subscription_items",
    tables,
    Column("environment_id", Word(), primary_key=True),
    Column("id", Word(), primary_key=True),
    Column("subscription_id", Word(), nullable=False),
    # Items keep the order they were added in, also those added in one request.
    Column("position", Integer(), nullable=False),
    within("subscription_id", of="subscriptions"),
)
Index(
    "uq_subscription_items_position",
    subscription_items.c.environment_id,
    subscription_items.c.subscription_id,
    subscription_items.c.position,
    unique=True,
)

subscription_item_segments = Table(
    "subscription_item_segments",
    tables,
    Column("environment_id", Word(), primary_key=True),
    Column("item_id", Word(), primary_key=True),
    Column("from_at", Instant(), primary_key=True),
    Column("until_at", Instant()),
    Column("product_id", Word(), nullable=False),
    Column("quantity", Integer(), nullable=False),
    Column("interval_unit", Word(), nullable=False),
    Column("interval_count", Integer(), nullable=False),
    within("item_id", of="subscription_items"),
    within("product_id", of="products"),
)
Index(
    "ix_subscription_item_segments_product_id",
    subscription_item_segments.c.environment_id,
    subscription_item_segments.c.product_id,
    # Those of a product are walked in the order of the items.
    subscription_item_segments.c.item_id,
)

grants = Table(
    "grants",
    tables,
    Column("environment_id", Word(), primary_key=True),
    Column("id", Word(), primary_key=True),
    Column("customer_id", Word(), nullable=False),
    Column("feature_id", Word(), nullable=False),
    Column("recorded_at", Instant(), nullable=False),
    Column("active_from", Instant(), nullable=False),
    Column("active_to", Instant()),
    Column("revoked_at", Instant()),
    Column("reason", Word()),
    Column("metadata", StringMap(), nullable=False),
    within("customer_id", of="customers"),
    within("feature_id", of="features"),
)
Index("ix_grants_customer_id", grants.c.environment_id, grants.c.customer_id)
Index("ix_grants_feature_id", grants.c.environment_id, grants.c.feature_id)

customer_sessions = Table(
    "customer_sessions",
    tables,
    Column("environment_id", Word(), primary_key=True),
    Column("id", Word(), primary_key=True),
    Column("customer_id", Word(), nullable=False),
    # As an API key's secret: SHA-256 in hexadecimal.
    Column("token_hash", Word(), nullable=False),
    Column("created_at", Instant(), nullable=False),
    Column("expires_at", Instant(), nullable=False),
    Column("revoked_at", Instant()),
    within("customer_id", of="customers"),
)
Index("uq_customer_sessions_token_hash", customer_sessions.c.token_hash, unique=True)
Index("ix_customer_sessions_expires_at", customer_sessions.c.environment_id, customer_sessions.c.expires_at)

trusted_documents = Table(
    "trusted_documents",
    tables,
    Column("environment_id", Word(), ForeignKey("environments.id"), primary_key=True),
    # SHA-256 of the text, in hexadecimal.
    Column("hash", Word(), primary_key=True),
    # An id of the client's own choice, where it goes by another one than the hash.
    Column("alias", Word()),
    Column("name", Word()),
    Column("kind", Word(), nullable=False),
    Column("text", Word(), nullable=False),
    Column("created_at", Instant(), nullable=False),
)
Index("uq_trusted_documents_alias", trusted_documents.c.environment_id, trusted_documents.c.alias, unique=True)
Index(
    "ix_trusted_documents_created_at",
    trusted_documents.c.environment_id,
    trusted_documents.c.kind,
    trusted_documents.c.created_at,
)

idempotency_keys = Table(
    "idempotency_keys",
    tables,
    Column("environment_id", Word(), ForeignKey("environments.id"), primary_key=True),
    Column("key", Word(), primary_key=True),
    Column("mutation", Word(), nullable=False),
    Column("fingerprint", Word(), nullable=False),
    # Null only inside the transaction that will name it or roll back.
    Column("object_id", Word()),
    Column("created_at", Instant(), nullable=False),
)
Index("ix_idempotency_keys_created_at", idempotency_keys.c.environment_id, idempotency_keys.c.created_at)

"""The tables of webhooks: who is told, what of, and how each attempt went. All their instants are of real time."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, Table

from storage.columns import Instant, StringMap, Word, Words
from storage.metadata import tables, within

webhook_endpoints = Table(
    "webhook_endpoints",
    tables,
    Column("environment_id", Word(), ForeignKey("environments.id"), primary_key=True),
    Column("id", Word(), primary_key=True),
    Column("url", Word(), nullable=False),
    # Names of types, or * alone.
    Column("enabled_events", Words(), nullable=False),
    Column("is_ordered", Boolean(), nullable=False),
    Column("description", Word()),
    Column("metadata", StringMap(), nullable=False),
    # In clear: deliveries are signed with them, for which a hash wouldn't do.
    Column("secret", Word(), nullable=False),
    # Those before it, and for each until when it signs too.
    Column("former_secrets", StringMap(), nullable=False),
    Column("created_at", Instant(), nullable=False),
    # Since when every attempt has failed.
    Column("failing_since", Instant()),
    Column("disabled_at", Instant()),
    Column("disabled_reason", Word()),
    Column("deleted_at", Instant()),
)
Index(
    "ix_webhook_endpoints_created_at",
    webhook_endpoints.c.environment_id,
    webhook_endpoints.c.created_at,
    webhook_endpoints.c.id,
)

webhook_deliveries = Table(
    "webhook_deliveries",
    tables,
    Column("environment_id", Word(), primary_key=True),
    # A function of endpoint, event and type; see storage.webhook_ids.
    Column("id", Word(), primary_key=True),
    Column("endpoint_id", Word(), nullable=False),
    Column("event_id", Word(), nullable=False),
    Column("type", Word(), nullable=False),
    # The event's, to deliver in order.
    Column("customer_id", Word(), nullable=False),
    Column("revision", BigInteger(), nullable=False),
    Column("created_at", Instant(), nullable=False),
    Column("state", Word(), nullable=False),
    # Failed ones since it was last asked for.
    Column("failures", Integer(), nullable=False),
    # When it is to be looked at: while it is leased, when the lease ends; null once there is nothing more to do.
    Column("next_attempt_at", Instant()),
    # Whoever attempts it just now.
    Column("lease", Word()),
    Column("ended_at", Instant()),
    within("endpoint_id", of="webhook_endpoints"),
    # It goes when its event does, whose time is limited.
    within("event_id", of="events", ondelete="CASCADE"),
)
_pending = webhook_deliveries.c.next_attempt_at.is_not(None)
_of_endpoint = webhook_deliveries.c.environment_id, webhook_deliveries.c.endpoint_id
Index(
    "ix_webhook_deliveries_next_attempt_at",
    *_of_endpoint,
    webhook_deliveries.c.next_attempt_at,
    postgresql_where=_pending,
    sqlite_where=_pending,
)
Index(
    "ix_webhook_deliveries_revision",
    *_of_endpoint,
    webhook_deliveries.c.customer_id,
    webhook_deliveries.c.revision,
    postgresql_where=_pending,
    sqlite_where=_pending,
)
Index("ix_webhook_deliveries_created_at", *_of_endpoint, webhook_deliveries.c.created_at, webhook_deliveries.c.id)
Index("ix_webhook_deliveries_event_id", webhook_deliveries.c.environment_id, webhook_deliveries.c.event_id)

webhook_attempts = Table(
    "webhook_attempts",
    tables,
    Column("environment_id", Word(), primary_key=True),
    Column("id", Word(), primary_key=True),
    Column("delivery_id", Word(), nullable=False),
    Column("at", Instant(), nullable=False),
    Column("duration_ms", Integer(), nullable=False),
    # What it was answered with; null where there was no answer, and then `failure` says why.
    Column("status_code", Integer()),
    Column("failure", Word()),
    # The first characters of the answer's body.
    Column("answer", Word()),
    within("delivery_id", of="webhook_deliveries", ondelete="CASCADE"),
)
Index(
    "ix_webhook_attempts_at",
    webhook_attempts.c.environment_id,
    webhook_attempts.c.delivery_id,
    webhook_attempts.c.at,
    webhook_attempts.c.id,
)

"""Webhooks. It only adds: a process of 0003 goes on, and what it writes is delivered to nobody."""

import sqlalchemy as sa
from alembic import op

from storage.columns import Instant, StringMap, Word, Words

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("events", sa.Column("external_id", Word(), nullable=True))
    _webhook_endpoints()
    _webhook_deliveries()
    _webhook_attempts()


def _webhook_endpoints() -> None:
    op.create_table(
        "webhook_endpoints",
        sa.Column("environment_id", Word(), nullable=False),
        sa.Column("id", Word(), nullable=False),
        sa.Column("url", Word(), nullable=False),
        sa.Column("enabled_events", Words(), nullable=False),
        sa.Column("is_ordered", sa.Boolean(), nullable=False),
        sa.Column("description", Word(), nullable=True),
        sa.Column("metadata", StringMap(), nullable=False),
        sa.Column("secret", Word(), nullable=False),
        sa.Column("former_secrets", StringMap(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("failing_since", Instant(), nullable=True),
        sa.Column("disabled_at", Instant(), nullable=True),
        sa.Column("disabled_reason", Word(), nullable=True),
        sa.Column("deleted_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["environment_id"], ["environments.id"], name=op.f("fk_webhook_endpoints_environment_id")
        ),
        sa.PrimaryKeyConstraint("environment_id", "id", name=op.f("pk_webhook_endpoints")),
    )
    op.create_index("ix_webhook_endpoints_created_at", "webhook_endpoints", ["environment_id", "created_at", "id"])


def _webhook_deliveries() -> None:
    op.create_table(
        "webhook_deliveries",
        sa.Column("environment_id", Word(), nullable=False),
        sa.Column("id", Word(), nullable=False),
        sa.Column("endpoint_id", Word(), nullable=False),
        sa.Column("event_id", Word(), nullable=False),
        sa.Column("type", Word(), nullable=False),
        sa.Column("customer_id", Word(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("state", Word(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", Instant(), nullable=True),
        sa.Column("lease", Word(), nullable=True),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["environment_id", "endpoint_id"],
            ["webhook_endpoints.environment_id", "webhook_endpoints.id"],
            name=op.f("fk_webhook_deliveries_environment_id_endpoint_id"),
        ),
        sa.ForeignKeyConstraint(
            ["environment_id", "event_id"],
            ["events.environment_id", "events.id"],
            name=op.f("fk_webhook_deliveries_environment_id_event_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("environment_id", "id", name=op.f("pk_webhook_deliveries")),
    )
    pending = sa.text("next_attempt_at IS NOT NULL")
    of_endpoint = ["environment_id", "endpoint_id"]
    for name, columns in (
        ("ix_webhook_deliveries_next_attempt_at", ["next_attempt_at"]),
        ("ix_webhook_deliveries_revision", ["customer_id", "revision"]),
    ):
        op.create_index(
            name, "webhook_deliveries", [*of_endpoint, *columns], postgresql_where=pending, sqlite_where=pending
        )
    op.create_index("ix_webhook_deliveries_created_at", "webhook_deliveries", [*of_endpoint, "created_at", "id"])
    op.create_index("ix_webhook_deliveries_event_id", "webhook_deliveries", ["environment_id", "event_id"])


def _webhook_attempts() -> None:
    op.create_table(
        "webhook_attempts",
        sa.Column("environment_id", Word(), nullable=False),
        sa.Column("id", Word(), nullable=False),
        sa.Column("delivery_id", Word(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.Column("status_code", sa.Integer(), nullable=True),
        sa.Column("failure", Word(), nullable=True),
        sa.Column("answer", Word(), nullable=True),
        sa.ForeignKeyConstraint(
            ["environment_id", "delivery_id"],
            ["webhook_deliveries.environment_id", "webhook_deliveries.id"],
            name=op.f("fk_webhook_attempts_environment_id_delivery_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("environment_id", "id", name=op.f("pk_webhook_attempts")),
    )
    op.create_index("ix_webhook_attempts_at", "webhook_attempts", ["environment_id", "delivery_id", "at", "id"])

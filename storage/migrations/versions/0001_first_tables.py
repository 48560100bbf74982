"""The first tables."""

import sqlalchemy as sa
from alembic import op

from storage.columns import Instant, StringMap, Word

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _environments()
    _catalogue()
    _customers()
    _subscriptions()


def _environments() -> None:
    op.create_table(
        "environments",
        sa.Column("id", Word(), nullable=False),
        sa.Column("name", Word(), nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("clock_at", Instant(), nullable=True),
        sa.Column("closed_at", Instant(), nullable=True),
        sa.Column("catalogue_version", sa.BigInteger(), nullable=False),
        sa.Column("attachments_version", sa.BigInteger(), nullable=False),
        sa.Column("catalogue_written_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_environments")),
    )
    op.create_index("uq_environments_name", "environments", ["name"], unique=True)
    op.create_table(
        "api_keys",
        sa.Column("id", Word(), nullable=False),
        sa.Column("environment_id", Word(), nullable=False),
        sa.Column("name", Word(), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("secret_hash", Word(), nullable=False),
        sa.Column("hint", Word(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["environment_id"], ["environments.id"], name=op.f("fk_api_keys_environment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
    )
    op.create_index("ix_api_keys_environment_id", "api_keys", ["environment_id"])
    op.create_index("uq_api_keys_secret_hash", "api_keys", ["secret_hash"], unique=True)
    op.create_table(
        "idempotency_keys",
        sa.Column("environment_id", Word(), nullable=False),
        sa.Column("key", Word(), nullable=False),
        sa.Column("mutation", Word(), nullable=False),
        sa.Column("fingerprint", Word(), nullable=False),
        sa.Column("object_id", Word(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["environment_id"], ["environments.id"], name=op.f("fk_idempotency_keys_environment_id")
        ),
        sa.PrimaryKeyConstraint("environment_id", "key", name=op.f("pk_idempotency_keys")),
    )
    op.create_index("ix_idempotency_keys_created_at", "idempotency_keys", ["environment_id", "created_at"])


def _catalogue() -> None:
    op.create_table(
        "features",
        sa.Column("environment_id", Word(), nullable=False),
        sa.Column("id", Word(), nullable=False),
        sa.Column("name", Word(), nullable=False),
        sa.Column("lookup_key", Word(), nullable=False),
        sa.Column("type", Word(), nullable=False),
        sa.Column("metadata", StringMap(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("archived_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["environment_id"], ["environments.id"], name=op.f("fk_features_environment_id")),
        sa.PrimaryKeyConstraint("environment_id", "id", name=op.f("pk_features")),
    )
    op.create_index("ix_features_created_at", "features", ["environment_id", "created_at", "id"])
    op.create_index("ix_features_lookup_key", "features", ["environment_id", "lookup_key"])
    op.create_index(
        "uq_features_lookup_key",
        "features",
        ["environment_id", "lookup_key"],
        unique=True,
        postgresql_where=sa.text("archived_at IS NULL"),
        sqlite_where=sa.text("archived_at IS NULL"),
    )
    op.create_table(
        "products",
        sa.Column("environment_id", Word(), nullable=False),
        sa.Column("id", Word(), nullable=False),
        sa.Column("name", Word(), nullable=False),
        sa.Column("lookup_key", Word(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("metadata", StringMap(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["environment_id"], ["environments.id"], name=op.f("fk_products_environment_id")),
        sa.PrimaryKeyConstraint("environment_id", "id", name=op.f("pk_products")),
    )
    op.create_index("ix_products_created_at", "products", ["environment_id", "created_at", "id"])
    op.create_index("uq_products_lookup_key", "products", ["environment_id", "lookup_key"], unique=True)
    op.create_table(
        "product_features",
        sa.Column("environment_id", Word(), nullable=False),
        sa.Column("id", Word(), nullable=False),
        sa.Column("product_id", Word(), nullable=False),
        sa.Column("feature_id", Word(), nullable=False),
        sa.Column("attached_at", Instant(), nullable=False),
        sa.Column("rollout", Word(), nullable=False),
        sa.Column("detached_at", Instant(), nullable=True),
        sa.Column("detach_rollout", Word(), nullable=True),
        sa.ForeignKeyConstraint(
            ["environment_id", "feature_id"],
            ["features.environment_id", "features.id"],
            name=op.f("fk_product_features_environment_id_feature_id"),
        ),
        sa.ForeignKeyConstraint(
            ["environment_id", "product_id"],
            ["products.environment_id", "products.id"],
            name=op.f("fk_product_features_environment_id_product_id"),
        ),
        sa.PrimaryKeyConstraint("environment_id", "id", name=op.f("pk_product_features")),
    )
    op.create_index(
        "ix_product_features_feature_id", "product_features", ["environment_id", "feature_id", "attached_at", "id"]
    )
    op.create_index(
        "ix_product_features_product_id", "product_features", ["environment_id", "product_id", "attached_at", "id"]
    )
    op.create_index(
        "uq_product_features_feature_id",
        "product_features",
        ["environment_id", "product_id", "feature_id"],
        unique=True,
        postgresql_where=sa.text("detached_at IS NULL"),
        sqlite_where=sa.text("detached_at IS NULL"),
    )


def _customers() -> None:
    op.create_table(
        "customers",
        sa.Column("environment_id", Word(), nullable=False),
        sa.Column("id", Word(), nullable=False),
        sa.Column("external_id", Word(), nullable=True),
        sa.Column("name", Word(), nullable=True),
        sa.Column("email", Word(), nullable=True),
        sa.Column("metadata", StringMap(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("facts_version", sa.BigInteger(), nullable=False),
        sa.Column("announced_revision", sa.BigInteger(), nullable=False),
        sa.Column("announced_until", Instant(), nullable=False),
        sa.Column("written_at", Instant(), nullable=False),
        sa.Column("deleted_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["environment_id"], ["environments.id"], name=op.f("fk_customers_environment_id")),
        sa.PrimaryKeyConstraint("environment_id", "id", name=op.f("pk_customers")),
    )
    op.create_index("ix_customers_created_at", "customers", ["environment_id", "created_at", "id"])
    op.create_index("ix_customers_email", "customers", ["environment_id", "email", "created_at", "id"])
    op.create_index("ix_customers_written_at", "customers", ["environment_id", "written_at"])
    op.create_index(
        "uq_customers_external_id",
        "customers",
        ["environment_id", "external_id"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
        sqlite_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "grants",
        sa.Column("environment_id", Word(), nullable=False),
        sa.Column("id", Word(), nullable=False),
        sa.Column("customer_id", Word(), nullable=False),
        sa.Column("feature_id", Word(), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("active_from", Instant(), nullable=False),
        sa.Column("active_to", Instant(), nullable=True),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.Column("reason", Word(), nullable=True),
        sa.Column("metadata", StringMap(), nullable=False),
        sa.ForeignKeyConstraint(
            ["environment_id", "customer_id"],
            ["customers.environment_id", "customers.id"],
            name=op.f("fk_grants_environment_id_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["environment_id", "feature_id"],
            ["features.environment_id", "features.id"],
            name=op.f("fk_grants_environment_id_feature_id"),
        ),
        sa.PrimaryKeyConstraint("environment_id", "id", name=op.f("pk_grants")),
    )
    op.create_index("ix_grants_customer_id", "grants", ["environment_id", "customer_id"])
    op.create_index("ix_grants_feature_id", "grants", ["environment_id", "feature_id"])


def _subscriptions() -> None:
    op.create_table(
        "subscriptions",
        sa.Column("environment_id", Word(), nullable=False),
        sa.Column("id", Word(), nullable=False),
        sa.Column("customer_id", Word(), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("trial_end", Instant(), nullable=True),
        sa.Column("trial_end_behavior", Word(), nullable=False),
        sa.Column("cancel_at", Instant(), nullable=True),
        sa.Column("cancel_at_period_end", sa.Boolean(), nullable=False),
        sa.Column("canceled_at", Instant(), nullable=True),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("metadata", StringMap(), nullable=False),
        sa.ForeignKeyConstraint(
            ["environment_id", "customer_id"],
            ["customers.environment_id", "customers.id"],
            name=op.f("fk_subscriptions_environment_id_customer_id"),
        ),
        sa.PrimaryKeyConstraint("environment_id", "id", name=op.f("pk_subscriptions")),
    )
    op.create_index("ix_subscriptions_customer_id", "subscriptions", ["environment_id", "customer_id"])
    op.create_table(
        "subscription_statuses",
        sa.Column("environment_id", Word(), nullable=False),
        sa.Column("subscription_id", Word(), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.Column("status", Word(), nullable=False),
        sa.ForeignKeyConstraint(
            ["environment_id", "subscription_id"],
            ["subscriptions.environment_id", "subscriptions.id"],
            name=op.f("fk_subscription_statuses_environment_id_subscription_id"),
        ),
        sa.PrimaryKeyConstraint("environment_id", "subscription_id", "since", name=op.f("pk_subscription_statuses")),
    )
    op.create_table(
        "subscription_items",
        sa.Column("environment_id", Word(), nullable=False),
        sa.Column("id", Word(), nullable=False),
        sa.Column("subscription_id", Word(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["environment_id", "subscription_id"],
            ["subscriptions.environment_id", "subscriptions.id"],
            name=op.f("fk_subscription_items_environment_id_subscription_id"),
        ),
        sa.PrimaryKeyConstraint("environment_id", "id", name=op.f("pk_subscription_items")),
    )
    op.create_index(
        "uq_subscription_items_position",
        "subscription_items",
        ["environment_id", "subscription_id", "position"],
        unique=True,
    )
    op.create_table(
        "subscription_item_segments",
        sa.Column("environment_id", Word(), nullable=False),
        sa.Column("item_id", Word(), nullable=False),
        sa.Column("from_at", Instant(), nullable=False),
        sa.Column("until_at", Instant(), nullable=True),
        sa.Column("product_id", Word(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("interval_unit", Word(), nullable=False),
        sa.Column("interval_count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["environment_id", "item_id"],
            ["subscription_items.environment_id", "subscription_items.id"],
            name=op.f("fk_subscription_item_segments_environment_id_item_id"),
        ),
        sa.ForeignKeyConstraint(
            ["environment_id", "product_id"],
            ["products.environment_id", "products.id"],
            name=op.f("fk_subscription_item_segments_environment_id_product_id"),
        ),
        sa.PrimaryKeyConstraint("environment_id", "item_id", "from_at", name=op.f("pk_subscription_item_segments")),
    )
    op.create_index(
        "ix_subscription_item_segments_product_id", "subscription_item_segments", ["environment_id", "product_id"]
    )

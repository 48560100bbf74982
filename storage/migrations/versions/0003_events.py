"""Events, and what announces them. Not for a rolling deployment: the processes of 0002 must be stopped before.

One that goes on answers as ever. But what it writes grows revisions without events, which whoever follows them meets as
a gap; it doesn't say when time will change something for a customer (`due_at`), nor that it attached a feature, so
those changes aren't announced before the customer's next write; and its writes to the catalogue miss an index that is
gone. Once it has ended, the first UPDATE below makes up for it: the announcer then looks at everybody again.
"""

import sqlalchemy as sa
from alembic import op

from storage.columns import Instant, Word

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("customers", sa.Column("due_at", Instant(), nullable=True))
    # Nobody has worked out yet when time changes something for them: the announcer looks at each of them once.
    op.execute("UPDATE customers SET due_at = announced_until WHERE deleted_at IS NULL")
    op.create_index("ix_customers_due_at", "customers", ["environment_id", "due_at", "id"])
    op.create_index("ix_customers_announced_until", "customers", ["environment_id", "announced_until"])
    op.drop_index("ix_customers_written_at", "customers")
    op.drop_index("ix_subscription_item_segments_product_id", "subscription_item_segments")
    op.create_index(
        "ix_subscription_item_segments_product_id",
        "subscription_item_segments",
        ["environment_id", "product_id", "item_id"],
    )
    _events()
    _attachment_changes()


def _events() -> None:
    op.create_table(
        "events",
        sa.Column("environment_id", Word(), nullable=False),
        sa.Column("customer_id", Word(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("id", Word(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("effects", Word(), nullable=False),
        sa.ForeignKeyConstraint(
            ["environment_id", "customer_id"],
            ["customers.environment_id", "customers.id"],
            name=op.f("fk_events_environment_id_customer_id"),
        ),
        sa.PrimaryKeyConstraint("environment_id", "customer_id", "revision", name=op.f("pk_events")),
    )
    op.create_index("uq_events_id", "events", ["environment_id", "id"], unique=True)
    op.create_index("ix_events_recorded_at", "events", ["environment_id", "recorded_at", "id"])


def _attachment_changes() -> None:
    op.create_table(
        "attachment_changes",
        sa.Column("environment_id", Word(), nullable=False),
        sa.Column("product_id", Word(), nullable=False),
        sa.Column("attachments_version", sa.BigInteger(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("told_until", Word(), nullable=True),
        sa.ForeignKeyConstraint(
            ["environment_id", "product_id"],
            ["products.environment_id", "products.id"],
            name=op.f("fk_attachment_changes_environment_id_product_id"),
        ),
        sa.PrimaryKeyConstraint(
            "environment_id", "product_id", "attachments_version", name=op.f("pk_attachment_changes")
        ),
    )

"""Test clocks as objects of their own, with how far their advances have come; and by which key a sandbox's was made.

It only adds: older processes go on.
"""

import sqlalchemy as sa
from alembic import op

from storage.columns import Instant, Word

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("environments", sa.Column("advancing", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("api_keys", sa.Column("made_by", Word(), nullable=True))
    op.create_index("ix_api_keys_made_by", "api_keys", ["made_by"])
    op.create_table(
        "test_clocks",
        sa.Column("environment_id", Word(), nullable=False),
        sa.Column("id", Word(), nullable=False),
        sa.Column("name", Word(), nullable=True),
        sa.Column("frozen_time", Instant(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("deleted_at", Instant(), nullable=True),
        sa.Column("advanced_from", Instant(), nullable=True),
        sa.Column("announced_until", Instant(), nullable=True),
        sa.Column("announced_events", sa.BigInteger(), nullable=False),
        sa.Column("passed_over", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["environment_id"], ["environments.id"], name=op.f("fk_test_clocks_environment_id")),
        sa.PrimaryKeyConstraint("environment_id", "id", name=op.f("pk_test_clocks")),
    )
    standing = sa.text("deleted_at IS NULL")
    op.create_index(
        "uq_test_clocks_environment_id",
        "test_clocks",
        ["environment_id"],
        unique=True,
        postgresql_where=standing,
        sqlite_where=standing,
    )
    # Environments that are frozen already had no object for it.
    op.execute(
        "INSERT INTO test_clocks (environment_id, id, frozen_time, created_at, announced_events, passed_over)"
        " SELECT id, 'clock_' || substr(id, 5), clock_at, created_at, 0, 0 FROM environments"
        " WHERE clock_at IS NOT NULL"
    )

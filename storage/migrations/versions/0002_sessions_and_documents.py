"""Customer sessions, trusted documents, and the use and end of API keys. It only adds: a process of 0001 goes on."""

import sqlalchemy as sa
from alembic import op

from storage.columns import Instant, Word

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("api_keys", sa.Column("last_used_at", Instant(), nullable=True))
    op.add_column("api_keys", sa.Column("expires_at", Instant(), nullable=True))
    _customer_sessions()
    _trusted_documents()


def _customer_sessions() -> None:
    op.create_table(
        "customer_sessions",
        sa.Column("environment_id", Word(), nullable=False),
        sa.Column("id", Word(), nullable=False),
        sa.Column("customer_id", Word(), nullable=False),
        sa.Column("token_hash", Word(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["environment_id", "customer_id"],
            ["customers.environment_id", "customers.id"],
            name=op.f("fk_customer_sessions_environment_id_customer_id"),
        ),
        sa.PrimaryKeyConstraint("environment_id", "id", name=op.f("pk_customer_sessions")),
    )
    op.create_index("ix_customer_sessions_expires_at", "customer_sessions", ["environment_id", "expires_at"])
    op.create_index("uq_customer_sessions_token_hash", "customer_sessions", ["token_hash"], unique=True)


def _trusted_documents() -> None:
    op.create_table(
        "trusted_documents",
        sa.Column("environment_id", Word(), nullable=False),
        sa.Column("hash", Word(), nullable=False),
        sa.Column("alias", Word(), nullable=True),
        sa.Column("name", Word(), nullable=True),
        sa.Column("kind", Word(), nullable=False),
        sa.Column("text", Word(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["environment_id"], ["environments.id"], name=op.f("fk_trusted_documents_environment_id")
        ),
        sa.PrimaryKeyConstraint("environment_id", "hash", name=op.f("pk_trusted_documents")),
    )
    op.create_index("ix_trusted_documents_created_at", "trusted_documents", ["environment_id", "kind", "created_at"])
    op.create_index("uq_trusted_documents_alias", "trusted_documents", ["environment_id", "alias"], unique=True)

"""What a source tells: observations of the objects it owns, and how far it was read.

It only adds: older processes go on.
"""

import sqlalchemy as sa
from alembic import op

from storage.columns import Instant, Word

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("environments", sa.Column("source", Word(), nullable=True))
    op.create_table(
        "observations",
        sa.Column("environment_id", Word(), nullable=False),
        sa.Column("object_id", Word(), nullable=False),
        sa.Column("id", Word(), nullable=False),
        sa.Column("kind", Word(), nullable=False),
        sa.Column("manner", Word(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("state", Word(), nullable=False),
        sa.Column("before", Word(), nullable=True),
        sa.ForeignKeyConstraint(["environment_id"], ["environments.id"], name=op.f("fk_observations_environment_id")),
        sa.PrimaryKeyConstraint("environment_id", "object_id", "id", name=op.f("pk_observations")),
    )
    op.create_index("ix_observations_kind", "observations", ["environment_id", "kind", "object_id"])
    op.create_table(
        "source_runs",
        sa.Column("environment_id", Word(), nullable=False),
        sa.Column("begun_at", Instant(), nullable=True),
        sa.Column("step", Word(), nullable=True),
        sa.Column("cursor", Word(), nullable=True),
        sa.Column("read_until", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["environment_id"], ["environments.id"], name=op.f("fk_source_runs_environment_id")),
        sa.PrimaryKeyConstraint("environment_id", name=op.f("pk_source_runs")),
    )

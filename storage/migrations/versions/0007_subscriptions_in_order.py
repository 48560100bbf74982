"""An index of the order in which all subscriptions of an environment are listed.

It only adds: older processes go on.
"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_subscriptions_recorded_at", "subscriptions", ["environment_id", "recorded_at", "id"])

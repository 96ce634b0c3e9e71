"""Until when a record had to be missing for a waiting job to count it, whatever the grace period is by now."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("harvest_jobs") as batch_op:
        batch_op.add_column(sa.Column("pending_until", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("harvest_jobs") as batch_op:
        batch_op.drop_column("pending_until")

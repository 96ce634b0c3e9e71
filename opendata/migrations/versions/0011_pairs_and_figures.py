"""What the list of pairs is read from in its order, and the number of files by what is known of their text."""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Do it."""
    op.create_index("ix_match_proposals_score", "match_proposals", ["status", "score", "id"])
    op.create_index("ix_match_proposals_decided", "match_proposals", ["decided", "id"])
    op.drop_index("ix_resources_text", table_name="resources")
    op.create_index("ix_resources_text", "resources", ["text_status", "stored", "byte_size"])


def downgrade() -> None:
    """Take back."""
    op.drop_index("ix_resources_text", table_name="resources")
    op.create_index("ix_resources_text", "resources", ["text_status"])
    op.drop_index("ix_match_proposals_decided", table_name="match_proposals")
    op.drop_index("ix_match_proposals_score", table_name="match_proposals")

"""What an upload sends in for review, and the files of changes that wait."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Do it."""
    with op.batch_alter_table("review_notes") as batch_op:
        batch_op.add_column(sa.Column("upload_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("word", sa.LargeBinary(), nullable=True))
    op.create_index(op.f("ix_review_notes_upload_id"), "review_notes", ["upload_id"])
    op.create_table(
        "proposed_files",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("object_id", sa.Uuid(), nullable=False),
        sa.Column("checksum", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposed_files")),
    )
    op.create_index(op.f("ix_proposed_files_object_id"), "proposed_files", ["object_id"])
    op.create_index(op.f("ix_proposed_files_checksum"), "proposed_files", ["checksum"])


def downgrade() -> None:
    """Take back."""
    op.drop_table("proposed_files")
    op.drop_index(op.f("ix_review_notes_upload_id"), table_name="review_notes")
    with op.batch_alter_table("review_notes") as batch_op:
        batch_op.drop_column("word")
        batch_op.drop_column("upload_id")

"""What people type into the form that says who may have files is kept as well."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

KINDS = ("dataset", "study", "organization", "file")


def upgrade() -> None:
    """Do it."""
    _allow(*KINDS, "disclosure")


def downgrade() -> None:
    """Take back: those words cannot be kept any more."""
    op.execute("DELETE FROM form_drafts WHERE kind = 'disclosure'")
    _allow(*KINDS)


def _allow(*kinds: str) -> None:
    words = ", ".join(f"'{one}'" for one in kinds)
    with op.batch_alter_table("form_drafts") as batch_op:
        batch_op.drop_constraint(op.f("ck_form_drafts_kind"), type_="check")
        batch_op.create_check_constraint(op.f("ck_form_drafts_kind"), f"kind IN ({words})")

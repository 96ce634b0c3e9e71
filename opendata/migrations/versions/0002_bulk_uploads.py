"""Uploads that are checked, previewed and published step by step, and what is found in the content of files."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
STATUSES = ("received", "checked", "publishing", "published", "undone", "cancelled", "failed")
RESULTS = ("created", "updated", "unchanged", "withdrawn", "restored", "rejected", "postponed")


def _choice(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def _statuses(*values: str) -> str:
    return f"status IN ({', '.join(repr(value) for value in values)})"


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("uploads") as batch_op:
        batch_op.add_column(sa.Column("language", sa.String(length=8), nullable=False, server_default="ru"))
        batch_op.add_column(sa.Column("failed_checksum", sa.String(length=64), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("done", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("total", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("stopping", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("columns", sa.JSON(), nullable=False, server_default="{}"))
        batch_op.add_column(sa.Column("kept", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.drop_constraint(op.f("ck_uploads_status"), type_="check")
        batch_op.create_check_constraint(op.f("ck_uploads_status"), _statuses("checking", *STATUSES))
    with op.batch_alter_table("resources") as batch_op:
        batch_op.add_column(sa.Column("held", sa.Boolean(), nullable=False, server_default=sa.false()))
    _upload_tables()
    _content_tables()


def _upload_tables() -> None:
    op.create_table(
        "upload_rows",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("upload_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("sheet", sa.Text(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("identifier", sa.String(length=1000), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("result", _choice("result", *RESULTS), nullable=False),
        sa.Column("errors", sa.Integer(), nullable=False),
        sa.Column("warnings", sa.Integer(), nullable=False),
        sa.Column("dataset_id", sa.Uuid(), nullable=True),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column("record", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("chosen", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dataset_id"], ["datasets.id"], name=op.f("fk_upload_rows_dataset_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["upload_id"], ["uploads.id"], name=op.f("fk_upload_rows_upload_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload_rows")),
    )
    op.create_index(op.f("ix_upload_rows_dataset_id"), "upload_rows", ["dataset_id"])
    op.create_index("ix_upload_rows_upload", "upload_rows", ["upload_id", "position"])
    op.create_table(
        "upload_headings",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("heading", sa.String(length=200), nullable=False),
        sa.Column("column", sa.String(length=100), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("modified", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_upload_headings_organization_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_upload_headings_user_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload_headings")),
    )
    op.create_index(
        "uq_upload_headings_heading", "upload_headings", ["organization_id", "kind", "heading"], unique=True
    )


def _content_tables() -> None:
    op.create_table(
        "content_checks",
        sa.Column("checksum", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("checked", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("checksum", name=op.f("pk_content_checks")),
    )
    op.create_table(
        "content_findings",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("checksum", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=100), nullable=False),
        sa.Column("severity", _choice("severity", "error", "warning"), nullable=False),
        sa.Column("place", sa.String(length=300), nullable=False),
        sa.Column("excerpt", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_content_findings")),
    )
    op.create_index("uq_content_findings_place", "content_findings", ["checksum", "code", "place"], unique=True)
    op.create_table(
        "content_decisions",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("checksum", sa.String(length=64), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_content_decisions_organization_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_content_decisions_user_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_content_decisions")),
    )
    op.create_index("ix_content_decisions_checksum", "content_decisions", ["checksum", "organization_id"])


def downgrade() -> None:
    """Take back."""
    for table in ("content_decisions", "content_findings", "content_checks", "upload_headings", "upload_rows"):
        op.drop_table(table)
    with op.batch_alter_table("resources") as batch_op:
        batch_op.drop_column("held")
    op.execute("UPDATE uploads SET status = 'received' WHERE status = 'checking'")
    with op.batch_alter_table("uploads") as batch_op:
        batch_op.drop_constraint(op.f("ck_uploads_status"), type_="check")
        batch_op.create_check_constraint(op.f("ck_uploads_status"), _statuses(*STATUSES))
        for column in ("kept", "columns", "stopping", "total", "done", "failed_checksum", "language"):
            batch_op.drop_column(column)

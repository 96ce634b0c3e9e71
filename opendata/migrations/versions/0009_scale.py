"""What the desk of a large catalogue is read from, and the hosts that nobody asks for a while."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

HELD, IS_HELD = sa.text("held"), sa.text("held = 1")
"""The same for PostgreSQL, which has booleans, and for SQLite."""


def upgrade() -> None:
    """Do it."""
    op.create_index("ix_datasets_owned", "datasets", ["organization_id", "responsible_id", "state", "id"])
    op.create_index("ix_studies_owned", "studies", ["organization_id", "responsible_id", "state"])
    op.create_index("ix_resources_link", "resources", ["link_status", "link_checked", "id"])
    op.create_index(
        "ix_resources_held",
        "resources",
        ["metadata_modified", "id", "dataset_id", "disclosure_status", "held"],
        sqlite_where=IS_HELD,
        postgresql_where=HELD,
    )
    op.create_index("ix_jobs_lane", "jobs", ["lane", "status", "rank", "id", "host", "not_before"])
    op.create_index("ix_review_notes_step", "review_notes", ["action", "at", "object_id", "id"])
    _instead("review_notes", "ix_review_notes_object", ["object_id", "id"], ["action", "user_id"])
    _instead("harvest_records", "ix_harvest_records_dataset_id", ["dataset_id"], ["source_id"])
    op.create_table(
        "resting_hosts",
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("host", name=op.f("pk_resting_hosts")),
    )
    op.create_index("ix_resting_hosts_until", "resting_hosts", ["until"])


def downgrade() -> None:
    """Take back."""
    op.drop_table("resting_hosts")
    for table, name, columns in (
        ("harvest_records", "ix_harvest_records_dataset_id", ["dataset_id"]),
        ("review_notes", "ix_review_notes_object", ["object_id", "id"]),
    ):
        op.drop_index(name, table_name=table)
        op.create_index(name, table, columns)
    op.drop_index("ix_review_notes_step", table_name="review_notes")
    op.drop_index("ix_jobs_lane", table_name="jobs")
    op.drop_index("ix_resources_held", table_name="resources")
    op.drop_index("ix_resources_link", table_name="resources")
    op.drop_index("ix_studies_owned", table_name="studies")
    op.drop_index("ix_datasets_owned", table_name="datasets")


def _instead(table: str, name: str, columns: list[str], more: list[str]) -> None:
    """The index holds these columns as well: what asks for them reads no row."""
    op.drop_index(name, table_name=table)
    op.create_index(name, table, [*columns, *more])

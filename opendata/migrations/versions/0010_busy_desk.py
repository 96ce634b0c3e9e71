"""What the lists of a busy desk are read from: in their order, and without those that do not wait."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

UNLICENSED = sa.text("(license_id = '' AND license_text = '' OR license_id = 'notspecified')")


def upgrade() -> None:
    """Do it."""
    op.drop_index("ix_datasets_responsible_id", table_name="datasets")
    op.create_index("ix_datasets_responsible", "datasets", ["responsible_id", "id", "organization_id", "state"])
    op.create_index(
        "ix_datasets_unlicensed",
        "datasets",
        ["metadata_modified", "id"],
        sqlite_where=UNLICENSED,
        postgresql_where=UNLICENSED,
    )
    op.create_index("ix_studies_latest", "studies", ["state", "private", "metadata_modified", "id"])
    op.create_index("ix_reported_problems_created", "reported_problems", ["created", "id"])
    op.drop_index("ix_harvest_records_last_seen", table_name="harvest_records")
    op.create_index("ix_harvest_records_last_seen", "harvest_records", ["source_id", "last_seen", "dataset_id"])


def downgrade() -> None:
    """Take back."""
    op.drop_index("ix_harvest_records_last_seen", table_name="harvest_records")
    op.create_index("ix_harvest_records_last_seen", "harvest_records", ["source_id", "last_seen"])
    op.drop_index("ix_reported_problems_created", table_name="reported_problems")
    op.drop_index("ix_studies_latest", table_name="studies")
    op.drop_index("ix_datasets_unlicensed", table_name="datasets")
    op.drop_index("ix_datasets_responsible", table_name="datasets")
    op.create_index("ix_datasets_responsible_id", "datasets", ["responsible_id"])

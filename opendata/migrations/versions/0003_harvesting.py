"""Harvests that go on where they broke off, links that are looked at, matches for people to decide, and alerts."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
RESULTS = ("created", "updated", "unchanged", "withdrawn", "restored", "rejected", "postponed")
MOMENT = sa.DateTime(timezone=True)


def _choice(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def _text(name: str, length: int | None = None) -> sa.Column[str]:
    kind = sa.String(length=length) if length else sa.Text()
    return sa.Column(name, kind, nullable=False, server_default="")


def _number(name: str, default: int = 0) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False, server_default=str(default))


def _flag(name: str, default: bool) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.true() if default else sa.false())


def _maybe(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=True)


def _added() -> dict[str, list[sa.Column[Any]]]:
    """The new columns of each table; those that need a value have one for the rows that are there."""
    return {
        "harvest_sources": [
            _number("priority", 100),
            _maybe("withdraw_share", sa.Float()),
            _maybe("grace_days", sa.Integer()),
            _maybe("full_days", sa.Integer()),
            _maybe("since", MOMENT),
            _maybe("last_full", MOMENT),
            _text("stopped_reason"),
        ],
        "harvest_jobs": [
            _number("missing_count"),
            _number("pending_count"),
            _maybe("total", sa.Integer()),
            _number("runs"),
            _flag("stopping", False),
            _maybe("decided_by", sa.Uuid()),
            _maybe("decided", MOMENT),
            _maybe("since", MOMENT),
            _maybe("limit", sa.Integer()),
        ],
        "harvest_records": [
            _text("raw_hash", 64),
            _text("validator", 300),
            _flag("leads", True),
            _maybe("seen_job_id", BIG_ID),
            _maybe("missing_since", MOMENT),
            _maybe("said", sa.LargeBinary()),
        ],
        "harvest_problems": [_text("value")],
        "datasets": [
            sa.Column("edited", sa.JSON(), nullable=False, server_default="{}"),
            _maybe("merged_into_id", sa.Uuid()),
        ],
        "resources": [
            _text("link_status", 20),
            _maybe("link_checked", MOMENT),
            _text("link_problem"),
            _number("link_failures"),
        ],
        "jobs": [_text("host", 255)],
    }


LEFT_OUT = "locked_fields"
"""A column of datasets that nothing ever wrote; `edited` says more."""
REFERENCES = (("harvest_jobs", "decided_by", "users"), ("datasets", "merged_into_id", "datasets"))
INDEXES = (
    ("ix_jobs_host", "jobs", ["host", "status"]),
    ("ix_datasets_merged_into_id", "datasets", ["merged_into_id"]),
    ("ix_resources_link_checked", "resources", ["link_checked"]),
)


def upgrade() -> None:
    """Apply."""
    op.execute("ALTER TABLE resources RENAME COLUMN fetched_modified TO last_modified")
    for table, columns in _added().items():
        with op.batch_alter_table(table) as batch_op:
            if table == "datasets":
                batch_op.drop_column(LEFT_OUT)
            for column in columns:
                batch_op.add_column(column)
            for _, key, referent in (one for one in REFERENCES if one[0] == table):
                batch_op.create_foreign_key(op.f(f"fk_{table}_{key}"), referent, [key], ["id"], ondelete="SET NULL")
    for name, table, indexed in INDEXES:
        op.create_index(op.f(name), table, indexed)
    _harvest_tables()
    _match_proposals()
    _link_checks()
    _alerts()


def _harvest_tables() -> None:
    op.create_table(
        "harvest_raws",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("record_id", BIG_ID, nullable=False),
        sa.Column("job_id", BIG_ID, nullable=True),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("raw_type", sa.String(length=255), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("raw_hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["record_id"], ["harvest_records.id"], name=op.f("fk_harvest_raws_record_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_harvest_raws")),
    )
    op.create_index("ix_harvest_raws_record", "harvest_raws", ["record_id", "id"])
    op.create_table(
        "harvest_previews",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("job_id", BIG_ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("identifier", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("result", _choice("result", *RESULTS), nullable=False),
        sa.Column("record", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("problems", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"], ["harvest_jobs.id"], name=op.f("fk_harvest_previews_job_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_harvest_previews")),
    )
    op.create_index("ix_harvest_previews_job", "harvest_previews", ["job_id", "position"])


def _match_proposals() -> None:
    op.create_table(
        "match_proposals",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("dataset_id", sa.Uuid(), nullable=False),
        sa.Column("other_id", sa.Uuid(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("status", _choice("status", "open", "joined", "rejected", "split"), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("decided", MOMENT, nullable=True),
        sa.Column("moved", sa.JSON(none_as_null=True), nullable=True),
        sa.CheckConstraint("dataset_id <> other_id", name=op.f("ck_match_proposals_two_datasets")),
        sa.ForeignKeyConstraint(
            ["dataset_id"], ["datasets.id"], name=op.f("fk_match_proposals_dataset_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["other_id"], ["datasets.id"], name=op.f("fk_match_proposals_other_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_match_proposals_user_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_match_proposals")),
    )
    op.create_index("uq_match_proposals_pair", "match_proposals", ["dataset_id", "other_id"], unique=True)
    op.create_index(op.f("ix_match_proposals_other_id"), "match_proposals", ["other_id"])
    op.create_index("ix_match_proposals_status", "match_proposals", ["status", "id"])


def _link_checks() -> None:
    op.create_table(
        "link_checks",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("checked", MOMENT, nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("http_status", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["resource_id"], ["resources.id"], name=op.f("fk_link_checks_resource_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link_checks")),
    )
    op.create_index("ix_link_checks_resource", "link_checks", ["resource_id", "id"])


def _alerts() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=True),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("tried", MOMENT, nullable=True),
        sa.Column("last_sent", MOMENT, nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("kind IN ('email', 'webhook')", name=op.f("ck_alerts_kind")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_alerts_organization_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_alerts_user_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
    )
    op.create_index(op.f("ix_alerts_organization_id"), "alerts", ["organization_id"])


def downgrade() -> None:
    """Take back."""
    for table in ("alerts", "link_checks", "match_proposals", "harvest_previews", "harvest_raws"):
        op.drop_table(table)
    for name, table, _ in INDEXES:
        op.drop_index(op.f(name), table_name=table)
    for table, columns in _added().items():
        with op.batch_alter_table(table) as batch_op:
            for _, column, _ in (one for one in REFERENCES if one[0] == table):
                batch_op.drop_constraint(op.f(f"fk_{table}_{column}"), type_="foreignkey")
            for added in columns:
                batch_op.drop_column(added.name)
            if table == "datasets":
                batch_op.add_column(sa.Column(LEFT_OUT, sa.JSON(none_as_null=True), nullable=True))
    op.execute("ALTER TABLE resources RENAME COLUMN last_modified TO fetched_modified")

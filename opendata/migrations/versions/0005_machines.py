"""What clients need: names of accounts, an order of changes, what is left of purged records, tables, webhooks."""

from __future__ import annotations

import re
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
KINDS = ("dataset", "study", "organization", "group", "resource", "user", "source", "site")
WAITING = sa.text("seq IS NULL")
NAME_LENGTH = 100


def _text(name: str, length: int | None = None, default: str = "") -> sa.Column[str]:
    kind = sa.String(length=length) if length else sa.Text()
    return sa.Column(name, kind, nullable=False, server_default=default)


def _number(name: str, kind: Any = None) -> sa.Column[Any]:
    return sa.Column(name, kind or sa.Integer(), nullable=False, server_default="0")


def _json(name: str, default: str) -> sa.Column[Any]:
    return sa.Column(name, sa.JSON(), nullable=False, server_default=default)


def _maybe(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=True)


def _moment(name: str) -> sa.Column[Any]:
    return sa.Column(name, MOMENT, nullable=False)


def _id(kind: Any = BIG_ID) -> sa.Column[Any]:
    return sa.Column("id", kind, nullable=False)


def _added() -> dict[str, list[sa.Column[Any]]]:
    """The new columns of each table; those that need a value have one for the rows that are there."""
    return {
        "users": [_text("username", NAME_LENGTH), _text("about"), _text("image_url")],
        "datasets": [_maybe("published_at", MOMENT), _maybe("stamp", MOMENT), _maybe("creator_id", sa.Uuid())],
        "resources": [
            sa.Column("metadata_modified", MOMENT, nullable=False, server_default="1970-01-01 00:00:00"),
        ],
        "dataset_events": [_maybe("seq", sa.BigInteger()), _maybe("stamped", MOMENT)],
    }


CREATOR = "fk_datasets_creator_id"
OF_ORGANIZATION = ["organization_id", "state", "private"]
SUMMED = [
    "dataset_id", "stored", "byte_size", "held", "text_status", "text_pages_read", "disclosure_status",
    "disclosure_until",
]  # fmt: skip
INDEXES = (
    ("uq_users_username", "users", ["username"], True),
    ("ix_datasets_stamp", "datasets", ["stamp", "id", "published_at", "type"], False),
    ("ix_datasets_listed", "datasets", ["state", "private", "slug"], False),
    ("ix_datasets_latest", "datasets", ["state", "private", "metadata_modified", "id"], False),
    ("ix_datasets_of_organization", "datasets", [*OF_ORGANIZATION, "metadata_modified", "id"], False),
    ("ix_resources_summed", "resources", SUMMED, False),
    ("ix_datasets_creator_id", "datasets", ["creator_id"], False),
    ("uq_dataset_events_seq", "dataset_events", ["seq"], True),
)


def upgrade() -> None:
    """Apply."""
    for table, columns in _added().items():
        with op.batch_alter_table(table) as batch_op:
            for column in columns:
                batch_op.add_column(column)
            if table == "datasets":
                batch_op.create_foreign_key(op.f(CREATOR), "users", ["creator_id"], ["id"], ondelete="SET NULL")
    _fill()
    op.drop_index(op.f("ix_datasets_organization_state"), table_name="datasets")
    for name, table, indexed, unique in INDEXES:
        op.create_index(op.f(name), table, indexed, unique=unique)
    op.create_index(
        "ix_dataset_events_unordered", "dataset_events", ["id"], sqlite_where=WAITING, postgresql_where=WAITING
    )
    _purged()
    _tables_of_files()
    _clients()


def _fill() -> None:
    """Values of the new columns for the rows that are there."""
    op.execute("UPDATE resources SET metadata_modified = created")
    op.execute(
        "UPDATE datasets SET published_at = metadata_created WHERE state IN ('published', 'withdrawn') AND NOT private"
    )
    users = sa.table(
        "users", sa.column("id", sa.Uuid()), sa.column("email"), sa.column("username"), sa.column("created")
    )
    connection = op.get_bind()
    taken: set[str] = set()
    for row in connection.execute(sa.select(users.c.id, users.c.email).order_by(users.c.created, users.c.id)).all():
        name = _free(row.email, taken)
        taken.add(name)
        connection.execute(sa.update(users).where(users.c.id == row.id).values(username=name))


def _free(email: str, taken: set[str]) -> str:
    """A name for the account, made of what stands before the @."""
    base = re.sub(r"[^a-z0-9_-]+", "-", email.rpartition("@")[0].casefold()).strip("-")[: NAME_LENGTH - 10]
    base = base if len(base) >= 2 else f"user-{base}".strip("-")
    name, number = base, 1
    while name in taken:
        number += 1
        name = f"{base}-{number}"
    return name


def _purged() -> None:
    op.create_table(
        "purged_records",
        _id(sa.Uuid()),
        _text("kind", 16, "dataset"),
        _text("slug", 200),
        _maybe("title", sa.JSON(none_as_null=True)),
        _text("type", 32),
        _maybe("organization_id", sa.Uuid()),
        _text("organization_slug", 200),
        _text("license_open", 8, "unstated"),
        _maybe("published_at", MOMENT),
        _moment("purged"),
        _maybe("stamp", MOMENT),
        _text("reason"),
        _one_of("purged_records", "kind", *KINDS),
        _one_of("purged_records", "license_open", "yes", "no", "unstated"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purged_records")),
    )
    op.create_index("ix_purged_records_stamp", "purged_records", ["stamp", "id"])
    op.create_index("ix_purged_records_slug", "purged_records", ["kind", "slug"])


def _tables_of_files() -> None:
    op.create_table(
        "data_tables",
        sa.Column("checksum", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False, autoincrement=False),
        _text("status", 16, "pending"),
        _text("name"),
        _json("fields", "[]"),
        _number("rows", sa.BigInteger()),
        _json("problems", "[]"),
        _text("key"),
        _number("version"),
        _moment("created"),
        _one_of("data_tables", "status", "pending", "ready", "failed", "too_large", "no_table"),
        sa.CheckConstraint("rows >= 0", name=op.f("ck_data_tables_rows_not_negative")),
        sa.PrimaryKeyConstraint("checksum", "number", name=op.f("pk_data_tables")),
    )
    op.create_table(
        "resource_views",
        _id(sa.Uuid()),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        _number("position"),
        _text("title"),
        _text("description"),
        _text("view_type", 100),
        _json("config", "{}"),
        _moment("created"),
        _belongs("resource_views", "resource_id", "resources"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resource_views")),
    )
    op.create_index(op.f("ix_resource_views_resource_id"), "resource_views", ["resource_id"])


def _clients() -> None:
    op.create_table(
        "idempotency_keys",
        _id(),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        _text("key", 200),
        _text("fingerprint", 64),
        _maybe("status", sa.Integer()),
        _json("headers", "{}"),
        _maybe("body", sa.LargeBinary()),
        _moment("created"),
        _belongs("idempotency_keys", "user_id", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_idempotency_keys")),
    )
    op.create_index("uq_idempotency_keys_key", "idempotency_keys", ["user_id", "key"], unique=True)
    op.create_index("ix_idempotency_keys_created", "idempotency_keys", ["created"])
    op.create_table(
        "webhooks",
        _id(sa.Uuid()),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        _maybe("organization_id", sa.Uuid()),
        _text("name", 200),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        _text("host"),
        _json("events", "[]"),
        sa.Column("active", sa.Boolean(), nullable=False, server_default=sa.true()),
        _number("seq", sa.BigInteger()),
        _number("failures"),
        _text("last_error"),
        _maybe("last_sent", MOMENT),
        _moment("created"),
        _belongs("webhooks", "user_id", "users"),
        _belongs("webhooks", "organization_id", "organizations"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks")),
    )
    op.create_index(op.f("ix_webhooks_user_id"), "webhooks", ["user_id"])
    op.create_index(op.f("ix_webhooks_organization_id"), "webhooks", ["organization_id"])
    op.create_table(
        "webhook_deliveries",
        _id(),
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        _number("seq", sa.BigInteger()),
        _moment("at"),
        _number("http_status"),
        _text("reason"),
        _belongs("webhook_deliveries", "webhook_id", "webhooks"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_deliveries")),
    )
    op.create_index("ix_webhook_deliveries_webhook", "webhook_deliveries", ["webhook_id", "id"])


def _one_of(table: str, column: str, *values: str) -> sa.CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=op.f(f"ck_{table}_{column}"))


def _belongs(table: str, column: str, parent: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{parent}.id"], name=op.f(f"fk_{table}_{column}"), ondelete="CASCADE")


def downgrade() -> None:
    """Take back."""
    for table in (
        "webhook_deliveries", "webhooks", "idempotency_keys", "resource_views", "data_tables", "purged_records",
    ):  # fmt: skip
        op.drop_table(table)
    op.drop_index("ix_dataset_events_unordered", table_name="dataset_events")
    for name, table, _, _ in INDEXES:
        op.drop_index(op.f(name), table_name=table)
    op.create_index(op.f("ix_datasets_organization_state"), "datasets", OF_ORGANIZATION)
    for table, columns in _added().items():
        with op.batch_alter_table(table) as batch_op:
            if table == "datasets":
                batch_op.drop_constraint(op.f(CREATOR), type_="foreignkey")
            for column in columns:
                batch_op.drop_column(column.name)

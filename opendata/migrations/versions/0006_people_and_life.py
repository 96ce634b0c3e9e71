"""Accounts that are invited, proved twice and signed in elsewhere; review, revisions, drafts, versions of files."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
RECORD_KINDS = ("dataset", "study", "organization", "group", "resource", "user", "source", "site")
REVIEW = ("submitted", "proposed", "comment", "returned", "accepted", "taken_back")
MADE_BY = "made-by:"
"""What named, among the scopes of a token, the token with which it was made."""


def _text(name: str, length: int | None = None) -> sa.Column[str]:
    kind = sa.String(length=length) if length else sa.Text()
    return sa.Column(name, kind, nullable=False, server_default="")


def _number(name: str, kind: Any = None) -> sa.Column[Any]:
    return sa.Column(name, kind or sa.Integer(), nullable=False, server_default="0")


def _no(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false())


def _json(name: str, default: str) -> sa.Column[Any]:
    return sa.Column(name, sa.JSON(), nullable=False, server_default=default)


def _maybe(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=True)


def _must(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def _one_of(table: str, column: str, *values: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(_in(column, *values), name=op.f(f"ck_{table}_{column}"))


def _in(column: str, *values: str) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


def _from_one(table: str) -> sa.CheckConstraint:
    return sa.CheckConstraint("number >= 1", name=op.f(f"ck_{table}_number_from_one"))


def _refers(table: str, column: str, parent: str, ondelete: str = "CASCADE") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{parent}.id"], name=op.f(f"fk_{table}_{column}"), ondelete=ondelete)


def _key(table: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}"))


def _answers() -> sa.Column[Any]:
    return _maybe("responsible_id", sa.Uuid())


def _added() -> dict[str, list[sa.Column[Any]]]:
    """The new columns of each table; those that need a value have one for the rows that are there."""
    return {
        "users": [_maybe("totp_secret", sa.LargeBinary()), _maybe("totp_since", MOMENT),
                  _number("totp_step", sa.BigInteger())],
        "user_sessions": [sa.Column("method", sa.String(length=20), nullable=False, server_default="password")],
        "organizations": [_no("review")],
        "datasets": [_answers()],
        "studies": [_maybe("published_at", MOMENT), _json("edited", "{}"), _maybe("creator_id", sa.Uuid()),
                    _answers()],
        "harvest_sources": [_answers()],
        "api_tokens": [_maybe("organization_id", sa.Uuid()), _maybe("parent_id", sa.Uuid())],
        "reported_problems": [_text("token_hash", 64), _text("language", 8)],
    }  # fmt: skip


REFERENCES = (
    ("datasets", "responsible_id", "users", "SET NULL"),
    ("studies", "creator_id", "users", "SET NULL"),
    ("studies", "responsible_id", "users", "SET NULL"),
    ("harvest_sources", "responsible_id", "users", "SET NULL"),
    ("api_tokens", "organization_id", "organizations", "CASCADE"),
    ("api_tokens", "parent_id", "api_tokens", "SET NULL"),
)
INDEXES = (*((table, column) for table, column, _, _ in REFERENCES), ("reported_problems", "token_hash"))
WIDENED = (
    ("memberships", "role", ("member", "editor", "admin"), "reviewer", "editor"),
    ("reported_problems", "state", ("new", "answered", "dismissed"), "in_progress", "new"),
)
"""Columns with one more value, and as what that stands in an older version."""


def upgrade() -> None:
    """Apply."""
    for table, columns in _added().items():
        with op.batch_alter_table(table) as batch_op:
            for column in columns:
                batch_op.add_column(column)
            for _, key, parent, ondelete in (one for one in REFERENCES if one[0] == table):
                batch_op.create_foreign_key(op.f(f"fk_{table}_{key}"), parent, [key], ["id"], ondelete=ondelete)
    for table, indexed in INDEXES:
        op.create_index(op.f(f"ix_{table}_{indexed}"), table, [indexed])
    for table, widened, values, more, _ in WIDENED:
        _allow(table, widened, *values, more)
    _fill()
    _accounts()
    _editing()
    _revisions()
    _guard_the_audit()
    _order("seq IS NULL AND kind <> 'user'", "seq IS NOT NULL")


def _order(waiting: str, ordered: str | None) -> None:
    """Which events wait for their place in the order that readers are told, and which have it (None: any)."""
    for name, column, condition in (
        ("ix_dataset_events_unordered", "id", waiting),
        ("uq_dataset_events_seq", "seq", ordered),
    ):
        op.drop_index(name, table_name="dataset_events")
        where = sa.text(condition) if condition else None
        unique = name.startswith("uq_")
        op.create_index(name, "dataset_events", [column], unique=unique, sqlite_where=where, postgresql_where=where)


def _allow(table: str, column: str, *values: str) -> None:
    with op.batch_alter_table(table) as batch_op:
        batch_op.drop_constraint(op.f(f"ck_{table}_{column}"), type_="check")
        batch_op.create_check_constraint(op.f(f"ck_{table}_{column}"), _in(column, *values))


TOKENS = sa.table(
    "api_tokens", sa.column("id", sa.Uuid()), sa.column("scopes", sa.JSON(none_as_null=True)),
    sa.column("parent_id", sa.Uuid()), sa.column("organization_id", sa.Uuid()), sa.column("revoked", MOMENT),
)  # fmt: skip


def _fill() -> None:
    """Values of the new columns for the rows that are there."""
    op.execute("UPDATE datasets SET responsible_id = creator_id WHERE creator_id IS NOT NULL")
    op.execute(
        "UPDATE studies SET published_at = metadata_created WHERE state IN ('published', 'withdrawn') AND NOT private"
    )
    connection = op.get_bind()
    rows = connection.execute(sa.select(TOKENS.c.id, TOKENS.c.scopes)).all()
    known = {row.id for row in rows}
    for row in rows:
        made_by = [UUID(one.removeprefix(MADE_BY)) for one in row.scopes or () if one.startswith(MADE_BY)]
        parent = next((one for one in made_by if one in known), None)
        if made_by:
            change = sa.update(TOKENS).where(TOKENS.c.id == row.id)
            connection.execute(change.values(parent_id=parent, scopes=sa.null()))


def _accounts() -> None:
    op.create_table(
        "recovery_codes",
        _must("id", sa.Uuid()),
        _must("user_id", sa.Uuid()),
        _must("code_hash", sa.String(length=64)),
        _maybe("used", MOMENT),
        _refers("recovery_codes", "user_id", "users"),
        _key("recovery_codes"),
    )
    op.create_index(op.f("ix_recovery_codes_user_id"), "recovery_codes", ["user_id"])
    op.create_table(
        "user_identities",
        _must("id", sa.Uuid()),
        _must("user_id", sa.Uuid()),
        _must("issuer", sa.String(length=400)),
        _must("subject", sa.String(length=255)),
        _text("email", 320),
        _must("created", MOMENT),
        _maybe("last_used", MOMENT),
        _refers("user_identities", "user_id", "users"),
        _key("user_identities"),
    )
    op.create_index(op.f("ix_user_identities_user_id"), "user_identities", ["user_id"])
    op.create_index("uq_user_identities_subject", "user_identities", ["issuer", "subject"], unique=True)
    op.create_table(
        "mailed_links",
        _must("id", sa.Uuid()),
        _must("kind", sa.String(length=32)),
        _must("user_id", sa.Uuid()),
        _must("email", sa.String(length=320)),
        _must("token_hash", sa.String(length=64)),
        _maybe("created_by", sa.Uuid()),
        _must("created", MOMENT),
        _must("expires", MOMENT),
        _maybe("used", MOMENT),
        _one_of("mailed_links", "kind", "invitation", "reset", "email"),
        _refers("mailed_links", "user_id", "users"),
        _refers("mailed_links", "created_by", "users", "SET NULL"),
        _key("mailed_links"),
        sa.UniqueConstraint("token_hash", name=op.f("uq_mailed_links_token_hash")),
    )
    op.create_index("ix_mailed_links_user", "mailed_links", ["user_id", "kind"])
    op.create_index(op.f("ix_mailed_links_expires"), "mailed_links", ["expires"])


def _editing() -> None:
    op.create_table(
        "handovers",
        _must("id", sa.Uuid()),
        _must("at", MOMENT),
        _maybe("by_id", sa.Uuid()),
        _maybe("from_id", sa.Uuid()),
        _must("to_id", sa.Uuid()),
        _maybe("organization_id", sa.Uuid()),
        *(_number(name) for name in ("datasets", "studies", "sources")),
        _text("note"),
        _key("handovers"),
    )
    op.create_index("ix_handovers_at", "handovers", ["at"])
    op.create_index(op.f("ix_handovers_organization_id"), "handovers", ["organization_id"])
    op.create_table(
        "form_drafts",
        _must("id", sa.Uuid()),
        _must("user_id", sa.Uuid()),
        _must("kind", sa.String(length=16)),
        _maybe("object_id", sa.Uuid()),
        _maybe("organization_id", sa.Uuid()),
        _text("title"),
        _json("form", "[]"),
        _text("base_version", 40),
        _must("created", MOMENT),
        _must("modified", MOMENT),
        _one_of("form_drafts", "kind", "dataset", "study", "organization", "file"),
        _refers("form_drafts", "user_id", "users"),
        _key("form_drafts"),
    )
    op.create_index("ix_form_drafts_of_user", "form_drafts", ["user_id", "kind", "object_id"])
    op.create_table(
        "review_notes",
        _must("id", BIG_ID),
        _must("kind", sa.String(length=16)),
        _must("object_id", sa.Uuid()),
        _must("at", MOMENT),
        _maybe("user_id", sa.Uuid()),
        _text("actor"),
        _must("action", sa.String(length=32)),
        _text("field", 200),
        _text("message"),
        _text("version", 40),
        _maybe("snapshot", sa.LargeBinary()),
        _one_of("review_notes", "kind", "dataset", "study"),
        _one_of("review_notes", "action", *REVIEW),
        _key("review_notes"),
    )
    op.create_index("ix_review_notes_object", "review_notes", ["object_id", "id"])
    _versions_of_files()


def _versions_of_files() -> None:
    op.create_table(
        "resource_versions",
        _must("id", sa.Uuid()),
        _must("resource_id", sa.Uuid()),
        _must("number", sa.Integer()),
        _must("checksum", sa.String(length=64)),
        _maybe("byte_size", sa.BigInteger()),
        *(_text(name) for name in ("filename", "format", "media_type")),
        _no("withheld"),
        _text("reason"),
        _must("created", MOMENT),
        _must("replaced", MOMENT),
        _maybe("user_id", sa.Uuid()),
        _text("why"),
        _from_one("resource_versions"),
        _refers("resource_versions", "resource_id", "resources"),
        _key("resource_versions"),
    )
    op.create_index("uq_resource_versions_number", "resource_versions", ["resource_id", "number"], unique=True)
    op.create_index(op.f("ix_resource_versions_checksum"), "resource_versions", ["checksum"])


def _revisions() -> None:
    """Nothing wrote any before: the table is made anew."""
    op.drop_table("revisions")
    op.create_table(
        "revisions",
        _must("id", BIG_ID),
        _must("kind", sa.String(length=16)),
        _must("object_id", sa.Uuid()),
        _must("number", sa.Integer()),
        _text("version", 40),
        _must("at", MOMENT),
        _maybe("user_id", sa.Uuid()),
        _text("actor"),
        _text("action", 50),
        _text("content_hash", 64),
        _must("snapshot", sa.LargeBinary()),
        _one_of("revisions", "kind", *RECORD_KINDS),
        _from_one("revisions"),
        _key("revisions"),
    )
    op.create_index("uq_revisions_object_number", "revisions", ["object_id", "number"], unique=True)
    op.create_index("ix_revisions_object_version", "revisions", ["object_id", "version"])


STAYS = ("id", "kind", "object_id", "action", "at", "user_id", "actor")
"""What of an event never changes. An address may be cut, and what was said be forgotten when a record is purged."""
FORGOTTEN = (("address", "''"), ("before", "'null'"), ("after", "'null'"))
"""What may become this, in SQL and as text, and nothing else."""


def _changed(different: str) -> str:
    """The condition under which a change of an event is refused. JSON is compared as text: PostgreSQL needs it."""

    def differs(column: str) -> str:
        return f'CAST(NEW."{column}" AS TEXT) {different} CAST(OLD."{column}" AS TEXT)'

    kept = [differs(column) for column in STAYS]
    cut = [
        f'({differs(column)} AND COALESCE(CAST(NEW."{column}" AS TEXT), {empty}) <> {empty})'
        for column, empty in FORGOTTEN
    ]
    return " OR ".join([*kept, *cut])


def _guard_the_audit() -> None:
    """Events are only ever added: who may write in the store, but not change its tables, cannot rewrite them."""
    columns = ", ".join(f'"{name}"' for name in (*STAYS, *(name for name, _ in FORGOTTEN)))
    said = "'the audit is only ever added to'"
    if op.get_bind().dialect.name == "sqlite":
        refuse = f"BEGIN SELECT RAISE(ABORT, {said}); END"
        op.execute(f"CREATE TRIGGER dataset_events_stay BEFORE DELETE ON dataset_events {refuse}")
        op.execute(
            f"CREATE TRIGGER dataset_events_kept BEFORE UPDATE OF {columns} ON dataset_events "
            f"WHEN {_changed('IS NOT')} {refuse}"
        )
        return
    op.execute(
        "CREATE FUNCTION dataset_events_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION USING MESSAGE = {said}, ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    refuse = "EXECUTE FUNCTION dataset_events_refuse()"
    op.execute(f"CREATE TRIGGER dataset_events_stay BEFORE DELETE ON dataset_events FOR EACH ROW {refuse}")
    op.execute(
        f"CREATE TRIGGER dataset_events_kept BEFORE UPDATE OF {columns} ON dataset_events "
        f"FOR EACH ROW WHEN ({_changed('IS DISTINCT FROM')}) {refuse}"
    )


def downgrade() -> None:
    """Take back."""
    _open_the_audit()
    _order("seq IS NULL", None)
    for table in (
        "revisions", "resource_versions", "review_notes", "form_drafts", "handovers", "mailed_links", "user_identities",
        "recovery_codes",
    ):  # fmt: skip
        op.drop_table(table)
    _older_revisions()
    _older_tokens()
    for table, widened, values, more, instead in WIDENED:
        op.execute(f"UPDATE {table} SET {widened} = '{instead}' WHERE {widened} = '{more}'")  # noqa: S608 - ours alone
        _allow(table, widened, *values)
    for table, indexed in INDEXES:
        op.drop_index(op.f(f"ix_{table}_{indexed}"), table_name=table)
    for table, columns in _added().items():
        with op.batch_alter_table(table) as batch_op:
            for _, key, _, _ in (one for one in REFERENCES if one[0] == table):
                batch_op.drop_constraint(op.f(f"fk_{table}_{key}"), type_="foreignkey")
            for column in columns:
                batch_op.drop_column(column.name)


def _open_the_audit() -> None:
    on = " ON dataset_events" if op.get_bind().dialect.name != "sqlite" else ""
    for name in ("dataset_events_stay", "dataset_events_kept"):
        op.execute(f"DROP TRIGGER {name}{on}")
    if on:
        op.execute("DROP FUNCTION dataset_events_refuse()")


def _older_revisions() -> None:
    op.create_table(
        "revisions",
        _must("id", BIG_ID),
        _must("kind", sa.String(length=16)),
        _must("object_id", sa.Uuid()),
        _must("number", sa.Integer()),
        _must("at", MOMENT),
        _maybe("event_id", BIG_ID),
        _must("snapshot", sa.JSON()),
        _one_of("revisions", "kind", *RECORD_KINDS),
        _refers("revisions", "event_id", "dataset_events", "SET NULL"),
        _key("revisions"),
    )
    op.create_index("uq_revisions_object_number", "revisions", ["object_id", "number"], unique=True)


def _older_tokens() -> None:
    """Older versions know no limits of a token: one that has any is revoked, or it would be good for everything."""
    connection = op.get_bind()
    limited = sa.or_(TOKENS.c.scopes.is_not(None), TOKENS.c.organization_id.is_not(None))
    revoke = sa.update(TOKENS).where(limited, TOKENS.c.revoked.is_(None))
    connection.execute(revoke.values(revoked=sa.func.current_timestamp(), scopes=sa.null()))
    made = sa.select(TOKENS.c.id, TOKENS.c.parent_id).where(TOKENS.c.parent_id.is_not(None))
    for row in connection.execute(made).all():
        change = sa.update(TOKENS).where(TOKENS.c.id == row.id)
        connection.execute(change.values(scopes=[f"{MADE_BY}{row.parent_id}"]))

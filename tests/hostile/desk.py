"""Ground for attacks on the desk: everything there is, of two organisations, and all that is stored, in words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copytree
from uuid import UUID

from sqlalchemy import select, text, update

from opendata.bootstrap import open_catalogue
from opendata.catalog.records import RecordState
from opendata.config import load_config
from opendata.services import access, accounts
from opendata.services.actors import SYSTEM, Role
from opendata.services.catalogue import Catalogue
from opendata.store.accounts import ApiToken
from opendata.store.base import Base
from opendata.store.datasets import Dataset
from opendata.store.editing import FormDraft, ReviewNote
from opendata.store.operations import UploadRow
from opendata.store.organizations import Organization
from opendata.store.register import Study
from opendata.store.states import ItemResult, ReviewAction
from opendata.web.app import create_app
from tests.conftest import settings
from tests.hostile.moving import moved
from tests.web.people import PASSWORD, sign_in
from tests.web.test_rules import NOWHERE, ROLES, Doors, add_things, value

__all__ = ["NOWHERE", "Doors", "account", "open_doors", "stored", "value"]

LIMITS = ("API_PER_MINUTE", "API_ACCOUNT_PER_MINUTE", "SEARCHES_PER_MINUTE", "DOWNLOADS_PER_MINUTE")
SEEN = {"last_used", "last_seen", "last_login", "views", "downloads", "seq", "stamped", "stamp"}
"""Columns that reading changes too."""
COUNTED = {"daily_counts", "login_attempts", "search_counts", "search_hashes", "search_words", "user_sessions"}


@contextmanager
def open_doors(home: Path, folder: Path, url: str = "") -> Iterator[Doors]:
    """The site of a copy of `home` with people of every role in "su"; what is in `things` of "su" is not public.

    `url` is that of an empty PostgreSQL database to take instead of SQLite.
    """
    environ = settings(copytree(home, folder / "home")) | {f"OPENDATA_SECURITY__{name}": "0" for name in LIMITS}
    if url:
        moved(folder / "home", url)
        environ["OPENDATA_DATABASE__URL"] = url
    catalogue = open_catalogue(load_config(environ=environ))
    doors = Doors(catalogue, create_app(catalogue))
    new = accounts.NewUser("reviewer", "reviewer@example.kz", PASSWORD, organization="su", role=Role.REVIEWER)
    for one in (new, accounts.NewUser("guest", "guest@example.kz", PASSWORD)):
        accounts.add_user(catalogue, SYSTEM, one)
    for where in ("su", "other"):
        doors.things[where], doors.owners[where] = add_things(catalogue, where)
        _hide(catalogue, doors.things[where])
    for who in (*ROLES, "stranger", "guest"):
        email = "root@example.kz" if who == "sysadmin" else f"{who}@example.kz"
        doors.tokens[who] = accounts.create_token(catalogue, email)
        doors.browsers[who] = sign_in(doors.app.test_client(), email)
    doors.tokens["bound"] = accounts.create_token(catalogue, "root@example.kz", "bound")
    with catalogue.sessions.write.begin() as session:
        session.execute(update(ApiToken).where(ApiToken.name == "bound").values(organization_id=doors.owners["other"]))
    doors.actors |= {who: access.actor_for_token(catalogue, token) for who, token in doors.tokens.items()}
    yield doors
    catalogue.close()


def _hide(catalogue: Catalogue, things: dict[str, str]) -> None:
    """Its records are drafts that somebody works on: a note, a kept form, a row of an upload."""
    now = catalogue.now()
    with catalogue.sessions.write.begin() as session:
        dataset_id = UUID(things["dataset_id"])
        study_id = session.scalars(select(Study.id).where(Study.slug == things["study"])).one()
        for kind, key in ((Dataset, dataset_id), (Study, study_id)):
            session.execute(update(kind).where(kind.id == key).values(state=RecordState.DRAFT))
        owner = session.scalars(select(Organization.id).where(Organization.slug == things["organization"])).one()
        user = account(catalogue, "admin@example.kz" if things["organization"] == "su" else "stranger@example.kz")
        note = ReviewNote(
            kind="dataset", object_id=dataset_id, at=now, actor="x", action=ReviewAction.COMMENT, message="x"
        )
        draft = FormDraft(
            user_id=user, kind="dataset", organization_id=owner, title="x", form=[["title-ru", "x"]], created=now,
            modified=now,
        )  # fmt: skip
        row = UploadRow(upload_id=UUID(things["upload_id"]), position=1, row=1, title="x", result=ItemResult.CREATED)
        session.add_all([note, draft, row])
        session.flush()
        things |= {"draft_id": str(draft.id), "row_id": str(row.id)}


def account(catalogue: Catalogue, email: str) -> UUID:
    """The account of that address."""
    with catalogue.sessions.read() as session:
        return UUID(str(session.execute(text("SELECT id FROM users WHERE email = :e"), {"e": email}).scalar_one()))


def stored(catalogue: Catalogue) -> dict[str, list[tuple[str, ...]]]:
    """All rows of all tables that a request may change, in words; without what reading changes."""
    with catalogue.sessions.read() as session:
        return {
            table.name: sorted(
                tuple(map(repr, row))
                for row in session.execute(select(*(one for one in table.columns if one.name not in SEEN)))
            )
            for table in Base.metadata.sorted_tables
            if table.name not in COUNTED
        }

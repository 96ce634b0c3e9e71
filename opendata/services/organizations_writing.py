"""Agencies made, changed, renamed, moved in their tree, taken away and brought back."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete as delete_rows
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from opendata.catalog import normalise
from opendata.catalog.cleaner import LONG, is_email
from opendata.catalog.languages import language_code
from opendata.catalog.records import OrganizationRecord, RecordState
from opendata.catalog.validation import MAX_TITLE
from opendata.catalog.values import Extra, Text
from opendata.errors import Conflict, NotFound
from opendata.services import queue
from opendata.services.actors import Actor, Role
from opendata.services.audit import note, note_agency
from opendata.services.catalogue import Catalogue
from opendata.services.memberships import set_members
from opendata.services.naming import spoken, take_name, wrong
from opendata.services.rights import Right, demand, demand_over
from opendata.services.unchanged import demand_unchanged
from opendata.store import queries
from opendata.store.accounts import Membership
from opendata.store.datasets import Dataset
from opendata.store.harvests import HarvestSource
from opendata.store.organizations import FormerSlug, Organization
from opendata.store.register import Study

PLAIN = ("homepage", "email", "image_url", "extras")
LENGTHS = {"homepage": normalise.MAX_URL, "image_url": normalise.MAX_URL, "email": 320}
TEXT_LENGTHS = {"title": MAX_TITLE, "description": LONG}
"""Characters at most, of each language."""
SHOWN_IN_INDEX = ("slug", "title", "parent_id")
"""What the documents of an agency's records repeat."""


@dataclass(frozen=True, slots=True)
class OrganizationChange:
    """What is to be written of an agency; None leaves a field as it is.

    `parent` is the name or id of the agency above ("" for none), `members` the whole list of roles by user name or id,
    `review` whether its records, and those of agencies below it, want review before they become public.
    A plain string as title or description is taken in the language that it is written in.
    """

    slug: str | None = None
    title: Text | str | None = None
    description: Text | str | None = None
    homepage: str | None = None
    email: str | None = None
    image_url: str | None = None
    parent: str | None = None
    extras: tuple[Extra, ...] | None = None
    members: Mapping[str, Role] | None = None
    state: str | None = None
    review: bool | None = None


def version(agency: OrganizationRecord | Organization) -> str:
    """Names what is said of the agency: another one after every change of that. Its counts do not count."""
    above = agency.parent.id if isinstance(agency, OrganizationRecord) and agency.parent else None
    parent = agency.parent_id if isinstance(agency, Organization) else above
    texts = [[_words(text), text.original] for text in (agency.title, agency.description)]
    said = json.dumps([agency.slug, texts, str(parent or ""), agency.homepage, agency.email], sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def create(catalogue: Catalogue, actor: Actor, change: OrganizationChange, *, id: UUID | None = None) -> UUID:  # noqa: A002
    """A new agency, of which its maker is an administrator unless `change` names its members.

    Sysadmins make any; an administrator of an agency makes those below it. Invalid; NotAllowed.
    """
    now = catalogue.now()
    with catalogue.sessions.write.begin() as session:
        above = _parent(session, change.parent) if change.parent else None
        if above is None or id is not None:
            demand(actor, Right.MANAGE_SITE)
        else:
            demand_over(actor, Right.EDIT_ORGANIZATION, above)
        if id is not None and session.get(Organization, id) is not None:
            raise wrong("id", f"There is an agency {id} already.", "taken")
        name = change.slug or ""
        take_name(session, "organization", name)
        row = Organization(id=id or uuid4(), slug=name, title=Text(), description=Text(), created=now, modified=now)
        row.parent_id = above
        _write(row, change)
        row.title = row.title or Text(other=name)
        session.add(row)
        session.flush()
        if change.members is not None:
            set_members(session, actor, row.id, change.members, now)
        elif actor.user_id is not None:
            session.add(Membership(user_id=actor.user_id, organization_id=row.id, role=Role.ADMIN, created=now))
        note(session, actor, now, "organization", row.id, "created", after=_told(row))
        return row.id


def update(
    catalogue: Catalogue,
    actor: Actor,
    name: str,
    change: OrganizationChange,
    *,
    if_versions: Collection[str] | None = None,
) -> UUID:
    """Change the agency called `name`; its id. Its former name leads to it for ever. NotFound; NotAllowed; Invalid.

    `if_versions`: one of these must stand, else Changed.
    """
    now = catalogue.now()
    with catalogue.sessions.write.begin() as session:
        row = _row(session, actor, name)
        _demand_version(row, if_versions)
        before = _told(row)
        if change.slug is not None and change.slug != row.slug:
            take_name(session, "organization", change.slug, row.id)
            queries.rename(session, "organization", row.id, row.slug, change.slug, now)
            row.slug = change.slug
        if change.parent is not None:
            _move(session, actor, row, change.parent)
        if change.state is not None:
            _turn(session, row, change.state)
        _write(row, change)
        if change.members is not None:
            demand_over(actor, Right.MANAGE_MEMBERS, row.id)
            set_members(session, actor, row.id, change.members, now)
        _changed(session, actor, row, before, now)
        return row.id


def _changed(session: Session, actor: Actor, row: Organization, before: Mapping[str, Any], now: dt.datetime) -> None:
    after = _told(row)
    different = [field for field in after if after[field] != before[field]]
    if not different:
        return
    row.modified = now
    was, told = ({field: side[field] for field in different} for side in (before, after))
    note(session, actor, now, "organization", row.id, "changed", before=was, after=told)
    session.flush()
    if set(different) & set(SHOWN_IN_INDEX):
        note_agency(session, actor, now, row.id)
        _index_records(session, now, row.id)


def delete(catalogue: Catalogue, actor: Actor, name: str, *, if_versions: Collection[str] | None = None) -> UUID:
    """Take the agency away; its name stays taken. Conflict while it has records, harvest sources or agencies below.

    `if_versions`: one of these must stand, else Changed.
    """
    now = catalogue.now()
    with catalogue.sessions.write.begin() as session:
        row = _row(session, actor, name)
        _demand_version(row, if_versions)
        before = _told(row)
        _turn(session, row, "deleted")
        _changed(session, actor, row, before, now)
        return row.id


def purge(catalogue: Catalogue, actor: Actor, name: str) -> UUID:
    """Forget the agency; its names are free again. Conflict while any record, withdrawn ones too, is its own."""
    demand(actor, Right.MANAGE_SITE)
    now = catalogue.now()
    with catalogue.sessions.write.begin() as session:
        row = _row(session, actor, name)
        _demand_unused(session, row, withdrawn=True)
        slugs = (FormerSlug.kind == "organization", FormerSlug.object_id == row.id)
        session.execute(delete_rows(FormerSlug).where(*slugs))
        note(session, actor, now, "organization", row.id, "purged", before={"slug": row.slug})
        session.delete(row)
        return row.id


def _demand_version(row: Organization, wanted: Collection[str] | None) -> None:
    demand_unchanged(f"the agency {row.slug!r}", version(row), wanted)


def _row(session: Session, actor: Actor, name: str) -> Organization:
    """The agency that the actor may change, which nobody else changes until the transaction ends.

    One that was taken away is there for sysadmins alone. Its records may be written meanwhile.
    """
    found = queries.address(session, "organization", name).id
    row = session.get_one(Organization, found, with_for_update={"key_share": True})
    demand_over(actor, Right.EDIT_ORGANIZATION, row.id)
    if row.state != "active" and not actor.sysadmin:
        raise NotFound(f"There is no agency called {name!r}.")
    return row


def _parent(session: Session, name: str) -> UUID:
    try:
        return queries.address(session, "organization", name).id
    except NotFound as error:
        raise wrong("parent", error.message, "unknown") from None


def _move(session: Session, actor: Actor, row: Organization, parent: str) -> None:
    """Roles hold for all agencies below, so both the old place and the new one must be the actor's to give."""
    above = _parent(session, parent) if parent else None
    if above == row.parent_id:
        return
    for one in (row.parent_id, above):
        if one is not None:
            demand_over(actor, Right.EDIT_ORGANIZATION, one)
    paths = queries.organization_paths(session)
    if above is not None and row.slug in paths.get(above, ()):
        raise wrong("parent", "An agency cannot be below itself.")
    row.parent_id = above


def _turn(session: Session, row: Organization, state: str) -> None:
    if state not in ("active", "deleted"):
        raise wrong("state", "Must be active or deleted.")
    if state == "deleted" and row.state != "deleted":
        _demand_unused(session, row, withdrawn=False)
    row.state = state


def _demand_unused(session: Session, row: Organization, *, withdrawn: bool) -> None:
    for table, kind in ((Dataset, "datasets"), (Study, "studies")):
        wanted = select(func.count()).where(table.organization_id == row.id)
        if not withdrawn:
            wanted = wanted.where(table.state != RecordState.WITHDRAWN)
        if session.scalar(wanted):
            raise Conflict(f"Organization cannot be deleted while it still has {kind}")
    for own, kind in ((HarvestSource.organization_id, "harvest sources"), (Organization.parent_id, "organizations")):
        active = (Organization.state == "active",) if own is Organization.parent_id else ()
        if session.scalar(select(func.count()).where(own == row.id, *active)):
            raise Conflict(f"Organization cannot be deleted while it still has {kind}")


def _write(row: Organization, change: OrganizationChange) -> None:
    if change.title is not None:
        row.title = _fitting("title", spoken(row.title, change.title))
    if change.description is not None:
        row.description = _fitting("description", spoken(row.description, change.description))
    for field, most in LENGTHS.items():
        if len(getattr(change, field) or "") > most:
            raise wrong(field, f"At most {most} characters.", "too_long")
    if change.homepage and change.homepage != row.homepage and not normalise.url(change.homepage):
        raise wrong("homepage", "The address of a web site begins with https:// or http://.", "url")
    if change.email and change.email != row.email and not is_email(change.email):
        raise wrong("email", "This is no e-mail address.", "no_email")
    for field in (*PLAIN, "review"):
        if (value := getattr(change, field)) is not None:
            setattr(row, field, value)


def _fitting(field: str, words: Text) -> Text:
    """The text in its languages, of which it says one that there is."""
    most = TEXT_LENGTHS[field]
    if any(len(one.value) > most for one in words.values()):
        raise wrong(field, f"At most {most} characters.", "too_long")
    return replace(words, original=language_code(words.original))


def _told(row: Organization) -> dict[str, Any]:
    """What the audit keeps of it."""
    return {
        "slug": row.slug,
        "title": _words(row.title),
        "description": _words(row.description),
        "parent_id": str(row.parent_id) if row.parent_id else None,
        "homepage": row.homepage,
        "email": row.email,
        "image_url": row.image_url,
        "extras": [[one.key, one.value] for one in row.extras or ()],
        "state": row.state or "active",
        "review": bool(row.review),
    }


def _words(text: Text) -> dict[str, str]:
    return {one.language or "other": one.value for one in text.values()}


def _index_records(session: Session, now: dt.datetime, organization_id: UUID) -> None:
    """The records of the agency and of those below show its name: they are indexed anew."""
    paths = queries.organization_paths(session)
    slug = next(iter(paths[organization_id]))
    below = [key for key, path in paths.items() if slug in path]
    for table, index in ((Dataset, queue.index_datasets), (Study, queue.index_studies)):
        index(session, now, session.scalars(select(table.id).where(table.organization_id.in_(below))).all())

"""Groups in CKAN's sense: collections across agencies. The themes are the first of them, and stay.

A theme's records are those that name it in their own field; of every other group they are its members.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete as delete_rows
from sqlalchemy import select
from sqlalchemy.orm import Session

from opendata.catalog import vocabularies
from opendata.catalog.records import RecordState
from opendata.catalog.values import Extra, Text
from opendata.errors import Conflict, NotAllowed, NotFound
from opendata.services import queue
from opendata.services.actors import Actor
from opendata.services.audit import note
from opendata.services.catalogue import Catalogue
from opendata.services.memberships import user_named
from opendata.services.naming import spoken, take_name, wrong
from opendata.services.rights import Right, demand, may, may_over
from opendata.store import queries
from opendata.store.datasets import Dataset
from opendata.store.organizations import FormerSlug, Group, GroupMember

ADMIN, MEMBER = "admin", "member"
CAPACITIES = (ADMIN, "editor", MEMBER)
PLAIN = ("image_url", "extras")


@dataclass(frozen=True, slots=True)
class GroupChange:
    """What is to be written of a group; None leaves a field as it is.

    `users` is the whole list of capacities by user name or id, `datasets` and `groups` those of the names or ids.
    """

    slug: str | None = None
    title: Text | str | None = None
    description: Text | str | None = None
    image_url: str | None = None
    extras: tuple[Extra, ...] | None = None
    users: Mapping[str, str] | None = None
    datasets: tuple[str, ...] | None = None
    groups: tuple[str, ...] | None = None
    state: str | None = None


def add_themes(session: Session, now: dt.datetime) -> int:
    """A group for each theme that has none, called by its code. How many were added; a later call adds none."""
    known = set(session.scalars(select(Group.slug).where(Group.theme)))
    missing = [code for code in vocabularies.codes("theme") if code not in known]
    for code in missing:
        title = vocabularies.text_of("theme", code)
        session.add(Group(slug=code, theme=True, title=title, description=Text(), created=now, modified=now))
    return len(missing)


def create(catalogue: Catalogue, actor: Actor, change: GroupChange, *, id: UUID | None = None) -> UUID:  # noqa: A002
    """A new group, of which its maker is an administrator unless `change` names its users.

    Sysadmins and the administrators of any agency may. Invalid; NotAllowed.
    """
    demand(actor, Right.MANAGE_MEMBERS)
    now = catalogue.now()
    with catalogue.sessions.write.begin() as session:
        if id is not None:
            demand(actor, Right.MANAGE_SITE)
            if session.get(Group, id) is not None:
                raise wrong("id", f"There is a group {id} already.", "taken")
        name = change.slug or ""
        take_name(session, "group", name)
        row = Group(id=id or uuid4(), slug=name, title=Text(), description=Text(), created=now, modified=now)
        row.extras = ()
        _write(row, change)
        row.title = row.title or Text(other=name)
        session.add(row)
        session.flush()
        _set_lists(catalogue, session, actor, row, change)
        if change.users is None and actor.user_id is not None:
            session.add(GroupMember(group_id=row.id, kind="user", object_id=actor.user_id, capacity=ADMIN))
        note(session, actor, now, "group", row.id, "created", after=_told(row))
        return row.id


def update(catalogue: Catalogue, actor: Actor, name: str, change: GroupChange) -> UUID:
    """Change the group called `name`; its id. Its former name leads to it for ever. A theme keeps its name and state.

    NotFound; NotAllowed; Invalid; Conflict.
    """
    now = catalogue.now()
    with catalogue.sessions.write.begin() as session:
        row = _row(session, actor, name)
        before = _told(row)
        if change.slug is not None and change.slug != row.slug:
            if row.theme:
                raise wrong("name", "A theme keeps its name.", "theme")
            take_name(session, "group", change.slug, row.id)
            queries.rename(session, "group", row.id, row.slug, change.slug, now)
            row.slug = change.slug
        if change.state is not None:
            _turn(row, change.state)
        _write(row, change)
        listed = _set_lists(catalogue, session, actor, row, change)
        after = _told(row)
        if before != after or listed:
            row.modified = now
            note(session, actor, now, "group", row.id, "changed", before=before, after=after)
        if before["slug"] != after["slug"] or before["title"] != after["title"]:
            queue.index_datasets(session, now, _members(session, row.id, "dataset"))
        return row.id


def delete(catalogue: Catalogue, actor: Actor, name: str) -> UUID:
    """Take the group away; its name stays taken, and its members are kept in case it comes back. Conflict: a theme."""
    return update(catalogue, actor, name, GroupChange(state="deleted"))


def purge(catalogue: Catalogue, actor: Actor, name: str) -> UUID:
    """Forget the group and who was in it; its names are free again. Conflict for a theme."""
    demand(actor, Right.MANAGE_SITE)
    now = catalogue.now()
    with catalogue.sessions.write.begin() as session:
        row = _row(session, actor, name)
        _turn(row, "deleted")
        queue.index_datasets(session, now, _members(session, row.id, "dataset"))
        session.execute(delete_rows(FormerSlug).where(FormerSlug.kind == "group", FormerSlug.object_id == row.id))
        session.execute(delete_rows(GroupMember).where(GroupMember.kind == "group", GroupMember.object_id == row.id))
        note(session, actor, now, "group", row.id, "purged", before={"slug": row.slug})
        session.delete(row)
        return row.id


def add_member(catalogue: Catalogue, actor: Actor, name: str, kind: str, member: str, capacity: str = "") -> UUID:
    """Put a dataset, user or group into the group, or change its capacity; the member's id.

    Datasets are for all who are in the group to add, the rest for its administrators. NotFound; NotAllowed; Conflict
    for the records of a theme, which name it themselves.
    """
    now = catalogue.now()
    with catalogue.sessions.write.begin() as session:
        row = _row(session, actor, name, capacities=CAPACITIES if kind == "dataset" else (ADMIN,))
        if row.theme and kind == "dataset":
            raise Conflict("A theme is a field of its records: change the record.")
        object_id = _object(session, actor, kind, member)
        capacity = _capacity(kind, capacity)
        held = session.get(GroupMember, (row.id, kind, object_id))
        if held is None:
            session.add(GroupMember(group_id=row.id, kind=kind, object_id=object_id, capacity=capacity))
        elif held.capacity == capacity:
            return object_id
        else:
            held.capacity = capacity
        said = {"kind": kind, "id": str(object_id), "capacity": capacity}
        note(session, actor, now, "group", row.id, "member added", after=said)
        if kind == "dataset":
            queue.index_datasets(session, now, [object_id])
        return object_id


def remove_member(catalogue: Catalogue, actor: Actor, name: str, kind: str, member: str) -> None:
    """Take it out of the group; nothing happens where it is not in it. NotFound; NotAllowed; Conflict as above."""
    now = catalogue.now()
    with catalogue.sessions.write.begin() as session:
        row = _row(session, actor, name, capacities=CAPACITIES if kind == "dataset" else (ADMIN,))
        if row.theme and kind == "dataset":
            raise Conflict("A theme is a field of its records: change the record.")
        object_id = _object(session, actor, kind, member)
        held = session.get(GroupMember, (row.id, kind, object_id))
        if held is not None:
            session.delete(held)
            note(session, actor, now, "group", row.id, "member removed", before={"kind": kind, "id": str(object_id)})
            if kind == "dataset":
                queue.index_datasets(session, now, [object_id])


def id_of(catalogue: Catalogue, name: str) -> UUID:
    """The id of the group that `name` means. NotFound."""
    with catalogue.sessions.read() as session:
        return queries.address(session, "group", name).id


def is_group(catalogue: Catalogue, name: str) -> bool:
    """Whether a group is meant, and not an agency. NotFound where neither is."""
    with catalogue.sessions.read() as session:
        with suppress(NotFound):
            return bool(queries.address(session, "group", name))
        return not queries.address(session, "organization", name)


def capacity_of(session: Session, actor: Actor, group_id: UUID) -> str:
    """What the actor is in the group, "" for nobody of it."""
    if actor.user_id is None or actor.held_back:
        return ""
    held = session.get(GroupMember, (group_id, "user", actor.user_id))
    return (held.capacity or MEMBER) if held else ""


def _row(session: Session, actor: Actor, name: str, capacities: Collection[str] = (ADMIN,)) -> Group:
    """The group that the actor may change. Themes, and what was taken away, are for sysadmins alone."""
    row = session.get_one(Group, queries.address(session, "group", name).id)
    allowed = may(actor, Right.MANAGE_SITE)
    if not allowed and (row.theme or capacity_of(session, actor, row.id) not in capacities):
        raise NotAllowed("You may not change this group.", signed_in=actor.signed_in)
    if row.state != "active" and not allowed:
        raise NotFound(f"There is no group called {name!r}.")
    return row


def _turn(row: Group, state: str) -> None:
    if state not in ("active", "deleted"):
        raise wrong("state", "Must be active or deleted.")
    if state == "deleted" and row.theme:
        raise Conflict(f"{row.slug} is a theme and cannot be deleted.")
    row.state = state


def _write(row: Group, change: GroupChange) -> None:
    if change.title is not None:
        row.title = spoken(row.title, change.title)
    if change.description is not None:
        row.description = spoken(row.description, change.description)
    for field in PLAIN:
        if (value := getattr(change, field)) is not None:
            setattr(row, field, value)


def _set_lists(catalogue: Catalogue, session: Session, actor: Actor, row: Group, change: GroupChange) -> bool:
    """Whether any list of members is another now. Invalid for what is unknown."""
    changed = False
    for kind, field in (("user", "users"), ("dataset", "datasets"), ("group", "groups")):
        given: Mapping[str, str] | tuple[str, ...] | None = getattr(change, field)
        if given is None or (row.theme and kind == "dataset"):
            continue
        try:
            named = given.items() if isinstance(given, Mapping) else ((one, "") for one in given)
            wanted = {_object(session, actor, kind, one): _capacity(kind, said) for one, said in named}
        except NotFound as error:
            raise wrong(field, error.message, "unknown") from None
        changed |= _replace_members(session, row.id, kind, wanted, catalogue.now())
    return changed


def _replace_members(session: Session, group_id: UUID, kind: str, wanted: Mapping[UUID, str], now: dt.datetime) -> bool:
    rows = session.scalars(select(GroupMember).where(GroupMember.group_id == group_id, GroupMember.kind == kind)).all()
    held = {row.object_id: row for row in rows}
    if {key: row.capacity for key, row in held.items()} == dict(wanted):
        return False
    for key in held.keys() - wanted.keys():
        session.delete(held[key])
    for key, capacity in wanted.items():
        if key in held:
            held[key].capacity = capacity
        else:
            session.add(GroupMember(group_id=group_id, kind=kind, object_id=key, capacity=capacity))
    if kind == "dataset":
        queue.index_datasets(session, now, held.keys() ^ wanted.keys())
    return True


def _object(session: Session, actor: Actor, kind: str, name: str) -> UUID:
    """The id of what is named, as far as the actor may know of it. NotFound."""
    if kind == "user":
        return user_named(session, name).id
    if kind == "dataset":
        address = queries.address(session, "dataset", name)
        row = session.get_one(Dataset, address.id)
        public = row.state in (RecordState.PUBLISHED, RecordState.WITHDRAWN) and not row.private
        if not public and not may_over(actor, Right.SEE_UNPUBLISHED, row.organization_id):
            raise NotFound(f"There is no dataset called {name!r}.")
        return address.id
    return queries.address(session, kind, name).id


def _capacity(kind: str, given: str) -> str:
    if kind != "user":
        return given if given in ("private", "parent") else "public"
    if given and given not in CAPACITIES:
        raise wrong("role", f"role does not exist: {given}")
    return given or MEMBER


def _members(session: Session, group_id: UUID, kind: str) -> Iterable[UUID]:
    wanted = select(GroupMember.object_id).where(GroupMember.group_id == group_id, GroupMember.kind == kind)
    return session.scalars(wanted).all()


def _told(row: Group) -> dict[str, Any]:
    words = [{one.language or "other": one.value for one in text.values()} for text in (row.title, row.description)]
    extras = [[one.key, one.value] for one in row.extras or ()]
    state = row.state or "active"
    return {"slug": row.slug, "title": words[0], "description": words[1], "image_url": row.image_url or "",
            "extras": extras, "state": state}  # fmt: skip

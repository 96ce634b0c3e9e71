"""What people and programs give, as it may be written: cleaned, refused where something of it would be lost, and with
everything that is not for them to say as it stands.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import fields, replace
from functools import cache
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import BindParameter, CompoundSelect, bindparam, delete, null, select, union_all, update
from sqlalchemy.orm import Session

from opendata.catalog.records import DatasetRecord, RecordState, ResourceRecord, TextInfo
from opendata.catalog.validation import clean
from opendata.catalog.values import OrganizationRef, Relation, Text
from opendata.errors import Invalid, Problem
from opendata.services.actors import Actor
from opendata.services.audit import note
from opendata.services.edits import FILE, unedited
from opendata.services.merging import with_keys
from opendata.services.naming import check_name
from opendata.store.datasets import Dataset, Resource
from opendata.store.organizations import FormerSlug, Organization
from opendata.store.to_records import organization_ref

LOSSLESS = ("unknown_license", "bad_doi", "bad_isbn", "bad_issn")
"""Codes of warnings by which nothing is lost: what is not known stands in the record as it was given."""

OURS = (
    "id", "demo", "source", "sources", "edited", "metadata_created", "metadata_modified", "views", "downloads",
    "published_at", "creator_id",
)  # fmt: skip
"""Fields of a record that nobody but the catalogue says."""


def accepted(record: DatasetRecord, before: DatasetRecord | None = None) -> DatasetRecord:
    """The record as it may be written over `before`. Invalid names everything of it that would be changed or left out.

    What was wrong with `before` already may stay so.
    """
    cleaned, problems = clean(replace(record, relations=tuple(map(_bare, record.relations))))
    known = set(clean(before)[1]) if before is not None and problems else set()
    refuse(one for one in problems if one.code not in LOSSLESS and one not in known)
    same = [one.name for one in fields(record) if before and getattr(record, one.name) == getattr(before, one.name)]
    return replace(with_keys(cleaned), **{name: getattr(before, name) for name in same})


def refuse(problems: Iterable[Problem]) -> None:
    """Invalid where there are any."""
    if wrong := list(problems):
        raise Invalid(" ".join(one.message for one in wrong), wrong)


def _bare(relation: Relation) -> Relation:
    """A record of ours at the far end has its title itself."""
    return Relation(relation.kind, relation.target, relation.target_id, Text()) if relation.target_id else relation


def new_record(record: DatasetRecord) -> DatasetRecord:
    """A record to be made, without what only the catalogue says; it and its files have ids."""
    files = tuple(_new_file(one) for one in record.resources)
    bare = DatasetRecord(title=record.title)
    ours = {name: getattr(bare, name) for name in OURS}
    return replace(record, **ours | {"id": record.id or uuid4(), "resources": files, "read_from_file": ()})


def with_ours(before: DatasetRecord, after: DatasetRecord) -> DatasetRecord:
    """`after` with all that is not for the writer to say as it is in `before`. Files are the same by id, else by key.

    A file whose address is another one has lost its bytes; one that is new has none.
    """
    by_id, by_key = ({getattr(one, name): one for one in before.resources} for name in ("id", "key"))
    files = []
    for one in after.resources:
        had = by_id.get(one.id) if one.id else by_key.get(one.key)
        files.append(_kept_file(one, had) if had else _new_file(one))
    ours = {name: getattr(before, name) for name in OURS}
    read = tuple(name for name in before.read_from_file if getattr(before, name) == getattr(after, name))
    return replace(after, resources=tuple(files), read_from_file=read, slug=after.slug or before.slug, **ours)


def _new_file(one: ResourceRecord) -> ResourceRecord:
    return replace(one, id=one.id or uuid4(), stored=False, text=TextInfo(), fetch_problem="", downloads=0)


def _kept_file(one: ResourceRecord, had: ResourceRecord) -> ResourceRecord:
    one = replace(one, id=had.id, key=had.key, downloads=had.downloads)
    one = replace(one, created=had.created, metadata_modified=had.metadata_modified)
    if one.download_url not in ("", had.download_url):
        checksum = one.checksum if one.checksum != had.checksum else ""
        return replace(one, stored=False, checksum=checksum, text=TextInfo(), fetch_problem="")
    own = {"stored": had.stored, "text": had.text, "fetch_problem": had.fetch_problem, "link": had.link}
    if had.stored:
        own |= {"checksum": had.checksum, "byte_size": had.byte_size}
    return replace(one, **own)  # type: ignore[arg-type]


def with_bytes(given: ResourceRecord, file: ResourceRecord) -> ResourceRecord:
    """What is said of a file, with the bytes of `file`."""
    return replace(
        given,
        filename=file.filename,
        format=file.format or given.format,
        media_type=file.media_type,
        byte_size=file.byte_size,
        checksum=file.checksum,
        stored=True,
        download_url="",
        text=TextInfo(),
        fetch_problem="",
    )


def with_fresh_bytes(before: DatasetRecord, wanted: DatasetRecord, fresh: Collection[str]) -> DatasetRecord:
    """As `with_ours`, but for the files of `wanted` that have bytes of `fresh`, which have come for it."""
    held = {one.id: one.checksum for one in before.resources if one.stored}
    had = {one.id for one in before.resources}
    kept = with_ours(before, wanted)
    files = []
    for one, asked in zip(kept.resources, wanted.resources, strict=True):
        if asked.stored and asked.checksum in fresh and asked.checksum != held.get(one.id):
            # By its name it could be taken for another file of that name, which a source brings.
            key = one.key if one.id in had else str(one.id)
            one = replace(with_bytes(one, asked), key=key)
        files.append(one)
    return replace(kept, resources=tuple(files))


def loosened(before: DatasetRecord, after: DatasetRecord) -> list[Problem]:
    """Files that would be more open than the source of `before` says: that is for the source to say."""
    said = {one.key: one.disclosure for one in unedited(before).resources}
    return [
        Problem(
            "less_strict",
            f"{one.filename or one.key} is {said[one.key].status.value} by its source; it can only be made stricter.",
            f"{FILE}{one.key}.disclosure",
            value=one.disclosure.status.value,
        )
        for one in after.resources
        if one.key in said and said[one.key].is_stricter_than(one.disclosure)
    ]


def organization_named(session: Session, ref: OrganizationRef | None) -> OrganizationRef | None:
    """The active organisation that `ref` means, by id, else by slug. Invalid where there is none. One SELECT."""
    if ref is None:
        return None
    wanted = select(Organization).where(Organization.state == "active")
    wanted = wanted.where(Organization.id == ref.id if ref.id else Organization.slug == ref.slug)
    row = session.scalar(wanted)
    if row is None:
        named = str(ref.id or ref.slug)
        refuse([Problem("no_organization", "Organization does not exist", "organization", value=named)])
    return organization_ref(row)


def slug_problem(record: DatasetRecord, row: str = "") -> Problem | None:
    """What is wrong with the name that somebody chose for the record; only its own id may look like one."""
    if record.slug == str(record.id):
        return None
    try:
        check_name(record.slug, "slug")
    except Invalid as error:
        return Problem("bad_slug", error.message, "slug", row, value=record.slug)
    return None


def claim(
    session: Session, actor: Actor, now: dt.datetime, records: Sequence[DatasetRecord], rows: Sequence[str] = ()
) -> list[Problem]:
    """Make the slugs of `records` free for them: withdrawn records give theirs up and are called by their ids.

    What cannot be had comes back; `rows` tell which record it is of. One SELECT.
    """
    names = list(rows) or [""] * len(records)
    problems = [one for r, row in zip(records, names, strict=True) if (one := slug_problem(r, row))]
    owners: dict[str, UUID | None] = {}
    for record, row in zip(records, names, strict=True):
        if record.slug in owners:
            problems.append(_taken(record.slug, row))
        owners[record.slug] = record.id
    taken = _held(session, actor, now, owners)
    return problems + [_taken(r.slug, row) for r, row in zip(records, names, strict=True) if r.slug in taken]


def _taken(slug: str, row: str) -> Problem:
    return Problem("slug_taken", "That URL is already in use.", "slug", row, value=slug)


@cache
def _holders() -> CompoundSelect[Any]:
    """Who has these names now; and with `former`, the row that says so, who had them."""
    held, had = Dataset.__table__.c, FormerSlug.__table__.c
    slugs: BindParameter[Any] = bindparam("slugs", expanding=True)
    now = select(held.slug, held.id, held.state, held.merged_into_id, null().label("former")).where(
        held.slug.in_(slugs)
    )
    once = select(had.slug, had.object_id, held.state, held.merged_into_id, had.id)
    once = once.join_from(FormerSlug.__table__, Dataset.__table__, held.id == had.object_id, isouter=True)
    return union_all(now, once.where(had.kind == "dataset", had.slug.in_(slugs)))


def _held(session: Session, actor: Actor, now: dt.datetime, owners: dict[str, UUID | None]) -> set[str]:
    """Which of these names others keep. Those that withdrawn records have, or had, are free afterwards."""
    taken = set()
    for row in session.connection().execute(_holders(), {"slugs": list(owners)}).all():
        if row.id == owners[row.slug]:
            continue
        if row.state is not None and (row.state is not RecordState.WITHDRAWN or row.merged_into_id):
            taken.add(row.slug)
        elif row.former is not None:
            session.execute(delete(FormerSlug).where(FormerSlug.id == row.former))
        else:
            session.execute(update(Dataset).where(Dataset.id == row.id).values(slug=str(row.id)))
            told = {"slug": row.slug}, {"slug": str(row.id)}
            note(session, actor, now, "dataset", row.id, "renamed", before=told[0], after=told[1])
    return taken


def ids_taken(session: Session, before: Collection[UUID], record: DatasetRecord) -> list[Problem]:
    """Files of `record` under ids that others have; `before` are those that the dataset had. One SELECT at most."""
    fresh = [one.id for one in record.resources if one.id and one.id not in before]
    if not fresh:
        return []
    found = set(session.scalars(select(Resource.id).where(Resource.id.in_(fresh))))
    return [
        Problem("id_taken", "Resource id already exists.", "resources.id", str(number), value=str(one.id))
        for number, one in enumerate(record.resources)
        if one.id in found and one.id not in before
    ]

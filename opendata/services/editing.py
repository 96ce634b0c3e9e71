"""Fields that people write by hand over what the sources say, and take back again."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager, undefer

from opendata.catalog.provenance import Edit
from opendata.catalog.records import DatasetRecord
from opendata.catalog.stored import is_public
from opendata.catalog.validation import clean
from opendata.errors import Invalid, NotFound, Problem
from opendata.services import queue, revisions
from opendata.services.accepting import loosened
from opendata.services.actors import Actor
from opendata.services.audit import note
from opendata.services.catalogue import Catalogue
from opendata.services.edit_texts import parse, shown
from opendata.services.edits import (
    EDITABLE,
    FILE,
    FILE_FIELDS,
    IN_LANGUAGES,
    edited_fields,
    file_field,
    kind_of,
    value_of,
    with_value,
)
from opendata.services.rewriting import stored_record
from opendata.services.rights import Right, demand_over
from opendata.store import queries
from opendata.store.codec import dump, load
from opendata.store.datasets import Dataset
from opendata.store.from_records import apply_dataset
from opendata.store.harvests import HarvestRecord, HarvestSource, raw_bytes


@dataclass(frozen=True, slots=True)
class Field:
    """A field as the form of the desk shows it: its present `value`, what the sources say where it was edited."""

    name: str
    value: str
    said: str = ""
    edit: Edit | None = None


def fields(catalogue: Catalogue, actor: Actor, name: str) -> tuple[DatasetRecord, tuple[Field, ...]]:
    """The dataset with everything of it that the actor may edit, files included. NotFound; NotAllowed."""
    with catalogue.sessions.read() as session:
        row = _row(session, actor, name)
        record = stored_record(row)
        shown_record = queries.dataset_page(session, row.id, public_only=False)
    edits = edited_fields(record.edited)
    names = (*EDITABLE, *(f"{FILE}{one.key}.{field}" for one in record.resources for field in FILE_FIELDS))
    return shown_record, tuple(_field(record, one, edits.get(one)) for one in names)


def _field(record: DatasetRecord, name: str, edit: Edit | None) -> Field:
    value = shown(name, value_of(record, name))
    return Field(name, value, said_text(edit) if edit else "", edit)


@dataclass(frozen=True, slots=True)
class Original:
    """A record as its source gave it, byte for byte, with a name to save it under."""

    content: bytes
    filename: str


def raw(catalogue: Catalogue, actor: Actor, name: str, source: str) -> Original:
    """What the source of that name gave for the dataset. NotFound; NotAllowed, also for the source of an agency in
    which the actor edits nothing: it may hold more than what is shown of it.
    """
    with catalogue.sessions.read() as session:
        row = _row(session, actor, name)
        wanted = select(HarvestRecord).join(HarvestSource, HarvestSource.id == HarvestRecord.source_id)
        wanted = wanted.where(HarvestRecord.dataset_id == row.id, HarvestSource.name == source)
        found = session.scalar(wanted.options(undefer(HarvestRecord.raw), contains_eager(HarvestRecord.source)))
        if found is None:
            raise NotFound(f"The dataset is not from {source!r}.")
        if found.source.organization_id is not None:
            demand_over(actor, Right.EDIT_RECORDS, found.source.organization_id)
        kinds = [kind for kind in ("json", "xml", "csv") if kind in found.raw_type]
        return Original(raw_bytes(found.raw), f"{row.slug[:80]}.{kinds[0] if kinds else 'txt'}")


def said_text(edit: Edit) -> str:
    """What the sources say of an edited field at present, as people type it."""
    return shown(edit.field, load(kind_of(edit.field), edit.said))


def edit(catalogue: Catalogue, actor: Actor, name: str, changes: Mapping[str, str]) -> tuple[str, ...]:
    """Write the fields by hand; they stay so whatever the sources say later. The names of those that are others now.

    `changes` by the names in `edits.EDITABLE`, or file.KEY.FIELD with the key or the id of a file; the values as
    `edit_texts` takes them. NotFound; NotAllowed; Invalid names everything that is wrong, and then nothing is written.
    """
    now = catalogue.now()
    with catalogue.sessions.write.begin() as session:
        row = _row(session, actor, name, lock=True)
        before = stored_record(row)
        after = _checked(before, _with_licence(_named(before, changes)))
        changed = _changed(before, after)
        if not changed:
            return ()
        edits = edited_fields(before.edited)
        for one in changed:
            said = edits[one].said if one in edits else dump(value_of(before, one))
            edits[one] = Edit(one, now, actor.user_id, said)
        read = tuple(one for one in after.read_from_file if one not in {each.partition(".")[0] for each in changed})
        written = replace(after, edited=tuple(edits.values()), read_from_file=read)
        _write(session, catalogue, actor, row, before, written, changed, "edited")
        told = {one: dump(value_of(after, one)) for one in changed}
        was = {one: dump(value_of(before, one)) for one in changed}
        note(session, actor, now, "dataset", row.id, "edited", before=was, after=told)
    return tuple(changed)


def release(catalogue: Catalogue, actor: Actor, name: str, names: Collection[str]) -> tuple[str, ...]:
    """Take the sources' word for these fields again (title stands for all its languages). Which those were.

    NotFound; NotAllowed; Invalid for a field that was not edited.
    """
    now = catalogue.now()
    with catalogue.sessions.write.begin() as session:
        row = _row(session, actor, name, lock=True)
        before = stored_record(row)
        edits = edited_fields(before.edited)
        wanted = [_in_full(before, one) for one in names]
        chosen = [one for one in edits if _is_meant(one, wanted)]
        strange = [one for one in wanted if not any(_is_meant(each, [one]) for each in chosen)]
        if strange:
            problems = [Problem("not_edited", f"{one} was not edited by hand.", one, value=one) for one in strange]
            raise Invalid(" ".join(one.message for one in problems), problems)
        after = before
        for one in chosen:
            after = with_value(after, one, load(kind_of(one), edits[one].said))
        left = tuple(one for one in before.edited if one.field not in chosen)
        _write(session, catalogue, actor, row, before, replace(after, edited=left), chosen, "released")
        was = {one: dump(value_of(before, one)) for one in chosen}
        note(session, actor, now, "dataset", row.id, "released", before=was, after={"fields": chosen})
    return tuple(chosen)


def _is_meant(name: str, wanted: Collection[str]) -> bool:
    """Whether an edited field is among those; title stands for all its languages."""
    whole = name.partition(".")[0]
    return name in wanted or (whole in IN_LANGUAGES and whole in wanted)


def _row(session: Session, actor: Actor, name: str, *, lock: bool = False) -> Dataset:
    found = queries.address(session, "dataset", name).id
    if lock:
        queries.hold_dataset(session, found)
    (row,) = queries.dataset_rows(session, [found])
    demand_over(actor, Right.EDIT_RECORDS, row.organization_id, queries.unless_known("dataset", row, name))
    if lock and is_public(row):
        demand_over(actor, Right.PUBLISH_RECORDS, row.organization_id)
    return row


def _write(
    session: Session,
    catalogue: Catalogue,
    actor: Actor,
    row: Dataset,
    before: DatasetRecord,
    record: DatasetRecord,
    changed: Sequence[str],
    action: str,
) -> None:
    now = max(catalogue.now(), row.metadata_modified + revisions.TICK)
    study = record.study.id if record.study else None
    if "register_number" in changed:
        study = queries.study_by_number(session, record.register_number) if record.register_number else None
    apply_dataset(session, row, record, now)
    row.study_id = study
    revisions.keep(session, "dataset", before, replace(record, metadata_modified=now), now, actor, action)
    queue.index_datasets(session, catalogue.now(), [row.id])


def _changed(before: DatasetRecord, after: DatasetRecord) -> list[str]:
    names = (*EDITABLE, *(f"{FILE}{one.key}.{field}" for one in before.resources for field in FILE_FIELDS))
    return [one for one in names if value_of(before, one) != value_of(after, one)]


def _in_full(record: DatasetRecord, name: str) -> str:
    """The name of a field with the key of its file, where the id stands for it."""
    if name.startswith(FILE):
        key, field = file_field(name)
        found = next((one.key for one in record.resources if key in (one.key, str(one.id))), None)
        if found is None:
            raise NotFound(f"The dataset has no file {key!r}.")
        return f"{FILE}{found}.{field}"
    return name


def _named(record: DatasetRecord, changes: Mapping[str, str]) -> dict[str, str]:
    """The changes by full names. Invalid for a name that is none."""
    given = {_in_full(record, name): value for name, value in changes.items()}
    strange = [
        name
        for name in given
        if name not in EDITABLE and not (name.startswith(FILE) and file_field(name)[1] in FILE_FIELDS)
    ]
    if strange:
        allowed = ", ".join((*EDITABLE, *(f"{FILE}KEY.{field}" for field in FILE_FIELDS)))
        problems = [
            Problem("unknown_field", f"{one} is no field that can be edited.", one, value=one) for one in strange
        ]
        raise Invalid(" ".join(one.message for one in problems) + f" Allowed: {allowed}.", problems)
    return given


def _with_licence(given: dict[str, str]) -> dict[str, str]:
    """Another licence is not described by the source's words for the former one."""
    more = {}
    for name in given:
        if name.endswith("license_id") and (words := f"{name.removesuffix('license_id')}license_text") not in given:
            more[words] = ""
    return given | more


def _checked(before: DatasetRecord, given: Mapping[str, str]) -> DatasetRecord:
    """The record with these values, cleaned as every record is. Invalid for what would not be taken as it is."""
    problems: list[Problem] = []
    after = before
    for name, text in given.items():
        try:
            after = with_value(after, name, parse(name, text))
        except ValueError as error:
            problems.append(Problem("bad_value", str(error), name, value=text[:200]))
    cleaned, found = clean(after)
    known = set(clean(before)[1])
    problems += [one for one in found if one not in known]
    problems += loosened(before, after)
    if problems:
        raise Invalid(" ".join(one.message for one in problems), problems)
    for name in given:
        after = with_value(after, name, value_of(cleaned, name))
    return after

"""Every SELECT that gives datasets. What each loads is stated here: their number never grows with the rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from functools import cache, lru_cache
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Select, bindparam, exists, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload, undefer
from sqlalchemy.orm.interfaces import ORMOption

from opendata.catalog.records import DatasetRecord, RecordState, TextStatus
from opendata.catalog.values import Relation as RelationValue
from opendata.errors import NotFound
from opendata.store.datasets import Dataset, DatasetKey, Relation, Resource, key_value
from opendata.store.harvests import HarvestRecord
from opendata.store.plain import Plain
from opendata.store.queries.addresses import Address, address
from opendata.store.queries.cards import HARVESTED, RELATED, dataset_of, dataset_select, resource_of, resource_select
from opendata.store.queries.visible import is_in_area, is_open, is_visible
from opendata.store.register import Contract, Study
from opendata.store.to_records import dataset_record, is_public

INVERSE = {
    "IsCitedBy": "Cites",
    "IsSupplementTo": "IsSupplementedBy",
    "IsContinuedBy": "Continues",
    "IsDescribedBy": "Describes",
    "HasMetadata": "IsMetadataFor",
    "HasVersion": "IsVersionOf",
    "IsNewVersionOf": "IsPreviousVersionOf",
    "IsPartOf": "HasPart",
    "IsReferencedBy": "References",
    "IsDocumentedBy": "Documents",
    "IsCompiledBy": "Compiles",
    "IsVariantFormOf": "IsOriginalFormOf",
    "IsReviewedBy": "Reviews",
    "IsDerivedFrom": "IsSourceOf",
    "IsRequiredBy": "Requires",
    "Obsoletes": "IsObsoletedBy",
    "IsCollectedBy": "Collects",
    "IsTranslationOf": "HasTranslation",
    "IsIdenticalTo": "IsIdenticalTo",
}
"""What a relation is called from its other end (relationType of the DataCite Metadata Schema 4.6)."""
INVERSE |= {inverse: kind for kind, inverse in INVERSE.items()}


@cache
def card_loading() -> tuple[ORMOption, ...]:
    """What `dataset_record(row, full=False)` needs: one SELECT more."""
    return joinedload(Dataset.organization), joinedload(Dataset.study), selectinload(Dataset.resources)


@cache
def _write_loading() -> tuple[ORMOption, ...]:
    """What `apply_dataset` changes."""
    return *card_loading(), selectinload(Dataset.relations), selectinload(Dataset.keys)


def dataset_page(session: Session, dataset_id: UUID, *, public_only: bool = True) -> DatasetRecord:
    """The dataset, complete, with the relations that others have to it after its own. NotFound. Four SELECTs at most.

    Whether the asker may see it is not decided here: `state` and `private` are on the record.
    """
    found = _page(session, Dataset.id, dataset_id, public_only=public_only)
    if found is None:
        raise NotFound(f"There is no dataset {dataset_id}.")
    return found[1]


def dataset_called(session: Session, name: str) -> tuple[Address, DatasetRecord]:
    """The dataset that `name` means (see `address`), complete, as the public sees it. NotFound. Four SELECTs at most
    for a present slug, one or two more for another name.
    """
    found = None if "\0" in name else _page(session, Dataset.slug, name, public_only=True)
    if found is not None and found[0].merged_into_id is None:
        return Address(found[0].id, found[0].slug), found[1]
    called = address(session, "dataset", name)
    return called, dataset_page(session, called.id)


def _page(session: Session, column: Any, value: object, *, public_only: bool) -> tuple[Plain, DatasetRecord] | None:
    """The row whose `column` has this value, and its record with the relations of others; None where there is none.

    What it hardly ever has is asked for where the first SELECT says that it is there.
    """
    rows = session.execute(_page_select(column), {"value": value}).all()  # one for each contract of its study
    if not rows:
        return None
    row = dataset_of(rows[0])
    given = {"id": row.id}
    if row.study is not None:
        row.study.contracts.extend(Plain({"contract_number": one[-1]}) for one in rows if one[-1] is not None)
    row.resources.extend(map(resource_of, session.execute(_resources_select(), given)))
    relations = session.scalars(_relations_select(), given).all() if getattr(row, RELATED) else ()
    row.relations.extend(one for one in relations if one.dataset_id == row.id)
    if getattr(row, HARVESTED):
        row.harvest_records.extend(session.scalars(_harvested_select(), given))
    record = dataset_record(cast("Dataset", row), public_only=public_only)
    known = {(relation.kind, relation.target_id) for relation in record.relations}
    incoming = _told_from_here((one for one in relations if one.target_dataset_id == row.id), public_only=public_only)
    others = tuple(relation for relation in incoming if (relation.kind, relation.target_id) not in known)
    return row, _with_relations(record, others)


# Statements are put together once: that takes longer than running them.
@cache
def _page_select(column: Any) -> Select[Any]:
    either = exists().where(or_(Relation.dataset_id == Dataset.id, Relation.target_dataset_id == Dataset.id))
    wanted = dataset_select(either).add_columns(Contract.contract_number).outerjoin(Study.contracts)
    return wanted.where(column == bindparam("value")).order_by(Contract.position)


@cache
def _resources_select() -> Select[Any]:
    return resource_select().where(Resource.dataset_id == bindparam("id"))


@cache
def _relations_select() -> Select[Any]:
    ends = (Relation.target_dataset, Relation.target_study, Relation.dataset, Relation.study)
    either = or_(Relation.dataset_id == bindparam("id"), Relation.target_dataset_id == bindparam("id"))
    return select(Relation).where(either).options(*map(joinedload, ends)).order_by(Relation.position, Relation.id)


@cache
def _harvested_select() -> Select[Any]:
    wanted = select(HarvestRecord).where(HarvestRecord.dataset_id == bindparam("id"))
    loading = joinedload(HarvestRecord.source), undefer(HarvestRecord.said)
    return wanted.options(*loading).order_by(HarvestRecord.first_seen)


def relations_to(session: Session, dataset_id: UUID, *, public_only: bool = True) -> tuple[RelationValue, ...]:
    """The relations that other records have to it, each told from its side (IsPartOf for their HasPart). One SELECT."""
    relations = session.scalars(_relations_select(), {"id": dataset_id})
    incoming = (one for one in relations if one.target_dataset_id == dataset_id)
    return _told_from_here(incoming, public_only=public_only)


def _told_from_here(relations: Iterable[Relation], *, public_only: bool) -> tuple[RelationValue, ...]:
    found = []
    for row in sorted(relations, key=lambda one: one.id):
        origin = row.dataset or row.study
        if origin is not None and (is_public(origin) or not public_only):
            kind = INVERSE.get(row.kind, row.kind)
            found.append(RelationValue(kind, target_id=origin.id, title=origin.title, target_slug=origin.slug))
    return tuple(found)


def hold_dataset(session: Session, dataset_id: UUID) -> None:
    """Let nobody else write the row until the transaction ends: whoever reads it to write it asks this first."""
    if session.get_bind().dialect.name == "postgresql":  # SQLite has one writer, and this is it
        session.execute(select(Dataset.id).where(Dataset.id == dataset_id).with_for_update())


def hold_datasets(session: Session, ids: Sequence[UUID]) -> None:
    """As `hold_dataset`, for many: in the order of their ids, so that of two who hold some of the same none waits for
    the other for ever.
    """
    if ids and session.get_bind().dialect.name == "postgresql":
        wanted = select(Dataset.id).where(Dataset.id.in_(ids)).order_by(Dataset.id).with_for_update()
        session.execute(wanted)


def dataset_row(session: Session, dataset_id: UUID) -> Dataset:
    """The row with all that `apply_dataset` writes. NotFound. Four SELECTs."""
    writing = (selectinload(Dataset.resources), selectinload(Dataset.relations), selectinload(Dataset.keys))
    row = session.scalar(select(Dataset).where(Dataset.id == dataset_id).options(*writing))
    if row is None:
        raise NotFound(f"There is no dataset {dataset_id}.")
    return row


def dataset_rows(session: Session, ids: Sequence[UUID]) -> list[Dataset]:
    """The rows of `ids`, in that order, with all that `apply_dataset` writes and that a card shows. Four SELECTs."""
    return _rows(session, ids, _write_loading)


def no_file(resource_id: UUID) -> str:
    """What is said where there is no file of that id."""
    return f"There is no file {resource_id}."


def resource_row(session: Session, resource_id: UUID) -> Resource:
    """The row of a file with its dataset. NotFound. One SELECT."""
    wanted = select(Resource).where(Resource.id == resource_id).options(joinedload(Resource.dataset))
    row = session.scalar(wanted)
    if row is None:
        raise NotFound(no_file(resource_id))
    return row


def resource_preview(session: Session, resource_id: UUID) -> dict[str, Any] | None:
    """The first rows of the file's table, as the reader made them; None where there are none. One SELECT."""
    return session.scalar(select(Resource.preview).where(Resource.id == resource_id))


def datasets_by_key(session: Session, scheme: str, value: str) -> Sequence[UUID]:
    """The datasets that carry the key (doi, handle, orcid …), oldest first; case does not count. One SELECT."""
    wanted = select(Dataset.id).join(Dataset.keys)
    wanted = wanted.where(DatasetKey.scheme == scheme, DatasetKey.value == key_value(value))
    return session.scalars(wanted.order_by(Dataset.metadata_created, Dataset.id)).all()


def newest(session: Session, limit: int = 10) -> list[DatasetRecord]:
    """The visible datasets that came last, newest first, as cards; of those that came at once, the latest issued ones.

    Two SELECTs.
    """
    order = (Dataset.metadata_created.desc(), Dataset.issued.desc().nulls_last(), Dataset.id.desc())
    wanted = select(Dataset).where(is_visible(Dataset)).options(*card_loading()).order_by(*order).limit(limit)
    return [dataset_record(row, full=False) for row in session.scalars(wanted)]


def changed_since(
    session: Session, since: dt.datetime | None = None, after: UUID | None = None, limit: int = 500
) -> Sequence[tuple[UUID, dt.datetime]]:
    """Ids of datasets of every state with their `metadata_modified`, oldest first, from `since` on.

    Page by giving the last pair back as `since` and `after`: what was changed at that very instant is not lost.
    """
    wanted = select(Dataset.id, Dataset.metadata_modified)
    if since is not None and after is not None:
        later = (Dataset.metadata_modified > since) | ((Dataset.metadata_modified == since) & (Dataset.id > after))
        wanted = wanted.where(later)
    elif since is not None:
        wanted = wanted.where(Dataset.metadata_modified >= since)
    wanted = wanted.order_by(Dataset.metadata_modified, Dataset.id).limit(limit)
    return [(row.id, row.metadata_modified) for row in session.execute(wanted)]


def dataset_ids_after(session: Session, after: UUID | None = None, limit: int = 500, area: str = "") -> Sequence[UUID]:
    """Ids of datasets in the order of ids, from behind `after`: for walking through all of them.

    `area`: only those that belong there (see `is_in_area`); otherwise they are of every state.
    """
    wanted = select(Dataset.id).order_by(Dataset.id).limit(limit)
    wanted = wanted.where(is_in_area(Dataset, area)) if area else wanted
    return session.scalars(wanted if after is None else wanted.where(Dataset.id > after)).all()


def public_texts(
    session: Session, ids: Collection[UUID], statuses: Collection[TextStatus], today: dt.date
) -> dict[UUID, list[str]]:
    """Checksums of the stored files of public datasets that anybody may read on `today` and whose text has one of
    `statuses`, in their order; a dataset without one is left out. One SELECT."""
    found: dict[UUID, list[str]] = {}
    for row in session.execute(_open_files(today), {"ids": list(ids)}):
        if row.text_status in statuses and row.state is RecordState.PUBLISHED and not row.private:
            found.setdefault(row.dataset_id, []).append(row.checksum)
    return found


@lru_cache(maxsize=2)
def _open_files(today: dt.date) -> Select[Any]:
    # The states are no conditions: SQLite would go through all that is in them instead of what the ids name.
    files, of = Resource.__table__.c, Dataset.__table__.c
    wanted = select(files.dataset_id, files.checksum, files.text_status, of.state, of.private)
    wanted = wanted.join(Dataset, of.id == files.dataset_id)
    wanted = wanted.where(files.dataset_id.in_(bindparam("ids", expanding=True)), files.stored, is_open(today))
    return wanted.order_by(files.dataset_id, files.position)


def resources_opening(session: Session, after: dt.date, today: dt.date) -> Sequence[tuple[UUID, UUID]]:
    """Dataset and file ids whose embargo ended after the day `after` and by `today`. One SELECT."""
    wanted = select(Resource.dataset_id, Resource.id).where(
        Resource.disclosure_status.in_(("embargoed", "withheld")),  # type: ignore[attr-defined]
        Resource.disclosure_until > after,  # type: ignore[attr-defined]
        Resource.disclosure_until <= today,  # type: ignore[attr-defined]
    )
    return [(row.dataset_id, row.id) for row in session.execute(wanted)]


@cache
def _selecting(loading: Callable[[], Iterable[ORMOption]]) -> Select[Dataset]:
    """The SELECT of datasets so loaded: putting it together takes as long as running it."""
    return select(Dataset).options(*loading())


def _rows(session: Session, ids: Sequence[UUID], loading: Callable[[], Iterable[ORMOption]]) -> list[Dataset]:
    """The rows of `ids` in that order; nothing is asked for no ids."""
    if not ids:
        return []
    found = {row.id: row for row in session.scalars(_selecting(loading).where(Dataset.id.in_(ids))).unique()}
    return [found[one] for one in ids if one in found]


def _with_relations(record: DatasetRecord, others: tuple[RelationValue, ...]) -> DatasetRecord:
    """`record` with further relations behind its own."""
    return replace(record, relations=record.relations + others) if others else record

"""Rows to frozen records. Every function names what must have been loaded; a late lazy load raises.

A record that is not public (a draft, a private or withdrawn one) must not show through another that is. So records
name only public neighbours unless `public_only` is False, as it must be where a record is read to be written again.
"""

from __future__ import annotations

import datetime as dt
import json
import zlib
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import inspect

from opendata.catalog.provenance import Edit, SourceRef
from opendata.catalog.records import (
    Contract as ContractRecord,
)
from opendata.catalog.records import (
    DatasetRecord,
    DatasetRef,
    OrganizationRecord,
    ResourceRecord,
    StudyRecord,
    StudyRef,
    TextStatus,
    Tombstone,
)
from opendata.catalog.records import (
    Deliverable as DeliverableRecord,
)
from opendata.catalog.records import (
    Performer as PerformerRecord,
)
from opendata.catalog.records import (
    Utilisation as UtilisationRecord,
)
from opendata.catalog.sensitive import standing
from opendata.catalog.stored import is_public as is_public
from opendata.catalog.values import Disclosure, LinkInfo, OrganizationRef, Period
from opendata.catalog.values import Relation as RelationValue
from opendata.store.datasets import Dataset, Relation, Resource
from opendata.store.harvests import HarvestRecord
from opendata.store.organizations import Organization
from opendata.store.register import Contract, Deliverable, Performer, Study, Utilisation
from opendata.store.states import ItemResult


def dataset_record(row: Dataset, *, full: bool = True, public_only: bool = True, stored: bool = False) -> DatasetRecord:
    """The dataset as a record. Needs its organization, study, resources and, when `full`, contracts of the study,
    harvest records with their source, and relations with their targets. Without `full` those three are empty. With
    `stored` files that are held have the disclosure that is stored, as they must where it is to be written again.
    """
    return DatasetRecord(
        id=row.id,
        slug=row.slug,
        type=row.type,
        identifier=row.identifier,
        title=row.title,
        description=row.description,
        table_of_contents=row.table_of_contents,
        keywords=row.keywords,
        themes=row.themes,
        subjects=row.subjects,
        organization=organization_ref(row.organization),
        performer=row.performer,
        contributors=row.contributors,
        contacts=row.contacts,
        license_id=row.license_id,
        license_text=row.license_text,
        identifiers=row.identifiers,
        issued=row.issued,
        modified=row.modified,
        languages=row.languages,
        frequency=row.frequency,
        temporal=row.temporal,
        spatial=row.spatial,
        bbox=row.bbox,
        landing_page=row.landing_page,
        version=row.version,
        relations=relation_values(row.relations, public_only=public_only) if full else (),
        resources=tuple(resource_record(resource, stored=stored) for resource in row.resources),
        extras=row.extras,
        register_number=row.register_number,
        report_number=row.report_number,
        study=_study_of(row, contracts=full, public_only=public_only),
        state=row.state,
        private=row.private,
        demo=row.demo,
        read_from_file=row.read_from_file,
        edited=edits(row.edited),
        tombstone=tombstone(row.withdrawn_at, row.withdrawn_reason),
        **_of_the_store(row),
        **(_provenance(row) if full else {}),
    )


def _of_the_store(row: Dataset) -> dict[str, Any]:
    """What no source says."""
    names = ("metadata_created", "metadata_modified", "views", "downloads", "published_at", "creator_id")
    return {name: getattr(row, name) for name in names}


def _provenance(row: Dataset) -> dict[str, Any]:
    sources = source_refs(row)
    return {"source": sources[0] if sources else None, "sources": sources}


def _study_of(row: Dataset, *, contracts: bool, public_only: bool) -> StudyRef | None:
    """The study that the dataset belongs to, as far as readers may know of it."""
    if row.study is None or (public_only and not is_public(row.study)):
        return None
    return study_ref(row.study, contracts=contracts)


def resource_record(row: Resource, *, stored: bool = False) -> ResourceRecord:
    """The file as a record. Needs nothing else. One that is kept back is withheld for all who read it."""
    return ResourceRecord(
        key=row.key,
        id=row.id,
        name=row.name,
        description=row.description,
        role=row.role,
        position=row.position,
        filename=row.filename,
        format=row.format,
        media_type=row.media_type,
        byte_size=row.byte_size,
        checksum=row.checksum,
        stored=row.stored,
        download_url=row.download_url,
        access_url=row.access_url,
        language=row.language,
        license_id=row.license_id,
        license_text=row.license_text,
        issued=row.issued,
        modified=row.modified,
        disclosure=row.disclosure if stored else shown_disclosure(row),
        text=row.text,
        fetch_problem=row.fetch_problem,
        link=LinkInfo(row.link_status, row.link_checked, row.link_problem, row.fetched),
        downloads=row.downloads,
        extras=row.extras,
        created=row.created,
        metadata_modified=row.metadata_modified,
    )


def shown_disclosure(row: Resource) -> Disclosure:
    """The disclosure of the file as readers are told it: the one place where bytes are kept back from the public."""
    unread = row.stored and row.text.status is TextStatus.PENDING
    return standing(row.disclosure, held=row.held, unread=unread)


def study_record(row: Study, *, public_only: bool = True) -> StudyRecord:
    """The study as a record. Needs organization, performers, utilisations, datasets, contracts with deliverables."""
    return StudyRecord(
        id=row.id,
        slug=row.slug,
        register_number=row.register_number or "",
        title=row.title,
        description=row.description,
        keywords=row.keywords,
        subjects=row.subjects,
        themes=row.themes,
        organization=organization_ref(row.organization),
        unit=row.unit,
        official=row.official,
        performers=tuple(performer_record(performer) for performer in row.performers),
        programme=row.programme,
        call=row.call,
        priority=row.priority,
        contracts=tuple(contract_record(contract, public_only=public_only) for contract in row.contracts),
        period=Period(row.period_start, row.period_end),
        status=row.status,
        disclosure=row.disclosure,
        evaluation=row.evaluation,
        utilisations=tuple(utilisation_record(utilisation) for utilisation in row.utilisations),
        datasets=tuple(dataset_ref(d) for d in row.datasets if is_public(d) or not public_only),
        state=row.state,
        private=row.private,
        demo=row.demo,
        tombstone=tombstone(row.withdrawn_at, row.withdrawn_reason),
        metadata_created=row.metadata_created,
        metadata_modified=row.metadata_modified,
        published_at=row.published_at,
        creator_id=row.creator_id,
    )


def contract_record(row: Contract, *, public_only: bool = True) -> ContractRecord:
    """The contract as a record. Needs its deliverables with their datasets."""
    return ContractRecord(
        contract_number=row.contract_number,
        signed=row.signed,
        amount=row.amount,
        currency=row.currency,
        contract_type=row.contract_type,
        deliverables=tuple(deliverable_record(d, public_only=public_only) for d in row.deliverables),
    )


def deliverable_record(row: Deliverable, *, public_only: bool = True) -> DeliverableRecord:
    """The deliverable as a record. Needs its dataset."""
    dataset = row.dataset if row.dataset is not None and (is_public(row.dataset) or not public_only) else None
    return DeliverableRecord(
        id=row.id,
        kind=row.kind,
        period=row.period,
        due=row.due,
        delivered=row.delivered,
        accepted=row.accepted,
        returned=row.returned,
        withheld=row.withheld,
        dataset=dataset_ref(dataset) if dataset is not None else None,
    )


def performer_record(row: Performer) -> PerformerRecord:
    """The performer as a record."""
    return PerformerRecord(name=row.name, bin=row.bin, ror=row.ror, people=row.people)


def utilisation_record(row: Utilisation) -> UtilisationRecord:
    """What came of the study, as a record."""
    return UtilisationRecord(kind=row.kind, description=row.description, date=row.date, url=row.url)


def organization_ref(row: Organization | None) -> OrganizationRef | None:
    """The organisation as its records show it."""
    if row is None:
        return None
    return OrganizationRef(
        id=row.id,
        slug=row.slug,
        title=row.title,
        identifier=row.identifier,
        description=row.description,
        homepage=row.homepage,
    )


def organization_record(row: Organization, *, datasets: int = 0, studies: int = 0) -> OrganizationRecord:
    """The agency with the counts given. Needs its parent and children."""
    return OrganizationRecord(
        id=row.id,
        slug=row.slug,
        title=row.title,
        description=row.description,
        parent=organization_ref(row.parent),
        children=tuple(ref for child in row.children if (ref := organization_ref(child))),
        homepage=row.homepage,
        email=row.email,
        dataset_count=datasets,
        study_count=studies,
        demo=row.demo,
    )


def dataset_ref(row: Dataset) -> DatasetRef:
    """The dataset as far as another record needs it."""
    return DatasetRef(id=row.id, slug=row.slug, title=row.title, type=row.type, issued=row.issued)


def study_ref(row: Study, *, contracts: bool = True) -> StudyRef:
    """The study as its datasets show it. Needs its contracts when they are wanted."""
    numbers = tuple(contract.contract_number for contract in row.contracts) if contracts else ()
    return StudyRef(
        id=row.id,
        slug=row.slug,
        register_number=row.register_number or "",
        title=row.title,
        contract_numbers=numbers,
    )


def edits(stored: Mapping[str, Any]) -> tuple[Edit, ...]:
    """What people wrote by hand, as `Dataset.edited` holds it."""
    return tuple(
        Edit(name, dt.datetime.fromisoformat(one["at"]), UUID(one["user"]) if one["user"] else None, one.get("said"))
        for name, one in (stored or {}).items()
    )


def source_refs(row: Dataset) -> tuple[SourceRef, ...]:
    """All sources that have the dataset, the one that it follows first, those that lost it last."""
    refs = [source_ref(one, row.landing_page) for one in row.harvest_records]
    return tuple(sorted(refs, key=lambda ref: (ref.lost, not ref.leads, ref.priority)))


def source_ref(row: HarvestRecord, landing_page: str = "") -> SourceRef:
    """Where a record came from. Needs the harvest record's source. `landing_page` is that of the dataset."""
    return SourceRef(
        name=row.source.name,
        title=row.source.title,
        url=row.source.url,
        type=row.source.type,
        identifier=row.identifier,
        last_seen=row.last_seen,
        harvested=row.harvested,
        first_seen=row.first_seen,
        leads=row.leads,
        priority=row.source.priority,
        original=landing_page if row.leads else _landing_page(row),
        lost=row.result is ItemResult.WITHDRAWN,
    )


def _landing_page(row: HarvestRecord) -> str:
    """The address of the record at a source that does not lead, where what it says is loaded."""
    if "said" in inspect(row).unloaded or not row.said:
        return ""
    return str(json.loads(zlib.decompress(row.said)).get("landing_page", ""))


def relation_values(rows: Sequence[Relation], *, public_only: bool) -> tuple[RelationValue, ...]:
    """The relations as their origin tells them. Needs the targets."""
    shown = (row for row in rows if not public_only or _leads_to_public(row))
    return tuple(relation_value(row) for row in shown)


def _leads_to_public(row: Relation) -> bool:
    """Whether the far end is a link or a record that everybody may know of."""
    target = row.target_dataset or row.target_study
    return target is None or is_public(target)


def relation_target(row: Relation) -> RelationValue:
    """A relation as it can be written again: what it leads to, without what the far end says of itself."""
    return RelationValue(row.kind, row.target, row.target_dataset_id or row.target_study_id, row.title)


def relation_value(row: Relation) -> RelationValue:
    """A relation as its origin tells it. Needs both targets; one of ours gives its own title and slug."""
    target = row.target_dataset or row.target_study
    return RelationValue(
        kind=row.kind,
        target=row.target,
        target_id=target.id if target is not None else None,
        title=target.title if target is not None else row.title,
        target_slug=target.slug if target is not None else "",
    )


def tombstone(at: dt.datetime | None, reason: str) -> Tombstone | None:
    """What stays of a withdrawn record."""
    return Tombstone(at, reason) if at is not None else None

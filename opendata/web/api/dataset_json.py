"""Datasets between the records of the services and the JSON of /api/v1, both ways."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from opendata.catalog.licenses import resource_license_id, verdict
from opendata.catalog.provenance import SourceRef
from opendata.catalog.records import DatasetRecord, ResourceRecord, StudyRef, TextInfo
from opendata.catalog.values import LinkInfo, OrganizationRef, Relation, Text
from opendata.export.site import Site
from opendata.harvesting.credentials import shown_address
from opendata.web.api import dataset_shapes as shapes
from opendata.web.api.shapes import Faults, Json, fields_of, hints, json_of

SAME = (
    "id", "slug", "type", "title", "description", "table_of_contents", "keywords", "themes", "subjects", "performer",
    "contributors", "contacts", "license_id", "license_text", "identifier", "identifiers", "issued", "modified",
    "languages", "frequency", "temporal", "spatial", "bbox", "landing_page", "version", "extras", "register_number",
    "report_number", "state", "private", "demo", "read_from_file", "tombstone", "metadata_created",
    "metadata_modified", "views", "downloads",
)  # fmt: skip
"""Fields that are given as the record has them."""

RESOURCE_SAME = (
    "id", "name", "description", "role", "position", "filename", "format", "media_type", "byte_size", "checksum",
    "stored", "download_url", "access_url", "language", "license_id", "license_text", "issued", "modified",
    "disclosure", "text", "fetch_problem", "downloads", "extras",
)  # fmt: skip

OURS = ("key", "id")
"""What of a file's record is never written from outside."""


def given(record: DatasetRecord, site: Site, today: dt.date, *, closed_too: bool = False) -> Json:
    """The dataset, complete. Without `closed_too` no more of closed files than its page shows."""
    return json_of(shape(record, site, today, closed_too=closed_too))


def shape(record: DatasetRecord, site: Site, today: dt.date, *, closed_too: bool = False) -> shapes.Dataset:
    """As `given`, typed."""
    resources = tuple(resource(one, record, site, today, closed_too=closed_too) for one in record.resources)
    same: dict[str, Any] = {name: getattr(record, name) for name in SAME}
    return shapes.Dataset(
        **same,
        url=site.dataset(record),
        permanent_url=site.permanent(record.id),
        organization=organization_line(record.organization),
        open=verdict(record.license_id).open,
        relations=tuple(_relation(one) for one in record.relations),
        resources=resources,
        study=study_line(record.study),
        disclosure=record.disclosure_on(today).status,
        source=_source(record.source) if record.source else None,
        sources=tuple(map(_source, record.sources)),
        edited=tuple(shapes.EditLine(one.field, one.at) for one in record.edited),
    )


def resource(
    file: ResourceRecord, record: DatasetRecord, site: Site, today: dt.date, *, closed_too: bool = False
) -> shapes.Resource:
    """A file of a dataset."""
    is_open = file.disclosure.is_open(today)
    shown = file if is_open or closed_too else _closed(file)
    same: dict[str, Any] = {name: getattr(shown, name) for name in RESOURCE_SAME}
    content = site.download(record, shown) if is_open or closed_too else ""
    return shapes.Resource(
        **same,
        url=site.resource(record, file),
        content_url=content,
        available=is_open and bool(content),
        open=verdict(resource_license_id(file, record)).open,
        disclosure_today=file.disclosure.on(today).status,
        link=shapes.LinkLine(shown.link.status, shown.link.checked, shown.link.problem, shown.link.fetched),
    )


def _closed(file: ResourceRecord) -> ResourceRecord:
    """What a page shows of a file that is not open: neither where it is nor anything of what is in it."""
    return replace(
        file,
        stored=False,
        download_url="",
        access_url="",
        checksum="",
        text=TextInfo(),
        fetch_problem="",
        link=LinkInfo(),
        extras=(),
    )


def organization_line(ref: OrganizationRef | None) -> shapes.OrganizationLine | None:
    """The agency of a record."""
    return shapes.OrganizationLine(ref.id, ref.slug, ref.title) if ref is not None and ref.id is not None else None


def study_line(ref: StudyRef | None) -> shapes.StudyLine | None:
    """The study of a dataset."""
    if ref is None:
        return None
    return shapes.StudyLine(ref.id, ref.slug, ref.register_number, ref.title, ref.contract_numbers)


def _relation(one: Relation) -> shapes.RelationLine:
    return shapes.RelationLine(one.kind, one.target, one.target_id, one.target_slug, one.title)


def _source(ref: SourceRef) -> shapes.SourceLine:
    web = ("http://", "https://")
    return shapes.SourceLine(
        name=ref.name,
        title=ref.title,
        type=ref.type,
        url=shown_address(ref.url) if ref.url.startswith(web) else "",
        identifier=ref.identifier,
        original=shown_address(ref.original) if ref.original.startswith(web) else "",
        first_seen=ref.first_seen,
        last_seen=ref.last_seen,
        harvested=ref.harvested,
        leads=ref.leads,
        lost=ref.lost,
        priority=ref.priority,
    )


def _names(kind: Any) -> frozenset[str]:
    return frozenset(name for name, _ in hints(kind))


SHOWN_ONLY = _names(shapes.Dataset) - _names(shapes.DatasetGiven)
"""What a dataset is shown with and is never taken from outside: passed over, so that PUT takes what GET gave."""
RESOURCE_SHOWN_ONLY = _names(shapes.Resource) - _names(shapes.ResourceGiven)
RELATION_SHOWN_ONLY = _names(shapes.RelationLine) - _names(shapes.RelationGiven)


def taken(data: Json, faults: Faults, pointer: str = "") -> shapes.DatasetGiven | None:
    """What a body says of a dataset; None, and faults, where it cannot be."""
    data = _without(data, SHOWN_ONLY)
    if isinstance(data, dict):
        if "organization" in data:
            data["organization"] = name_of(data["organization"])
        for name, shown in (("resources", RESOURCE_SHOWN_ONLY), ("relations", RELATION_SHOWN_ONLY)):
            if isinstance(data.get(name), list):
                data[name] = [_without(one, shown) for one in data[name]]
    before = len(faults.found)
    found = fields_of(shapes.DatasetGiven, data, pointer, faults)
    if found is None or len(faults.found) > before:
        return None
    return shapes.DatasetGiven(**found)


def taken_resource(data: Json, faults: Faults, pointer: str = "") -> shapes.ResourceGiven | None:
    """What a body says of a file."""
    before = len(faults.found)
    found = fields_of(shapes.ResourceGiven, _without(data, RESOURCE_SHOWN_ONLY), pointer, faults)
    if found is None or len(faults.found) > before:
        return None
    return shapes.ResourceGiven(**found)


def _without(data: Json, names: frozenset[str]) -> Json:
    return {name: one for name, one in data.items() if name not in names} if isinstance(data, dict) else data


def name_of(data: Json) -> Json:
    """Slug or id: as text, or of the object that a record is shown with. "" for none; what is wrong stays as it is."""
    if data is None:
        return ""
    if isinstance(data, dict) and all(isinstance(data.get(name, ""), str) for name in ("id", "slug")):
        return data.get("id") or data.get("slug") or ""
    return data


def over(
    stored: DatasetRecord,
    said: shapes.DatasetGiven,
    shown: shapes.DatasetGiven | None,
    agency: OrganizationRef | None,
    faults: Faults,
) -> DatasetRecord:
    """`stored` with what was `said`. A field that is said as it was `shown` stays as it is stored.

    For what is shown is not all that is stored: a file that is kept back is shown as withheld, and relations with
    those that others have to the record.
    """
    changes: dict[str, Any] = {}
    for name, _ in hints(shapes.DatasetGiven):
        value = getattr(said, name)
        if name in ("organization", "resources", "relations") or (shown and value == getattr(shown, name)):
            continue
        changes[name] = value
    if shown is None or said.organization != shown.organization:
        changes["organization"] = agency
    if shown is None or said.relations != shown.relations:
        theirs = {(one.kind, one.target_id) for one in stored.relations}
        others = () if shown is None else shown.relations
        foreign = [one for one in others if one.target_id and (one.kind, one.target_id) not in theirs]
        changes["relations"] = tuple(_relation_of(one) for one in said.relations if one not in foreign)
    if shown is None or said.resources != shown.resources:
        changes["resources"] = files(stored.resources, said.resources, shown.resources if shown else (), faults)
    return replace(stored, **changes)


def _relation_of(one: shapes.RelationGiven) -> Relation:
    return Relation(one.kind, one.target, one.target_id, one.title)


def files(
    stored: Sequence[ResourceRecord],
    said: Sequence[shapes.ResourceGiven],
    shown: Sequence[shapes.ResourceGiven],
    faults: Faults,
) -> tuple[ResourceRecord, ...]:
    """The files in the order in which they were said: stored ones with what was said of them, and new links."""
    known = {one.id: one for one in stored}
    before = {one.id: one for one in shown}
    found: list[ResourceRecord] = []
    used: set[UUID] = set()
    for number, one in enumerate(said):
        if one.id is not None and (one.id not in known or one.id in used):
            faults.add(
                f"/resources/{number}/id", "unknown_file", "This dataset has no such file, or it is named twice."
            )
            continue
        if one.id is None:
            found.append(file_over(ResourceRecord(position=number), one, None))
        else:
            used.add(one.id)
            found.append(replace(file_over(known[one.id], one, before.get(one.id)), position=number))
    return tuple(found)


def file_over(stored: ResourceRecord, said: shapes.ResourceGiven, shown: shapes.ResourceGiven | None) -> ResourceRecord:
    """`stored` with what was said of it; of the bytes that we hold, what they are is not for anybody to say."""
    own = ("checksum", "byte_size", "id") if stored.stored else ("id",)
    changes: dict[str, Any] = {}
    for name, _ in hints(shapes.ResourceGiven):
        value = getattr(said, name)
        if name in own or (shown is not None and value == getattr(shown, name)):
            continue
        changes[name] = value
    if shown is None and not stored.key:
        changes["key"] = said.download_url or said.access_url or said.filename
    return replace(stored, **changes)


def as_given(shown: shapes.Dataset) -> shapes.DatasetGiven:
    """What is shown, as if somebody had sent it."""
    found = taken(json_of(shown), Faults())
    if found is None:
        raise ValueError("what is shown of a dataset cannot be taken")
    return found


def new(said: shapes.DatasetGiven, agency: OrganizationRef | None, faults: Faults) -> DatasetRecord:
    """A dataset that is not there yet."""
    return over(DatasetRecord(Text()), dataclasses.replace(said), None, agency, faults)

"""What a newly found record becomes beside the one that is stored: pure rules, no store.

The source's word wins for what it says. What we know ourselves stays: ids, stored bytes and their text, and fields that
were empty in the source and filled from the document (they stay filled until the source gives a value). What people
wrote by hand stays above all of it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace

from opendata.catalog.records import DatasetRecord, ResourceRecord, ResourceRole, TextInfo, TextStatus
from opendata.catalog.validation import TITLE_FROM_FILE_NAME
from opendata.services.edits import with_edits
from opendata.store import codec
from opendata.store.from_records import resource_keys


def content_hash(record: DatasetRecord, checksums: Mapping[str, str]) -> str:
    """SHA-256 of all that the source said and of the files (by key) that came with it; equal means nothing to write."""
    said = [codec.dump(record), dict(checksums)]
    data = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(data.encode("utf-8", "surrogatepass")).hexdigest()


def with_keys(record: DatasetRecord) -> DatasetRecord:
    """The record with a key on every resource, as the store gives it, and their order."""
    keyed = zip(resource_keys(record.resources), record.resources, strict=True)
    resources = tuple(replace(resource, key=key, position=i) for i, (key, resource) in enumerate(keyed))
    return replace(record, resources=resources)


def merged(found: DatasetRecord, stored: DatasetRecord | None, today: dt.date, *, fetch: bool = True) -> DatasetRecord:
    """`found` as it is to be written over `stored` (None for a new record), as things stand on `today`.

    `fetch` tells whether linked files will be fetched; where nobody will, a link says so instead of waiting for ever.
    """
    found = replace(found, resources=tuple(_standing(resource, today, fetch) for resource in found.resources))
    if stored is None:
        return found
    ours = {resource.key: resource for resource in stored.resources}
    resources = tuple(_merged_resource(resource, ours.get(resource.key)) for resource in found.resources)
    kept = {name: getattr(stored, name) for name in stored.read_from_file if not _says(found, name)}
    after = replace(
        found,
        id=stored.id,
        slug=stored.slug,
        resources=resources,
        read_from_file=tuple(kept),
        state=stored.state,
        private=stored.private,
        study=found.study or stored.study,
        **kept,
    )
    return with_edits(after, stored) if stored.edited else after


def _standing(resource: ResourceRecord, today: dt.date, fetch: bool) -> ResourceRecord:
    """The resource with its disclosure of `today`, and the text status of one whose bytes will never be here."""
    resource = replace(resource, disclosure=resource.disclosure.on(today))
    to_come = resource.stored or (fetch and resource.download_url)
    if to_come or resource.text.status is not TextStatus.PENDING:
        return resource
    return replace(resource, text=TextInfo(TextStatus.NOT_STORED))


def _says(found: DatasetRecord, name: str) -> bool:
    """Whether the source gives a value for the field; a title made of a file name is none."""
    if name == "title" and any(extra.key == TITLE_FROM_FILE_NAME for extra in found.extras):
        return False
    return bool(getattr(found, name))


def _merged_resource(found: ResourceRecord, stored: ResourceRecord | None) -> ResourceRecord:
    """The found resource with what we know of its bytes, as long as they are the same bytes."""
    if stored is None:
        return found
    found = replace(found, id=stored.id, downloads=stored.downloads)
    same_link = found.download_url == stored.download_url
    same_bytes = found.checksum == stored.checksum if found.stored else same_link
    if not (found.stored or found.download_url) and stored.disclosure.is_stricter_than(found.disclosure):
        return found  # nothing but the name says that these were the bytes, and they were not for everybody
    if not same_bytes:
        return found
    return replace(
        found,
        stored=stored.stored,
        checksum=stored.checksum or found.checksum,
        byte_size=stored.byte_size if stored.stored else found.byte_size,
        filename=found.filename or stored.filename,
        format=_first(stored.format if stored.stored else "", found.format, stored.format),
        media_type=_first(stored.media_type if stored.stored else "", found.media_type, stored.media_type),
        role=stored.role if found.role is ResourceRole.OTHER else found.role,
        text=stored.text,
        fetch_problem=stored.fetch_problem,
    )


def _first(*values: str) -> str:
    """The first that says something: what the bytes show, else the source's word, else what stood there."""
    return next((value for value in values if value), "")

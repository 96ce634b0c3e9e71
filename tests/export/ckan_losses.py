"""What of a record no harvester gets by CKAN's API, or gets otherwise: a list of docs/formats.md."""

from __future__ import annotations

from dataclasses import replace

from opendata.catalog.records import DatasetRecord, ResourceRecord
from opendata.catalog.values import Identifier, Relation, Text
from opendata.export.entry import Entry, EntryFile
from opendata.export.site import Site

ALONE = {
    "id": "every catalogue gives its own; ours is the package's id",
    "slug": "every catalogue gives its own",
    "state": "only what is published is listed",
    "private": "only what is public is listed",
    "edited": "who wrote a value here is not told, the value is",
    "source": "the reader's source is this catalogue; the extras harvest_source_title and _url name ours",
    "sources": "the same",
    "tombstone": "withdrawn records are not listed",
    "metadata_created": "told, and no reader takes it over",
    "metadata_modified": "the same",
    "published_at": "a matter of this catalogue",
    "creator_id": "a matter of this catalogue",
    "views": "a matter of this catalogue",
    "downloads": "a matter of this catalogue",
    "study": "told by its number, title and address in extras; readers keep its number",
    "groups": "themes are read, other groups are not",
    "file.id": "every catalogue gives its own",
    "file.key": "becomes the id of the file here",
    "file.stored": "whoever reads holds no copy yet",
    "file.text": "whoever reads looks into the file again",
    "file.fetch_problem": "a matter of this catalogue",
    "file.link": "a matter of this catalogue",
    "file.downloads": "a matter of this catalogue",
    "file.created": "a matter of this catalogue",
    "file.metadata_modified": "a matter of this catalogue",
}
"""What belongs to one catalogue and not to the record."""
OTHERWISE = {
    "identifier": "where the source gave none, the package's id",
    "landing_page": "where the source gave none, the record's page here",
    "organization": "without our id; of the agency above it the slug alone",
    "relations": "what leads to a record of ours leads to its address; what only another record tells stays there",
    "register_number": "where the record has none, that of its study",
    "identifiers": "with that number among them",
    "file.download_url": "of a file that we hold, its address here; of a closed file none",
    "file.access_url": "of a closed file none",
    "file.checksum": "of a closed file none",
    "file.extras": "of a closed file none",
}
"""What is told in another way."""

_BLANK, _NO_FILE = DatasetRecord(title=Text()), ResourceRecord()
_NOT_SAID = {name: getattr(_BLANK, name) for name in ALONE if hasattr(_BLANK, name)}
_NOT_SAID_OF_FILES = {
    name: getattr(_NO_FILE, name)
    for name in (one.removeprefix("file.") for one in ALONE if one.startswith("file."))
    if name != "key"
}


def expected(entry: Entry, site: Site) -> DatasetRecord:
    """The record of `entry` as readers have it."""
    record = entry.record
    number = record.register_number or (record.study.register_number if record.study else "")
    told = (Identifier("register_number", number),) if number and not record.register_number else ()
    return replace(
        record,
        **_NOT_SAID,
        identifier=record.identifier or str(record.id),
        landing_page=record.landing_page or site.dataset(record),
        organization=record.organization and replace(record.organization, id=None),
        relations=tuple(_relation(one, site) for one in record.relations),
        register_number=number,
        identifiers=tuple(dict.fromkeys((*record.identifiers, *told))),
        resources=tuple(_file(one, record, site) for one in entry.files),
    )


def _relation(one: Relation, site: Site) -> Relation:
    return replace(
        one, target=site.permanent(one.target_id) if one.target_id else one.target, target_id=None, target_slug=""
    )


def _file(file: EntryFile, record: DatasetRecord, site: Site) -> ResourceRecord:
    one = file.resource
    address = site.download(record, one) if one.stored else one.download_url
    return replace(one, **_NOT_SAID_OF_FILES, key=str(one.id), download_url=address)

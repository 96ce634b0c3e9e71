"""What of a record no reader of a format gets, or gets otherwise: the list of docs/formats.md, and what the tests hold.

`expected` is a record as it comes back: everything else must be the same, field by field.
"""

from __future__ import annotations

from dataclasses import replace

from harvesters.links import file_name
from opendata.catalog import licenses, vocabularies
from opendata.catalog.records import DatasetRecord, ResourceRecord
from opendata.catalog.values import (
    Contributor,
    ContributorRole,
    Disclosure,
    DisclosureStatus,
    OrganizationRef,
    Relation,
    Subject,
    Text,
)
from opendata.export.entry import Entry, EntryFile
from opendata.export.site import Site

OURS_ALONE = {
    "id": "every catalogue gives its own; ours is the last part of the record's address",
    "slug": "every catalogue gives its own",
    "state": "only what is published is exported",
    "private": "only what is public is exported",
    "demo": "a mark of this catalogue",
    "read_from_file": "how a value was found is not told, the value is",
    "edited": "who wrote a value here is not told, the value is",
    "source": "the reader's source is this catalogue; DCAT names ours in the catalogue's own note of the record",
    "sources": "the same",
    "tombstone": "withdrawn records are not exported",
    "metadata_created": "told in DCAT's note of the record, and no reader takes it over",
    "metadata_modified": "the same",
    "published_at": "a matter of this catalogue",
    "creator_id": "a matter of this catalogue",
    "views": "a matter of this catalogue",
    "downloads": "a matter of this catalogue",
    "study": "becomes a relation (IsPartOf) to the study's address, with its title",
    "file.id": "every catalogue gives its own",
    "file.key": "becomes the address of the file's page here",
    "file.stored": "whoever reads holds no copy yet",
    "file.text": "whoever reads looks into the file again",
    "file.fetch_problem": "a matter of this catalogue",
    "file.link": "a matter of this catalogue",
    "file.downloads": "a matter of this catalogue",
    "file.created": "a matter of this catalogue",
    "file.metadata_modified": "a matter of this catalogue",
}
"""What belongs to one catalogue and not to the record: in no format."""
OTHERWISE = {
    "identifier": "where the source gave none, the record's permanent address",
    "landing_page": "where the source gave none, the record's page here",
    "organization": "without our slug and id",
    "contributors": "the agency stands among them as publisher",
    "relations": "what leads to a record of ours leads to its address",
    "subjects": "with our name of the code where we have one",
    "file.download_url": "of a file that we hold, its address here; of a closed file none",
    "file.access_url": "where the source gave none, the file's page here",
    "file.filename": "where the source gave none, the one in its address",
    "file.checksum": "of a closed file none",
    "file.extras": "of a closed file none",
    "file.disclosure": "of an embargo that has ended, neither day nor reason",
    "keywords": "one whose language nobody told may get the language that its letters tell",
}
"""What is told in another way, in DCAT and in data.json."""
DCAT = {
    "license_text": "the licence's own code or address is no word of the source",
    "keywords": "a lone one of its language is parted at commas",
    "languages of texts": "which of several languages is the original is not told",
    "organization.identifier": "the agency's address here",
    "identifiers": "with the source's own identifier of the record among them",
    "file.license_text": "where the licence is known, its address speaks for it",
    "file.name": "where it has none, the file name",
    "file.license_id": "one that is the dataset's own is inherited",
    "license_id": "where the record states none and all its files have one, that",
}
"""What DCAT-AP has no way to say, or says otherwise."""
DATAJSON = {
    "original language": "of a text of which nobody told it, that of the first",
    "texts in other languages": "of a text that is neither Kazakh, Russian nor English the language is not told",
    "organization.identifier": "as the source has it",
    "organization": "where the record has none, whoever published it",
    "contacts": "where the record names nobody, the agency or this catalogue",
    "file.media_type": "where none is known, that of the format",
}
"""What data.json has no way to say, or says otherwise."""


def expected(entry: Entry, site: Site, form: str) -> DatasetRecord:
    """The record of `entry` as readers of `form` ("dcat", "datajson") have it."""
    record = entry.record
    address = site.permanent(record.id)
    files = tuple(_file(entry, file, site, form) for file in entry.files)
    license_id, license_text = record.license_id, record.license_text
    if form == "dcat":
        license_text = _words(license_id, license_text)
    given = {(one.license_id, one.license_text) for one in files}
    if form == "dcat" and not (license_id or license_text) and len(given) == 1:
        license_id, license_text = given.pop()
    if form == "dcat" and (license_id or license_text):
        files = tuple(_inheriting(one, license_id, license_text) for one in files)
    return replace(
        record,
        **{name: _EMPTY[name] for name in OURS_ALONE if not name.startswith("file.")},
        identifier=record.identifier or address,
        landing_page=record.landing_page or site.dataset(record),
        organization=_organization(entry, site, form),
        contributors=(*_named(record), *_publisher(record)),
        relations=_relations(record, site),
        subjects=tuple(map(_subject, record.subjects)),
        license_id=license_id,
        license_text=license_text,
        resources=files,
    )


_BLANK = DatasetRecord(title=Text())
_EMPTY = {name: getattr(_BLANK, name) for name in OURS_ALONE if not name.startswith("file.")}
_NO_FILE = ResourceRecord()


def _organization(entry: Entry, site: Site, form: str) -> OrganizationRef | None:
    body = entry.record.organization
    if body is None:
        named = [one.name for one in entry.record.contributors if one.role is ContributorRole.PUBLISHER]
        return OrganizationRef(title=Text(other=named[0])) if named and form == "datajson" else None
    parent = entry.agency.parent.title if entry.agency and entry.agency.parent else None
    above = str(parent.values()[0]) if parent else body.parent
    identifier = site.permanent(body.id) if form == "dcat" else body.identifier
    return replace(body, id=None, slug="", identifier=identifier, parent=above)


def _named(record: DatasetRecord) -> tuple[Contributor, ...]:
    """Without the publisher that is the agency."""
    names = [text.value for text in record.organization.title.values()] if record.organization else []
    publisher = ContributorRole.PUBLISHER
    return tuple(one for one in record.contributors if one.role is not publisher or one.name not in names)


def _publisher(record: DatasetRecord) -> tuple[Contributor, ...]:
    """The agency by one of its names; which one, no format says."""
    if record.organization is None:
        return ()
    return (Contributor(PUBLISHER, ContributorRole.PUBLISHER, is_organization=True),)


PUBLISHER = "the agency, by one of its names"


def _relations(record: DatasetRecord, site: Site) -> tuple[Relation, ...]:
    found = [
        replace(
            one, target=site.permanent(one.target_id) if one.target_id else one.target, target_id=None, target_slug=""
        )
        for one in record.relations
    ]
    if record.study:
        found.append(Relation("IsPartOf", site.permanent(record.study.id), title=record.study.title))
    return tuple(dict.fromkeys(found))


def _subject(one: Subject) -> Subject:
    return replace(one, label=vocabularies.subject_label(one.scheme, one.code) or one.label)


def _words(license_id: str, words: str) -> str:
    known = licenses.get(license_id) if license_id else None
    return "" if known and words in (known.url, known.id) else words


def _file(entry: Entry, file: EntryFile, site: Site, form: str) -> ResourceRecord:
    resource, record = file.resource, entry.record
    page = site.resource(record, resource)
    download = site.download(record, resource) if file.available and (resource.stored or resource.download_url) else ""
    found = replace(
        resource,
        **{
            name[5:]: getattr(_NO_FILE, name[5:])
            for name in OURS_ALONE
            if name.startswith("file.") and name != "file.key"
        },
        key=page,
        download_url=download,
        access_url=(resource.access_url if file.available else "") or page,
        disclosure=_disclosure(file.disclosure),
    )
    if form == "dcat" and not found.name:
        found = replace(found, name=Text(other=found.filename))
    if not found.filename:
        found = replace(found, filename=file_name(download))
    if form == "dcat" and found.license_id:
        known = licenses.get(found.license_id)
        found = replace(found, license_text="" if known else found.license_text)
    if form == "datajson" and download and not found.media_type:
        found = replace(found, media_type=vocabularies.media_type_of(found.format))
    return found


def _inheriting(file: ResourceRecord, license_id: str, license_text: str) -> ResourceRecord:
    same = (file.license_id, file.license_text) in ((license_id, license_text), (license_id, ""))
    return replace(file, license_id="", license_text="") if same else file


def _disclosure(value: Disclosure) -> Disclosure:
    return Disclosure() if value.status is DisclosureStatus.OPEN else value

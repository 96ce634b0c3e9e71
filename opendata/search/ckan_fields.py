"""The fields by which CKAN's clients filter, facet and sort, as far as the other columns of the index lack them.

They are named as in CKAN's own index (its schema and `package_search`), and hold what its dictionaries show.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Sequence

from opendata.catalog.ckan_extras import as_written, dataset_extensions, free, text_out, written
from opendata.catalog.licenses import verdict
from opendata.catalog.records import DatasetRecord, RecordState, ResourceRecord

Named = tuple[tuple[str, tuple[str, ...]], ...]

MOST_FILES = 200
"""Files of a dataset whose names and links are fields: some have thousands."""
EXTRA = "extras_"


def named_fields(record: DatasetRecord, groups: Sequence[str], today: dt.date) -> Named:
    """The fields of a dataset that have a value, each with those it has; `groups` are the slugs of CKAN's groups."""
    files = [one for one in record.resources[:MOST_FILES] if one.disclosure.is_open(today)]
    found = [*_own(record, groups), *_of_files(files), *_extras(record)]
    named = ((name, tuple(dict.fromkeys(value for value in values if value))) for name, values in found)
    return tuple((name, values) for name, values in named if values)


def _own(record: DatasetRecord, groups: Sequence[str]) -> Iterator[tuple[str, Iterable[str]]]:
    agency, contact = record.organization, record.contacts[0] if record.contacts else None
    if record.state is not RecordState.PUBLISHED:
        yield "state", ["deleted" if record.state is RecordState.WITHDRAWN else "draft"]
    if record.private:
        yield "private", ["true"]
        yield "capacity", ["private"]
    yield "organization", [agency.slug if agency else ""]
    yield "owner_org", [str(agency.id) if agency and agency.id else ""]
    yield "groups", (*record.themes, *groups)
    yield "license_id", [record.license_id]
    yield "isopen", ["true" if verdict(record.license_id).open == "yes" else ""]
    yield "dataset_type", [as_written(record.extras).get("type", "")]
    yield "author", [one.name for one in record.contributors if one.role == "creator"]
    yield "maintainer", [contact.name if contact else ""]
    yield "creator_user_id", [str(record.creator_id or "")]
    yield "url", [record.landing_page]
    yield "version", [record.version]
    yield "num_resources", [str(len(record.resources))]
    yield "num_tags", [str(len(record.keywords))]


def _of_files(files: Sequence[ResourceRecord]) -> Iterator[tuple[str, Iterable[str]]]:
    yield "res_name", [found.value for one in files for found in one.name.values()]
    yield "res_description", [found.value for one in files for found in one.description.values()]
    yield "res_url", [one.download_url or one.access_url for one in files]


def _extras(record: DatasetRecord) -> Iterator[tuple[str, Iterable[str]]]:
    found = dict(written(record, dataset_extensions()))
    if study := record.study:
        found |= {"study_title": text_out(study.title), "contract_number": ", ".join(study.contract_numbers)}
        found.setdefault("register_number", study.register_number)
    if record.source:
        found |= {"harvest_source_title": record.source.title, "harvest_source_url": record.source.url}
    found = free(record.extras) | found | as_written(record.extras)
    return ((EXTRA + key, _parts(value)) for key, value in found.items())


def _parts(value: str) -> Sequence[str]:
    """What of an extra can be asked for: the texts of a list of them, nothing of a list of objects."""
    if value[:1] not in "[{":
        return [value]
    try:
        said = json.loads(value)
    except ValueError:
        return [value]
    texts = said.values() if isinstance(said, dict) else said
    return [one for one in texts if isinstance(one, str)]

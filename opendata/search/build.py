"""From a record to what the index is given. Only public facts go in; the text of files is chosen by the caller."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from uuid import UUID

from opendata.catalog import vocabularies
from opendata.catalog.licenses import resource_license_id, verdict
from opendata.catalog.records import DatasetRecord, StudyRecord
from opendata.catalog.values import LANGUAGES, OrganizationRef, PartialDate, Subject, Text
from opendata.search.ckan_fields import named_fields
from opendata.search.document import FileText, SearchDocument


def dataset_document(
    record: DatasetRecord,
    ancestors: Sequence[str],
    files: tuple[FileText, ...],
    today: dt.date,
    groups: Sequence[str] | None = None,
) -> SearchDocument:
    """The document of a dataset. `ancestors` are the slugs of its organisation and of all above it, `groups` those
    of the groups that it is in; None for a document that is not to be indexed, which needs no `named`.
    """
    licenses = {resource_license_id(resource, record) for resource in record.resources} or {record.license_id}
    study = record.study
    return SearchDocument(
        id=_id(record),
        kind="dataset",
        type=record.type.value,
        slug=record.slug,
        title=sort_title(record.title),
        titles=_texts(record.title),
        descriptions=_texts(record.description),
        table_of_contents=_texts(record.table_of_contents),
        keywords=_filled(keyword.text for keyword in record.keywords),
        people=_filled(person.name for person in record.contributors) + _texts(record.performer),
        persons=_filled(person.name for person in record.contributors if not person.is_organization),
        identifiers=_filled((record.identifier, record.register_number, record.report_number))
        + _filled(identifier.value for identifier in record.identifiers)
        + (study.contract_numbers if study else ()),
        other_text=_file_words(record)
        + _about(_agency(record.organization), record.subjects, record.themes)
        + _filled((record.spatial,)),
        organization=tuple(ancestors),
        performer=_shown(record.performer),
        license_id=tuple(sorted(license_id or "notspecified" for license_id in licenses)),
        open=_open(licenses),
        format=_filled(resource.format for resource in record.resources),
        language=record.languages,
        theme=record.themes,
        subject=_subject_codes(record.subjects),
        disclosure=record.disclosure_on(today).status.value,
        text=_filled(r.text.status.value for r in record.resources if r.disclosure.is_open(today)),
        year=record.issued.year if record.issued else 0,
        issued=_day_number(record.issued),
        metadata_modified=_seconds(record.metadata_modified),
        downloads=record.downloads,
        views=record.views,
        created_at=_microseconds(record.metadata_created),
        modified_at=_microseconds(record.metadata_modified),
        named=() if groups is None else named_fields(record, groups, today),
        files=files,
    )


def study_document(record: StudyRecord, ancestors: Sequence[str], today: dt.date) -> SearchDocument:
    """The document of a study; its year is the one in which it began."""
    named = [person for performer in record.performers for person in performer.people]
    performers = [name for performer in record.performers for name in _texts(performer.name)]
    more = (record.unit, record.programme, record.call, record.priority, record.evaluation)
    return SearchDocument(
        id=_id(record),
        kind="study",
        type="study",
        slug=record.slug,
        title=sort_title(record.title),
        titles=_texts(record.title),
        descriptions=_texts(record.description),
        keywords=_filled(keyword.text for keyword in record.keywords),
        people=_filled([*(person.name for person in named), *performers, record.official]),
        persons=_filled(person.name for person in named if not person.is_organization),
        identifiers=_filled([record.register_number, *(c.contract_number for c in record.contracts)]),
        other_text=tuple(value for text in more for value in _texts(text))
        + tuple(value for use in record.utilisations for value in _texts(use.description))
        + _about(_agency(record.organization), record.subjects, record.themes),
        organization=tuple(ancestors),
        performer=_filled(name for performer in record.performers for name in _shown(performer.name)),
        theme=record.themes,
        subject=_subject_codes(record.subjects),
        disclosure=record.disclosure.on(today).status.value,
        year=record.period.start.year if record.period.start else 0,
        issued=_day_number(record.period.start),
        metadata_modified=_seconds(record.metadata_modified),
    )


def sort_title(title: Text) -> str:
    """What titles are sorted by: the original, without case and leading punctuation, at most 200 characters."""
    first = next((text.value for text in title.values()), "")
    return first.casefold().lstrip(" \"'«»„“”()[]-–—.")[:200]


def _id(record: DatasetRecord | StudyRecord) -> UUID:
    if record.id is None:
        raise ValueError("a record without an id cannot be indexed")
    return record.id


def _texts(text: Text) -> tuple[str, ...]:
    return tuple(found.value for found in text.values())


def _shown(text: Text) -> tuple[str, ...]:
    """The one form of a name that a facet counts: the original."""
    return tuple(found.value for found in text.values()[:1])


def _filled(values: Iterable[str]) -> tuple[str, ...]:
    """Without repeats and empty ones, in order."""
    return tuple(dict.fromkeys(value for value in values if value))


def _file_words(record: DatasetRecord) -> tuple[str, ...]:
    """Names and descriptions of files."""
    words = (
        word
        for resource in record.resources
        for word in (*_texts(resource.name), *_texts(resource.description), resource.filename)
    )
    return _filled(words)


def _agency(organization: OrganizationRef | None) -> Text:
    return organization.title if organization else Text()


def _about(agency: Text, subjects: Sequence[Subject], themes: Sequence[str]) -> tuple[str, ...]:
    """Names of the agency, the subjects and the themes, so that they are found by words too."""
    names = [vocabularies.subject_label(subject.scheme, subject.code) for subject in subjects]
    words = [vocabularies.label("theme", theme, language) for theme in themes for language in LANGUAGES]
    return _filled([*_texts(agency), *(value for name in names for value in _texts(name)), *words])


def _subject_codes(subjects: Sequence[Subject]) -> tuple[str, ...]:
    """Every GRNTI code with the classes above it."""
    return _filled(code for s in subjects if s.scheme == "grnti" for code in vocabularies.subject_path(s.code))


def _open(licenses: Iterable[str]) -> str:
    """The least open verdict among the licences of the files."""
    verdicts = {verdict(license_id).open for license_id in licenses}
    return next(value for value in ("no", "unstated", "yes") if value in verdicts)


def _day_number(date: PartialDate | None) -> int:
    if date is None:
        return 0
    day = date.first_day()
    return day.year * 10_000 + day.month * 100 + day.day


def _seconds(instant: dt.datetime | None) -> int:
    return int(instant.timestamp()) if instant else 0


def _microseconds(instant: dt.datetime | None) -> int:
    return (instant - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1) if instant else 0

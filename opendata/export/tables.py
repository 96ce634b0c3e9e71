"""All public datasets as one table, a row each, or as CKAN's dictionaries, a line each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from opendata.catalog.records import OrganizationRecord
from opendata.catalog.values import Text
from opendata.export import ckan
from opendata.export.entry import Entry
from opendata.export.sheets import Cell, csv_pieces, gathered, json_line, xlsx_pieces
from opendata.export.site import Site

Column = Callable[[Entry, Site], Cell]


def _title(language: str) -> Column:
    return lambda entry, _site: entry.record.title.inside(language)


def _agency(entry: Entry, site: Site) -> Cell:
    return entry.record.organization.title.show(site.language).value if entry.record.organization else None


def _licenses(entry: Entry, _site: Site) -> Cell:
    return tuple(dict.fromkeys(file.license_id for file in entry.files)) or (entry.record.license_id,)


def _open(entry: Entry, _site: Site) -> Cell:
    """Whether every file of it is open by its licence: "unstated" where one says nothing and none says no."""
    verdicts = {file.verdict.open for file in entry.files} or {entry.verdict.open}
    return next(one for one in ("no", "unstated", "yes") if one in verdicts)


def _texts(text: Text) -> Cell:
    return tuple(dict.fromkeys(value.value for value in text.values()))


COLUMNS: Mapping[str, Column] = {
    "id": lambda entry, _site: str(entry.record.id),
    "slug": lambda entry, _site: entry.record.slug,
    "url": lambda entry, site: site.dataset(entry.record),
    "uri": lambda entry, site: site.permanent(entry.record.id),
    "title_kk": _title("kk"),
    "title_ru": _title("ru"),
    "title_en": _title("en"),
    "title_other": lambda entry, _site: entry.record.title.other,
    "organization": lambda entry, _site: entry.record.organization.slug if entry.record.organization else None,
    "organization_title": _agency,
    "performer": lambda entry, _site: _texts(entry.record.performer),
    "people": lambda entry, _site: tuple(dict.fromkeys(one.name for one in entry.record.contributors)),
    "issued": lambda entry, _site: str(entry.record.issued or ""),
    "type": lambda entry, _site: str(entry.record.type),
    "license_id": _licenses,
    "open": _open,
    "format": lambda entry, _site: tuple(dict.fromkeys(f.resource.format for f in entry.files if f.resource.format)),
    "files": lambda entry, _site: len(entry.files),
    "language": lambda entry, _site: entry.record.languages,
    "theme": lambda entry, _site: entry.record.themes,
    "subject": lambda entry, _site: tuple(f"{one.scheme}:{one.code}" for one in entry.record.subjects),
    "keywords": lambda entry, _site: tuple(dict.fromkeys(word.text for word in entry.record.keywords)),
    "disclosure": lambda entry, _site: str(entry.disclosure.status),
    "identifiers": lambda entry, _site: tuple(dict.fromkeys(one.value for one in entry.record.identifiers)),
    "register_number": lambda entry, _site: entry.record.register_number,
    "downloads": lambda entry, _site: entry.record.downloads,
    "metadata_modified": lambda entry, _site: (
        entry.record.metadata_modified.isoformat(timespec="seconds") if entry.record.metadata_modified else None
    ),
}
"""Name of each column and what stands in it; docs/formats.md tells what they mean."""


def _rows(entries: Iterator[Entry], site: Site) -> Iterator[list[Cell]]:
    return ([column(entry, site) for column in COLUMNS.values()] for entry in entries)


def stream_csv(entries: Iterator[Entry], site: Site) -> Iterator[bytes]:
    """The table as CSV."""
    return csv_pieces(tuple(COLUMNS), _rows(entries, site))


def stream_xlsx(entries: Iterator[Entry], site: Site) -> Iterator[bytes]:
    """The table as an Excel workbook."""
    return xlsx_pieces(tuple(COLUMNS), _rows(entries, site))


def stream_jsonl(entries: Iterator[Entry], site: Site) -> Iterator[bytes]:
    """CKAN's dictionary of each dataset in a line, as `ckanapi dump datasets` writes and `ckanapi load` reads them."""
    return gathered(json_line(_package(entry, site)) for entry in entries)


def _package(entry: Entry, site: Site) -> ckan.Dict:
    groups = [ckan.theme_group(code) for code in entry.record.themes]
    return ckan.package(entry.record, site, _facts(entry.agency) if entry.agency else None, groups)


def _facts(agency: OrganizationRecord) -> ckan.OrganizationFacts:
    parent = agency.parent
    return ckan.OrganizationFacts(
        agency.id,
        agency.slug,
        agency.title,
        agency.description,
        homepage=agency.homepage,
        email=agency.email,
        parent=ckan.OrganizationFacts(parent.id, parent.slug, parent.title) if parent and parent.id else None,
    )

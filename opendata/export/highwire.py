"""The citation tags of Highwire Press, which Google Scholar and reference programs read in the head of a page.

Their names: https://scholar.google.com/intl/en/scholar/inclusion.html#indexing
"""

from __future__ import annotations

from collections.abc import Iterator

from opendata.catalog.records import DatasetType, StudyRecord
from opendata.catalog.values import PartialDate
from opendata.export.entry import Entry
from opendata.export.names import Name, name_of
from opendata.export.reference import AUTHORS, reference
from opendata.export.site import Site

Tag = tuple[str, str]
"""Name and content of a meta element."""

MOST = 100
"""Authors and keywords that are named: a page must not become megabytes of data."""

_INSTITUTION = {
    DatasetType.THESIS: "citation_dissertation_institution",
    DatasetType.ARTICLE: "citation_publisher",
    DatasetType.BOOK: "citation_publisher",
}
_REPORT = "citation_technical_report_institution"


def tags(entry: Entry, site: Site, language: str) -> tuple[Tag, ...]:
    """Those of a dataset for its page in `language`; what is not known is left out. Only open PDFs are named."""
    found = reference(entry, site, language)
    record = entry.record
    pairs: list[Tag] = [("citation_title", found.title), *_authors(found.authors)]
    pairs += [("citation_publication_date", day(found.issued)), ("citation_language", found.language)]
    pairs += [(_INSTITUTION.get(found.type, _REPORT), found.institution)]
    pairs += [("citation_technical_report_number", found.number or found.register_number)]
    pairs += [("citation_journal_title", found.container if found.type is DatasetType.ARTICLE else "")]
    pairs += [("citation_doi", found.doi), ("citation_isbn", found.isbn), ("citation_issn", found.issn)]
    pairs += [("citation_keywords", word) for word in found.keywords[:MOST]]
    pairs += [("citation_abstract_html_url", site.dataset(record))]
    pairs += [("citation_pdf_url", address) for address in _pdfs(entry, site)]
    return _told(pairs)


def study_tags(record: StudyRecord, site: Site, language: str) -> tuple[Tag, ...]:
    """Those of a commissioned study: a project, dated by its end, else by its beginning."""
    leaders = (one for body in record.performers for one in body.people if one.role in AUTHORS)
    title = record.title.show(language)
    body = next((one.name for one in record.performers if one.name), None)
    agency = record.organization.title if record.organization else None
    stands_behind = body or agency
    pairs: list[Tag] = [("citation_title", title.value), *_authors(dict.fromkeys(map(name_of, leaders)))]
    pairs += [("citation_publication_date", day(record.period.end or record.period.start))]
    pairs += [("citation_language", title.language)]
    pairs += [(_REPORT, stands_behind.show(language).value if stands_behind else "")]
    pairs += [("citation_technical_report_number", record.register_number)]
    pairs += [("citation_keywords", one.text) for one in record.keywords[:MOST]]
    pairs += [("citation_abstract_html_url", f"{site.url}/study/{record.slug}")]
    return _told(pairs)


def day(given: PartialDate | None) -> str:
    """The date as the tags have it: 2024/05/17, 2024/05 or 2024; "" for none."""
    return str(given).replace("-", "/") if given else ""


def _authors(names: dict[Name, None] | tuple[Name, ...]) -> Iterator[Tag]:
    for name in tuple(names)[:MOST]:
        parts = f"{name.family}, {name.given}" if name.family and name.given else str(name)
        yield "citation_author", parts


def _pdfs(entry: Entry, site: Site) -> Iterator[str]:
    for file in entry.files:
        if file.available and file.resource.stored and file.resource.format.lower() == "pdf":
            yield site.download(entry.record, file.resource)


def _told(pairs: list[Tag]) -> tuple[Tag, ...]:
    """Without what is not known, each on one line."""
    flat = ((name, " ".join(content.split())) for name, content in pairs)
    return tuple((name, content) for name, content in flat if content)

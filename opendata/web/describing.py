"""What a page says of itself to programs, and how people cite what it shows."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from markupsafe import Markup

from opendata.catalog.records import DatasetRecord, StudyRecord
from opendata.catalog.stored import is_public
from opendata.export import highwire, schemaorg, schemaorg_study
from opendata.export.citations import Citation, citations
from opendata.export.entry import Entry
from opendata.export.highwire import Tag
from opendata.web.i18n import page_language
from opendata.web.identity import actor, the_catalogue
from opendata.web.labels import label
from opendata.web.this_site import the_site


def citations_of(record: DatasetRecord) -> tuple[tuple[str, tuple[Citation, ...]], ...]:
    """(words for the language, citations in it), that of the page first."""
    found = citations(_entry(record), the_site(), page_language())
    return tuple(
        (label("language", code) if code else "", tuple(group))
        for code, group in groupby(found, key=lambda one: one.language)
    )


def structured_data(record: DatasetRecord) -> Markup:
    """The record in schema.org JSON-LD for its page; "" where not everybody may see it.

    Crawlers do not sign in, and who has signed in may be shown more than is for crawlers.
    """
    return _embedded(schemaorg.node(_entry(record), the_site())) if _for_crawlers(record) else Markup("")


def citation_tags(record: DatasetRecord | StudyRecord) -> tuple[Tag, ...]:
    """Name and content of the citation tags of the page; none where not everybody may see the record."""
    if not _for_crawlers(record):
        return ()
    if isinstance(record, StudyRecord):
        return highwire.study_tags(record, the_site(), page_language())
    return highwire.tags(_entry(record), the_site(), page_language())


def _for_crawlers(record: DatasetRecord | StudyRecord) -> bool:
    return not actor().signed_in and is_public(record)


def structured_study(record: StudyRecord) -> Markup:
    """As `structured_data`, of a study."""
    return _embedded(schemaorg_study.node(record, the_site())) if _for_crawlers(record) else Markup("")


def structured_site() -> Markup:
    """The site and its search, for the home page."""
    return _embedded(schemaorg.website(the_site(), page_language()))


def _embedded(data: dict[str, Any]) -> Markup:
    # Entities mean nothing in a script element; `embedded` leaves nothing that could end it.
    return Markup(schemaorg.embedded(data))  # noqa: S704


def _entry(record: DatasetRecord) -> Entry:
    return Entry.of(record, None, the_catalogue().today())

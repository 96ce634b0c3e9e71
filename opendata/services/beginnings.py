"""How the first file that can be read begins, for readers of a record that says nothing of what is in it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from opendata.catalog.formats import TABLES
from opendata.catalog.records import TextStatus
from opendata.catalog.values import Text
from opendata.services.catalogue import Catalogue
from opendata.services.reading import READER_VERSION
from opendata.services.results import DatasetPage, FileLine

PAGES = 3
"""Pages that are looked at: the first of a book is often a picture."""
CHARACTERS = 2_000
_NO_PROSE = TABLES | {"HTML", "JSON", "XML", "GEOJSON", "KML"}
"""What begins with headings of columns, with menus or with marks."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """The first words of a file, in its language, as its text was read, and the page they stand on."""

    resource_id: UUID
    text: Text
    page: int


def beginning(catalogue: Catalogue, page: DatasetPage) -> Beginning | None:
    """Of a record without an abstract, from a file that who asked for `page` may read. None where nothing is read."""
    if page.record.description:
        return None
    line = next((one for one in page.files if _is_prose(one)), None)
    if line is None or line.resource.id is None:
        return None
    checksum = line.resource.checksum
    texts = catalogue.page_texts.some(READER_VERSION, [(checksum, number) for number in range(1, PAGES + 1)])
    for (_, number), text in sorted(texts.items()):
        if text.strip():
            return Beginning(line.resource.id, Text.of(text.strip()[:CHARACTERS], _language(page, line)), number)
    return None


def _is_prose(line: FileLine) -> bool:
    resource = line.resource
    is_read = line.available and resource.stored and resource.text.pages_read > 0
    is_garbled = resource.text.status is TextStatus.GARBLED
    return is_read and not is_garbled and resource.format.upper() not in _NO_PROSE


def _language(page: DatasetPage, line: FileLine) -> str:
    stated = line.resource.text.language or line.resource.language
    return stated or (page.record.languages[0] if len(page.record.languages) == 1 else "")

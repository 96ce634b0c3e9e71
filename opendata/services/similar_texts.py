"""The text of a record as the public may read it now: what the catalogue says of it, then the pages of its files."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from opendata.catalog.records import StudyRecord
from opendata.catalog.values import Text
from opendata.errors import NotFound
from opendata.services.catalogue import Catalogue
from opendata.services.passages import is_readable
from opendata.services.reading import READER_VERSION
from opendata.services.similar_results import Place, Record

MOST_CHARACTERS = 2_000_000
"""Of the files of one record; what is beyond is not compared."""


@dataclass(frozen=True, slots=True)
class Pages:
    """Texts in order with the place of each; `cut` where some of the record was left out."""

    texts: tuple[str, ...]
    places: tuple[Place, ...]
    cut: bool = False


def bounded(pages: Iterable[str], places: Iterable[Place], most: int) -> Pages:
    """`pages` as far as they have `most` characters in all."""
    texts: list[str] = []
    kept: list[Place] = []
    for text, place in zip(pages, places, strict=True):
        if len(text) > most:
            return Pages((*texts, text[:most]), (*kept, place), cut=True)
        most -= len(text)
        texts.append(text)
        kept.append(place)
    return Pages(tuple(texts), tuple(kept))


def of_record(catalogue: Catalogue, record: Record, today: dt.date) -> Pages:
    """The record's title, abstract, table of contents and keywords, and those of its files that are readable."""
    said = [value.value for text in _said(record) for value in text.values()]
    if record.keywords:
        said.append(", ".join(keyword.text for keyword in record.keywords))
    texts, places = list(said), [Place()] * len(said)
    if not isinstance(record, StudyRecord):
        seen = set()
        for resource in record.resources:
            if not is_readable(resource, today) or resource.checksum in seen:
                continue
            seen.add(resource.checksum)
            try:
                pages = catalogue.page_texts.pages(resource.checksum, READER_VERSION)
            except NotFound:
                continue
            paged = resource.text.pages_total > 0
            texts += pages
            places += [Place(resource, number if paged else 0) for number in range(1, len(pages) + 1)]
    return bounded(texts, places, MOST_CHARACTERS)


def _said(record: Record) -> tuple[Text, ...]:
    contents = () if isinstance(record, StudyRecord) else (record.table_of_contents,)
    return (record.title, record.description, *contents)

"""Where a record says what was searched, outside its title and files: in its abstract, keywords, people, numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from opendata.catalog.records import DatasetRecord, StudyRecord
from opendata.catalog.values import Localized, Text
from opendata.search.build import dataset_document, study_document
from opendata.search.marking import Marker
from opendata.search.passages import cut
from opendata.services.results import Told

MOST_READ = 5_000
"""Characters of one field that are looked through."""
MOST_TOLD = 3
"""Fields that are named."""

Field = tuple[str, Localized]


def told(record: DatasetRecord | StudyRecord, marker: Marker, language: str, today: date) -> tuple[Told, ...]:
    """The fields that hold what the title shown in `language` does not, each with its best stretch, marked.

    The abstract comes first, with whatever it holds; another field only for what nothing before it holds.
    """
    shown = record.title.show(language)
    left = {match.what for match in marker.matches(shown.value)}
    left = set(marker.groups) - {marker.groups[what] for what in left}
    found: list[Told] = []
    for name, text in _fields(record, language, today):
        if len(found) == MOST_TOLD or not (left or name == "description"):
            break
        here = text.value[:MOST_READ]
        if name in {one.field for one in found} or not marker.probe(here.lower().replace("ё", "е")):
            continue
        stretch = cut(marker, here, marker.matches_near(here, ()))
        if stretch and (name == "description" or stretch.groups & left):
            found.append(Told(name, stretch.pieces, text.language))
            left -= stretch.groups
    return tuple(found)


def _fields(record: DatasetRecord | StudyRecord, language: str, today: date) -> Iterator[Field]:
    """What the index knows of the record by words, field by field, the language of the reader first."""
    if isinstance(record, StudyRecord):
        document = study_document(record, (), today)
    else:
        document = dataset_document(record, (), (), today)
    yield from _in_order("description", record.description, language)
    yield from _in_order("title", record.title, language)
    for name, words in (
        ("keywords", document.keywords),
        ("people", document.people),
        ("identifiers", document.identifiers),
        ("table_of_contents", document.table_of_contents),
        ("other", document.other_text),
    ):
        yield from _plain(name, words)


def _in_order(name: str, text: Text, language: str) -> Iterator[Field]:
    first = text.show(language)
    yield name, first
    yield from ((name, one) for one in text.values() if one != first)


def _plain(name: str, words: Iterable[str]) -> Iterator[Field]:
    if joined := " · ".join(words):
        yield name, Localized(joined, "")

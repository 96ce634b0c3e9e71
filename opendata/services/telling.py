"""Where a record says what was searched, outside its title and files: in its abstract, keywords, people, numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from opendata.catalog.records import DatasetRecord, StudyRecord
from opendata.catalog.values import Localized, Text
from opendata.search.build import dataset_document, study_document
from opendata.search.marking import Marker, Piece
from opendata.search.passages import Cut, cut
from opendata.services.results import Told

MOST_READ = 5_000
"""Characters of one text that are looked through."""
MOST_TOLD = 3
"""Fields that are named, and values of each."""
ABSTRACT = "description"
AGENCY = "organization"

Field = tuple[str, Sequence[Localized]]


def told(record: DatasetRecord | StudyRecord, marker: Marker, language: str, today: date) -> tuple[Told, ...]:
    """The fields that hold what the title shown in `language` does not, with the words marked.

    The abstract comes first, with whatever it holds; another field only for what nothing before it holds.
    """
    shown = marker.matches(record.title.show(language).value)
    left = set(marker.groups) - {marker.groups[match.what] for match in shown}
    found: list[Told] = []
    for name, texts in _fields(record, language, today):
        stretches = _stretches(marker, name, texts, left)
        if stretches:
            text = stretches[0][0]
            whole = marker.mark(text.value) if name == AGENCY else _in_a_line([one for _text, one in stretches])
            found.append(Told(name, whole, text.language))
            left = left.difference(*(one.groups for _text, one in stretches))
        if len(found) == MOST_TOLD or not left:
            break
    return tuple(found)


def _stretches(marker: Marker, name: str, texts: Sequence[Localized], left: set[int]) -> list[tuple[Localized, Cut]]:
    """The best stretch of each text of a field that holds something of what is `left`; of the abstract only one."""
    found: list[tuple[Localized, Cut]] = []
    for text in texts:
        here = text.value[:MOST_READ]
        if not marker.probe(here.lower().replace("ё", "е")):
            continue
        stretch = cut(marker, here, marker.matches_near(here, ()))
        if stretch and (name == ABSTRACT or stretch.groups & left):
            found.append((text, stretch))
            left = left - stretch.groups
        if len(found) == (1 if name in (ABSTRACT, "title") else MOST_TOLD):
            break
    return found


def _in_a_line(stretches: Sequence[Cut]) -> tuple[Piece, ...]:
    line: list[Piece] = []
    for number, stretch in enumerate(stretches):
        line += [Piece(" · ")] if number else []
        line += stretch.pieces
    return tuple(line)


def _fields(record: DatasetRecord | StudyRecord, language: str, today: date) -> Iterator[Field]:
    """What the index knows of the record by words, field by field, the language of the reader first."""
    yield ABSTRACT, _in_order(record.description, language)
    yield "title", _in_order(record.title, language)[1:]
    yield AGENCY, [record.organization.title.show(language)] if record.organization else []
    # The rest is put together only where it is asked for.
    if isinstance(record, StudyRecord):
        document = study_document(record, (), today)
    else:
        document = dataset_document(record, (), (), today)
    for name, words in (
        ("keywords", document.keywords),
        ("people", document.people),
        ("identifiers", document.identifiers),
        ("table_of_contents", document.table_of_contents),
        ("other", document.other_text),
    ):
        yield name, [Localized(word, "") for word in words]


def _in_order(text: Text, language: str) -> list[Localized]:
    first = text.show(language)
    return [first, *(one for one in text.values() if one != first)]

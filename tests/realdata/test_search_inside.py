"""What stands only inside a document finds it, with the right file and page, and is marked there."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest

from benchmarks import passages as right_pages
from opendata.catalog.records import DatasetRecord, ResourceRecord, TextStatus
from opendata.search.query import SearchQuery
from opendata.services import discovery, resources
from opendata.services.actors import PUBLIC
from opendata.services.reading import READER_VERSION
from tests.realdata.conftest import FULL, Filled
from tests.realdata.pipeline import records

pytestmark = pytest.mark.realdata

WORD = re.compile(r"(?<![\w.@/-])[а-яёәғқңөұүһі]{8,14}(?![\w@/-])|(?<![\w.@/-])[a-z]{8,14}(?![\w@/-])", re.IGNORECASE)
BEGINNING = 4
"""Letters by which words are told apart here, so that no form of another word is taken for the same."""


@dataclass(frozen=True)
class Place:
    """A word that stands in one file alone, and there on one page."""

    word: str
    dataset: DatasetRecord
    file: ResourceRecord
    page: int
    pages: int


def _texts(filled: Filled) -> Iterator[tuple[DatasetRecord, ResourceRecord, tuple[str, ...]]]:
    seen = set()
    for record in records(filled.catalogue, "documents").values():
        for resource in record.resources:
            if resource.text.status is TextStatus.TEXT and resource.checksum not in seen:
                seen.add(resource.checksum)
                yield record, resource, filled.catalogue.page_texts.pages(resource.checksum, READER_VERSION)


@pytest.fixture(scope="module")
def places(filled: Filled) -> list[Place]:
    """One rare word per file, from its last pages where it has any; the longest files first."""
    files: defaultdict[str, set[UUID | None]] = defaultdict(set)
    pages: Counter[tuple[str, UUID | None]] = Counter()
    texts = list(_texts(filled))
    for record, resource, text in texts:
        for page in text:
            words = {word.casefold() for word in re.findall(r"[^\W\d_]+", page)}
            for beginning in {word[:BEGINNING] for word in words}:
                files[beginning].add(record.id)
                pages[beginning, resource.id] += 1
    found = []
    for record, resource, text in sorted(texts, key=lambda item: -len(item[2])):
        place = _place(record, resource, text, files, pages)
        found += [place] if place and _is_alone(filled, place.word, text[place.page - 1]) else []
    return found


def _is_alone(filled: Filled, word: str, page: str) -> bool:
    """Whether the index takes no other word of the page for a form of it, as it takes «сауда» for one of «сәуір»."""
    analyser = filled.catalogue.index.analyser()
    keys = {key for token in analyser.index_keys(word) for key in token.keys}
    alike = (page[token.start : token.end] for token in analyser.index_keys(page) if keys.intersection(token.keys))
    return all(one.casefold()[:BEGINNING] == word.casefold()[:BEGINNING] for one in alike)


def _place(record, resource, text, files, pages) -> Place | None:  # type: ignore[no-untyped-def]
    for number in range(len(text), 0, -1):
        # A word that a line break divides is one word for the search, and neither of its halves is.
        for word in reversed(WORD.findall(re.sub(r"\w+[-\u00ad\u2010\u2011]\s*\n\s*\w+", " ", text[number - 1]))):
            beginning = word.casefold()[:BEGINNING]
            if files[beginning] == {record.id} and pages[beginning, resource.id] == 1 and not word.isupper():
                return Place(word, record, resource, number, len(text))
    return None


def test_word_from_inside_finds_its_file_and_page(filled: Filled, places: list[Place]) -> None:
    assert len(places) > 40
    wrong = [line for place in (places if FULL else places[:60]) if (line := _wrong(filled, place))]
    assert wrong == []


def _wrong(filled: Filled, place: Place) -> str:
    """What is wrong with the answer for `place`; "" for nothing."""
    named = f"{place.word} of {place.file.key} page {place.page}: "
    answer = discovery.find(filled.catalogue, PUBLIC, SearchQuery(q=place.word), facets=False)
    card = next((card for card in answer.cards if card.record.id == place.dataset.id), None)
    if card is None:
        return f"{named}not among {answer.total} hits"
    if card.passage is None:
        return f"{named}no passage"
    twins = {resource.id for resource in place.dataset.resources}
    if card.passage.resource_id not in twins or (place.pages > 1 and card.passage.page != place.page):
        return f"{named}passage is on page {card.passage.page}"
    # The passage may show another form of the word, or one that a line break divides.
    marked = [piece.text.casefold() for piece in card.passage.pieces if piece.marked]
    if not any(place.word.casefold()[:BEGINNING] in words for words in marked):
        return f"{named}marked {marked}"
    words = SearchQuery(place.word)
    shown = resources.file_page(filled.catalogue, PUBLIC, place.dataset.slug, str(place.file.id), words=words)
    if shown.page != place.page or place.page not in shown.hits:
        return f"{named}the file's page opens at {shown.page}, hits {shown.hits[:5]}"
    on_page = [piece.text.casefold() for piece in shown.text if piece.marked]
    is_marked = any(place.word.casefold() in words for words in on_page)
    return "" if is_marked or shown.cut else f"{named}not marked on its page"


def test_page_of_a_hit_marks_the_word(filled: Filled, places: list[Place]) -> None:
    client = filled.client()
    for place in [place for place in places if place.page > 1][:8]:
        html = client.get(f"/ru/search?q={place.word}").get_data(as_text=True)
        link = f"/ru/dataset/{place.dataset.slug}/resource/{place.file.id}?page={place.page}"
        assert link in html, place
        page = client.get(f"/ru/dataset/{place.dataset.slug}/resource/{place.file.id}?page={place.page}&q={place.word}")
        assert f"<mark>{place.word}</mark>" in page.get_data(as_text=True), place


def test_the_page_of_a_sentence_is_among_the_passages(filled: Filled, realdata: Path) -> None:
    """Three of its words, each in another form. benchmarks.passages asks more, and Kazakh cut into pages."""
    asked = right_pages.questions(filled.catalogue, realdata, {"ru": 60, "en": 60}, seed=20261122)
    told = right_pages.answers(filled.catalogue, asked)["all"]
    assert told.asked == 120
    assert told.found >= 0.95 * told.asked
    assert told.rate >= 0.95, told

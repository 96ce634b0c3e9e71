"""Whether the passages shown with a hit are on the right page, and what finding them costs.

Sentences are taken at random from documents of several pages of the real data (`OPENDATA_REALDATA`), and three
different content words of each are asked for, every one in another form than the one that stands there. Where the
document is among the first five, one of the passages shown should be on a page with that sentence; what differs in
numbers alone, such as a heading that every page repeats, is one sentence. Beside it is told how often it was the very
page that the sentence was taken from. No Kazakh document there has pages of its own, so the Kazakh acts are cut into
pages of PAGE_WORDS words. The baseline is the way without page keys: the pages are looked through for the beginnings
of words.

The time is that of the passages of 20 hits on generated reports of 50 pages, best of a few turns a query. It is all
that is measured without real data.
"""

from __future__ import annotations

import os
import random
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from benchmarks.collections import SEED, Forms, kazakh_forms, russian_forms
from benchmarks.generate import REPORTS, Words, fill
from benchmarks.measure import Figure, median, percentile
from benchmarks.sites import Scale, opened
from opendata.catalog.records import DatasetRecord, ResourceRecord
from opendata.search.analysis.common import COMMON
from opendata.search.analysis.language import language_of
from opendata.search.analysis.snowball import english_stem
from opendata.search.marking import Marker
from opendata.search.pagekeys import analysis_id
from opendata.search.parser import parse
from opendata.search.query import SearchQuery
from opendata.services import discovery, indexing, passages
from opendata.services.actors import PUBLIC
from opendata.services.catalogue import Catalogue
from opendata.services.reading import READER_VERSION
from opendata.store import queries
from tests.realdata import pipeline
from tests.realdata.captures import DOCUMENTS

SENTENCES = 100
"""Of each language."""
QUICK_SENTENCES = 5
FIRST = 5
HITS = 20
REPORTS_OF_50, QUICK_REPORTS = 200, 5
TURNS = 3
PAGE_WORDS = 300
MILLISECONDS = 25.0
RIGHT = 0.95
_SENTENCE = re.compile(r"[^.!?…]{40,400}[.!?…]")
_DIGITS = re.compile(r"\d+")
_WORD = re.compile(r"[^\W\d_]+(?:[-\u2010]\s*\n\s*[^\W\d_]+)?")


@dataclass(frozen=True, slots=True)
class Asked:
    """Three words of a sentence in other forms, the page it was taken from, and all pages where it stands."""

    q: str
    language: str
    dataset: UUID
    checksum: str
    page: int
    pages: frozenset[int]


@dataclass(frozen=True, slots=True)
class Told:
    """How often the document was found, a right page was shown, the very page was, and a right one came first."""

    asked: int
    found: int
    right: int
    very: int
    first: int

    @property
    def rate(self) -> float:
        """The share of the documents found of which a right page is shown."""
        return self.right / max(1, self.found)


def run(scale: Scale) -> list[Figure]:
    """Right pages by language, beside the same without page keys; then the times."""
    realdata = os.environ.get("OPENDATA_REALDATA")
    if not realdata:
        print("# OPENDATA_REALDATA is not set: only times are measured", file=sys.stderr)
        return list(_times(scale))
    with filled(scale.folder / "passages", Path(realdata)) as catalogue:
        number = SENTENCES if scale.stored == Scale(scale.folder).stored else QUICK_SENTENCES
        asked = questions(catalogue, Path(realdata), dict.fromkeys(("ru", "en", "kk"), number))
        ours = answers(catalogue, asked)
        figures = list(_sizes(catalogue))
        _forget_keys(catalogue)
        guessed = answers(catalogue, asked)
    for language, told in ours.items():
        what = f"right page shown, {told.found} of {told.asked} found, {language}"
        baseline = guessed[language].rate
        figures.append(Figure(what, told.rate, "", baseline, "by beginnings of words", RIGHT, more_is_better=True))
        for also, times in (("very page shown", told.very), ("right page first", told.first)):
            figures.append(Figure(f"{also}, {language}", times / max(1, told.found), "", more_is_better=True))
    return [*figures, *_times(scale)]


@contextmanager
def filled(home: Path, realdata: Path) -> Iterator[Catalogue]:
    """The documents of the real data, read and indexed."""
    made = home.exists()
    with pipeline.opened(home, HARVEST__FETCH_FILES="false", JOBS__OCR="false") as catalogue:
        if not made:
            with pipeline.answering([DOCUMENTS], catalogue, realdata):
                pipeline.run(catalogue, DOCUMENTS)
                pipeline.work(catalogue)
            cut_into_pages(catalogue)
        indexing.rebuild(catalogue)
        yield catalogue


def cut_into_pages(catalogue: Catalogue) -> None:
    """Give Kazakh texts of one page several."""
    for checksum, version in catalogue.page_texts.files():
        pages = catalogue.page_texts.pages(checksum, version)
        words = pages[0].split(" ") if len(pages) == 1 else []
        if len(words) > 2 * PAGE_WORDS and language_of(pages[0]) == "kk":
            cut = [" ".join(words[start : start + PAGE_WORDS]) for start in range(0, len(words), PAGE_WORDS)]
            catalogue.page_texts.put(checksum, version, cut)


def questions(catalogue: Catalogue, realdata: Path, wanted: dict[str, int], seed: int = SEED) -> list[Asked]:
    """Random sentences of documents of several pages, the same for the same data; so many of each language."""
    pages, forms = list(_pages(catalogue)), _forms_of(catalogue, realdata)
    texts: defaultdict[str, dict[int, str]] = defaultdict(dict)
    for _dataset, checksum, number, text in pages:
        texts[checksum][number] = _without_numbers(text)
    chance = random.Random(seed)
    found: defaultdict[str, list[Asked]] = defaultdict(list)
    for _ in range(200 * sum(wanted.values())):
        dataset, checksum, number, text = chance.choice(pages)
        sentences = _SENTENCE.findall(text)
        sentence = chance.choice(sentences) if sentences else ""
        language = language_of(sentence)
        if len(found[language]) < wanted.get(language, 0):
            q = another_way(sentence, forms[language], chance)
            same = (n for n, page in texts[checksum].items() if _without_numbers(sentence) in page)
            found[language] += [Asked(q, language, dataset, checksum, number, frozenset(same))] if q else []
    return [asked for each in found.values() for asked in each]


def _without_numbers(text: str) -> str:
    return " ".join(_DIGITS.sub("0", text).split())


def another_way(sentence: str, forms: Forms, chance: random.Random) -> str:
    """Three content words of the sentence, each in a form that does not stand in it; "" where there are not three."""
    standing = {word.lower() for word in _WORD.findall(sentence) if "\n" not in word}
    content = sorted(word for word in standing if len(word) > 3 and word not in COMMON)
    chance.shuffle(content)
    chosen: list[str] = []
    known: set[str] = set()
    for word in content:
        every = set(forms(word))
        others = sorted(every - standing)
        if others and len(chosen) < 3 and not known & {word, *every}:
            chosen.append(chance.choice(others))
            known |= {word, *every}
    return " ".join(chosen) if len(chosen) == 3 else ""


def answers(catalogue: Catalogue, asked: Sequence[Asked]) -> dict[str, Told]:
    """How the questions are answered, by language and in all."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for one in asked:
        said = _answer(catalogue, one)
        for name in (one.language, "all"):
            counts[name].update({"asked": 1, **said})
    return {name: Told(c["asked"], c["found"], c["right"], c["very"], c["first"]) for name, c in sorted(counts.items())}


def _answer(catalogue: Catalogue, one: Asked) -> dict[str, int]:
    answer = discovery.find(catalogue, PUBLIC, SearchQuery(one.q, size=FIRST), facets=False)
    card = next((card for card in answer.cards if card.record.id == one.dataset), None)
    if card is None:
        return {}
    files = {resource.id: resource.checksum for resource in card.record.resources}  # type: ignore[union-attr]
    shown = [(files[each.resource_id], each.page) for each in (card.inside.passages if card.inside else ())]
    right = [checksum == one.checksum and page in one.pages for checksum, page in shown]
    very = (one.checksum, one.page) in shown
    return {"found": 1, "right": int(any(right)), "very": int(very), "first": int(any(right[:1]))}


def _pages(catalogue: Catalogue) -> Iterator[tuple[UUID, str, int, str]]:
    """Dataset, file, number and text of every page of documents of several pages, each file once."""
    seen = set()
    for record, resource in _files(catalogue):
        if resource.checksum in seen or record.id is None:
            continue
        seen.add(resource.checksum)
        pages = passages.all_pages(catalogue, resource.checksum)
        for number, page in enumerate(pages, 1):
            if len(pages) > 1:
                yield record.id, resource.checksum, number, page


def _files(catalogue: Catalogue) -> Iterator[tuple[DatasetRecord, ResourceRecord]]:
    with catalogue.sessions.read() as session:
        records = queries.records(session, queries.dataset_ids_after(session, None, 10_000))
    for record in sorted(records, key=lambda record: record.slug):
        for resource in record.resources:
            if passages.is_readable(resource, catalogue.today()):
                yield record, resource


def _forms_of(catalogue: Catalogue, realdata: Path) -> dict[str, Forms]:
    return {"ru": russian_forms, "kk": kazakh_forms(realdata), "en": _english_forms(catalogue), "": lambda _word: ()}


def _english_forms(catalogue: Catalogue) -> Forms:
    """Words of the same documents with one Snowball stem."""
    groups: defaultdict[str, set[str]] = defaultdict(set)
    for _dataset, _checksum, _number, text in _pages(catalogue):
        for word in _WORD.findall(text):
            if word.isascii() and word.isalpha() and len(word) > 3:
                groups[english_stem(word.lower())].add(word.lower())
    return lambda word: sorted(groups[english_stem(word)] - {word}) if english_stem(word) in groups else ()


def _sizes(catalogue: Catalogue) -> Iterator[Figure]:
    """What page keys take, beside the compressed texts."""
    files = catalogue.page_texts.files()
    texts = {checksum: catalogue.page_texts.pages(checksum, version) for checksum, version in files}
    version = analysis_id(catalogue.index.analyser().version)
    keys = catalogue.page_texts.keys.get(READER_VERSION, version, texts)
    pages = sum(len(texts[checksum]) for checksum in keys)
    size = sum(len(page.encode("utf-8", "replace")) for checksum in keys for page in texts[checksum])
    yield Figure("page keys, bytes a page", sum(map(len, keys.values())) / pages, "B", size / pages, "the text itself")


def _forget_keys(catalogue: Catalogue) -> None:
    catalogue.page_texts.keys.keep_only([])


def _times(scale: Scale) -> Iterator[Figure]:
    """Milliseconds for the passages of 20 hits, by page keys and by the beginnings of words."""
    home = scale.folder / "reports"
    made = home.exists()
    with opened(home) as catalogue:
        if not made:
            few = scale.stored < Scale(scale.folder).stored
            fill(catalogue, QUICK_REPORTS if few else REPORTS_OF_50, shape=REPORTS)
        words = Words(SEED, REPORTS.vocabulary)
        asked = [" ".join(words.words(language, 2)) for language in ("ru", "kk", "en") for _ in range(20)]
        with_keys = list(_timed(catalogue, asked))
        _forget_keys(catalogue)
        without = list(_timed(catalogue, asked))
        indexing.rebuild(catalogue)
    what = f"passages of {HITS} hits on reports of 50 pages"
    yield Figure(f"{what}, p50", median(with_keys), "ms", median(without), "by beginnings of words")
    yield Figure(f"{what}, p95", percentile(with_keys, 0.95), "ms", percentile(without, 0.95), "same", MILLISECONDS)


def _timed(catalogue: Catalogue, asked: Sequence[str]) -> Iterator[float]:
    analyser = catalogue.index.analyser()
    for q in asked:
        hits = catalogue.index.search(SearchQuery(q, size=HITS)).hits
        with catalogue.sessions.read() as session:
            records = discovery.public_records(session, hits)
        marker = Marker(parse(q), analyser)
        turns = []
        for _ in range(TURNS):
            begun = time.perf_counter()
            passages.of_records(catalogue, records, marker)
            turns.append((time.perf_counter() - begun) * 1000)
        yield min(turns)

"""Whether copies of a document are found, and whether other documents raise a warning, over real documents.

`OPENDATA_REALDATA=… python -m benchmarks.similar`. The documents are split in two halves. Copies of the documents of a
half are looked for in a catalogue of that half; the documents of the other half, whole and in chapters, are unrelated
to it. So is everything of Cranfield and KazQAD, which fills each catalogue up. Each catalogue is there twice: with the
files of its records, and with what is said of them alone (title and abstract). The threshold of the warning is chosen
on the first half (its copies, and its documents beside the catalogue of the second) and reported on the second.

The baseline is BM25 (bm25s) over the words as they stand, asked for by the first 300 words of each text.
"""

from __future__ import annotations

import hashlib
import os
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid5

from benchmarks.collections import cranfield, kazqad, words
from benchmarks.resembling import Copy, Document, copies, documents, form, halves, udhr
from benchmarks.sites import opened
from opendata.catalog.records import DatasetRecord, DatasetType, ResourceRecord, TextInfo, TextStatus
from opendata.catalog.values import Text
from opendata.services import indexing, similar
from opendata.services.actors import PUBLIC
from opendata.services.catalogue import Catalogue
from opendata.services.reading import READER_VERSION
from opendata.services.similar_results import Similarity
from opendata.store.inserting import insert_datasets

FIRST = 5
BASELINE_WORDS = 300
RECALL = 0.95
FALSE_WARNINGS = 0.05
NAMES = UUID("7d1cfbbd-6a0f-4f2a-8f57-2c1f2f0c7a11")
WHOLE = "unrelated document"
CHAPTER = "unrelated chapter"
FORMED = "unrelated document in the same form"
ABSTRACT = "unrelated abstract of the same field"
LEFT_OUT = 15
"""One in so many abstracts of Cranfield and KazQAD is left out of the catalogues, and asked for."""


@dataclass(frozen=True)
class Outcome:
    """What became of one text: the place of its original (0: not among the candidates; None: it has none here), and how
    close the closest record came."""

    kind: str
    document: Document
    place: int | None
    candidate: bool
    closeness: float
    seconds: float
    baseline_place: int | None
    baseline_score: float


class Half:
    """A catalogue of one half of the documents, and the baseline over the same texts."""

    def __init__(
        self, catalogue: Catalogue, mine: Sequence[Document], fillers: Sequence[DatasetRecord], *, files: bool
    ):
        self.catalogue = catalogue
        records = [_record(document, files=files) for document in mine]
        with catalogue.sessions.write.begin() as session:
            insert_datasets(session, [*records, *fillers], catalogue.now())
        if files:
            for document, record in zip(mine, records, strict=True):
                pages = (form(document), *document.pages)
                catalogue.page_texts.put(record.resources[0].checksum, READER_VERSION, pages)
        indexing.rebuild(catalogue)
        texts = [f"{d.title} {d.abstract} {d.text if files else ''}" for d in mine]
        self._baseline = Baseline(
            [*(_id(d.name) for d in mine), *(r.id for r in fillers)], [*texts, *map(_said, fillers)]
        )

    def outcome(self, kind: str, document: Document, text: str, *, related: bool) -> Outcome:
        """Ask for `text`, which was made of `document`."""
        begun = time.perf_counter()
        found = similar.of_text(self.catalogue, PUBLIC, text)
        seconds = time.perf_counter() - begun
        ids, scores = self._baseline(text)
        original = _id(document.name)
        return Outcome(
            kind,
            document,
            _place(ranked(found), original) if related else None,
            original in found.candidates,
            max((one.closeness for one in found.same_words), default=0.0),
            seconds,
            _place(ids, original) if related else None,
            scores[0] if scores else 0.0,
        )


class Baseline:
    """bm25s over words as they stand."""

    def __init__(self, ids: Sequence[UUID | None], texts: Sequence[str]) -> None:
        import bm25s

        self._ids = ids
        self._retriever = bm25s.BM25()
        self._retriever.index([list(words(text)) for text in texts], show_progress=False)

    def __call__(self, text: str) -> tuple[list[UUID | None], list[float]]:
        asked = list(words(text))[:BASELINE_WORDS]
        if not asked:
            return [], []
        found, scores = self._retriever.retrieve([asked], k=FIRST, show_progress=False)
        # A score grows with the words that are asked for.
        return [self._ids[int(place)] for place in found[0]], [float(score) / len(asked) for score in scores[0]]


def ranked(found: Similarity) -> list[UUID | None]:
    """The records in the order of the page."""
    return [one.card.record.id for one in (*found.same_words, *found.same_subject)]


def _place(ids: Sequence[UUID | None], wanted: UUID) -> int:
    return ids.index(wanted) + 1 if wanted in ids else 0


def _id(name: str) -> UUID:
    return uuid5(NAMES, name)


def _document(record: DatasetRecord) -> Document:
    return Document(record.slug, (_said(record),))


def _said(record: DatasetRecord) -> str:
    return f"{record.title.show('').value} {record.description.show('').value}"


def _record(document: Document, *, files: bool) -> DatasetRecord:
    language = document.language
    read = TextInfo(TextStatus.TEXT, "", len(document.pages) + 1, len(document.pages) + 1, language)
    file = ResourceRecord(
        key="file",
        id=uuid5(NAMES, f"file {document.name}"),
        filename=document.name.rpartition("/")[2],
        format="PDF",
        checksum=hashlib.sha256(document.name.encode()).hexdigest(),
        stored=True,
        text=read,
    )
    return DatasetRecord(
        id=_id(document.name),
        slug=f"document-{_id(document.name)}",
        type=DatasetType.REPORT,
        title=Text.of(document.title, language),
        description=Text.of(document.abstract, language),
        resources=(file,) if files else (),
    )


def fillers(realdata: Path, most: int) -> list[DatasetRecord]:
    """Records with a title and an abstract alone, of Cranfield and KazQAD, at most so many of each."""
    found = []
    for collection in (cranfield(realdata), kazqad(realdata)):
        for name, (title, text) in sorted(collection.records.items())[:most]:
            if not text.strip():
                continue
            key = uuid5(NAMES, f"{collection.name} {name}")
            said = Text.of(" ".join(title.split())[:300] or name, collection.language)
            about = Text.of(text, collection.language)
            found.append(DatasetRecord(id=key, slug=f"filler-{key}", title=said, description=about))
    return found


@contextmanager
def catalogues(
    folder: Path, pair: tuple[Sequence[Document], Sequence[Document]], filling: Sequence[DatasetRecord], *, files: bool
) -> Iterator[tuple[Half, Half]]:
    """The catalogue of each half."""
    settings = {"SEARCH__CONCURRENT": "2"}
    with (
        opened(folder / f"first-{files}", **settings) as first,
        opened(folder / f"second-{files}", **settings) as second,
    ):
        yield Half(first, pair[0], filling, files=files), Half(second, pair[1], filling, files=files)


def outcomes(
    mine: Half, other: Half, half: Sequence[Document], strangers: Sequence[Document], *, files: bool
) -> list[Outcome]:
    """Copies of the half in its own catalogue, and its documents in the other one.

    `strangers` are in neither catalogue by their text: those of the half that the copies are not looked for in.
    """
    found = []
    for place, document in enumerate(half):
        made = list(copies(document, strangers[place % len(strangers)]))
        if files:
            found += [mine.outcome(copy.kind, document, copy.text, related=True) for copy in made]
        else:
            kept = (
                Copy("the whole text", document, document.text),
                *(c for c in made if c.kind.startswith("abstract")),
            )
            found += [mine.outcome(f"no files: {c.kind}", document, c.text, related=True) for c in kept]
        found.append(other.outcome(WHOLE, document, document.text, related=False))
        if files:
            found.append(other.outcome(FORMED, document, f"{form(document)}\n\n{document.text}", related=False))
        chapter = next(copy.text for copy in made if copy.kind == "one chapter")
        found.append(other.outcome(CHAPTER, document, chapter, related=False))
    return found


def threshold(found: Sequence[Outcome], score: Callable[[Outcome], float]) -> float:
    """Midway between what nearly all unrelated texts stay below and what nearly all copies reach, on those of `found`;
    never below the former."""
    related = sorted(score(one) for one in found if one.place is not None)
    unrelated = sorted((score(one) for one in found if one.place is None), reverse=True)
    least = unrelated[int(FALSE_WARNINGS * len(unrelated))]
    return max(least + 1e-9, (least + related[int((1 - RECALL) * len(related))]) / 2)


def _closeness(one: Outcome) -> float:
    return one.closeness


def _baseline_score(one: Outcome) -> float:
    return one.baseline_score


def table(found: Sequence[Outcome], bounds: tuple[float, ...], baseline_bound: float) -> list[str]:
    """A row for every kind of text; percentages, and for warnings one for each bound."""
    by_kind: defaultdict[str, list[Outcome]] = defaultdict(list)
    for one in found:
        by_kind[one.kind].append(one)
        by_kind["all copies" if one.place is not None else "all unrelated texts"].append(one)
    heads = "".join(f" warned ≥ {bound:.2f} |" for bound in bounds)
    rows = [
        f"| text | texts | candidate | first | first {FIRST} |{heads} BM25 first {FIRST} | BM25 warned |",
        "|---|" + "--:|" * (6 + len(bounds)),
    ]
    for kind, ones in sorted(by_kind.items(), key=lambda item: (item[1][0].place is None, item[0].startswith("all"))):
        related = ones[0].place is not None
        cells = [
            _percent([one.candidate for one in ones]) if related else "",
            _percent([one.place == 1 for one in ones]) if related else "",
            _percent([0 < (one.place or 0) <= FIRST for one in ones]) if related else "",
            *(_percent([one.closeness >= bound for one in ones]) for bound in bounds),
            _percent([0 < (one.baseline_place or 0) <= FIRST for one in ones]) if related else "",
            _percent([one.baseline_score >= baseline_bound for one in ones]),
        ]
        rows.append(f"| {kind} | {len(ones)} | {' | '.join(cells)} |")
    return rows


def _percent(flags: Sequence[bool]) -> str:
    return f"{100 * statistics.mean(flags):.1f}"


def measure(
    realdata: Path, folder: Path, *, most_fillers: int = 1_400, every: int = 1
) -> tuple[list[Outcome], list[Outcome]]:
    """The outcomes of the first half and of the second; of every so many documents for a quick look."""
    found = [*documents(realdata / "documents"), *udhr(realdata / "documents")]
    pair = halves(found[::every])
    filling = fillers(realdata, most_fillers)
    asked, filling = filling[::LEFT_OUT], [one for place, one in enumerate(filling) if place % LEFT_OUT]
    first: list[Outcome] = []
    second: list[Outcome] = []
    for files in (True, False):
        with catalogues(folder, pair, filling, files=files) as (one, two):
            first += outcomes(one, two, pair[0], pair[1], files=files)
            second += outcomes(two, one, pair[1], pair[0], files=files)
            if files:
                first += [one.outcome(ABSTRACT, _document(r), _said(r), related=False) for r in asked[::2]]
                second += [two.outcome(ABSTRACT, _document(r), _said(r), related=False) for r in asked[1::2]]
    return first, second


def main() -> int:
    """Print what was chosen and what was found."""
    realdata = os.environ.get("OPENDATA_REALDATA")
    if not realdata:
        print("OPENDATA_REALDATA is not set", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="opendata-similar-") as folder:
        first, second = measure(Path(realdata), Path(folder))
    chosen, baseline = threshold(first, _closeness), threshold(first, _baseline_score)
    print(f"Chosen on the first half: warning from {chosen:.3f} (BM25: {baseline:.2f}).")
    bounds = (chosen, similar.CLOSE)
    for name, found in (("First half (chosen on)", first), ("Second half (reported)", second)):
        print(f"\n{name}, {len({one.document.name for one in found})} documents\n")
        print("\n".join(table(found, bounds, baseline)))
    for one in sorted(second, key=lambda one: -one.closeness):
        if one.place is None and one.closeness >= similar.CLOSE:
            print(f"false warning: {one.kind} {one.document.name} {one.closeness:.2f}")
    for one in second:
        if one.place is not None and not 0 < one.place <= FIRST:
            print(f"missed: {one.kind} {one.document.name} place {one.place} candidate {one.candidate}")
    taken = sorted(one.seconds for one in (*first, *second))
    print(f"\nseconds a text: median {statistics.median(taken):.2f}, longest {taken[-1]:.2f}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

"""How well searches find what answers them, beside public baselines over the same text.

`OPENDATA_REALDATA=… python -m benchmarks.retrieval`. Constants of the ranking were chosen on the odd queries; the even
ones are reported, with the interval in which 95 of 100 draws of queries fall (bootstrap). Baselines are bm25s with
Snowball stems and stop words, with words cut to five letters, and tantivy's English analysis; for two fields the scores
of both are added.
"""

from __future__ import annotations

import math
import os
import random
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np

from benchmarks.collections import SEED, Collection, cranfield, kazqad, known_items, words
from opendata.search.analysis.common import COMMON
from opendata.search.document import SearchDocument
from opendata.search.index import SearchIndex
from opendata.search.open import open_index
from opendata.search.query import SearchQuery

DEPTH = 10
DRAWS = 1_000

Ranking = Callable[[str], Sequence[str]]
"""From a query to the names of the best records, best first."""
Measure = Callable[[Sequence[str], frozenset[str]], float]


def ndcg(found: Sequence[str], relevant: frozenset[str]) -> float:
    """nDCG@10 with every relevant record worth the same."""
    gain = sum(1 / math.log2(place + 2) for place, name in enumerate(found[:DEPTH]) if name in relevant)
    return gain / sum(1 / math.log2(place + 2) for place in range(min(DEPTH, len(relevant))))


def reciprocal_rank(found: Sequence[str], relevant: frozenset[str]) -> float:
    """1 by the place of the first relevant record among the first 10; 0 where there is none."""
    return next((1 / place for place, name in enumerate(found[:DEPTH], 1) if name in relevant), 0.0)


class Ours:
    """The catalogue's own index of a collection: texts as abstracts or, for known items, as the text of a file."""

    def __init__(self, collection: Collection, folder: Path) -> None:
        self._names = {UUID(int=number): name for number, name in enumerate(collection.records, 1)}
        self.index: SearchIndex = open_index(folder, create=True)
        documents = [_document(key, *collection.records[name]) for key, name in self._names.items()]
        self.index.rebuild(documents)

    def __call__(self, query: str) -> list[str]:
        hits = self.index.search(SearchQuery(query, size=DEPTH)).hits
        return [self._names[hit.id] for hit in hits]


def _document(key: UUID, title: str, text: str) -> SearchDocument:
    titles = (title,) if title else ()
    return SearchDocument(
        key, "dataset", "report", f"record-{key.int}", title, titles=titles, descriptions=(text,) if text else ()
    )


class Bm25s:
    """bm25s over the same text; `key` makes a word what is compared ("" leaves it out)."""

    def __init__(self, collection: Collection, key: Callable[[str], str]) -> None:
        import bm25s

        self._names, self._key = list(collection.records), key
        self._fields = []
        for field in (0, 1):
            texts = [list(self._keys(given[field])) for given in collection.records.values()]
            if any(texts):
                retriever = bm25s.BM25()
                retriever.index(texts, show_progress=False)
                self._fields.append(retriever)

    def _keys(self, text: str) -> Iterator[str]:
        return (key for word in words(text) if (key := self._key(word)))

    def __call__(self, query: str) -> list[str]:
        keys = list(self._keys(query))
        if not keys:
            return []
        scores = np.sum([field.get_scores(keys) for field in self._fields], axis=0)
        return [self._names[place] for place in np.argsort(-scores, kind="stable")[:DEPTH] if scores[place] > 0]


def snowball(language: str) -> Callable[[str], str]:
    """Snowball stems without stop words."""
    import Stemmer

    stemmer = Stemmer.Stemmer({"en": "english", "ru": "russian"}[language])
    return lambda word: "" if word in COMMON else stemmer.stemWord(word)


def tantivy_english(collection: Collection) -> Ranking:
    """tantivy's own analysis of English."""
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_text_field("name", stored=True, tokenizer_name="raw")
    for field in ("title", "text"):
        builder.add_text_field(field, tokenizer_name="en_stem")
    index = tantivy.Index(builder.build())
    writer = index.writer()
    for name, (title, text) in collection.records.items():
        writer.add_document(tantivy.Document(name=name, title=title, text=text))
    writer.commit()
    index.reload()
    searcher = index.searcher()

    def rank(query: str) -> list[str]:
        parsed, _errors = index.parse_query_lenient(" ".join(words(query)), ["title", "text"])
        return [str(searcher.doc(place)["name"][0]) for _score, place in searcher.search(parsed, DEPTH).hits]

    return rank


def baselines(collection: Collection) -> dict[str, Ranking]:
    """The public yardsticks of a collection by name."""
    if collection.language == "en":
        return {"bm25s Snowball": Bm25s(collection, snowball("en")), "tantivy en_stem": tantivy_english(collection)}
    if collection.language == "ru":
        return {"bm25s Snowball": Bm25s(collection, snowball("ru")), "bm25s words": Bm25s(collection, str)}
    return {"bm25s 5 letters": Bm25s(collection, lambda word: word[:5]), "bm25s words": Bm25s(collection, str)}


def scores(collection: Collection, rank: Ranking, measure: Measure) -> dict[str, float]:
    """The measure by query."""
    return {query: measure(rank(text), collection.relevant[query]) for query, text in collection.queries.items()}


def halves(found: Mapping[str, float]) -> tuple[list[float], list[float]]:
    """Scores of the odd queries (on which constants are chosen) and of the even ones, by their place in the list."""
    values = list(found.values())
    return values[0::2], values[1::2]


def interval(values: Sequence[float]) -> tuple[float, float]:
    """Between which means 95 of 100 draws of as many queries lie."""
    chance = random.Random(SEED)
    means = sorted(statistics.fmean(chance.choices(values, k=len(values))) for _ in range(DRAWS))
    return means[int(0.025 * DRAWS)], means[int(0.975 * DRAWS)]


def collections(realdata: Path) -> Iterator[tuple[Collection, str, Measure]]:
    """What is measured, and by which measure."""
    yield cranfield(realdata), "nDCG@10", ndcg
    yield kazqad(realdata), "nDCG@10", ndcg
    for language in ("ru", "kk"):
        yield known_items(realdata, language), "MRR@10", reciprocal_rank


def _lines(collection: Collection, name: str, measure: Measure, folder: Path) -> Iterable[str]:
    yield f"{collection.name}: {len(collection.records)} records, {len(collection.queries)} queries, {name}"
    ours = Ours(collection, folder)
    ranked: dict[str, Ranking] = {"Open Data.kz": ours, **baselines(collection)}
    for who, rank in ranked.items():
        odd, even = halves(scores(collection, rank, measure))
        low, high = interval(even)
        yield (
            f"  {who:<20} odd {statistics.fmean(odd):.3f}  even {statistics.fmean(even):.3f} "
            f"({low:.3f} … {high:.3f})  all {statistics.fmean([*odd, *even]):.3f}"
        )


def main(arguments: Any = None) -> None:
    """Print every collection; a minute or two. Arguments name collections by the beginning of their name."""
    realdata = os.environ.get("OPENDATA_REALDATA", "")
    if not realdata:
        sys.exit("OPENDATA_REALDATA is not set: it names the folder of real data that is measured on.")
    for collection, name, measure in collections(Path(realdata)):
        if arguments and not any(collection.name.startswith(given) for given in arguments):
            continue
        with tempfile.TemporaryDirectory() as folder:
            for line in _lines(collection, name, measure, Path(folder)):
                print(line, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])

"""The words of a document as an index keeps them: every key with its weight and its positions.

The weight of a key is worked out here, with the length of the fields in it, so that a search has one number a posting
to look at. Positions are kept for the record's own texts; report text has none, which would double the index.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from opendata.search.analysis import Analyser
from opendata.search.columns import storable
from opendata.search.document import FileText, SearchDocument
from opendata.search.index import Keep
from opendata.search.pagekeys import pack
from opendata.search.ranking import FIELD_WEIGHTS, LENGTH_SHARES

GAP = 100
"""Positions between two texts, so that no phrase runs from one into the next."""
MOST_POSITIONS = 127
"""Positions of one key in one document that are kept; phrases are looked for in these."""

Weights = NDArray[np.float32]
Positions = NDArray[np.uint32]

_keys_of = itemgetter(3)


@dataclass(frozen=True, slots=True)
class DocumentKeys:
    """The keys of one document, each once. `positions` holds those of the first key, then those of the second, and so
    on, `counts` of them each; `in_text` says which keys stand in report text (too). `ends` are the positions at which
    the searched fields end, in the order of `texts_of`."""

    keys: tuple[str, ...]
    weights: Weights
    in_text: NDArray[np.bool_]
    counts: NDArray[np.uint8]
    positions: Positions
    ends: tuple[int, ...] = ()


def texts_of(document: SearchDocument) -> Mapping[str, tuple[str, ...]]:
    """The record's own texts by searched field, without report text."""
    return {
        "title": document.titles or (document.title,),
        "keywords": document.keywords,
        "abstract": document.descriptions,
        "toc": document.table_of_contents,
        "other": (*document.people, *document.identifiers, *document.other_text),
    }


def document_keys(
    document: SearchDocument, analyser: Analyser, lengths: Mapping[str, float], keep: Keep | None = None
) -> DocumentKeys:
    """The keys of a document. `keep` is given those of the pages of every file on the way."""
    places, units, ends = _places(document, analyser, lengths)
    counted, tokens = _text_keys(document.files, analyser, keep)
    found = list(dict.fromkeys(chain(places, counted)))
    kept = [places[key][:MOST_POSITIONS] if key in places else () for key in found]
    weights = np.zeros(len(found), np.float32)
    weights[: len(places)] = _own_weights(places, units, ends)
    if counted:
        times = np.array([counted.get(key, 0) for key in found], np.float32)
        weights += times * np.float32(_unit("body", tokens, lengths))
    return DocumentKeys(
        tuple(found),
        weights,
        np.array([key in counted for key in found], np.bool_),
        np.array([len(one) for one in kept], np.uint8),
        np.fromiter(chain.from_iterable(kept), np.uint32),
        tuple(ends),
    )


def _places(
    document: SearchDocument, analyser: Analyser, lengths: Mapping[str, float]
) -> tuple[dict[str, list[int]], list[float], list[int]]:
    """Positions of the keys of the record's own texts; per field what a word is worth, and the position it ends at."""
    places: defaultdict[str, list[int]] = defaultdict(list)
    units: list[float] = []
    ends: list[int] = []
    base = 0
    for field, texts in texts_of(document).items():
        words = 0
        for text in texts:
            position = -1
            for position, _start, _end, keys in analyser.index_keys(storable(text)):
                for key in keys:
                    places[key].append(base + position)
            words += position + 1
            base += position + 1 + GAP
        units.append(_unit(field, words, lengths))
        ends.append(base)
    return places, units, ends


def _unit(field: str, words: int, lengths: Mapping[str, float]) -> float:
    """What one word of a field is worth in a document where it has so many."""
    share = LENGTH_SHARES[field]
    return FIELD_WEIGHTS[field] / (1 - share + share * words / lengths[field])


def _own_weights(places: Mapping[str, list[int]], units: list[float], ends: list[int]) -> Weights:
    if not places:
        return np.zeros(0, np.float32)
    every = np.fromiter(chain.from_iterable(places.values()), np.int64)
    worth = np.array(units, np.float32)[np.searchsorted(ends, every, side="right")]
    starts = np.cumsum([0, *map(len, places.values())][:-1])
    found: Weights = np.add.reduceat(worth, starts)
    return found


def _text_keys(files: Iterable[FileText], analyser: Analyser, keep: Keep | None) -> tuple[Mapping[str, int], int]:
    """How often each key stands in the pages of the files, and how many words they have."""
    words: Counter[tuple[str, ...]] = Counter()
    for file in files:
        pages = _pages(file, analyser, words)
        if keep is not None:
            keep(file, pack(pages, analyser.version))
        for _page in pages:
            pass  # without `keep`, and what a file has too much of for page keys
    counted: defaultdict[str, int] = defaultdict(int)
    for keys, times in words.items():
        for key in keys:
            counted[key] += times
    return counted, words.total()


def _pages(file: FileText, analyser: Analyser, words: Counter[tuple[str, ...]]) -> Iterator[list[tuple[str, ...]]]:
    """The words of each page in order, each as its keys; counts them in `words` on the way."""
    for page in file.pages:
        found = list(map(_keys_of, analyser.index_keys(storable(page))))
        words.update(found)
        yield found

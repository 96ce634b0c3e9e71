"""What a rebuild learns of the documents before it writes one: their Kazakh words, and how long their fields are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from opendata.search.analysis import Analyser, stem_list
from opendata.search.document import SearchDocument
from opendata.search.document_keys import texts_of
from opendata.search.runs import Runs

MEASURED_FIRST = 200
MEASURED_OF = 16
"""Counting words costs as much as indexing them: after the first ones, one record in so many is measured."""
SUPPOSED = 20
"""So many records of the lengths supposed before are counted in, and the first few of a collection change little."""

Sums = Mapping[str, tuple[int, int]]
"""By field: tokens, and records that have the field."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What was learned: files of Kazakh words (see `runs`), and the lengths of those records that were measured."""

    words: tuple[Path, ...] = ()
    sums: Sums = field(default_factory=dict)


class Survey:
    """Looks at documents one batch after the other. Files of words go to `folder`."""

    def __init__(self, folder: Path, analyser: Analyser) -> None:
        self._analyser = analyser
        self._runs = Runs(folder, "words")
        self._sums: dict[str, tuple[int, int]] = {}
        self._seen = 0

    def add(self, documents: Iterable[SearchDocument]) -> None:
        """Look at some more."""
        for document in documents:
            pages = tuple(page for file in document.files for page in file.pages)
            texts = {**texts_of(document), "body": pages}
            self._runs.add(stem_list.kazakh_words(text for given in texts.values() for text in given))
            if self._seen < MEASURED_FIRST or document.id.int % MEASURED_OF == 0:
                self._measure(texts)
            self._seen += 1

    def findings(self) -> Findings:
        """All that was learned."""
        return Findings(self._runs.close(), dict(self._sums))

    def _measure(self, texts: Mapping[str, Iterable[str]]) -> None:
        for name, given in texts.items():
            length = sum(self._length(text) for text in given)
            if length:
                tokens, records = self._sums.get(name, (0, 0))
                self._sums[name] = (tokens + length, records + 1)

    def _length(self, text: str) -> int:
        last = -1
        for token in self._analyser.index_keys(text):
            last = token.position
        return last + 1


def mean_lengths(sums: Iterable[Sums], supposed: Mapping[str, float]) -> dict[str, float]:
    """Tokens of each field in a record that has it."""
    tokens = {name: length * SUPPOSED for name, length in supposed.items()}
    records = dict.fromkeys(supposed, SUPPOSED)
    for found in sums:
        for name, (length, count) in found.items():
            tokens[name] += length
            records[name] += count
    return {name: round(tokens[name] / records[name], 2) for name in supposed}

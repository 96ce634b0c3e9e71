"""The passages that two texts have in common, cut out and marked on both sides."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np

from opendata.search.marking import Piece
from opendata.search.resemblance import Flags, Run
from opendata.search.wordstream import Numbers, WordReader, Words
from opendata.services.similar_results import Match, Place
from opendata.services.similar_texts import Pages

CHARACTERS = 300
"""Of a passage that are shown, on each side."""
AROUND = 60
"""Characters before and behind it."""
WORDS_TO_MARK = 6
_SPACE = re.compile(r"\s+")


class Side:
    """One of the two texts: its pages, its words, and which of these stand in the other one."""

    def __init__(self, reader: WordReader, pages: Pages, words: Words, covered: Flags) -> None:
        self._reader, self._pages, self._words, self._covered = reader, pages, words, covered
        self._spans: dict[int, list[tuple[int, int]]] = {}

    def passage(self, first: int, length: int) -> tuple[tuple[Piece, ...], Place, tuple[str, ...]]:
        """The words from `first` on, as far as they stand in one piece of a page: in pieces, where, and the words."""
        number, begin = self._words.piece_of(first)
        piece = self._words.pieces[number]
        page = self._pages.texts[piece.page]
        spans = self._spans_of(number)[first - begin : first - begin + length]
        start = piece.start + spans[0][0]
        marked = [
            (piece.start + one, piece.start + two)
            for place, (one, two) in enumerate(spans)
            if self._covered[first + place] and piece.start + two - start <= CHARACTERS
        ] or [(start, min(len(page), start + CHARACTERS))]
        return tuple(_cut_out(page, marked)), self._pages.places[piece.page], self._longest(page, marked)

    def surface(self, word: int) -> str:
        """A word as it stands in the text."""
        number, begin = self._words.piece_of(word)
        piece = self._words.pieces[number]
        start, end = self._spans_of(number)[word - begin]
        return _SPACE.sub("", self._pages.texts[piece.page][piece.start + start : piece.start + end].replace("-\n", ""))

    def _spans_of(self, number: int) -> list[tuple[int, int]]:
        if number not in self._spans:
            piece = self._words.pieces[number]
            text = self._pages.texts[piece.page][piece.start : piece.end]
            self._spans[number] = self._reader.spans(text)
        return self._spans[number]

    @staticmethod
    def _longest(page: str, marked: Sequence[tuple[int, int]]) -> tuple[str, ...]:
        words = dict.fromkeys(page[start:end] for start, end in marked if page[start:end].isalpha())
        return tuple(sorted(words, key=lambda word: -len(word))[:WORDS_TO_MARK])


def matches(given: Side, found: Side, runs: Sequence[Run]) -> tuple[Match, ...]:
    """The runs as passages on both sides."""
    made = []
    for run in runs:
        mine, my_place, _words = given.passage(run.given, run.length)
        theirs, their_place, words = found.passage(run.other, run.other_length)
        made.append(Match(run.length, mine, my_place, theirs, their_place, " ".join(words)))
    return tuple(made)


def first_places(words: Words, numbers: Numbers) -> list[int]:
    """For each number the first word of the text that has it."""
    found, first = np.unique(words.numbers, return_index=True)
    places = np.searchsorted(found, numbers)
    return [int(first[place]) for place in places]


def _cut_out(page: str, marked: Sequence[tuple[int, int]]) -> Iterator[Piece]:
    """The stretch around what is marked; marked words that only blanks and common words part are joined."""
    first, last = marked[0][0], marked[-1][1]
    start, end = _edge(page, first), _end(page, last)
    if start > 0:
        yield Piece("… ")
    done = start
    for one, two in _joined(page, marked):
        if one > done:
            yield Piece(_SPACE.sub(" ", page[done:one]))
        yield Piece(_SPACE.sub(" ", page[one:two]), marked=True)
        done = two
    if done < end:
        yield Piece(_SPACE.sub(" ", page[done:end]))
    if end < len(page):
        yield Piece(" …")


def _joined(page: str, marked: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    start, end = marked[0]
    for one, two in marked[1:]:
        if one - end > 1 and not page[end:one].isspace():
            yield start, end
            start = one
        end = two
    yield start, end


def _edge(page: str, first: int) -> int:
    """Where the stretch begins: at a word, AROUND characters before."""
    if first <= AROUND:
        return 0
    blank = _SPACE.search(page, first - AROUND, first)
    return blank.end() if blank else first


def _end(page: str, last: int) -> int:
    if last + AROUND >= len(page):
        return len(page)
    cut = max(page.rfind(blank, last, last + AROUND) for blank in " \n\t")
    return cut if cut > last else last

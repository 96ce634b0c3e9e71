"""Cuts the passage out of a page that shows best why it was found, with the words marked."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from opendata.search.marking import Marker, Match, Piece, pieces

PASSAGE_CHARACTERS = 300
SENTENCE = 100
"""So many characters further apart are words between which a sentence ends."""
_SPACE = re.compile(r"\s+")
_END = re.compile(r"[.!?…]\s+(?=[^\W\da-zа-яёәғқңөұүһі])|\n[ \t\r]*\n")
_FILLER = re.compile(r"(?:[._·…‥]\s?){4,}")
"""Leaders of a table of contents and lines to be filled in: nothing to read."""


@dataclass(frozen=True, slots=True)
class Cut:
    """The best stretch of a page. `groups` are the wanted things that stand in it, all within `reach` characters; where
    sentences end between them, that is said to be more."""

    pieces: tuple[Piece, ...]
    groups: frozenset[int]
    reach: int

    @property
    def rank(self) -> tuple[int, int]:
        """More is better: more of the things, then closer together."""
        return len(self.groups), -self.reach

    @property
    def text(self) -> str:
        """Without marks."""
        return "".join(piece.text for piece in self.pieces)


def cut(marker: Marker, text: str, matches: Sequence[Match]) -> Cut | None:
    """The stretch of `text`, at most PASSAGE_CHARACTERS long, with most of the wanted things; None without matches."""
    if not matches:
        return None
    first, last = _densest(marker, matches)
    inside = matches[first : last + 1]
    groups = frozenset(marker.groups[match.what] for match in inside)
    start, end = inside[0].start, inside[-1].end
    reach = end - start + SENTENCE * len(_END.findall(text, start, end))
    return Cut(tuple(_cut_out(text, matches, first)), groups, reach)


def _densest(marker: Marker, matches: Sequence[Match]) -> tuple[int, int]:
    """First and last match of the stretch with most different things, the shortest of those."""
    best, at, first = (0, 0), (0, 0), 0
    inside: Counter[int] = Counter()
    for last, match in enumerate(matches):
        inside[marker.groups[match.what]] += 1
        # What is too far away goes, and what stands again further on.
        while first < last and (
            match.end - matches[first].start > PASSAGE_CHARACTERS or inside[marker.groups[matches[first].what]] > 1
        ):
            inside[marker.groups[matches[first].what]] -= 1
            first += 1
        rank = (sum(1 for count in inside.values() if count), matches[first].start - match.end)
        if not last or rank > best:
            best, at = rank, (first, last)
    return at


def _cut_out(text: str, matches: Sequence[Match], at: int) -> Iterator[Piece]:
    first = matches[at].start
    last = max(match.end for match in matches[at:] if match.end - first <= PASSAGE_CHARACTERS or match is matches[at])
    spare = max(0, PASSAGE_CHARACTERS - (last - first))
    start = _word_edge(text, max(0, first - spare // 2), first)
    end = _word_end(text, last, min(len(text), start + PASSAGE_CHARACTERS))
    inside = [Match(m.start - start, m.end - start, m.what) for m in matches if start <= m.start and m.end <= end]
    shown = [
        (_SPACE.sub(" ", _FILLER.sub(" … ", piece.text)), piece.marked) for piece in pieces(text[start:end], inside)
    ]
    if start > 0:
        yield Piece("… ")
        shown[0] = shown[0][0].lstrip(" …"), shown[0][1]
    if end < len(text):
        shown[-1] = shown[-1][0].rstrip(" …"), shown[-1][1]
    yield from (Piece(words, marked) for words, marked in shown if words)
    if end < len(text):
        yield Piece(" …")


def _word_edge(text: str, start: int, limit: int) -> int:
    if start == 0:
        return 0
    space = _SPACE.search(text, start, limit)
    return space.end() if space else start


def _word_end(text: str, least: int, end: int) -> int:
    if end >= len(text):
        return len(text)
    blank = max(text.rfind(blank, least, end) for blank in (" ", "\n", "\t"))
    return blank if blank > least else max(end, least)

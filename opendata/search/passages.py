"""Finds the page of a file that a hit is on, and marks the words of a query in texts in whatever form they stand."""

from __future__ import annotations

import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from opendata.search.analysis import Analyser, QueryToken
from opendata.search.document import FileText
from opendata.search.parser import Is, Leaf, Phrase, Prefix, Tree

PASSAGE_CHARACTERS = 300
PAGES_READ = 4
"""Pages that are analysed to choose one; the others are only looked through for the beginnings of words."""
PAGE_CHARACTERS = 30_000
"""Characters of one page that are analysed; a sheet or a text file can be one page of megabytes."""
SECONDS_OF_PAGES = 0.5
"""How long the pages of one file are analysed for a list of those with hits."""
SECONDS = 0.25
"""How long the search for a passage of one hit goes on before it takes the best page found so far."""
_SPACE = re.compile(r"\s+")
_BREAK = re.compile(r"[-\u2010\u2011][ \t]*\r?\n[ \t]*")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text; `marked` where it matches the query."""

    text: str
    marked: bool = False


@dataclass(frozen=True, slots=True)
class Passage:
    """The best place in the files of a hit. `page` counts from 1.

    `more_pages` other pages of that file and `more_files` other files hold words of the query too; both are counted
    by the beginnings of words, within the time that one hit has.
    """

    resource_id: UUID
    page: int
    pieces: tuple[Piece, ...]
    more_files: int = 0
    more_pages: int = 0


@dataclass(frozen=True, slots=True)
class _Sought:
    """What is looked for: any of `keys`, a key that begins so, or the keys of `sequence` next to each other."""

    keys: frozenset[str]
    beginnings: tuple[str, ...] = ()
    sequence: tuple[str, ...] = ()
    probes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Match:
    start: int
    end: int
    what: int


class Marker:
    """What a query looks for in texts: made once for a query, used for every title, page and passage of its results."""

    def __init__(self, tree: Tree, analyser: Analyser) -> None:
        self._analyser = analyser
        self._sought = tuple(_sought(tree, analyser))
        self._by_key: defaultdict[str, set[int]] = defaultdict(set)
        for what, sought in enumerate(self._sought):
            for key in sought.keys:
                self._by_key[key].add(what)
        self._beginnings = [(what, one) for what, sought in enumerate(self._sought) for one in sought.beginnings]

    def __bool__(self) -> bool:
        return bool(self._sought)

    @property
    def size(self) -> int:
        """How many different things are looked for."""
        return len(self._sought)

    def matches(self, text: str) -> list[_Match]:
        """Where they stand in `text`, in order; words of a phrase only where all of it stands."""
        run: list[tuple[int, int, int, frozenset[str]]] = []
        found: list[_Match] = []
        longest = max((len(sought.sequence) for sought in self._sought), default=0)
        for position, start, end, keys in self._analyser.index_keys(text):
            found.extend(_Match(start, end, what) for what in self._held(keys))
            if longest:
                run = [*(one for one in run if one[0] > position - longest), (position, start, end, frozenset(keys))]
                found.extend(self._phrases_ending(run))
        found.sort(key=lambda match: (match.start, match.end))
        return found

    def _held(self, keys: tuple[str, ...]) -> set[int]:
        held = {what for key in keys if key in self._by_key for what in self._by_key[key]}
        held.update(what for what, beginning in self._beginnings if any(key.startswith(beginning) for key in keys))
        return held

    def _phrases_ending(self, run: list[tuple[int, int, int, frozenset[str]]]) -> Iterator[_Match]:
        last = run[-1][0]
        for what, sought in enumerate(self._sought):
            size = len(sought.sequence)
            if size and sought.sequence[-1] in run[-1][3]:
                ends = [_at(run, last - size + 1 + n, key) for n, key in enumerate(sought.sequence)]
                if all(end is not None for end in ends):
                    yield from (_Match(end[0], end[1], what) for end in ends if end is not None)

    def probe(self, lowered: str) -> int:
        """How many of the things sought may be in a text that is lower case with ё as е."""
        return sum(1 for sought in self._sought if _may_hold(sought, lowered))

    def rarest(self, lowered: str) -> int:
        """Where the thing that comes last for the first time may stand in such a text: the others are likely near."""
        return max((lowered.find(probe) for sought in self._sought for probe in sought.probes), default=0)

    def mark(self, text: str) -> tuple[Piece, ...]:
        """`text` in pieces, the matching ones marked; nothing of it is lost or changed."""
        return tuple(_pieces(text, self.matches(text)))


def mark(text: str, tree: Tree, analyser: Analyser) -> tuple[Piece, ...]:
    """`text` in pieces with the query's words marked in any of their forms. For many texts, make one Marker."""
    return Marker(tree, analyser).mark(text)


def pages_with_hits(marker: Marker, pages: Sequence[str]) -> tuple[int, ...]:
    """The pages, from 1, that hold every word of the query; where none does, those with any.

    Pages are looked through for the beginnings of words, and those that have them are analysed, as long as
    SECONDS_OF_PAGES last; what is left then, and what is longer than PAGE_CHARACTERS, goes by beginnings alone.
    """
    until = time.monotonic() + SECONDS_OF_PAGES
    counts = [marker.probe(_lowered(page)) for page in pages]
    # Pages with most of the words first: they are the ones that a reader is sent to.
    for index in sorted(range(len(pages)), key=lambda index: -counts[index]):
        if not counts[index] or time.monotonic() > until:
            break
        if len(pages[index]) <= PAGE_CHARACTERS:
            counts[index] = len({match.what for match in marker.matches(pages[index])})
    best = marker.size if marker.size in counts else 1
    return tuple(number for number, count in enumerate(counts, 1) if count >= best and count)


def best_passage(tree: Tree, analyser: Analyser, files: Iterable[FileText]) -> Passage | None:
    """The best place in `files` for the query; None where its words are not in their text. See Marker for many hits."""
    return find_passage(Marker(tree, analyser), files)


def find_passage(marker: Marker, files: Iterable[FileText]) -> Passage | None:
    """As `best_passage`, with a marker made once for all hits of a page."""
    if not marker:
        return None
    files, until = tuple(files), time.monotonic() + SECONDS
    candidates = _candidates(marker, files, until, _lowered) or _candidates(marker, files, until, _unbroken)
    # Most of the words first; among equals the first page, which is the order that they come in.
    candidates.sort(key=lambda candidate: -candidate[0])
    best: tuple[tuple[int, int], int, int, list[_Match]] | None = None
    for place, (_count, _file, _page, text) in enumerate(candidates):
        # Beginnings are found in other words too, so more pages are read until one holds a word of the query.
        if (best is not None and place >= PAGES_READ) or time.monotonic() > until:
            break
        matches = marker.matches(text)
        if not matches:
            continue
        rank, at = _densest(matches)
        if best is None or rank > best[0]:
            best = (rank, place, at, matches)
        if rank[0] == marker.size:
            break
    if best is None:
        return None
    _rank, place, at, matches = best
    _count, file, page, text = candidates[place]
    more_pages = sum(1 for one in candidates if one[1] is file) - 1
    more_files = len({id(one[1]) for one in candidates}) - 1
    return Passage(file.resource_id, page, tuple(_cut_out(text, matches, at)), more_files, more_pages)


def _candidates(
    marker: Marker, files: Iterable[FileText], until: float, prepare: Callable[[str], str]
) -> list[tuple[int, FileText, int, str]]:
    found = []
    for file in files:
        for number, page in enumerate(file.pages, 1):
            lowered = prepare(page)
            count = marker.probe(lowered)
            if count:
                found.append((count, file, number, _part(page, marker, lowered)))
            if found and time.monotonic() > until:
                return found
    return found


def _lowered(text: str) -> str:
    return text.lower().replace("ё", "е").replace("\u00ad", "")


def _unbroken(text: str) -> str:
    return _BREAK.sub("", _lowered(text))


def _part(page: str, marker: Marker, lowered: str) -> str:
    """What is analysed of a page: all, or of a very long one the part around the rarest of the words."""
    if len(page) <= PAGE_CHARACTERS:
        return page
    start = max(0, marker.rarest(lowered) - PAGE_CHARACTERS // 2)
    return page[start : start + PAGE_CHARACTERS]


def _may_hold(sought: _Sought, lowered: str) -> bool:
    if sought.sequence and not sought.keys:
        return all(probe in lowered for probe in sought.probes)
    return not sought.probes or any(probe in lowered for probe in sought.probes)


def _sought(tree: Tree, analyser: Analyser) -> Iterator[_Sought]:
    leaves = [leaf for leaf in tree.leaves() if not isinstance(leaf, Is)]
    found = [sought for leaf in leaves for sought in _of_leaf(leaf, analyser, common=False)]
    # A query of common words alone looks for them, as the index does.
    yield from dict.fromkeys(found or [sought for leaf in leaves for sought in _of_leaf(leaf, analyser, common=True)])


def _of_leaf(leaf: Leaf, analyser: Analyser, *, common: bool) -> Iterator[_Sought]:
    if isinstance(leaf, Is):
        return
    if isinstance(leaf, Prefix):
        key = analyser.prefix_key(leaf.text)
        yield _Sought(frozenset(), (key,), probes=(key.partition(":")[2],))
        return
    tokens = analyser.query_tokens(leaf.text)
    if isinstance(leaf, Phrase):
        parts = [part for token in tokens for part in (token.parts or (token,))]
        if parts:
            yield _Sought(
                frozenset(), sequence=tuple(part.surface for part in parts), probes=tuple(part.text for part in parts)
            )
        return
    yield from (_of_token(token) for token in tokens if common or not token.common)


def _of_token(token: QueryToken) -> _Sought:
    # A code may stand in the text with blanks between its parts.
    return _Sought(frozenset(token.keys), sequence=tuple(part.surface for part in token.parts), probes=token.probes)


def _at(run: list[tuple[int, int, int, frozenset[str]]], position: int, key: str) -> tuple[int, int] | None:
    return next(((start, end) for place, start, end, keys in run if place == position and key in keys), None)


def _densest(matches: Sequence[_Match]) -> tuple[tuple[int, int], int]:
    """(different things, matches) within a passage's length where that is most, and the index of its first match."""
    best, at, first = (0, 0), 0, 0
    for last, match in enumerate(matches):
        while match.end - matches[first].start > PASSAGE_CHARACTERS and first < last:
            first += 1
        rank = (len({one.what for one in matches[first : last + 1]}), last + 1 - first)
        if rank > best:
            best, at = rank, first
    return best, at


def _cut_out(text: str, matches: Sequence[_Match], at: int) -> Iterator[Piece]:
    first = matches[at].start
    last = max(match.end for match in matches[at:] if match.end - first <= PASSAGE_CHARACTERS or match is matches[at])
    spare = max(0, PASSAGE_CHARACTERS - (last - first))
    start = _word_edge(text, max(0, first - spare // 2), first)
    end = _word_end(text, last, min(len(text), start + PASSAGE_CHARACTERS))
    inside = [_Match(m.start - start, m.end - start, m.what) for m in matches if start <= m.start and m.end <= end]
    if start > 0:
        yield Piece("… ")
    for piece in _pieces(text[start:end], inside):
        yield Piece(_SPACE.sub(" ", piece.text), piece.marked)
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
    cut = max(text.rfind(blank, least, end) for blank in (" ", "\n", "\t"))
    return cut if cut > least else max(end, least)


def _pieces(text: str, matches: Iterable[_Match]) -> Iterator[Piece]:
    done = 0
    for start, end in _merged(matches):
        if start > done:
            yield Piece(text[done:start])
        yield Piece(text[start:end], marked=True)
        done = end
    if done < len(text):
        yield Piece(text[done:])


def _merged(matches: Iterable[_Match]) -> Iterator[tuple[int, int]]:
    """The stretches that matches cover, in order, overlapping ones joined."""
    start = end = -1
    for match in matches:
        if match.start < end:
            end = max(end, match.end)
            continue
        if end >= 0:
            yield start, end
        start, end = match.start, match.end
    if end >= 0:
        yield start, end

"""Finds the words of a query in texts, in whatever form they stand, and marks them."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, count, islice, repeat

from opendata.search.analysis import Analyser, QueryToken
from opendata.search.analysis.contract import Token
from opendata.search.parser import Either, Is, Leaf, Phrase, Prefix, Tree, Word

MOST_SPANS = 100
"""Places of a text that are looked at; where a query's words may stand at more, those with most of them close by."""
PASSAGE_SPANS = 16
"""As many are enough to cut one passage."""
MOST_PLACES = 5_000
"""Places of a text that are compared to choose those."""
WHOLE_CHARACTERS = 30_000
"""Characters of a text up to which all of it is analysed for words that are not found by their beginnings."""
CLOSE = 300
"""Characters within which words stand close together."""
_REACH = 64
"""Characters around a place within which the word there begins and ends."""
_BROKEN = re.compile(r"\u00ad|[-\u2010\u2011][ \t]*\r?\n")
# Not where a word is broken: both halves must be seen together.
_BLANK = re.compile(r"(?<=[^\s\-\u2010\u2011\u00ad])\s")


Beginning = Callable[[str], Collection[str]]
"""From the beginning of a key to all keys of the index that begin so; none where they are too many."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text; `marked` where it matches the query."""

    text: str
    marked: bool = False


@dataclass(frozen=True, slots=True)
class Sought:
    """What is looked for: any of `keys`, a key that begins so, or the keys of `sequence` next to each other.

    The `keys` of a beginning are all words of the index that begin so; none where nobody knows them. All of one `group`
    are alternatives. `probes` are beginnings, lower case with ё as е, one of which every form has;
    for a sequence alone they are the words themselves, each of which must be there.
    """

    group: int
    keys: frozenset[str] = frozenset()
    beginnings: tuple[str, ...] = ()
    sequence: tuple[str, ...] = ()
    probes: tuple[str, ...] = ()

    @property
    def is_unsure(self) -> bool:
        """Whether page keys cannot tell that it stands on a page, but only that it may."""
        return bool(self.sequence or (self.beginnings and not self.keys))


@dataclass(frozen=True, slots=True)
class Match:
    """A word in a text that is, or is part of, the thing sought at place `what`."""

    start: int
    end: int
    what: int


class Marker:
    """What a query looks for in texts: made once for a query, used for every title, page and passage of its results."""

    def __init__(
        self, tree: Tree, analyser: Analyser, also: Iterable[str] = (), beginning: Beginning = lambda _key: ()
    ) -> None:
        """`also`: other words for the same, each of which will do instead. `beginning`: the keys that begin so."""
        self._analyser = analyser
        self.sought = tuple(_with_words(sought, beginning) for sought in _sought(tree, analyser, also))
        self.groups = tuple(sought.group for sought in self.sought)
        self._by_key: defaultdict[str, set[int]] = defaultdict(set)
        for what, sought in enumerate(self.sought):
            for key in sought.keys:
                self._by_key[key].add(what)
        self._beginnings = [(what, one) for what, sought in enumerate(self.sought) for one in sought.beginnings]
        self._sequences = [(what, sought.sequence) for what, sought in enumerate(self.sought) if sought.sequence]
        self._rows_alone = all(sought.sequence and not sought.keys for sought in self.sought)
        self._longest = max((len(sequence) for _what, sequence in self._sequences), default=0)

    def __bool__(self) -> bool:
        return bool(self.sought)

    @property
    def size(self) -> int:
        """How many different things are wanted."""
        return len(set(self.groups))

    @property
    def unsure(self) -> frozenset[int]:
        """The places of what page keys cannot tell for sure."""
        return frozenset(what for what, sought in enumerate(self.sought) if sought.is_unsure)

    def matches(self, text: str) -> list[Match]:
        """Where they stand in `text`, in order; words of a phrase only where all of it stands."""
        return self._found(self._analyser.index_keys(text))

    def matches_near(self, text: str, expected: Collection[int], enough: int = MOST_SPANS) -> list[Match]:
        """As `matches`, but only words with the right beginnings are analysed, as long as all of `expected` are found:
        at `enough` places where most of them stand together, and at MOST_SPANS when that is not all.

        Words that are broken, or written in other letters, have other beginnings: then all of the text is analysed, as
        far as it is no longer than WHOLE_CHARACTERS.
        """
        if self._rows_alone:
            rows = self._rows(text)
            if rows is not None:
                return self._found(self._analyser.keys_within(text, rows)) if rows else []
        places = self._places(text)
        found: list[Match] = []
        for most in (enough, MOST_SPANS) if enough < len(places) else (MOST_SPANS,):
            spans = _joined(_around(text, place) for place in _closest(places, most))
            found = self._found(self._analyser.keys_within(text, spans))
            if spans and {match.what for match in found}.issuperset(expected):
                return found
        return self.matches(text) if len(text) <= WHOLE_CHARACTERS else found

    def mark(self, text: str) -> tuple[Piece, ...]:
        """`text` in pieces, the matching ones marked; nothing of it is lost or changed."""
        return tuple(pieces(text, self.matches(text)))

    def probe(self, lowered: str) -> set[int]:
        """Which of the things sought may be in a text that is lower case with ё as е."""
        return {what for what, sought in enumerate(self.sought) if _may_hold(sought, lowered)}

    def _found(self, tokens: Iterable[Token]) -> list[Match]:
        run: list[Token] = []
        found: list[Match] = []
        for token in tokens:
            found.extend(Match(token.start, token.end, what) for what in self._held(token.keys))
            if self._longest:
                run = [*(one for one in run if one.position > token.position - self._longest), token]
                found.extend(self._phrases_ending(run))
        found.sort(key=lambda match: (match.start, match.end))
        return found

    def _held(self, keys: tuple[str, ...]) -> set[int]:
        held = {what for key in keys if key in self._by_key for what in self._by_key[key]}
        held.update(what for what, beginning in self._beginnings if any(key.startswith(beginning) for key in keys))
        return held

    def _phrases_ending(self, run: list[Token]) -> Iterator[Match]:
        last = run[-1]
        for what, sequence in self._sequences:
            if sequence[-1] in last.keys:
                first = last.position - len(sequence) + 1
                ends = [_at(run, first + n, key) for n, key in enumerate(sequence)]
                if all(end is not None for end in ends):
                    yield from (Match(end.start, end.end, what) for end in ends if end is not None)

    def _places(self, text: str) -> list[tuple[int, int]]:
        """Where words with the right beginnings stand, in order, and their groups."""
        lowered = lowered_alike(text)
        places: dict[int, int] = {}
        for what, sought in enumerate(self.sought):
            for probe in sought.probes:
                for at in islice(_beginning(lowered, probe), MOST_PLACES - len(places)):
                    places[at] = self.groups[what]
        if self._sequences:
            # A broken word has no beginning to go by, and only whole pages say whether a phrase is missed for that.
            places |= {
                match.start(): self.groups[self._sequences[0][0]]
                for match in islice(_BROKEN.finditer(text), MOST_PLACES)
            }
        return sorted(places.items())

    def _rows(self, text: str) -> list[tuple[int, int]] | None:
        """The stretches in which phrases may stand: all words of one, with nothing between that keeps them apart. None
        where not a single one of the words is seen, which may be written in other letters."""
        lowered = lowered_alike(text)
        places = [(match.start(), "") for match in islice(_BROKEN.finditer(text), MOST_PLACES)]
        for probe in {probe for sought in self.sought for probe in sought.probes}:
            places.extend((at, probe) for at in islice(_beginning(lowered, probe), MOST_PLACES))
        if not places:
            return None
        found: list[tuple[int, int]] = []
        for run in _runs(text, sorted(places)):
            words = {probe for _at, probe in run}
            if "" in words or any(words.issuperset(sought.probes) for sought in self.sought):
                found.append((_around(text, run[0][0])[0], _around(text, run[-1][0])[1]))
        return _joined(found)


def _beginning(lowered: str, probe: str) -> Iterator[int]:
    """Where words begin so."""
    at = lowered.find(probe)
    while at >= 0:
        if at == 0 or not lowered[at - 1].isalpha():
            yield at
        at = lowered.find(probe, at + 1)


def _runs(text: str, places: Sequence[tuple[int, str]]) -> Iterator[list[tuple[int, str]]]:
    """The places in order, those together between which no word stands that is none of them."""
    run: list[tuple[int, str]] = []
    for place in places:
        if run and not _touch(text, run[-1][0], place[0]):
            yield run
            run = []
        run.append(place)
    if run:
        yield run


def _touch(text: str, first: int, second: int) -> bool:
    """Whether the words there stand side by side, as far as `_around` reaches."""
    if second - first > 3 * _REACH:
        return False
    blank = _BLANK.search(text, first, second)
    return blank is None or _BLANK.search(text, blank.end(), second) is None


def lowered_alike(text: str) -> str:
    """`text` in lower case with ё as е, every character where it was."""
    lowered = text.lower()
    if len(lowered) != len(text):
        lowered = "".join(low if len(low := character.lower()) == 1 else character for character in text)
    return lowered.replace("ё", "е")


def pieces(text: str, matches: Iterable[Match]) -> Iterator[Piece]:
    """`text` with the matches, given in order, marked."""
    done = 0
    for start, end in _merged(matches):
        if start > done:
            yield Piece(text[done:start])
        yield Piece(text[start:end], marked=True)
        done = end
    if done < len(text):
        yield Piece(text[done:])


def _merged(matches: Iterable[Match]) -> Iterator[tuple[int, int]]:
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


def _closest(places: Sequence[tuple[int, int]], most: int) -> list[int]:
    """Of (place, group) in order those `most` places that have the most groups close by, in order."""
    if len(places) <= most:
        return [place for place, _group in places]
    near: Counter[int] = Counter()
    counts, first, last = [0] * len(places), 0, 0
    for n, (place, _group) in enumerate(places):
        while last < len(places) and places[last][0] <= place + CLOSE:
            near[places[last][1]] += 1
            last += 1
        while places[first][0] < place - CLOSE:
            near[places[first][1]] -= 1
            first += 1
        counts[n] = sum(1 for count in near.values() if count)
    best = sorted(range(len(places)), key=lambda n: -counts[n])[:most]
    return [places[n][0] for n in sorted(best)]


def _around(text: str, place: int) -> tuple[int, int]:
    start = max(0, place - _REACH)
    for blank in _BLANK.finditer(text, start, place):
        start = blank.end()
    after = _BLANK.search(text, place, place + 2 * _REACH)
    return start, after.end() if after else min(len(text), place + 2 * _REACH)


def _joined(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans in order, those that touch or overlap as one."""
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def _may_hold(sought: Sought, lowered: str) -> bool:
    if sought.sequence and not sought.keys:
        return all(probe in lowered for probe in sought.probes)
    return not sought.probes or any(probe in lowered for probe in sought.probes)


def _with_words(sought: Sought, beginning: Beginning) -> Sought:
    if not sought.beginnings:
        return sought
    return replace(sought, keys=frozenset(key for one in sought.beginnings for key in beginning(one)))


def _sought(tree: Tree, analyser: Analyser, also: Iterable[str]) -> Iterator[Sought]:
    # A query of common words alone looks for them, as the index does.
    found = list(_of_tree(tree, analyser, common=False)) or list(_of_tree(tree, analyser, common=True))
    if found:
        groups = sorted({sought.group for sought in found})
        for text in also:
            # The words of a translation take the places of the words that it translates, the last one what is over.
            found.extend(_of_leaf(Word(text), analyser, chain(groups, repeat(groups[-1])), common=False))
    seen: set[tuple[object, ...]] = set()
    for sought in found:
        same = (sought.keys, sought.beginnings, sought.sequence)
        if same not in seen:
            seen.add(same)
            yield sought


def _of_tree(tree: Tree, analyser: Analyser, *, common: bool) -> Iterator[Sought]:
    group = 0
    for node in tree.wanted:
        if isinstance(node, Either):
            for leaf in node.nodes:
                yield from _of_leaf(leaf, analyser, repeat(group), common=common)
            group += 1
            continue
        found = list(_of_leaf(node, analyser, count(group), common=common))
        yield from found
        group += len(found)


def _of_leaf(leaf: Leaf, analyser: Analyser, groups: Iterable[int], *, common: bool) -> Iterator[Sought]:
    """The things of a leaf, each of the next group."""
    numbers = iter(groups)
    if isinstance(leaf, Is):
        return
    if isinstance(leaf, Prefix):
        key = analyser.prefix_key(leaf.text)
        yield Sought(next(numbers), beginnings=(key,), probes=(key.partition(":")[2],))
        return
    tokens = analyser.query_tokens(leaf.text, meant=leaf.meant if isinstance(leaf, Word) else "")
    if isinstance(leaf, Phrase):
        parts = [part for token in tokens for part in (token.parts or (token,))]
        if len(parts) == 1:
            yield Sought(next(numbers), frozenset((parts[0].surface,)), probes=(parts[0].text,))
        elif parts:
            surfaces = tuple(part.surface for part in parts)
            yield Sought(next(numbers), sequence=surfaces, probes=tuple(part.text for part in parts))
        return
    yield from (_of_token(token, next(numbers)) for token in tokens if common or not token.common)


def _of_token(token: QueryToken, group: int) -> Sought:
    # A code may stand in the text with blanks between its parts.
    sequence = tuple(part.surface for part in token.parts)
    return Sought(group, frozenset(token.keys), sequence=sequence, probes=token.probes)


def _at(run: list[Token], position: int, key: str) -> Token | None:
    return next((one for one in run if one.position == position and key in one.keys), None)

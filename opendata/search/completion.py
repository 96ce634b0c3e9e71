"""What somebody may be about to type: titles, agencies, subjects, people, keywords, by the beginnings of their words.

Beginnings are compared in the skeleton of all scripts, and as what was typed means on another keyboard layout too. The
list is made now and then, so whoever shows something of it asks first whether that is still public.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from opendata.search.analysis.common import COMMON
from opendata.search.analysis.layout import TO_ENGLISH
from opendata.search.analysis.skeleton import skeleton
from opendata.search.analysis.words import fold
from opendata.search.arrays import Array, Arrays, Strings, pack_strings

GROUPS = ("title", "organization", "subject", "person", "performer", "keyword")
"""The kinds of things that are offered, in the order of the list. All but titles are columns of the index."""

MIN_LETTERS = 2
"""Letters and digits that must be typed before anything is offered."""

_KEY = 12
"""Bytes of a word's beginning that are sorted; longer beginnings are compared with the words themselves."""
_MOST_WORDS = 12
_MOST_TYPED = 8
_WORDS = re.compile(r"[^\W_]+(?:'[^\W_]+)*")

_TO_KAZAKH = {key: letter for letter, key in TO_ENGLISH.items()}
"""The keys of an English keyboard and what they are on a Kazakh one, where digits are letters too."""

Places = NDArray[np.int64]


class Entry(NamedTuple):
    """One thing that may be offered. `value` is what the index or the store knows it by; `weight` its records."""

    group: str
    value: str
    label: str
    language: str = ""
    weight: int = 1


def collect(entries: Iterable[Entry]) -> dict[str, Array]:
    """The arrays of a list of entries."""
    given = list(entries)
    keys, places, firsts = bytearray(), array("I"), bytearray()
    for place, entry in enumerate(given):
        for key, first in _keys(entry.label):
            keys += key.ljust(_KEY, b"\0")
            places.append(place)
            firsts.append(first)
    every = np.frombuffer(bytes(keys), dtype=f"S{_KEY}")
    order = np.argsort(every, kind="stable")
    return {
        "keys": every[order],
        "places": np.frombuffer(places, dtype=np.uint32)[order],
        "firsts": np.frombuffer(bytes(firsts), dtype=np.uint8)[order],
        "groups": np.array([GROUPS.index(entry.group) for entry in given], dtype=np.uint8),
        "weights": np.array([entry.weight for entry in given], dtype=np.uint32),
        **pack_strings("values", (entry.value for entry in given)),
        **pack_strings("labels", (entry.label for entry in given)),
        **pack_strings("languages", (entry.language for entry in given)),
    }


def words_of(text: str) -> list[str]:
    """The folded words of a text, cut at every sign that is no letter or digit."""
    return _WORDS.findall(fold(text))


def _keys(label: str) -> dict[tuple[bytes, bool], None]:
    found: dict[tuple[bytes, bool], None] = {}
    for number, word in enumerate(words_of(label)[:_MOST_WORDS]):
        if number == 0 or word not in COMMON:
            found.update(dict.fromkeys((spelling.encode()[:_KEY], number == 0) for spelling in _spellings(word)))
    return found


def _spellings(word: str) -> tuple[str, ...]:
    """The skeleton, and a word in Latin letters as it stands too: beginning to type sh one has typed s."""
    bare = skeleton(word)
    return (bare, word) if bare != word and word[0] < "\u0250" else (bare,)


def readings(typed: str) -> tuple[str, ...]:
    """What the words typed may begin with: as they are, and as other keyboard layouts have them."""
    meant = (typed, other_layout(typed))
    found = dict.fromkeys(one for text in meant for word in words_of(text) for one in _spellings(word))
    return tuple(one for one in found if one)  # nothing is left of ъ and ь


def other_layout(typed: str) -> str:
    """What the same keys give in the other script; "" where that is no word."""
    if not any(map(str.isalpha, typed)):
        return ""
    found = typed.lower().translate(TO_ENGLISH if max(typed) >= "\u0400" else _TO_KAZAKH)
    return found if found.isalpha() else ""


class Completer:
    """The list of entries."""

    def __init__(self, arrays: Arrays) -> None:
        self._keys, self._places, self._firsts = (arrays[name] for name in ("keys", "places", "firsts"))
        self._groups, self._weights = arrays["groups"], arrays["weights"]
        self._values, self._labels, self._languages = (
            Strings(arrays, name) for name in ("values", "labels", "languages")
        )

    def labels(self) -> list[str]:
        """Every label, in the order of the list."""
        return [self._labels[place] for place in range(len(self._labels))]

    def complete(self, typed: str, each: int = 12) -> dict[str, list[Entry]]:
        """By group up to `each` entries in which every word of `typed` begins a word, best first.

        Best is what begins with it, then what most records have.
        """
        wanted = [spellings for chunk in typed.split()[:_MOST_TYPED] if (spellings := readings(chunk))]
        if not wanted or sum(map(str.isalnum, typed)) < MIN_LETTERS:
            return {}
        places, firsts = self._holding(wanted)
        rank = self._weights[places].astype(np.int64) + np.where(np.isin(places, firsts), 1 << 40, 0)
        order = places[np.lexsort((places, -rank))]
        groups = self._groups[order]
        found = {name: list(self._entries(order[groups == number], wanted, each)) for number, name in enumerate(GROUPS)}
        return {name: entries for name, entries in found.items() if entries}

    def _holding(self, wanted: Sequence[Sequence[str]]) -> tuple[Places, Places]:
        """The entries that hold all words, and those whose first word is one of them."""
        runs = [self._run(spellings) for spellings in wanted]
        places = reduce(lambda one, other: np.intersect1d(one, other, assume_unique=True), (run[0] for run in runs))
        return places, np.concatenate([run[1] for run in runs])

    def _run(self, spellings: Sequence[str]) -> tuple[Places, Places]:
        slices = [self._slice(spelling.encode()[:_KEY]) for spelling in spellings]
        places = np.concatenate([self._places[one] for one in slices])
        firsts = np.concatenate([self._firsts[one] for one in slices])
        return np.unique(places).astype(np.int64), places[firsts == 1].astype(np.int64)

    def _slice(self, beginning: bytes) -> slice:
        low = np.array(beginning, dtype=self._keys.dtype)
        full = len(beginning) == _KEY
        high = low if full else np.array(beginning + b"\xff", dtype=self._keys.dtype)
        start, end = np.searchsorted(self._keys, low), np.searchsorted(self._keys, high, "right" if full else "left")
        return slice(int(start), int(end))

    def _entries(self, places: Places, wanted: Sequence[Sequence[str]], most: int) -> Iterator[Entry]:
        """The first of them that hold what was typed to its last letter, each value once."""
        seen: set[str] = set()
        for place in places[: 20 * most].tolist():
            value = self._values[place]
            if value in seen or not _begins(self._labels[place], wanted):
                continue
            seen.add(value)
            group = GROUPS[int(self._groups[place])]
            yield Entry(group, value, self._labels[place], self._languages[place], int(self._weights[place]))
            if len(seen) == most:
                return


def _begins(label: str, wanted: Sequence[Sequence[str]]) -> bool:
    if all(len(one.encode()) < _KEY for spellings in wanted for one in spellings):
        return True  # the sorted beginnings have compared all of it
    have = [spelling for word in words_of(label) for spelling in _spellings(word)]
    return all(any(one.startswith(tuple(spellings)) for one in have) for spellings in wanted)


class Mark(NamedTuple):
    """A piece of a label, and whether it is what was typed."""

    text: str
    typed: bool


def mark(label: str, typed: str) -> tuple[Mark, ...]:
    """The label in pieces: the words that begin with something typed are told apart."""
    beginnings = tuple(one for chunk in typed.split()[:_MOST_TYPED] for one in readings(chunk))
    spans = [
        match.span()
        for match in re.finditer(r"[^\W_]+(?:['’ʼ][^\W_]+)*", label)
        if beginnings and any(one.startswith(beginnings) for one in _spellings(fold(match.group())))
    ]
    ends = [0, *(end for span in spans for end in span), len(label)]
    pieces = (Mark(label[a:b], number % 2 == 1) for number, (a, b) in enumerate(pairwise(ends)))
    return tuple(piece for piece in pieces if piece.text)

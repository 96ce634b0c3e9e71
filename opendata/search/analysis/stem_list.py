"""The list of Kazakh stems: mined from words as they are used, kept as a file, read by the stemmer.

A word cut once gives its stem a vote; what two different words vote for is a stem. It grows with the collection.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib import resources

from opendata.search.analysis.alphabets import cyrillic
from opendata.search.analysis.endings import NOMINAL, RARE
from opendata.search.analysis.kazakh import AS_NOUN, AS_VERB, Stemmer
from opendata.search.analysis.language import place_of
from opendata.search.analysis.models import KAZAKH
from opendata.search.analysis.paragraphs import paragraphs
from opendata.search.analysis.skeleton import skeleton
from opendata.search.analysis.words import fold

MIN_VOTES = 2
_FILE = "stems-kk.txt"
_MARKS = {AS_NOUN: "N", AS_VERB: "V", AS_NOUN | AS_VERB: "NV"}
_KINDS = {mark: kind for kind, mark in _MARKS.items()}

_WORD = re.compile(r"\b[а-яәғқңөұүһі]+\b")

Stems = Mapping[str, int]
"""Stem to how it is used: AS_NOUN, AS_VERB or both."""


def kazakh_words(texts: Iterable[str]) -> set[str]:
    """The folded words of the Kazakh paragraphs of `texts`."""
    found: set[str] = set()
    for text in texts:
        for start, end in paragraphs(text):
            paragraph = text[start:end]
            if place_of(paragraph) == KAZAKH:
                found.update(_WORD.findall(fold(paragraph)))
    return found


def mine(words: Iterable[str]) -> dict[str, int]:
    """The stems of folded Kazakh words, each word counted once; some 0.5 s for 50,000 different ones."""
    voted = Counter((stem, kind) for _word, stem, kind in votes(set(words)))
    total = Counter[str]()
    for (stem, _kind), count in voted.items():
        total[stem] += count
    kept = sorted(stem for stem, count in total.items() if count >= MIN_VOTES)
    return {stem: sum(kind for kind in (AS_NOUN, AS_VERB) if voted[stem, kind]) for stem in kept}


def votes(words: Iterable[str]) -> Iterator[tuple[str, str, int]]:
    """Each word that votes, the stem that it votes for, and how that is used: AS_NOUN or AS_VERB."""
    stemmer = Stemmer(cyrillic())
    for word in words:
        if voted := _vote(stemmer, word):
            yield word, *voted


def union(one: Stems, other: Stems) -> dict[str, int]:
    """The stems of either list, used in all their ways."""
    return {stem: one.get(stem, 0) | other.get(stem, 0) for stem in sorted({*one, *other})}


def _vote(stemmer: Stemmer, word: str) -> tuple[str, int] | None:
    found = [one for one in stemmer.candidates(word) if one.track != RARE] if len(word) > 2 else []
    shortest = stemmer.cut_once(word)
    tracks = {one.track for one in found if one.stem == shortest}
    stem = stemmer.devoice(shortest)
    if not tracks or len(stem) < 3 or stem[-1] in "ую":
        return None
    return stem, AS_NOUN if NOMINAL in tracks else AS_VERB


def skeletal_stems(stems: Stems) -> dict[str, int]:
    """The list for a stemmer of skeletons; stems that fall together there are used in all their ways."""
    found: dict[str, int] = {}
    for stem, kind in stems.items():
        key = skeleton(stem)
        found[key] = found.get(key, 0) | kind
    return found


def version(stems: Stems) -> str:
    """Eight letters and digits that change with the list."""
    return hashlib.sha256(dump(stems).encode()).hexdigest()[:8]


def dump(stems: Stems) -> str:
    """The list as lines of a stem and its marks: N for nouns, V for verbs."""
    return "".join(f"{stem} {_MARKS[kind]}\n" for stem, kind in sorted(stems.items()))


def load(text: str) -> dict[str, int]:
    """The list of `dump`; lines that begin with # are comments. ValueError for anything else."""
    found = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            stem, _blank, mark = line.partition(" ")
            if mark not in _KINDS:
                raise ValueError(f"{line!r} is not a stem with N, V or NV.")
            found[stem] = _KINDS[mark]
    return found


@cache
def seed() -> Stems:
    """The list that comes with the program, mined from official acts by `build_seed`."""
    return load((resources.files(__package__) / "data" / _FILE).read_text("utf-8"))

"""The Kazakh stemmer: cuts complete endings, the longest that the rules allow, until nothing more comes off."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from opendata.search.analysis.endings import (
    ACTION,
    CONVERB,
    INABILITY,
    NOMINAL,
    RARE,
    Condition,
    endings,
)
from opendata.search.analysis.letters import BACK, FRONT, VOWELS, class_bit, class_of, harmony

PASSES = 4
AS_NOUN, AS_VERB = 1, 2
"""How a stem is known to be used; bits."""

_DEVOICED = {"б": "п", "г": "к", "ғ": "қ"}
_SHORT_VERBS = frozenset(("де", "же"))
_SHORT_STEMS = frozenset("су ту ми би ки ти жу жи".split())
_GLIDES = frozenset("уию" + "й")
_NO_VERB_ENDS = frozenset("джхфвцчщһ")
_LIQUID = frozenset("зжмнңрлй")
_OWN = frozenset("м ң ым ім ың ің".split())
_OWN_AFTER_CONSONANT = frozenset("ым ім ың ің".split())
_THIRD = frozenset("ы і сы сі".split())
_LOCATIVE = frozenset("да де та те".split())


class Candidate(NamedTuple):
    """One way to cut a word."""

    stem: str
    ending: str
    track: str

    @property
    def kind(self) -> int:
        """What the stem would be: a noun or a verb."""
        return AS_NOUN if self.track == NOMINAL else AS_VERB


def devoice(word: str) -> str:
    """`word` with a final б, г, ғ as п, к, қ: кітаб- is кітап."""
    return word[:-1] + _DEVOICED[word[-1]] if len(word) > 2 and word[-1] in _DEVOICED else word


def candidates(word: str, table: Mapping[str, tuple[Condition, ...]]) -> Iterator[Candidate]:
    """Every allowed cut of `word`, the shortest stem first."""
    for cut in range(2, len(word)):
        conditions = table.get(word[cut:])
        if conditions:
            stem = word[:cut]
            if not VOWELS.isdisjoint(stem):
                yield from _allowed(stem, word[cut:], conditions)


def _allowed(stem: str, ending: str, conditions: tuple[Condition, ...]) -> Iterator[Candidate]:
    bit, sounds = class_bit(stem), _harmony_for(stem, ending)
    restored = _restored(stem, ending)
    tracks = {one.track for one in conditions if one.classes & bit and (not sounds or one.harmony == sounds)}
    for track in sorted(tracks):
        if not _rejected(restored, ending, track):
            yield Candidate(restored, ending, track)


def _harmony_for(stem: str, ending: str) -> str:
    """The harmony that the ending must have; "" for any."""
    if ending in ("мен", "бен", "пен") or stem.endswith(("ь", "ев", "ёв")):
        return ""
    return harmony(stem)


def _restored(stem: str, ending: str) -> str:
    if ending[0] == "я" or (ending[0] == "ю" and stem[-1] != "и"):
        return stem + "й"
    return stem


def _rejected(stem: str, ending: str, track: str) -> bool:
    verbal = track != NOMINAL
    size, vowel = len(stem), class_of(stem) == "V"
    if size == 2 and _too_short(stem, ending, track, vowel=vowel):
        return True
    if verbal:
        return _no_verb(stem, ending) or (
            size < 3
            and (
                track == RARE
                or (track == CONVERB and vowel)
                or (track == ACTION and vowel and stem not in _SHORT_VERBS)
            )
        )
    return _no_noun(stem, ending)


def _too_short(stem: str, ending: str, track: str, *, vowel: bool) -> bool:
    if vowel and not (track != NOMINAL and stem in _SHORT_VERBS):
        return True
    if stem[0] not in VOWELS and stem[1] in _GLIDES and stem not in _SHORT_STEMS:
        return True
    return len(ending) == 1 and track != ACTION


def _no_verb(stem: str, ending: str) -> bool:
    """Whether a verb cannot end like `stem` before `ending`: mostly because its last vowel has gone to the ending."""
    last, before, first = stem[-1], stem[-2], ending[0]
    if last in _NO_VERB_ENDS:
        return True
    if last == "л" and before not in VOWELS and first in "аеу":
        return True
    if last == "т" and before in "сқкпшт" and first in "ае":
        return True
    return last == "л" and before in "аея" and first in "ае" and sum(letter in VOWELS for letter in stem) >= 2


def _no_noun(stem: str, ending: str) -> bool:
    size = len(stem)
    if ending in _OWN and size < 4:
        return True
    if ending in _OWN_AFTER_CONSONANT and stem[-1] in _LIQUID and stem[-2] not in VOWELS:
        return True
    if size >= 3:
        return False
    return ending in ("ын", "ін", "ша", "ше") or (ending in _THIRD and class_of(stem) == "V")


class KazakhStemmer:
    """Keys of Kazakh words: every form of a word should have the same one. A key is never shown."""

    def __init__(self, stems: Mapping[str, int] | None = None) -> None:
        """`stems`: known stems and how they are used (AS_NOUN, AS_VERB or both); none is a good start too."""
        self._stems = stems or {}
        self._table = endings()

    def __call__(self, word: str) -> str:
        """The key of a folded word."""
        if len(word) < 3:
            return word
        return self._canonical(self._cut(word))

    def _cut(self, word: str) -> str:
        for _pass in range(PASSES):
            shorter = devoice(self.cut_once(word))
            if shorter == word:
                break
            word = shorter
        return word

    def cut_once(self, word: str) -> str:
        """`word` without the ending that is believed most; itself when it has none."""
        if len(word) < 3:
            return word
        found = list(candidates(word, self._table))
        if self._stems:
            known = self._stems.get(word, 0)
            listed = [one for one in found if self._is_listed(one)]
            if known:
                yielding = [one for one in listed if one.kind == AS_NOUN and one.ending in _LOCATIVE]
                return yielding[-1].stem if known == AS_VERB and yielding else word
            if listed:
                return max(listed, key=lambda one: (one.track != RARE, len(one.stem))).stem
        if not found:
            return word
        return min(found, key=lambda one: len(one.stem) + (one.track == INABILITY)).stem

    def _is_listed(self, one: Candidate) -> bool:
        stems, kind = self._stems, one.kind
        if stems.get(one.stem, 0) & kind or stems.get(devoice(one.stem), 0) & kind:
            return True
        return kind == AS_NOUN and any(stems.get(full, 0) & AS_NOUN for full in _refilled(one.stem))

    def _canonical(self, word: str) -> str:
        if word not in self._stems:
            word = _active(word)
        word = devoice(word)
        if word.endswith("ий"):
            word = word[:-1]
        if len(word) >= 5 and word[-1] == "н" and word[-2] in VOWELS and word[-2] not in "ыі":
            word = word[:-1]
        if len(word) >= 3 and word[-1] in "ыі":
            word = devoice(word[:-1])
        return _syncope(word)


def _refilled(stem: str) -> tuple[str, ...]:
    """`stem` with the vowel that a possessive has driven out put back: халқ- is халық."""
    if stem[-1] in VOWELS or stem[-2] in VOWELS:
        return ()
    vowels = "і" if harmony(stem) == "f" else "ы"
    return (devoice(f"{stem[:-1]}{vowels}{stem[-1]}"),)


def _active(word: str) -> str:
    """`word` without the -ыл or -л of the passive."""
    if len(word) >= 5 and word[-2:] in ("ыл", "іл") and word[-3] not in VOWELS:
        return word[:-2]
    if len(word) >= 6 and word[-1] == "л" and word[-2] in "ае" and word[-3] in "лдт":
        return word[:-1]
    return word


def _syncope(word: str) -> str:
    if (
        len(word) >= 4
        and word[-2] in "ыі"
        and word[-3] in "рлйузнмғ"
        and word[-1] in "нзқклмп"
        and not VOWELS.isdisjoint(word[:-3])
    ):
        return word[:-2] + word[-1]
    return word

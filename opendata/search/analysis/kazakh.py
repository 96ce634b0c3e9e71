"""The Kazakh stemmer: cuts complete endings, the longest that the rules allow, until nothing more comes off.

The rules ask an `Alphabet` for letters, so that the same ones serve Cyrillic words and skeletons.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from opendata.search.analysis.alphabets import Alphabet, Entry
from opendata.search.analysis.endings import INABILITY, NOMINAL, RARE
from opendata.search.analysis.letters import CLASS_BITS
from opendata.search.analysis.rejections import Rejections

PASSES = 4
AS_NOUN, AS_VERB = 1, 2
"""How a stem is known to be used; bits."""
MAX_LETTERS = 40
"""Longer words are left as they are: nobody writes them, and time must be bounded."""

_OTHER = CLASS_BITS["T"]


class Candidate(NamedTuple):
    """One way to cut a word."""

    stem: str
    ending: str
    track: str

    @property
    def kind(self) -> int:
        """What the stem would be: a noun or a verb."""
        return AS_NOUN if self.track == NOMINAL else AS_VERB


class Stemmer:
    """Keys of words: every form of a word should have the same one. A key is never shown."""

    def __init__(self, alphabet: Alphabet, stems: Mapping[str, int] | None = None) -> None:
        """`stems`: known stems and how they are used (AS_NOUN, AS_VERB or both); none is a good start too."""
        letters = alphabet.letters
        self._alphabet = alphabet
        self._stems = stems or {}
        self._longest = max(map(len, alphabet.table))
        self._is_rejected = Rejections(alphabet)
        self._devoiced = {alphabet.fold(hard): alphabet.fold(soft) for hard, soft in ("бп", "гк", "ғқ")}
        self._ya, self._yu, self._y, self._i = map(alphabet.fold, "яюйи")
        self._locative = alphabet.words("да де та те")
        self._passive = letters("л"), letters("ае"), letters("лдт")
        self._syncope = letters("рлйузнмғ"), letters("нзқклмп")

    def __call__(self, word: str) -> str:
        """The key of a word."""
        if not 3 <= len(word) <= MAX_LETTERS:
            return word
        for _pass in range(PASSES):
            shorter = self.devoice(self.cut_once(word))
            if shorter == word:
                break
            word = shorter
        return self._canonical(word)

    def devoice(self, word: str) -> str:
        """`word` with a final б, г, ғ as п, к, қ: кітаб- is кітап."""
        if len(word) > 2 and word[-1] in self._devoiced:
            return word[:-1] + self._devoiced[word[-1]]
        return word

    def cut_once(self, word: str) -> str:
        """`word` without the ending that is believed most; itself when it has none."""
        if len(word) < 3:
            return word
        found = self.candidates(word)
        if self._stems:
            known = self._stems.get(word, 0)
            listed = [one for one in found if self._is_listed(one)]
            if known:
                yielding = [one for one in listed if one.track == NOMINAL and one.ending in self._locative]
                return yielding[-1].stem if known == AS_VERB and yielding else word
            if listed:
                return max(listed, key=lambda one: (one.track != RARE, len(one.stem))).stem
        return min(found, key=lambda one: len(one.stem) + (one.track == INABILITY)).stem if found else word

    def candidates(self, word: str) -> list[Candidate]:
        """Every allowed cut of `word`, the shortest stem first."""
        table, vowels, bits = self._alphabet.table, self._alphabet.vowels, self._alphabet.bits
        found: list[Candidate] = []
        for cut in range(max(2, len(word) - self._longest), len(word)):
            entry = table.get(word[cut:])
            if entry is None:
                continue
            bit = bits.get(word[cut - 1] if word[cut - 1] not in "ьъ" else word[cut - 2], _OTHER)
            if entry.classes & bit and not vowels.isdisjoint(word[:cut]):
                self._add_allowed(found, word[:cut], word[cut:], bit, entry)
        return found

    def _add_allowed(self, found: list[Candidate], stem: str, ending: str, bit: int, entry: Entry) -> None:
        sounds = self._alphabet.harmony(stem) if entry.harmonic else ""
        stem = self._restored(stem, ending)
        tried = ""
        for classes, wanted, track in entry.conditions:
            fits = classes & bit and (not sounds or not wanted or wanted == sounds)
            if fits and track not in tried:
                tried += track
                if not self._is_rejected(stem, ending, track):
                    found.append(Candidate(stem, ending, track))

    def _restored(self, stem: str, ending: str) -> str:
        """The stem with the й that an ending has swallowed: қоя is қой and я."""
        if ending.startswith(self._ya) or (ending.startswith(self._yu) and stem[-1] != self._i):
            return stem + self._y
        return stem

    def _is_listed(self, one: Candidate) -> bool:
        stems, kind, stem = self._stems, one.kind, one.stem
        if stems.get(stem, 0) & kind or stems.get(self.devoice(stem), 0) & kind:
            return True
        return kind == AS_NOUN and any(stems.get(full, 0) & AS_NOUN for full in self._refilled(stem))

    def _refilled(self, stem: str) -> list[str]:
        """`stem` with the vowel that a possessive has driven out put back: халқ- is халық."""
        vowels = self._alphabet.vowels
        if stem[-1] in vowels or stem[-2] in vowels:
            return []
        return [self.devoice(f"{stem[:-1]}{vowel}{stem[-1]}") for vowel in self._alphabet.high_vowels]

    def _canonical(self, word: str) -> str:
        high = self._alphabet.high_vowels
        if word not in self._stems:
            word = self._active(word)
        word = self.devoice(word)
        if self._alphabet.drops_n:
            word = word[:-1] if word.endswith("ий") else word
            reads_as_own = len(word) >= 5 and word[-1] == "н" and word[-2] in self._alphabet.vowels - high
            word = word[:-1] if reads_as_own else word
        if len(word) >= 3 and word[-1] in high:
            word = self.devoice(word[:-1])
        return self._syncopated(word)

    def _active(self, word: str) -> str:
        """`word` without the -ыл or -л of the passive."""
        passive, open_vowels, before = self._passive
        if word[-1] not in passive:
            return word
        if len(word) >= 5 and word[-2] in self._alphabet.high_vowels and word[-3] not in self._alphabet.vowels:
            return word[:-2]
        return word[:-1] if len(word) >= 6 and word[-2] in open_vowels and word[-3] in before else word

    def _syncopated(self, word: str) -> str:
        """`word` without the ы that comes and goes: халық has халқы."""
        before, after = self._syncope
        if len(word) < 4 or word[-2] not in self._alphabet.high_vowels:
            return word
        comes_and_goes = word[-3] in before and word[-1] in after and not self._alphabet.vowels.isdisjoint(word[:-3])
        return word[:-2] + word[-1] if comes_and_goes else word

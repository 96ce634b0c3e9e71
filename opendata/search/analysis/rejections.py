"""Which cuts of a Kazakh word cannot be: what no noun or verb ends in, and stems too short to be believed."""

from __future__ import annotations

from opendata.search.analysis.alphabets import Alphabet
from opendata.search.analysis.endings import ACTION, CONVERB, NOMINAL, RARE


class Rejections:
    """The rules, written for Cyrillic and asked in any alphabet."""

    def __init__(self, alphabet: Alphabet) -> None:
        letters, words = alphabet.letters, alphabet.words
        self._vowels, self._final_vowels = alphabet.vowels, alphabet.final_vowels
        self._hasty = alphabet.hasty
        self._no_verb_ends = alphabet.no_verb_ends
        self._glides = letters("уюий")
        self._short_stems, self._short_verbs = words("су ту ми би ки ти жу жи"), words("де же")
        self._l, self._t, self._u = letters("л"), letters("т"), letters("у")
        self._tense, self._open, self._open_or_ya = letters("сқкпшт"), letters("ае"), letters("аея")
        self._liquids = letters("зжмнңрлй")
        self._own, self._third = words("м ң ым ім ың ің"), words("ы і сы сі")
        self._needs_three = words("ын ін ша ше")

    def __call__(self, stem: str, ending: str, track: str) -> bool:
        """Whether `stem` with `ending` on it is not to be believed."""
        if len(stem) < 4 and ending in self._hasty:
            return True
        if len(stem) == 2 and self._is_too_short(stem, ending, track):
            return True
        return self._is_no_noun(stem, ending) if track == NOMINAL else self._is_no_verb(stem, ending)

    def _is_too_short(self, stem: str, ending: str, track: str) -> bool:
        first, last = stem[0], stem[1]
        if last in self._final_vowels and (track == NOMINAL or stem not in self._short_verbs):
            return True
        if last in self._glides and first not in self._vowels and stem not in self._short_stems:
            return True
        if last in self._final_vowels and track == CONVERB:
            return True
        return track == RARE or (len(ending) == 1 and track != ACTION)

    def _is_no_verb(self, stem: str, ending: str) -> bool:
        last, before, first = stem[-1], stem[-2], ending[0]
        if last in self._no_verb_ends:
            return True
        opens = first in self._open
        if last in self._t:
            return opens and before in self._tense
        if last not in self._l:
            return False
        # The last vowel of сөйле- and жарияла- has gone to the ending: сөйлейді is no form of "сөйл".
        if before not in self._vowels:
            return opens or first in self._u
        return opens and before in self._open_or_ya and sum(letter in self._vowels for letter in stem) >= 2

    def _is_no_noun(self, stem: str, ending: str) -> bool:
        last, size = stem[-1], len(stem)
        if ending in self._own:
            clustered = len(ending) == 2 and last in self._liquids and stem[-2] not in self._vowels
            return size < 4 or clustered
        if size >= 3:
            return False
        return ending in self._needs_three or (ending in self._third and last in self._final_vowels)

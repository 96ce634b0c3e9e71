"""The analysis in use: Kazakh in any script, Russian and English, side by side in one text.

A word gets a key of every language that it may be in: "S:" the stem of its Kazakh skeleton, "R:" its Russian dictionary
form, "E:" its English stem, and always "X:", the word itself. Which ones is told by its letters and its paragraph.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache

from opendata.search.analysis import language, models, probes, russian, stem_list
from opendata.search.analysis.alphabets import skeletal
from opendata.search.analysis.common import COMMON
from opendata.search.analysis.contract import QueryToken, Token
from opendata.search.analysis.endings import TABLE_VERSION
from opendata.search.analysis.kazakh import Stemmer
from opendata.search.analysis.layout import retyped
from opendata.search.analysis.models import ENGLISH, KAZAKH, LATIN, RUSSIAN
from opendata.search.analysis.paragraphs import paragraphs
from opendata.search.analysis.skeleton import readings, skeleton
from opendata.search.analysis.snowball import CACHE_SIZE, english_stem
from opendata.search.analysis.words import COMPOUND, MAX_WORD, Compound, fold, take_apart

RULES_VERSION = 1
"""Raised whenever keys change for another reason than the table of endings, the lists or the dictionary."""

_CYRILLIC = re.compile("[а-яәғқңөұүһі']*[а-яәғқңөұүһі]")
_LATIN = re.compile("[a-z\u00df-\u024f']*[a-z\u00df-\u024f]")
_ENGLISH = re.compile("[a-z]+(?:'[a-z]+)?")
_SURE_ENGLISH = 0.5
"""By how much the mean logarithm of a word must be better as English for Kazakh to be left out."""
_PLACES = {"kk": KAZAKH, "ru": RUSSIAN, "en": ENGLISH}

_Parts = tuple[tuple[int, int, int, tuple[str, ...]], ...]


class TrilingualAnalyser:
    """See the module. Without state but for its caches, and safe to share between threads."""

    def __init__(self, stems: stem_list.Stems | None = None) -> None:
        """`stems`: the mined list of Kazakh stems; the one that comes with the program where there is none."""
        self._stems = stem_list.seed() if stems is None else stems
        self.version = (
            f"trilingual-{RULES_VERSION} endings-{TABLE_VERSION} stems-{stem_list.version(self._stems)} "
            f"triples-{models.version()} {russian.version()}"
        )
        self._remembered_parts = lru_cache(CACHE_SIZE)(self._parts_anew)
        self._remembered_stem = lru_cache(CACHE_SIZE)(self._stem_anew)

    @cached_property
    def _stemmer(self) -> Stemmer:
        return Stemmer(skeletal(), stem_list.skeletal_stems(self._stems))

    def index_keys(self, text: str, language: str = "") -> Iterator[Token]:
        """The words of `text`. Keys of a word: its stems where there are any, then the word as it stands."""
        return self.keys_within(text, ((0, len(text)),), language)

    def keys_within(self, text: str, spans: Sequence[tuple[int, int]], language: str = "") -> Iterator[Token]:
        """The words of `text` that stand in `spans`, in the language of the paragraph that they stand in."""
        base = 0
        for start, end in paragraphs(text):
            inside = [(max(start, first), min(end, last)) for first, last in spans if first < end and last > start]
            spoken = self._spoken(text[start:end], language) if inside else None
            for first, last in inside:
                base += first > start  # what stands before a span keeps it apart from the one in the paragraph before
                for match in COMPOUND.finditer(text, first, last):
                    offset = match.start()
                    tokens = self._parts(match.group(), spoken)
                    for position, begin, finish, keys in tokens:
                        yield Token(base + position, offset + begin, offset + finish, keys)
                    base += tokens[-1][0] + 1
                base += last < end  # what stands between two spans keeps them apart

    def query_tokens(self, text: str, *, meant: str | None = None) -> tuple[QueryToken, ...]:
        """The words of a piece of a query; a compound of plain words comes as those words.

        What makes sense only on another keyboard layout has the keys of that reading too: `meant` where the caller
        knows it ("" for none), else as each piece without blanks looks by itself.
        """
        if meant is not None:
            found = [token for chunk in text.split() for token in self._as_typed(chunk)]
            return (self._either(found, meant),) if meant else tuple(found)
        tokens: list[QueryToken] = []
        for chunk in text.split():
            reading = retyped(chunk)
            tokens.extend(self.query_tokens(chunk, meant="" if "-" in reading else reading))
        return tuple(tokens)

    def prefix_key(self, text: str) -> str:
        """Beginnings are compared with the words as they stand."""
        return f"X:{fold(text)}"

    def _spoken(self, paragraph: str, hint: str) -> int | None:
        found = language.place_of(paragraph)
        return _PLACES.get(hint, found) if len(paragraph) < language.UNSURE and found != KAZAKH else found

    def kazakh_stem(self, word: str) -> str:
        """The stem of the skeleton of a folded word, in whatever script it is."""
        return self._remembered_stem(word)

    def _stem_anew(self, word: str) -> str:
        return self._stemmer(skeleton(word))

    def _parts(self, raw: str, spoken: int | None) -> _Parts:
        # Very long runs are no words of a language; remembering them would let one hostile file fill the memory.
        return (self._remembered_parts if len(raw) <= 2 * MAX_WORD else self._parts_anew)(raw, spoken)

    def _parts_anew(self, raw: str, spoken: int | None) -> _Parts:
        """Position, start, end and keys of each token of a compound, counted from its beginning."""
        compound = take_apart(raw)
        whole = [(0, compound.words[0].start, compound.end, (f"X:{compound.whole}",))] if compound.whole else []
        words = enumerate(compound.words)
        return (*whole, *((n, word.start, word.end, self._index_keys(word.spellings, spoken)) for n, word in words))

    def _index_keys(self, spellings: tuple[str, ...], spoken: int | None) -> tuple[str, ...]:
        stems = [key for spelling in spellings for key in self._stems_in(spelling, spoken)]
        return tuple(dict.fromkeys((*stems, *(f"X:{spelling}" for spelling in spellings))))

    def _stems_in(self, word: str, spoken: int | None) -> Iterator[str]:
        """Keys of a word of a text, by the language of its paragraph."""
        if word in COMMON:
            return
        if _CYRILLIC.fullmatch(word):
            in_russian, kazakh_letters = spoken == RUSSIAN, language.has_kazakh_letters(word)
            if kazakh_letters or not in_russian:
                yield f"S:{self.kazakh_stem(word)}"
            # What Russian would make of words that it does not have is of no use in a Kazakh text, and takes long.
            if not kazakh_letters and (in_russian or russian.is_known(word)):
                yield f"R:{russian.lemmas(word)[0]}"
        elif _LATIN.fullmatch(word):
            if spoken == LATIN:
                yield f"S:{self.kazakh_stem(word)}"
            if _ENGLISH.fullmatch(word):
                yield f"E:{english_stem(word)}"

    def _stems_asked(self, word: str) -> Iterator[str]:
        """Keys of a word of a query, in whatever language it may be."""
        if word in COMMON:
            return
        if _CYRILLIC.fullmatch(word):
            yield f"S:{self.kazakh_stem(word)}"
            if not language.has_kazakh_letters(word):
                yield from (f"R:{lemma}" for lemma in russian.lemmas(word))
        elif _LATIN.fullmatch(word):
            if _ENGLISH.fullmatch(word):
                yield f"E:{english_stem(word)}"
            if _may_be_kazakh(word):
                yield from (f"S:{self.kazakh_stem(reading)}" for reading in readings(word))

    def _as_typed(self, chunk: str) -> list[QueryToken]:
        tokens: list[QueryToken] = []
        for match in COMPOUND.finditer(chunk):
            compound = take_apart(match.group())
            words = tuple(self._query_token(word.spellings[0]) for word in compound.words)
            tokens.extend((_code(compound, words),) if compound.is_code else words)
        return tokens

    def _query_token(self, word: str) -> QueryToken:
        surface = f"X:{word}"
        keys = tuple(dict.fromkeys(self._stems_asked(word))) or (surface,)
        return QueryToken(word, keys, surface, word in COMMON, probes=probes.of(word, keys))

    def _either(self, typed: list[QueryToken], meant: str) -> QueryToken:
        """One word that is asked for as it was typed and as it was meant."""
        other = self._query_token(meant)
        if len(typed) != 1 or typed[0].parts:
            return QueryToken(other.text, other.keys, other.surface, other.common, tuple(typed), other.probes)
        keys = tuple(dict.fromkeys((*other.keys, *typed[0].keys)))
        return QueryToken(typed[0].text, keys, typed[0].surface, other.common, probes=(*other.probes, *typed[0].probes))


def _may_be_kazakh(word: str) -> bool:
    found = language.mean_scores(word)
    return found[ENGLISH] - found[LATIN] < _SURE_ENGLISH


def _code(compound: Compound, words: tuple[QueryToken, ...]) -> QueryToken:
    key = f"X:{compound.whole}"
    return QueryToken(compound.whole, (key,), key, parts=words, probes=words[0].probes)

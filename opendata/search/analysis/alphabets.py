"""What the stemmer knows of an alphabet: Kazakh Cyrillic, and the skeleton of all scripts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, reduce
from operator import or_
from typing import NamedTuple

from opendata.search.analysis.endings import Condition, endings, nominal_endings
from opendata.search.analysis.letters import CLASS_BITS, LETTER_CLASS, VOWELS, harmony
from opendata.search.analysis.skeleton import skeleton


class Entry(NamedTuple):
    """What is known of an ending. `classes`: of any condition; `harmonic`: whether any asks for harmony."""

    classes: int
    harmonic: bool
    conditions: tuple[Condition, ...]


Table = Mapping[str, Entry]
Letters = frozenset[str]


@dataclass(frozen=True, slots=True)
class Alphabet:
    """The letters, short words and endings that the rules of `kazakh` name."""

    table: Table
    bits: Mapping[str, int]
    """The classes that a last letter belongs to; those that are not here are of class T."""
    harmony: Callable[[str], str]
    vowels: Letters
    final_vowels: Letters
    """Letters that make a stem "end in a vowel"."""
    high_vowels: Letters
    no_verb_ends: Letters
    hasty: frozenset[str]
    """Endings that a stem of three letters is not believed with: they may have taken its last letter."""
    drops_n: bool
    """Whether a final н after an open vowel goes: заман is read as зама and its own possessive."""
    fold: Callable[[str], str]

    def letters(self, text: str) -> Letters:
        """The letters of a Cyrillic `text` as this alphabet writes them."""
        return frozenset(folded for folded in map(self.fold, text) if len(folded) == 1)

    def words(self, text: str) -> frozenset[str]:
        """The words of a Cyrillic `text` as this alphabet writes them."""
        return frozenset(map(self.fold, text.split()))


@cache
def cyrillic() -> Alphabet:
    """The alphabet of Kazakh as it is printed."""
    # мен, бен and пен follow vowels of both kinds.
    table = {
        ending: tuple(one._replace(harmony="") for one in conditions) if ending in ("мен", "бен", "пен") else conditions
        for ending, conditions in endings().items()
    }
    return Alphabet(
        table=_entries(table),
        bits={letter: CLASS_BITS[name] for letter, name in LETTER_CLASS.items()},
        harmony=harmony,
        vowels=VOWELS,
        final_vowels=frozenset("аәеёоөыіэяұү"),
        high_vowels=frozenset("ыі"),
        no_verb_ends=frozenset("джхфвцчщһ"),
        hasty=frozenset(),
        drops_n=True,
        fold=str,
    )


@cache
def skeletal() -> Alphabet:
    """The alphabet of `skeleton`. It tells less, so less is asked: a back ending may not follow е, and that is all."""
    classes = {"a": "V", "e": "V", "o": "V", "i": "VG", "u": "G", "r": "G", "l": "L", "m": "N", "n": "N"}
    classes |= {"z": "Z", "j": "Z"}
    return Alphabet(
        table=_skeletal_table(),
        bits={letter: sum(CLASS_BITS[name] for name in names) for letter, names in classes.items()},
        harmony=_skeletal_harmony,
        vowels=frozenset("aeiou"),
        final_vowels=frozenset("aeo"),
        high_vowels=frozenset("i"),
        # ц and щ are left out: verbs do end in the с and ш that they share a letter with.
        no_verb_ends=frozenset("djhfvc"),
        hasty=_hasty(),
        drops_n=False,
        fold=skeleton,
    )


def _hasty() -> frozenset[str]:
    """Endings that only -м and -ң explain, my and thy: өзенде is seldom өзе-ң-де, and so with the imperative -ңдар."""
    every, others = ({skeleton(one) for one in nominal_endings(mine=mine)} for mine in (True, False))
    return frozenset(every - others | {"ndar", "nder"})


def _skeletal_harmony(word: str) -> str:
    return "f" if next((letter for letter in reversed(word) if letter in "aeiou"), "") == "e" else ""


def _skeletal_table() -> Table:
    found: defaultdict[str, defaultdict[tuple[str, str], int]] = defaultdict(lambda: defaultdict(int))
    for ending, conditions in endings().items():
        coarse = skeleton(ending)
        for one in conditions:
            found[coarse]["b" if "a" in coarse else "", one.track] |= one.classes
    return _entries(
        {
            ending: tuple(Condition(bits, harmony, track) for (harmony, track), bits in given.items())
            for ending, given in found.items()
        }
    )


def _entries(table: Mapping[str, tuple[Condition, ...]]) -> Table:
    """The table with what is asked first put first; the few different entries are kept once each."""
    shared: dict[tuple[Condition, ...], Entry] = {}
    for conditions in table.values():
        if conditions not in shared:
            classes = reduce(or_, (one.classes for one in conditions))
            shared[conditions] = Entry(classes, any(one.harmony for one in conditions), conditions)
    return {ending: shared[conditions] for ending, conditions in table.items()}

"""Every ending that a Kazakh word can carry, generated from some forty suffixes.

A suffix has variants by the vowels of the word (harmony) and by the class of the letter it follows. An ending is what
several suffixes together make of themselves, with the conditions under which it may stand after a stem.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from typing import NamedTuple

from opendata.search.analysis.letters import CLASS_BITS, CLASSES, class_of

TABLE_VERSION = 1
"""Raised whenever the endings or the rules of stemming change: keys change with them."""

NOMINAL, VERBAL, RARE, CONVERB, ACTION, INABILITY = "NVRPUA"
"""Kinds of ending. RARE, CONVERB (-п) and ACTION (-у) are verbal ones that need more of a stem to be believed."""


class Condition(NamedTuple):
    """Where an ending may stand: after letters of `classes` (bits), of `harmony` (b, f), as what `track`."""

    classes: int
    harmony: str
    track: str


class Suffixes(NamedTuple):
    """The letters that change with harmony."""

    a: str
    i: str
    gh: str
    k: str


_LETTERS = {"b": Suffixes("а", "ы", "ғ", "қ"), "f": Suffixes("е", "і", "г", "к")}

_PERSONS_PAST = ("", "м", "ң", "ңIз", "Қ", "ңдAр", "ңIздAр")
_PERSONS_CONDITION = _PERSONS_PAST
_PERSONS_PRESENT = ("мIн", "сIң", "сIз", "дI", "мIз", "сIңдAр", "сIздAр")


def _spell(template: str, h: Suffixes) -> str:
    return template.replace("A", h.a).replace("I", h.i).replace("Ғ", h.gh).replace("Қ", h.k)


def _by(c: str, **variants: str) -> str:
    """The variant whose name holds the class `c`, else `other`."""
    return next((text for names, text in variants.items() if c in names), variants.get("other", ""))


_AFTER_THIRD = ("нIң", "н", "нA", "ндA", "нAн", "мен")


def _cases(c: str) -> dict[str, str]:
    """The case suffixes after a letter of class `c`."""
    return {
        "gen": _by(c, VN="нIң", T="тIң", other="дIң"),
        "acc": _by(c, V="нI", T="тI", other="дI"),
        "dat": _by(c, T="ҚA", other="ҒA"),
        "loc": _by(c, T="тA", other="дA"),
        "abl": _by(c, N="нAн", T="тAн", other="дAн"),
        "ins": _by(c, Z="бен", T="пен", other="мен"),
    }


def _cases_after(kind: str, c: str) -> dict[str, str]:
    if kind == "third":
        return dict(zip(("gen", "acc", "dat", "loc", "abl", "ins"), _AFTER_THIRD, strict=True))
    return {**_cases(c), **({"dat": "A"} if kind == "mine" else {})}


def _copula(c: str, *, third: bool) -> Iterator[str]:
    yield _by(c, Z="бIн", T="пIн", other="мIн")
    yield from {"N": ("бIз", "мIз"), "Z": ("бIз",), "T": ("пIз",)}.get(c, ("мIз",))
    yield from ("сIң", "сIз", "сIңдAр", "сIздAр")
    if third:
        yield _by(c, T="тIр", other="дIр")


def _possessives(c: str) -> Iterator[tuple[str, str]]:
    """(suffix, what the cases after it go by)."""
    v = "" if c == "V" else "I"
    yield f"{v}м", "mine"
    yield f"{v}ң", "mine"
    yield f"{v}ңIз", "plain"
    yield f"{v}мIз", "plain"
    yield ("сI" if c == "V" else "I"), "third"


@cache
def _nominal(c: str, h: str, *, noun: bool = False, mine: bool = True) -> tuple[str, ...]:
    """[plural] [possessive] [case] after class `c`. `noun`: with the copula, and again after -дағы, -нікі.

    `mine`: with -м and -ң, the possessives of the first and second person.
    """
    return tuple(dict.fromkeys(_nominal_anew(c, h, noun, mine)))


def _nominal_anew(c: str, h: str, noun: bool, mine: bool) -> Iterator[str]:
    letters = _LETTERS[h]
    plural = _spell(_by(c, VG="лAр", T="тAр", other="дAр"), letters)
    for number in ("", plural):
        before = class_of(number) if number else c
        yield number
        if noun:
            yield from (number + _spell(one, letters) for one in _copula(before, third=True))
        yield number + _spell("шA", letters)
        yield from (number + one for one in _cased("plain", before, h, noun))
        for suffix, kind in _possessives(before):
            if kind == "mine" and not mine:
                continue
            owned = number + _spell(suffix, letters)
            yield owned
            yield from (owned + one for one in _cased(kind, class_of(owned), h, noun))
            if kind == "third":
                yield owned + _spell("ншA", letters)


def _cased(kind: str, c: str, h: str, noun: bool) -> Iterator[str]:
    letters = _LETTERS[h]
    cases = {name: _spell(suffix, letters) for name, suffix in _cases_after(kind, c).items()}
    yield from cases.values()
    yield _spell("ндAй" if kind == "third" else _by(c, T="тAй", other="дAй"), letters)
    if noun:
        for name in ("loc", "abl"):
            yield from (cases[name] + _spell(one, letters) for one in _copula(class_of(cases[name]), third=False))
        yield from (cases["loc"] + letters.gh + letters.i + one for one in _nominal("V", h))
        yield from (f"{cases['gen'][0]}ікі{one}" for one in _nominal("V", "f"))


def _with_nominal(text: str, h: str) -> Iterator[str]:
    yield from (text + one for one in _nominal(class_of(text), h))


def _with_copula(text: str, h: str, *, third: bool = True) -> Iterator[str]:
    yield text
    yield from (text + _spell(one, _LETTERS[h]) for one in _copula(class_of(text), third=third))


def _verbal(c: str, h: str, *, root: bool) -> Iterator[tuple[str, str]]:
    """(ending, track) of verbs after a letter of class `c`; `root`: on the bare stem, not after a negation."""
    yield from ((text, VERBAL) for text in _finite(c, h))
    yield from ((text, VERBAL) for text in _participles(c, h, root=root))
    yield from _aorist_and_intent(c, h)
    yield from _converbs(c, h)
    yield from _action(c, h, root=root)


def _finite(c: str, h: str) -> Iterator[str]:
    letters = _LETTERS[h]
    v = "" if c == "V" else "I"
    past = f"{'т' if c == 'T' else 'д'}I"
    strong = "Қ" if c == "T" else "Ғ"
    templates = [
        *(past + person for person in _PERSONS_PAST),
        *("сA" + person for person in _PERSONS_CONDITION[1:]),
        *(v + person for person in ("ңIз", "ңдAр", "ңIздAр")),
        "сIн",
        *(("йIн", "йIҚ") if c == "V" else ("AйIн", "AйIҚ")),
        f"{strong}AлI",
        f"{strong}IсI",
    ]
    yield from (_spell(template, letters) for template in templates)


def _presents(c: str, h: str, *, root: bool) -> Iterator[str]:
    yield "й" if c == "V" else _LETTERS[h].a
    if root:
        # оқы + й is written оқи, қой + а is written қоя.
        yield "я" if c == "V" else "и"


def _participles(c: str, h: str, *, root: bool) -> Iterator[str]:
    letters = _LETTERS[h]
    perfect = _spell("ҚAн" if c == "T" else "ҒAн", letters)
    yield from _with_nominal(perfect, h)
    yield from _with_copula(perfect, h)
    yield perfect + _spell("шA", letters)
    yield from _abstract(perfect, h)
    for present in _presents(c, h, root=root):
        yield from (present + _spell(person, letters) for person in _PERSONS_PRESENT)
        habitual = present + _spell("тIн", letters)
        yield from _with_nominal(habitual, h)
        yield from _with_copula(habitual, h)
        yield from _abstract(habitual, h)


def _abstract(text: str, h: str) -> Iterator[str]:
    """-ғандық and -ғандығ- with what nouns carry."""
    for final in ("дIҚ", "дIҒ"):
        yield from _with_nominal(text + _spell(final, _LETTERS[h]), h)


def _aorist_and_intent(c: str, h: str) -> Iterator[tuple[str, str]]:
    letters = _LETTERS[h]
    aorist = "р" if c == "V" else f"{letters.a}р"
    for text in _with_copula(aorist, h):
        yield text, RARE if text == aorist else VERBAL
    yield from ((aorist + _spell(one, letters), RARE) for one in ("ҒA", "дAн", "дA", "лIҚ"))
    intent = _spell(_by(c, NZ="б", T="п", other="м") + "AҚ", letters)
    for text in _with_copula(intent, h):
        yield text, RARE if text == intent else VERBAL
    yield from ((text, VERBAL) for text in _with_copula(intent + _spell("шI", letters), h))


def _converbs(c: str, h: str) -> Iterator[tuple[str, str]]:
    letters = _LETTERS[h]
    converb = "п" if c == "V" else f"{letters.i}п"
    for text in _with_copula(converb, h):
        yield text, CONVERB if text == converb else VERBAL
    yield converb + _spell("тI", letters), VERBAL
    yield _spell("сA", letters), RARE


def _action(c: str, h: str, *, root: bool) -> Iterator[tuple[str, str]]:
    letters = _LETTERS[h]
    for noun in ("у", "ю") if root and c in "VG" else ("у",):
        for text in _nominal("G", h):
            yield noun + text, VERBAL if text else ACTION
        agent = noun + _spell("шI", letters)
        yield from ((text, VERBAL) for text in (*_with_nominal(agent, h), *_with_copula(agent, h)))


def _negated(c: str, h: str) -> Iterator[tuple[str, str]]:
    letters = _LETTERS[h]
    negation = _spell(_by(c, NZ="бA", T="пA", other="мA"), letters)
    inability = "" if c == "V" else _spell("AмA", letters)
    for text, track in ((negation, ""), (inability, INABILITY)):
        if not text:
            continue
        yield from ((text + ending, track or kind) for ending, kind in _verbal("V", h, root=False))
        yield text + _spell("йIншA", letters), track or VERBAL
        negative = (*_with_nominal(text + "с", h), *_with_copula(text + "с", h))
        yield from ((ending, track or VERBAL) for ending in negative)


def _all(c: str, h: str) -> Iterator[tuple[str, str]]:
    yield from ((ending, NOMINAL) for ending in _nominal(c, h, noun=True))
    yield from _verbal(c, h, root=True)
    yield from _negated(c, h)


def endings() -> Mapping[str, tuple[Condition, ...]]:
    """Ending to the conditions under which it may stand. Generated at the first call, in about 0.1 s."""
    classes: defaultdict[tuple[str, str, str], int] = defaultdict(int)
    for h in _LETTERS:
        for c in CLASSES:
            for ending, track in _all(c, h):
                if ending:
                    classes[ending, h, track] |= CLASS_BITS[c]
    table: defaultdict[str, list[Condition]] = defaultdict(list)
    for (ending, h, track), bits in classes.items():
        table[ending].append(Condition(bits, h, track))
    return {ending: tuple(conditions) for ending, conditions in table.items()}


def nominal_endings(*, mine: bool) -> set[str]:
    """The endings of nouns; with those that hold -м or -ң, my and thy, or only what there is besides."""
    return {ending for h in _LETTERS for c in CLASSES for ending in _nominal(c, h, noun=True, mine=mine)}
